"""Approvals and what a blast radius holds, decided on their page: what would follow is shown, then bound to the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib.auth import get_user_model

from automations import approval_rights, permissions
from automations.admin.base import as_json
from automations.admin.tools import Block, Lines, Table, Task, Tool, ToolForm
from automations.models import Approval
from automations.services.approvals import (
    MAX_REMARK,
    changed_since,
    decide_approval,
    delegate_approval,
    remark_on_approval,
)


class DecideForm(ToolForm):
    """An answer to what was shown: the hash of its plan goes along, so that another one is refused."""

    reason = forms.CharField(max_length=300, required=False, widget=forms.TextInput(attrs={"size": 80}))
    plan_hash = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)

    def prepare(self, thing: Any, actor: Any) -> None:
        self.initial["plan_hash"] = thing.plan_hash


class ApproveForm(DecideForm):
    answers = forms.JSONField(
        initial=dict,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4, "cols": 80}),
        help_text="By field.",
    )

    def prepare(self, thing: Any, actor: Any) -> None:
        super().prepare(thing, actor)
        if not thing.form:
            del self.fields["answers"]


class RejectForm(DecideForm):
    def prepare(self, thing: Any, actor: Any) -> None:
        super().prepare(thing, actor)
        self.fields["reason"].help_text = "A rejection needs one."


class DelegateForm(ToolForm):
    receiver: forms.ModelChoiceField[Any] = forms.ModelChoiceField(None, label="In your place")
    reason = forms.CharField(max_length=300, required=False, widget=forms.TextInput(attrs={"size": 80}))

    def prepare(self, thing: Any, actor: Any) -> None:
        able = [user.pk for user in approval_rights.approvers_of(thing.workflow) if user.pk != actor.pk]
        people = get_user_model()._default_manager.filter(pk__in=able)
        self.fields["receiver"].queryset = people.order_by(get_user_model().USERNAME_FIELD)  # type: ignore[attr-defined]


class RemarkForm(ToolForm):
    text = forms.CharField(max_length=MAX_REMARK, widget=forms.Textarea(attrs={"rows": 3, "cols": 80}))


def _saying(verdict: str) -> Any:
    def act(approval: Approval, actor: Any, given: Mapping[str, Any]) -> str:
        decide_approval(
            approval=approval,
            actor=actor,
            verdict=verdict,
            plan_hash=given["plan_hash"],
            reason=given["reason"],
            answers=given.get("answers") or {},
        )
        approval.refresh_from_db()
        return f"Kept: {verdict}. It is {approval.state} now."

    return act


def _delegate(approval: Approval, actor: Any, given: Mapping[str, Any]) -> str:
    delegate_approval(approval=approval, actor=actor, receiver=given["receiver"], reason=given["reason"])
    return f"{given['receiver']} is asked in your place."


def _remark(approval: Approval, actor: Any, given: Mapping[str, Any]) -> str:
    remark_on_approval(approval=approval, actor=actor, text=given["text"])
    return "Those concerned are told."


def _readable(actor: Any, approval: Approval) -> bool:
    """Values are for those who are asked, and for those who may see payloads."""
    return not approval_rights.why_not_decide(actor, approval) or permissions.may(
        actor, "view_payloads", approval.workflow
    )


def _shown(approval: Approval, actor: Any) -> Sequence[Block]:
    pending = approval.state == Approval.State.PENDING
    why_not = approval_rights.why_not_decide(actor, approval)
    said = [
        f"{approval.workflow.name}, record {approval.record_key or '–'}: {approval.state}. {approval.note}"
    ]
    if pending:
        names = ", ".join(str(user) for user in approval_rights.deciders_of(approval))
        said.append(f"{approval.quorum} must agree. Who can still decide: {names or 'nobody'}.")
        said += [why_not] if why_not else []
    made = [
        (row.person_name, row.verdict, row.reason, f"{row.at:%Y-%m-%d %H:%M}")
        for row in approval.decisions.all()
    ]
    blocks: list[Block] = [Lines("How it stands", said)]
    if _readable(actor, approval):
        blocks += _values(approval, pending)
    decided = Table("Decided", ("Who", "What", "Why", "When"), made, "Nobody has decided yet.")
    return [*blocks, decided]


def _values(approval: Approval, pending: bool) -> list[Block]:
    changes = [
        (entry["node"], entry["kind"], change["record"], change["field"], change["before"], change["after"])
        for entry in approval.plan
        for change in entry["changes"]
    ]
    others = [
        (entry["node"], entry["kind"], entry["preview"])
        for entry in approval.plan
        if entry["preview"] and not entry["changes"]
    ]
    blocks: list[Block] = [Lines("What is asked", [approval.body or approval.title])]
    if approval.reach is not None:
        blocks.append(Table("How far it reaches", ("What", ""), list(approval.reach.items())))
    if approval.form:
        blocks.append(Lines("What an agreement answers", [as_json(approval.form)]))
    head = ("Step", "Kind", "Record", "Field", "Is", "Would become")
    blocks.append(Table("What would follow", head, changes, "No record would be changed."))
    if others:
        blocks.append(Table("Beside that", ("Step", "Kind", "What"), others))
    moved = changed_since(approval) if pending else []
    if moved:
        rows = [(change["field"], change["asked"], change["now"]) for change in moved]
        blocks.append(Table("Changed since it was asked", ("Field", "Then", "Now"), rows))
    return blocks


def _tasks(approval: Approval, actor: Any) -> list[Task]:
    if approval.state != Approval.State.PENDING:
        return []
    tasks = []
    decided = approval.decisions.filter(person=actor).exists()
    if not decided and not approval_rights.why_not_decide(actor, approval):
        tasks += [
            Task("approve", "Agree", _saying("approve"), ApproveForm),
            Task("reject", "Reject", _saying("reject"), RejectForm),
            Task("delegate", "Put somebody in your place", _delegate, DelegateForm),
        ]
    if not approval_rights.why_not_remark(actor, approval):
        tasks.append(Task("remark", "Ask or answer", _remark, RemarkForm, "It decides nothing."))
    return tasks


DECIDE = Tool(
    slug="decide",
    link="Decide…",
    may=lambda actor, approval: permissions.may(actor, "view", approval.workflow),
    show=_shown,
    tasks=_tasks,
)
