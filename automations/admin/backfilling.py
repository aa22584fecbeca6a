"""Backfills asked for on a workflow's page: counted, foreseen or done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from automations import approval_rights, permissions
from automations.admin.tools import Block, Lines, ReasonForm, Table, Task, Tool
from automations.models import Backfill, Workflow
from automations.runtime.subscriptions import definition_of
from automations.services import backfills
from automations.services.backfilling.words import lines_of
from automations.services.pacing import FASTEST, RATE
from automations.services.references import require_seen

NEWEST = 10
COUNT, FORESEE, MAKE_UP = "count", "foresee", "make-up"


class BackfillForm(ReasonForm):
    since = forms.CharField(max_length=40, label="From", help_text="As 2026-03-28 or 2026-03-28T22:00.")
    until = forms.CharField(
        max_length=40, label="To", help_text="It ends before this, and now at the latest."
    )
    zone = forms.CharField(max_length=64, label="By the clocks of")
    slots = forms.BooleanField(required=False, initial=True, label="Slots of its schedules")
    events = forms.BooleanField(required=False, initial=True, label="Past events")
    rate = forms.IntegerField(min_value=1, max_value=FASTEST, initial=RATE, label="At most, a minute")
    do = forms.ChoiceField(
        choices=[
            (COUNT, "only count: what would be judged, what is left out, and why"),
            (FORESEE, "a dry run: tell what would come of each, and do nothing"),
            (MAKE_UP, "for real"),
        ],
        initial=COUNT,
        label="Do it",
    )
    field_order = ("since", "until", "zone", "slots", "events", "rate", "do", "reason")

    def prepare(self, thing: Any, actor: Any) -> None:
        self.fields["zone"].initial = thing.zone


def _go(workflow: Workflow, actor: Any, given: Mapping[str, Any]) -> str | Sequence[Block]:
    permissions.require(actor, "run", workflow)
    if workflow.active_version is not None:
        require_seen(workflow, definition_of(workflow.active_version), actor)
    now = timezone.now()
    window = backfills.read_window(given["since"], given["until"], given["zone"], now=now)
    what = {
        "workflow": workflow,
        "window": window,
        **{name: given[name] for name in ("slots", "events", "rate")},
    }
    if given["do"] == COUNT:
        plan = backfills.plan_backfill(now=now, **what)
        lines = [*lines_of(workflow, plan, given["rate"])]
        if any(part.excess is not None for part in plan.parts):
            others = [str(one) for one in approval_rights.approvers_of(workflow) if one.pk != actor.pk]
            lines.append(f"Whose yes it would wait for: {', '.join(others) or 'nobody else may approve'}.")
        return [Lines("Counted; nothing was started", lines)]
    dry_run = given["do"] == FORESEE
    made = backfills.start_backfill(actor=actor, dry_run=dry_run, reason=given["reason"], **what)
    return f"{str(made).capitalize()} is queued. The workers do it; open it below to see how far it is."


def _newest(workflow: Workflow, actor: Any) -> Sequence[Block]:
    rows = Backfill.objects.filter(workflow=workflow).select_related("requested_by").order_by("-pk")[:NEWEST]
    head = ("", "From", "To", "Status", "Why it ended", "By", "At")
    return [Table("The newest", head, [_row(row) for row in rows], "None was asked for yet.")]


def _row(row: Backfill) -> tuple[Any, ...]:
    address = reverse("admin:automations_backfill_change", args=(row.pk,))
    return (
        format_html('<a href="{}">{}</a>', address, str(row).capitalize()),
        f"{row.since:%Y-%m-%d %H:%M}",
        f"{row.until:%Y-%m-%d %H:%M}",
        row.get_status_display(),
        row.ended_why,
        row.requested_by,
        f"{row.created_at:%Y-%m-%d %H:%M}",
    )


BACKFILL = Tool(
    slug="backfill",
    link="Backfill…",
    may=lambda actor, workflow: permissions.may(actor, "run", workflow),
    show=_newest,
    tasks=lambda workflow, actor: [
        Task(
            "backfill",
            "Go",
            _go,
            BackfillForm,
            "Has what nobody judged in a window of the past judged now, by the live version. Count first.",
        )
    ],
)
