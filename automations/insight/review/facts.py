"""The review as plain data, for pages, paper, mail and other programs, with the sentence that sums it up."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from math import floor
from typing import Any

from automations.conf import setting
from automations.insight.review.figures import Review, Totals, WorkflowTotals

JSONDict = dict[str, Any]


def facts_of(review: Review, *, now: datetime) -> JSONDict:
    """Times are ISO 8601, durations seconds, rates per cent; what there is nothing to say of is null."""
    week = review.week
    return {
        "week": week.name,
        "starts": week.start.isoformat(),
        "ends": week.end.isoformat(),
        "zone": week.zone.key,
        "team": review.team,
        "goes_on": now < week.end,
        "as_of": now.astimezone(UTC).isoformat(),
        "unfinished": review.unfinished,
        "headline": headline(review),
        "minutes_per_step": setting("AUTOMATIONS_MINUTES_PER_MANUAL_STEP"),
        "now": _totals(review.now),
        "before": _totals(review.before),
        "days": [{**asdict(day), "day": day.day.isoformat()} for day in review.days],
        "workflows": [_workflow(one) for one in review.workflows],
        "slowest": [_workflow(one) for one in review.slowest],
        "failures": [
            {
                "workflow": _named(group.workflow),
                "fingerprint": group.fingerprint,
                "cause": group.cause,
                "count": group.count,
                "before": group.before,
                "first": group.first.isoformat(),
                "last": group.last.isoformat(),
                "is_new": group.is_new,
                "state": group.state,
                "assignee": group.assignee,
                "owner": group.workflow.owner.get_username() if group.workflow.owner else "",
            }
            for group in review.failures
        ],
        "noisy": [
            {
                "workflow": _named(one.workflow),
                "node": one.node,
                "title": one.title,
                "asked": one.asked,
                "matched": one.matched,
                "asked_before": one.asked_before,
                "matched_before": one.matched_before,
            }
            for one in review.noisy
        ],
        "overdue": [
            {
                "id": approval.pk,
                "title": approval.title,
                "workflow": _named(approval.workflow),
                "run": approval.run_id,
                "asked_at": approval.asked_at.isoformat(),
                "expires_at": approval.expires_at.isoformat() if approval.expires_at else None,
            }
            for approval in review.overdue
        ],
        "overdue_before": review.overdue_before,
        "broken_glass_before": review.broken_glass_before,
        "broken_glass": [
            {
                "workflow": _named(promotion.workflow),
                "version": promotion.version.number,
                "by": promotion.promoted_by_name,
                "reason": promotion.reason,
                "at": promotion.at.isoformat(),
                "settled_at": promotion.settled_at.isoformat() if promotion.settled_at else None,
            }
            for promotion in review.broken_glass
        ],
    }


def headline(review: Review) -> str:
    """“1,284 runs ended, success rate 98.2 % (+0.6 points), …”"""
    now, before = review.now, review.before
    if now.ended == 0:
        return "No run ended in this week."
    parts = [_number(now.ended, "run") + " ended"]
    if (rate := now.success_rate) is not None:
        than = before.success_rate
        change = "" if than is None else f" ({rate - than:+.1f} points)"
        parts.append(f"success rate {floor(rate * 10) / 10:.1f} %{change}")  # 99.97 is not all
    if now.manual_steps:
        parts.append(f"{_number(now.manual_steps, 'step')} by hand less ({_hours(now):.1f} h)")
    if new := sum(group.is_new for group in review.failures):
        parts.append(_number(new, "new cause") + " of failure")
    elif not review.failures:
        parts.append("nothing gave up")
    return ", ".join(parts) + "."


UNITS = (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1))


def spoken(seconds: float | None) -> str:
    """“3.2 hours”: in the largest unit of which there are two; “–” where there is nothing to say."""
    if seconds is None:
        return "–"
    unit, size = next((unit, size) for unit, size in UNITS if seconds >= 2 * size or size == 1)
    return f"{seconds / size:.1f} {unit}"


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _hours(totals: Totals) -> float:
    return totals.manual_steps * setting("AUTOMATIONS_MINUTES_PER_MANUAL_STEP") / 60


def _totals(totals: Totals) -> JSONDict:
    return {
        **asdict(totals),
        "ended": totals.ended,
        "success_rate": totals.success_rate,
        "manual_hours": _hours(totals),
    }


def _named(workflow: Any) -> JSONDict:
    return {"id": workflow.pk, "name": workflow.name}


def _workflow(one: WorkflowTotals) -> JSONDict:
    manual = one.manual
    return {
        "workflow": _named(one.workflow),
        **_counted(one),
        "records_changed": manual.records if manual else 0,
        "edits_before": manual.edits_before if manual else 0,
        "records_before": manual.records_before if manual else 0,
        "before": _counted(one.before) if one.before else None,
    }


def _counted(one: WorkflowTotals) -> JSONDict:
    return {
        "succeeded": one.succeeded,
        "failed": one.failed,
        "cancelled": one.cancelled,
        "median": one.median,
        "p95": one.p95,
        "manual_steps": one.manual.steps if one.manual else 0,
    }
