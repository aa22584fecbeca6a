"""A backfill as work in the background (see `services.pacing`): a few slots and events at a time are judged by their
trigger as if they had just come, in one transaction with the decisions, the runs and the items that say so.

Three things in the database keep any of them from being made up for twice: an item is one backfill's at a time, a trigger
gives an event one decision, and a run is started once.
"""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from automations import permissions
from automations.models import (
    Approval,
    Backfill,
    BackfillItem,
    Decision,
    Hold,
    Module,
    PacedStatus,
    Workflow,
)
from automations.modules.adapter import adapter_for
from automations.runtime import matching, queue
from automations.runtime.pending_events import PendingEvent, read_past
from automations.runtime.schedules import fire_late
from automations.runtime.standstills import read_standing
from automations.runtime.subscriptions import Subscription
from automations.runtime.unjudged import GONE, JUDGED, UNJUDGED, live_triggers, mode_now
from automations.services.backfilling.foreseeing import Foreseeing
from automations.services.pacing import LONG_PAUSE, Paced

A_PAGE = 50
"""Items of a dry run that are kept at once."""
State = BackfillItem.State
FIELDS = ("state", "event", "answer", "run", "outcome", "code", "message", "changes")


class Backfilling(Paced[Backfill]):
    model = Backfill
    noun = "backfill"
    related = ("requested_by", "workflow__run_as", "version__published_by")

    def go_on(self, job: Backfill, ends: float) -> None:
        why = why_stop(job)
        if why:
            self.end(job, PacedStatus.STOPPED, why)
        elif job.is_dry_run:
            self._foresee(job, ends)
        elif waits_why(job):
            self.pause(job, LONG_PAUSE)
        elif done := self.make_up(job, max(1, job.rate // 60)):
            self.pause(job, timedelta(seconds=60 * done / job.rate))
        else:
            self.end(job, PacedStatus.DONE, "")

    def skip_rest(self, job: Backfill) -> None:
        BackfillItem.objects.filter(backfill=job, state=State.WAITING).update(state=State.SKIPPED)

    def make_up(self, job: Backfill, number: int) -> int:
        """Have the next few judged, if the backfill is still ours. Returns how many there were."""
        items = list(_waiting(job)[:number])
        if not items:
            return 0
        with transaction.atomic():
            if not self.holds(job):
                return 0
            _judge(job, items)
            BackfillItem.objects.bulk_update(items, FIELDS)
            queue.wake_on_commit()
            self.keep(job)
        return len(items)

    def _foresee(self, job: Backfill, ends: float) -> None:
        # It does nothing, so that nothing has to be spared.
        foreseeing = Foreseeing(job, {trigger.node: trigger for trigger in live_triggers(job.workflow)})
        while time.monotonic() < ends:
            items = list(_waiting(job)[:A_PAGE])
            if not items:
                self.end(job, PacedStatus.DONE, "")
                return
            foreseeing.foresee(items)
            with transaction.atomic():
                if not self.holds(job):
                    return
                BackfillItem.objects.bulk_update(items, FIELDS)
                self.keep(job)
        self.pause(job, timedelta(0))


def _waiting(job: Backfill) -> Any:
    return BackfillItem.objects.filter(backfill=job, state=State.WAITING).order_by("pk")


def why_stop(job: Backfill) -> str:
    """Why it goes no further, as a sentence; "" when it may."""
    actor, workflow = job.requested_by, job.workflow
    if actor is None or not actor.is_active:
        return "Whoever asked for it has no active account any more."
    if not permissions.may(actor, "run", workflow):
        return f"{actor} may not start runs of “{workflow.name}” any more."
    if workflow.archived_at is not None:
        return "The workflow is archived."
    if workflow.active_version_id != job.version_id:
        return f"Another version is live than version {job.version.number}, which it was asked for."
    if mode_now(live_triggers(workflow)) != job.mode:
        return f"The workflow is not in {job.mode} any more, as it was when this was asked for."
    refused = sorted(_answers(job) & {Hold.State.REJECTED, Hold.State.EXPIRED})
    if refused:
        return f"Its blast radius was not approved: {refused[0]}."
    return ""


def waits_why(job: Backfill) -> str:
    """What an unfinished one waits for beside its rate, as a sentence; "" when for nothing."""
    if job.is_dry_run:
        return ""
    if Workflow.objects.filter(pk=job.workflow_id, paused_at__isnull=False).exists():
        return "The workflow is paused."
    still = read_standing(now=timezone.now()).among([job.workflow]).get(job.workflow_id)
    if still is not None:
        return still.sentence
    if Hold.State.PENDING in _answers(job):
        return "Its runs are above the blast radius and wait for approval."
    return ""


def question_of(job: Backfill) -> Approval | None:
    """The open question whether its runs may start, above the blast radius; None where it waits for none."""
    asked = Approval.objects.filter(
        hold__workflow=job.workflow_id, hold__firing=job.firing, state=Approval.State.PENDING
    )
    return asked.order_by("pk").first()


def _answers(job: Backfill) -> set[str]:
    """What was answered to what holds its runs: each trigger has a question of its own."""
    holds = Hold.objects.filter(workflow=job.workflow_id, firing=job.firing)
    return set(holds.values_list("state", flat=True))


def _judge(job: Backfill, items: Sequence[BackfillItem]) -> None:
    triggers = {trigger.node: trigger for trigger in live_triggers(job.workflow)}
    _fire(triggers, items)
    ids = sorted({item.event_id for item in items if item.event_id is not None})
    events = {event.id: event for event in read_past(ids, lock=True)}
    decided = Decision.objects.filter(event__in=ids, workflow=job.workflow)
    answers = {(row.event_id, row.trigger_node): row.outcome for row in decided}
    gone = _gone(list(events.values()))
    to_judge = []
    for item in items:
        event = events.get(item.event_id or 0)
        if event is None or answers.get((event.id, item.trigger_node), matching.PAUSED) not in UNJUDGED:
            _refuse(item, JUDGED, "It was judged meanwhile, or its event is gone.")
        elif (event.module_id, event.record_key) in gone:
            _refuse(item, GONE, "Its record is not there any more.")
        else:
            to_judge.append((item, event))
    if not to_judge:
        return
    for item, event in to_judge:  # of those that nobody looked at: the new answer takes their place
        decided.filter(event=event.id, trigger_node=item.trigger_node, outcome__in=UNJUDGED).delete()
    sizes = _sizes(job)
    verdicts = []
    for item, event in to_judge:
        target = {
            "workflow": job.workflow_id,
            "node": item.trigger_node,
            "firing": job.firing,
            "size": sizes[item.trigger_node],
            "paced": True,
        }
        # Who asked has started it, and so decides nothing that it asks about.
        meant = replace(event, target=target, actor_id=job.requested_by_id)
        verdict = matching.judge_event(meant, triggers[item.trigger_node])
        verdict.reason = {**verdict.reason, "backfill": job.pk}
        verdicts.append(verdict)
    matching.settle([verdict.event for verdict in verdicts], verdicts)
    for (item, _), verdict in zip(to_judge, verdicts, strict=True):
        item.state, item.answer, item.run_id = State.JUDGED, verdict.outcome, verdict.run


def _fire(triggers: dict[str, Subscription], items: Sequence[BackfillItem]) -> None:
    """The events of the slots among them."""
    slots: dict[str, list[BackfillItem]] = defaultdict(list)
    for item in items:
        if item.slot_at is not None:
            slots[item.trigger_node].append(item)
    for node, group in slots.items():
        moments = [item.slot_at for item in group if item.slot_at is not None]
        fired = fire_late(triggers[node], moments, now=timezone.now())
        for item in group:
            assert item.slot_at is not None
            item.event_id = fired[item.slot_at]


def _gone(events: Sequence[PendingEvent]) -> set[tuple[int | None, str]]:
    """Records that these events are about and that are not there any more; a query for each module."""
    keys: dict[int, set[str]] = defaultdict(set)
    for event in events:
        if event.module_id is not None and event.record_key:
            keys[event.module_id].add(event.record_key)
    gone: set[tuple[int | None, str]] = set()
    for pk, module in Module.objects.in_bulk(list(keys)).items():
        there = adapter_for(module).load(sorted(keys[pk]), lock=False)
        gone |= {(pk, key) for key in keys[pk] if key not in there}
    return gone


def _sizes(job: Backfill) -> Counter[str]:
    """How many there are of each trigger: what people are asked about when that is above the blast radius."""
    rows = BackfillItem.objects.filter(backfill=job).order_by().values_list("trigger_node")
    return Counter(dict(rows.annotate(number=Count("pk"))))


def _refuse(item: BackfillItem, code: str, message: str) -> None:
    item.state, item.code, item.message = State.REFUSED, code, message


BACKFILLING = Backfilling()
work, is_due = BACKFILLING.work, BACKFILLING.is_due
