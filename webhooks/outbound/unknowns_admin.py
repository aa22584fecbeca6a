"""Calls of which nobody knows whether they arrived, in the admin: what is known, and a form to say what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from automations import permissions
from automations.admin.tools import Block, Lines, Task, Tool, ToolForm, ToolPages
from webhooks.outbound.answering import answer_unknown
from webhooks.outbound.models import UnknownOutcome
from webhooks.outbound.rights import answerable_unknowns, readable_deliveries, visible_unknowns
from webhooks.outbound.sending import MAX_KEPT

Reply = UnknownOutcome.Reply


class NoteForm(ToolForm):
    note = forms.CharField(
        max_length=300,
        widget=forms.TextInput(attrs={"size": 80}),
        help_text="How you know; kept in the audit and in the run's log.",
    )


class HappenedForm(NoteForm):
    status = forms.IntegerField(
        required=False, min_value=200, max_value=299, help_text="What the other side answered, if you know."
    )
    body = forms.CharField(
        required=False, max_length=MAX_KEPT, widget=forms.Textarea(attrs={"rows": 4, "cols": 80})
    )


def _saying(reply: str) -> Any:
    def act(unknown: UnknownOutcome, actor: Any, given: Mapping[str, Any]) -> str:
        workflow = unknown.delivery.workflow
        assert workflow is not None
        permissions.require(actor, "retry", workflow)
        answer_unknown(
            unknown=unknown,
            reply=reply,
            note=given["note"],
            status=given.get("status"),
            body=given.get("body", ""),
            actor=actor,
        )
        return f"Kept: {Reply(reply).label}."

    return act


def _shown(unknown: UnknownOutcome, actor: Any) -> Sequence[Block]:
    delivery = unknown.delivery
    known = [
        f"Attempt {unknown.attempt} of {delivery.type} to {delivery.destination.name}: {unknown.message}",
        f"If it arrived, the other side has seen it under the id {delivery.message_id}.",
    ]
    if unknown.answered_at is not None:
        label = Reply(unknown.reply).label
        known.append(f"{unknown.person_name} has said: {label}. {unknown.note} That stands.")
    return [Lines("What is known", known)]


def _tasks(unknown: UnknownOutcome, actor: Any) -> list[Task]:
    able = answerable_unknowns(actor).filter(pk=unknown.pk, answered_at=None).exists()
    if not able:
        return []
    return [
        Task(
            Reply.HAPPENED,
            "It happened",
            _saying(Reply.HAPPENED),
            HappenedForm,
            "Nothing is sent. The run goes on as if the call had been answered.",
        ),
        Task(
            Reply.RESEND,
            "It did not happen: send it again",
            _saying(Reply.RESEND),
            NoteForm,
            "It is sent once more at once, under the same id and with the same body.",
        ),
        Task(
            Reply.FAIL,
            "It did not happen: leave it",
            _saying(Reply.FAIL),
            NoteForm,
            "Nothing is sent. The step takes its way “failed”; without one the run fails.",
        ),
    ]


ANSWER = Tool(
    slug="answer",
    link="Say what happened…",
    may=lambda actor, unknown: visible_unknowns(actor).filter(pk=unknown.pk).exists(),
    show=_shown,
    tasks=_tasks,
)


@admin.register(UnknownOutcome)
class UnknownOutcomeAdmin(ToolPages):
    sees = staticmethod(visible_unknowns)
    tools = (ANSWER,)
    list_display = (
        "id",
        "delivery",
        "attempt",
        "error",
        "message",
        "asked_at",
        "reply",
        "person_name",
        "answered_at",
    )
    list_filter = ("reply", "error", "delivery__destination", "asked_at")
    list_select_related = ("delivery",)
    search_fields = ("=delivery__message_id", "=delivery__run__id", "note", "person_name")
    date_hierarchy = "asked_at"
    payload_fields = ("body",)

    def may_see_payloads(self, request: HttpRequest, obj: Any) -> bool:
        return readable_deliveries(request.user).filter(pk=obj.delivery_id).exists()
