"""Backfills: what nobody judged in a window of the past, counted beforehand, then made up for at a rate or foreseen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from django.utils import timezone

from automations.conf import setting
from automations.engine.durations import parse_duration
from automations.engine.errors import Problem
from automations.engine.fields import datetime_text
from automations.errors import ConflictError, InvalidError
from automations.models import AuditEntry, Backfill, BackfillItem, Mode, Retention, Workflow
from automations.runtime import queue
from automations.runtime.blast_radius import Excess, excess_of_firing
from automations.runtime.imagined import imagined_event
from automations.runtime.matching import judge_event
from automations.runtime.pending_events import read_past
from automations.runtime.unjudged import Missed, Unjudged, live_triggers, mode_now, unjudged
from automations.services.audit import write_audit
from automations.services.backfilling.lane import TASK
from automations.services.backfilling.work import BACKFILLING
from automations.services.pacing import FASTEST, MOST_PARTS, RATE, out_of_range
from automations.services.texts import require_texts

MOST_DAYS = 92
SAMPLE = 10
"""Of each trigger: so many of the oldest are judged beforehand."""
OVER_LIMIT = "over-limit"


@dataclass(frozen=True, slots=True)
class Window:
    """From `since` on and before `until`, as people of `zone` named it."""

    since: datetime
    until: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Sampled:
    """One of the oldest, and what its trigger would answer now."""

    missed: Missed
    answer: str
    why: str


@dataclass(frozen=True, slots=True)
class Part:
    """What one trigger missed. `excess` says why its runs would wait for approval; None where they would not."""

    found: Unjudged
    taken: int
    sample: Sequence[Sampled]
    excess: Excess | None


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backfill would make up for. `refusal` says why it can't be started, as a sentence; `notes` are what people
    should know: [(code, sentence)]."""

    window: Window
    mode: str
    parts: Sequence[Part]
    refusal: str = ""
    code: str = ""
    notes: Sequence[tuple[str, str]] = field(default_factory=tuple)

    @property
    def total(self) -> int:
        return sum(part.taken for part in self.parts)

    def left_out(self) -> dict[str, int]:
        """How many are left out, by why."""
        counts: Counter[str] = Counter()
        for part in self.parts:
            counts.update(part.found.left_out)
            counts[OVER_LIMIT] += part.found.count - part.taken
        return {why: number for why, number in counts.items() if number}


def read_window(since: str, until: str, zone: str, *, now: datetime) -> Window:
    """A window from two moments as people write them: “2026-03-01”, or with a time; without an offset, by the clocks of
    `zone`. What is still to come is no part of it. Raises InvalidError for what is none, or longer than MOST_DAYS."""
    problems: list[Problem] = []
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        message = f"There is no time zone “{zone[:64]}”."
        raise InvalidError(
            [Problem("unknown-zone", "zone", message, "Write it like Europe/Berlin.")]
        ) from None
    moments = {}
    for name, text in (("since", since), ("until", until)):
        try:
            moment = datetime.fromisoformat(text)
            moments[name] = moment if moment.tzinfo is not None else moment.replace(tzinfo=place)
            moments[name] = moments[name].astimezone(ZoneInfo("UTC"))
        except (ValueError, OverflowError):
            message = f"“{text[:40]}” is no moment."
            problems.append(
                Problem("bad-moment", name, message, "Write it like 2026-03-01 or 2026-03-01T08:30.")
            )
    if problems:
        raise InvalidError(problems)
    first, last = moments["since"], min(moments["until"], now)
    if last <= first:
        message = "The window has to end later than it begins, and to begin before now."
        raise InvalidError([Problem("bad-moment", "until", message, "Send another moment.")])
    if last - first > timedelta(days=MOST_DAYS):
        message = f"The window is longer than {MOST_DAYS} days."
        raise InvalidError([Problem("window-too-long", "since", message, "Make up for it in parts.")])
    return Window(first, last, zone)


