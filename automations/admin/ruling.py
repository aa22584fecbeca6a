"""What a policy says of a record, and where the same is said again: on the policy's page and above the list of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone

from automations import permissions
from automations.admin.base import as_json
from automations.admin.tools import Block, Lines, Table, Task, Tool, ToolForm
from automations.engine.explain import explain
from automations.engine.rules import Scope, compile_rule
from automations.errors import NotFoundError
from automations.models import Policy, RulePlace, Workflow
from automations.modules.adapter import adapter_for
from automations.modules.schema import facts_of
from automations.services import scenarios
from automations.services.drafts import load_draft
from automations.services.duplicates import find_duplicates
from automations.services.extraction import name_policy_in_draft
from automations.services.references import unseen


class RecordForm(ToolForm):
    record = forms.CharField(max_length=120, help_text="Its key.")


def _explain(policy: Policy, actor: Any, given: Mapping[str, Any]) -> Sequence[Block]:
    module, newest = policy.module, policy.revisions.first()
    state = None
    if permissions.may_view_module(actor, module):
        state = adapter_for(module).load([given["record"]], lock=False).get(given["record"])
    if state is None or newest is None:
        raise NotFoundError(f"{module.name} have no record “{given['record']}” that you can see.")
    scope = Scope(state.values, None, timezone.now(), ZoneInfo(module.zone), assume_changed=True)
    told = explain(compile_rule(newest.rule, facts_of(module).schema, policies={}).tree, scope)
    word = "takes" if told["result"] else "does not take"
    return [Lines(f"It {word} {given['record']}", [as_json(told)])]


EXPLAIN = Tool(
    slug="explain",
    link="Explain…",
    may=lambda actor, policy: permissions.may_view_module(actor, policy.module),
    tasks=lambda policy, actor: [
        Task(
            "explain",
            "Explain",
            _explain,
            RecordForm,
            "Part by part: what the newest revision says of one record, and what it saw there.",
            reads=True,
        )
    ],
)


def _elsewhere(policy: Policy, actor: Any) -> list[Workflow]:
    """The workflows whose drafts the actor may edit and in which a rule says what the policy says."""
    newest = policy.revisions.first()
    form = newest.form if newest is not None else ""
    same = RulePlace.objects.filter(module=policy.module.key, form=form).values("workflow")
    rows = permissions.workflows_with(actor, "edit").filter(pk__in=same, archived_at=None)
    return list(rows.order_by("name", "pk"))


class InsteadForm(ToolForm):
    workflow = forms.ChoiceField(label="In the draft of")

    def prepare(self, thing: Any, actor: Any) -> None:
        rows = _elsewhere(thing, actor)
        self.fields["workflow"].choices = [(str(row.pk), row.name) for row in rows]  # type: ignore[attr-defined]


def _instead(policy: Policy, actor: Any, given: Mapping[str, Any]) -> str:
    workflow = Workflow.objects.get(pk=int(given["workflow"]))
    permissions.require(actor, "edit", workflow)
    places = name_policy_in_draft(workflow=workflow, policy=policy, actor=actor)
    definition = load_draft(workflow).definition
    if not unseen(definition, actor):
        scenarios.run_missing(workflow=workflow, definition=definition, actor=actor)
    return f"“{workflow.name}” names it at {places} places. Its checkpoints hold the draft as it was."


def _same(policy: Policy, actor: Any) -> Sequence[Block]:
    rows = [(row.name, row.team) for row in _elsewhere(policy, actor)]
    return [
        Table("Drafts in which the same stands", ("Workflow", "Team"), rows, "It stands in no other draft.")
    ]


INSTEAD = Tool(
    slug="instead",
    link="Name it in drafts…",
    may=lambda actor, policy: permissions.usable_policies(actor).filter(pk=policy.pk).exists(),
    show=_same,
    tasks=lambda policy, actor: (
        [Task("instead", "Name it in the place of the rule", _instead, InsteadForm)]
        if policy.archived_at is None and _elsewhere(policy, actor)
        else []
    ),
)


def _duplicates(_: None, actor: Any) -> Sequence[Block]:
    rows = [
        (
            found.module,
            "; ".join(f"{place.workflow.name}: {place.title}" for place in found.places),
            found.policy.name if found.policy is not None else "none: add one with this rule",
            as_json(found.rule),
        )
        for found in find_duplicates(viewer=actor)
    ]
    head = ("Module", "Stands in", "Policy that says it", "Rule")
    return [
        Table(
            "Rules that stand in several drafts, or that a policy says already", head, rows, "There are none."
        )
    ]


DUPLICATES = Tool(slug="duplicates", link="Duplicates…", may=lambda actor, _: True, show=_duplicates)
