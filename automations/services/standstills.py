"""Standstills: the switch that pauses everything, a module, a team or a workflow, and maintenance windows that are planned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from automations.engine.errors import Problem, quoted
from automations.errors import ConflictError, InvalidError
from automations.models import AuditEntry, Module, Standstill, Workflow
from automations.modules.schema import is_zone
from automations.runtime.queue import wake_on_commit
from automations.services.audit import write_audit
from automations.services.texts import require_texts


@transaction.atomic
def set_standstill(
    *,
    reason: str,
    actor: Any,
    module: Module | None = None,
    team: str = "",
    workflow: Workflow | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    days: Sequence[int] = (),
    window_from: time | None = None,
    window_to: time | None = None,
    zone: str = "",
) -> Standstill:
    """Let no trigger judge anything from `starts_at` (None: now) to `ends_at` (None: until it is lifted): of everything, or
    of one module's, one team's or one workflow's. Runs that have begun go on. With `days` (0 is Monday) only on these, from
    `window_from` to `window_to` by the clock of `zone`.

    Raises InvalidError for the reason, for two scopes, for a team that no workflow has, for windows that can't be, and for
    an end that is not later than the start, or over."""
    require_texts(Standstill, reason=reason, team=team, zone=zone)
    _require_scope(module, team, workflow)
    _require_windows(days, window_from, window_to, zone)
    now = timezone.now()
    if ends_at is not None and ends_at <= max(starts_at or now, now):
        message = "It has to end later than it starts, and later than now."
        raise InvalidError([Problem("bad-moment", "ends_at", message, "Send another moment, or none.")])
    row = Standstill.objects.create(
        module=module,
        team=team,
        workflow=workflow,
        reason=reason,
        starts_at=starts_at or now,
        ends_at=ends_at,
        days=sorted(set(days)),
        window_from=window_from,
        window_to=window_to,
        zone=zone,
        set_by=actor,
        set_by_name=actor.get_username(),
    )
    write_audit(actor=actor, action="standstill.set", obj=row, after=_told(row), reason=reason)
    return row


@transaction.atomic
def lift_standstill(*, standstill: Standstill, actor: Any, reason: str = "") -> Standstill:
    """Let triggers judge again what has come, and what comes. Raises ConflictError when it is lifted or over already."""
    require_texts(AuditEntry, reason=reason)
    now = timezone.now()
    changed = (
        Standstill.objects.filter(pk=standstill.pk, lifted_at=None)
        .exclude(ends_at__lte=now)
        .update(lifted_at=now, lifted_by_name=actor.get_username())
    )
    if not changed:
        raise ConflictError("It is lifted already, or over.", code="already-lifted")
    write_audit(
        actor=actor, action="standstill.lifted", obj=standstill, before=_told(standstill), reason=reason
    )
    wake_on_commit()
    standstill.refresh_from_db()
    return standstill


@transaction.atomic
def end_window(*, standstill: Standstill, actor: Any, reason: str = "") -> Standstill:
    """Let triggers judge again before the window that holds now is over; it comes again as ever. Raises ConflictError when
    none holds now, and for a standstill that comes once: that one is lifted."""
    require_texts(AuditEntry, reason=reason)
    now = timezone.now()
    standstill = Standstill.objects.select_related("module", "workflow").get(pk=standstill.pk)
    span = standstill.holding(now)
    if standstill.recurrence is None or span is None:
        raise ConflictError("No window of it holds now.", code="no-window")
    early = Q(called_off_until=None) | Q(called_off_until__lt=span.until)
    rows = Standstill.objects.filter(early, pk=standstill.pk, lifted_at=None)
    if not rows.update(called_off_at=now, called_off_until=span.until):
        raise ConflictError("No window of it holds now.", code="no-window")
    standstill.refresh_from_db()
    before, after = {**_told(standstill), "window_ends_at": _text(span.until)}, {"window_ends_at": _text(now)}
    write_audit(
        actor=actor,
        action="standstill.window_ended",
        obj=standstill,
        before=before,
        after={"of": standstill.subject, **after},
        reason=reason,
    )
    wake_on_commit()
    return standstill


def _require_windows(days: Sequence[int], start: time | None, end: time | None, zone: str) -> None:
    """Raise InvalidError where days, times and zone are no windows that come again, nor all left out."""
    if not days and start is None and end is None and not zone:
        return
    problems = []
    if not isinstance(days, list | tuple) or not days or not all(_is_day(day) for day in days):
        message = "On which days of the week does it come again?"
        problems.append(Problem("bad-days", "days", message, "Send some of 0 (Monday) to 6."))
    for name, moment in (("window_from", start), ("window_to", end)):
        if not isinstance(moment, time) or moment.tzinfo is not None or moment.second or moment.microsecond:
            message = "This is no time of day in hours and minutes."
            problems.append(Problem("bad-time", name, message, "Write it like 22:30."))
    if not problems and start == end:
        message = "A window that begins when it ends never ends."
        problems.append(
            Problem("bad-time", "window_to", message, "Leave the window out to hold all the time.")
        )
    if not is_zone(zone):
        message = f"There is no time zone {quoted(zone)}."
        problems.append(Problem("unknown-zone", "zone", message, "Use a name such as Europe/Berlin."))
    if problems:
        raise InvalidError(problems)


def _is_day(day: object) -> bool:
    return isinstance(day, int) and not isinstance(day, bool) and 0 <= day <= 6


def _require_scope(module: Module | None, team: str, workflow: Workflow | None) -> None:
    if sum(one is not None for one in (module, team or None, workflow)) > 1:
        message = "It is of a module, of a team or of a workflow: of one of them."
        raise InvalidError([Problem("two-scopes", "team", message, "Leave out the others.")])
    if team and not Workflow.objects.filter(team=team, archived_at=None).exists():
        message = f"No workflow has the team {quoted(team)}."
        raise InvalidError(
            [Problem("unknown-team", "team", message, "Send a team as its workflows name it.")]
        )


def _told(row: Standstill) -> dict[str, Any]:
    return {
        "of": row.subject,
        "starts_at": row.starts_at.isoformat(),
        "ends_at": _text(row.ends_at),
        **({"comes_again": row.comes_again} if row.days else {}),
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