def plan_backfill(
    *,
    workflow: Workflow,
    window: Window,
    slots: bool = True,
    events: bool = True,
    rate: int = RATE,
    now: datetime,
) -> Plan:
    """Count what would be made up for, without reading more than a sample of it. Nothing is written. Raises InvalidError
    for the rate, or when it is about nothing."""
    _require_bounds(slots, events, rate)
    found = unjudged(workflow, since=window.since, until=window.until, slots=slots, events=events)
    triggers = live_triggers(workflow)
    mode = mode_now(triggers) if triggers else workflow.mode
    taken = Counter({found[number].trigger.node: count for number, count in _taken(found).items()})
    parts = [_part(one, taken[one.trigger.node], mode, now) for one in found]
    code, refusal = _refusal(workflow, parts)
    return Plan(window, mode, parts, refusal, code, tuple(_notes(workflow, parts, rate)))


@transaction.atomic
def start_backfill(
    *,
    workflow: Workflow,
    window: Window,
    actor: Any,
    slots: bool = True,
    events: bool = True,
    rate: int = RATE,
    dry_run: bool = False,
    reason: str = "",
) -> Backfill:
    """Queue a backfill of what nobody judged in the window, the oldest first and at most MOST_PARTS; of two that are asked
    for at once, one gets each of them. As a dry run it only tells what would come of them.

    Raises InvalidError for what is asked, ConflictError when the workflow is not live, when there is nothing, or when the
    actor has too many unfinished ones.
    """
    require_texts(AuditEntry, reason=reason)
    BACKFILLING.require_few(actor)
    now = timezone.now()
    plan = plan_backfill(workflow=workflow, window=window, slots=slots, events=events, rate=rate, now=now)
    if plan.refusal and not (dry_run and plan.code == "paused"):
        raise ConflictError(plan.refusal, code=plan.code)
    assert workflow.active_version is not None
    backfill = Backfill.objects.create(
        workflow=workflow,
        version=workflow.active_version,
        mode=plan.mode,
        since=window.since,
        until=window.until,
        zone=window.zone,
        slots=slots,
        events=events,
        rate=rate,
        left_out=plan.left_out(),
        requested_by=actor,
        is_dry_run=dry_run,
        reason=reason,
        due_at=now,
        created_at=now,
    )
    _take(backfill, plan)
    number = BackfillItem.objects.filter(backfill=backfill).count()
    if not number:
        raise ConflictError("Another backfill has just taken all of it.", code="nothing-to-make-up")
    after = {
        "workflow": workflow.key,
        "version": workflow.active_version.number,
        "mode": plan.mode,
        "since": datetime_text(window.since),
        "until": datetime_text(window.until),
        "slots": slots,
        "events": events,
        "items": number,
        "left_out": plan.left_out(),
        "rate": rate,
        "dry_run": dry_run,
    }
    write_audit(actor=actor, action="backfill.started", obj=backfill, after=after, reason=reason)
    queue.wake_on_commit(TASK)
    return backfill


@transaction.atomic
def cancel_backfill(*, backfill: Backfill, actor: Any, reason: str = "") -> Backfill:
    """Have no more judged; runs that were started go on. Raises ConflictError when it has ended."""
    return BACKFILLING.cancel(backfill, actor=actor, reason=reason)


def _require_bounds(slots: bool, events: bool, rate: int) -> None:
    problems = out_of_range("rate", rate, FASTEST)
    if not slots and not events:
        message = "It is not said what is made up for."
        problems.append(Problem("nothing-asked", "slots", message, "Ask for slots, events or both."))
    if problems:
        raise InvalidError(problems)


def _oldest(found: Sequence[Unjudged]) -> Iterator[tuple[datetime, int, Missed]]:
    """The oldest of all triggers, as (moment, number of the trigger, it)."""

    def of(number: int, one: Unjudged) -> Iterator[tuple[datetime, int, Missed]]:
        return ((missed.at, number, missed) for missed in one.oldest(MOST_PARTS))

    streams = [of(number, one) for number, one in enumerate(found)]
    return islice(merge(*streams, key=lambda row: row[:2]), MOST_PARTS)


