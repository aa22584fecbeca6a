"""What a backfill would make up for, in sentences: for the command line and the admin."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from automations.models import Workflow
from automations.runtime.blast_radius import sentence
from automations.runtime.unjudged import LEFT_OUT
from automations.services.backfills import OVER_LIMIT, Part, Plan, Window
from automations.services.pacing import MOST_PARTS

WHY_LEFT_OUT = {
    **LEFT_OUT,
    OVER_LIMIT: f"beyond the oldest {MOST_PARTS:,}, which one backfill takes at most",
}


def lines_of(workflow: Workflow, plan: Plan, rate: int) -> Iterator[str]:
    """What would be judged, by which version and how long it takes; of each trigger how many, what is left out and why,
    what one should know, and why it can't be started."""
    version = workflow.active_version
    yield (
        f"{workflow.key}, version {version.number if version else '-'}, in {plan.mode}:"
        f" {plan.total} to be judged from {_moment(plan.window, plan.window.since)}"
        f" to {_moment(plan.window, plan.window.until)}, about {-(-plan.total // rate)} min at {rate} a minute."
    )
    for part in plan.parts:
        yield from _part(plan.window, part)
    for why, number in plan.left_out().items():
        yield f"  left out: {number} {WHY_LEFT_OUT[why]}"
    for _, note in plan.notes:
        yield f"  note: {note}"
    if plan.refusal:
        yield f"  can't be started: {plan.refusal}"


def _part(window: Window, part: Part) -> Iterator[str]:
    found = part.found
    what = "slots" if found.is_schedule else "events"
    span = ""
    if found.first is not None and found.last is not None:
        span = f", {_moment(window, found.first)} to {_moment(window, found.last)}"
    would = sum(one.answer == "matched" for one in part.sample)
    yield f"  {found.trigger.node}: {part.taken} {what}{span}; of the oldest {len(part.sample)}, {would} would start"
    if part.excess is not None:
        yield f"  {found.trigger.node}: waits for approval: {sentence(part.excess.to_json())}"


def _moment(window: Window, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(window.zone)):%Y-%m-%d %H:%M}"