def _taken(found: Sequence[Unjudged]) -> dict[int, int]:
    """How many of each trigger are within the limit; nothing is read where all are."""
    if sum(one.count for one in found) <= MOST_PARTS:
        return {number: one.count for number, one in enumerate(found)}
    return Counter(number for _, number, _ in _oldest(found))


def _take(backfill: Backfill, plan: Plan) -> None:
    found = [part.found for part in plan.parts]
    items = (
        BackfillItem(
            backfill=backfill,
            workflow_id=backfill.workflow_id,
            is_dry_run=backfill.is_dry_run,
            trigger_node=found[number].trigger.node,
            event_id=missed.event,
            slot_at=missed.slot,
            record_key=missed.record,
            at=at,
        )
        for at, number, missed in _oldest(found)
    )
    # What another one has taken since it was counted is left to that one.
    BackfillItem.objects.bulk_create(items, batch_size=1_000, ignore_conflicts=True)


def _part(found: Unjudged, taken: int, mode: str, now: datetime) -> Part:
    excess = excess_of_firing(found.trigger, taken, now) if mode == Mode.EXECUTE and taken else None
    return Part(found, taken, list(_sample(found, now)), excess)


def _sample(found: Unjudged, now: datetime) -> Iterator[Sampled]:
    oldest = list(found.oldest(SAMPLE))
    events = {event.id: event for event in read_past([one.event for one in oldest if one.event is not None])}
    for number, missed in enumerate(oldest, 1):
        if missed.slot is not None:
            data = {"slot": datetime_text(missed.slot)}
            event = imagined_event(number, "schedule", now, found.trigger, data)
        elif missed.event in events:
            event = events[missed.event]
        else:
            continue
        verdict = judge_event(event, found.trigger)
        yield Sampled(missed, verdict.outcome, str(verdict.reason.get("why") or ""))


def _refusal(workflow: Workflow, parts: Sequence[Part]) -> tuple[str, str]:
    if workflow.archived_at is not None or workflow.active_version is None:
        return "not-live", f"“{workflow.name}” has no live version. Publish one first."
    if not parts:
        return "no-such-trigger", "Its live version has no trigger of the kind that is asked for."
    if not sum(part.taken for part in parts):
        return (
            "nothing-to-make-up",
            "Nothing in this window was missed: all of it is left out, or nothing happened.",
        )
    if workflow.paused_at is not None:
        return "paused", f"“{workflow.name}” is paused. Resume it first; a dry run can be started now."
    return "", ""


def _notes(workflow: Workflow, parts: Sequence[Part], rate: int) -> Iterator[tuple[str, str]]:
    if any(part.taken and not part.found.is_schedule for part in parts):
        yield (
            "values",
            "The trigger sees the record as the event left it. Conditions and steps see the record as it is when the"
            " run works on it, and count relative times from then.",
        )
    for part in parts:
        limit: Mapping[str, Any] | None = part.found.trigger.config.get("throttle")
        if limit and part.taken > int(limit["max"]) and _is_faster(rate, limit):
            yield (
                "throttle",
                f"Trigger “{part.found.trigger.node}” starts at most {limit['max']} runs in {limit['per']}: at this rate"
                " the rest is throttled, and counts as judged.",
            )
    hourly = workflow.limits.get("runs_per_hour")
    if hourly is not None and rate * 60 > int(hourly):
        yield (
            "runs-per-hour",
            f"{hourly} runs an hour are allowed; at this rate those beyond wait for approval.",
        )
    if any(not part.found.complete for part in parts):
        yield "more-slots", "There are more slots than are looked at. Narrow the window."
    kept_for_a_time = setting("AUTOMATIONS_RUNS_KEPT_DAYS") or setting("AUTOMATIONS_EVENTS_KEPT_DAYS")
    dropped = kept_for_a_time or Retention.objects.filter(days__isnull=False).exists()
    if dropped and any(not part.found.is_schedule for part in parts):
        yield (
            "events-dropped",
            "Events that were dropped after their time are not there any more, and how many is not known.",
        )


def _is_faster(rate: int, limit: Mapping[str, Any]) -> bool:
    return rate * parse_duration(limit["per"]).total_seconds() / 60 > int(limit["max"])
