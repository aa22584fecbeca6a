"""What stands still: events wait to be judged by the triggers of everything, of a module, of a team or of a workflow.

Whoever asks whether a workflow is held asks `Standing.over`: of what is read once for as many workflows as there are. While
everything is held, events stay pending. Where only some workflows are, an event is judged by the others, and a decision
“standstill” keeps the place of each answer that is still to come. Replays have clocks of their own and go on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Q

from automations.models import ActiveTrigger, Decision, Standstill, Workflow

LOOK = """
SELECT now(), EXISTS (SELECT 1 FROM automations_decision WHERE outcome = 'standstill'),
  EXISTS (SELECT 1 FROM automations_standstill WHERE lifted_at IS NULL AND starts_at <= now()
    AND (ends_at IS NULL OR ends_at > now()))
"""
WAITING = """
WITH RECURSIVE waiting (workflow) AS (
  (SELECT workflow_id FROM automations_decision WHERE outcome = 'standstill' ORDER BY workflow_id LIMIT 1)
  UNION ALL
  SELECT (SELECT workflow_id FROM automations_decision WHERE outcome = 'standstill' AND workflow_id > workflow
    ORDER BY workflow_id LIMIT 1) FROM waiting WHERE workflow IS NOT NULL
)
SELECT workflow FROM waiting WHERE workflow IS NOT NULL
"""
TAKE_BACK = """
WITH over AS (
  SELECT id FROM automations_decision WHERE outcome = 'standstill' AND workflow_id = ANY(%s)
  ORDER BY event_id LIMIT %s FOR UPDATE SKIP LOCKED
)
DELETE FROM automations_decision decision USING over WHERE decision.id = over.id
RETURNING event_id, workflow_id, version_id, trigger_node
"""


@dataclass(frozen=True, slots=True)
class Held:
    """By which standstill, and until when. None: until somebody lifts it."""

    standstill: Standstill
    until: datetime | None

    def reason(self) -> dict[str, Any]:
        """Why a trigger does not answer yet, as its decision says it."""
        until = self.until.isoformat() if self.until is not None else None
        return {"standstill": self.standstill.pk, "why": self.sentence, "until": until}

    @property
    def sentence(self) -> str:
        """“The team support stands still until 2026-03-29 22:00 UTC: The shop moves”"""
        until = f" until {self.until:%Y-%m-%d %H:%M} UTC" if self.until is not None else ""
        return f"{self.standstill.subject} stands still{until}: {self.standstill.reason}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands still at a moment, what lasts longest first. `waiting`: some event waits for the end of one."""

    now: datetime
    held: tuple[Held, ...] = ()
    waiting: bool = False

    @property
    def everything(self) -> Held | None:
        """What holds every workflow there is."""
        return next((held for held in self.held if held.standstill.of_everything), None)

    def over(self, workflow: Workflow, *modules: int | None) -> Held | None:
        """What holds a workflow for longest, if anything does: with its own module, `modules` are those that its live
        triggers, or an event, are about."""
        return next((held for held in self.held if held.standstill.covers(workflow, *modules)), None)

    def among(self, workflows: Iterable[Workflow]) -> dict[int, Held]:
        """What holds each of these workflows, by its id, where anything does. No query where nothing stands still, and
        one where a module does."""
        if not self.held:
            return {}
        rows = list(workflows)
        watched = self._watched(rows)
        found = {row.pk: self.over(row, *watched.get(row.pk, ())) for row in rows}
        return {pk: held for pk, held in found.items() if held is not None}

    def _watched(self, workflows: Iterable[Workflow]) -> Mapping[int, set[int | None]]:
        modules = {held.standstill.module_id for held in self.held} - {None}
        watched: dict[int, set[int | None]] = defaultdict(set)
        if modules:
            rows = ActiveTrigger.objects.filter(
                workflow__in=[row.pk for row in workflows], module__in=modules
            )
            for workflow, module in rows.values_list("workflow", "module"):
                watched[workflow].add(module)
        return watched


def read_standing(*, now: datetime) -> Standing:
    """What stands still at a moment. One query."""
    rows = Standstill.objects.filter(unlifted(now=now), starts_at__lte=now)
    rows = rows.select_related("module", "workflow")
    held = [Held(row, row.ends_at) for row in rows]
    return Standing(now, tuple(sorted(held, key=_length, reverse=True)))


def _length(held: Held) -> tuple[bool, float]:
    return held.until is None, held.until.timestamp() if held.until is not None else 0.0


def read_ended(*, now: datetime) -> Standing:
    """What stood still before a moment: `until` says when each was over, and what was over last comes first. One query."""
    rows = Standstill.objects.filter(starts_at__lte=now).select_related("module", "workflow")
    held = [Held(row, row.over_at) for row in rows if row.over_at and row.starts_at <= row.over_at <= now]
    return Standing(now, tuple(sorted(held, key=_length, reverse=True)))


def look() -> Standing:
    """What stands still by the database's clock, and whether anything waits: one small query where nothing does."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK)
        now, waiting, any_holds = cursor.fetchone()
    return Standing(now, read_standing(now=now).held if any_holds else (), waiting)


def unlifted(*, now: datetime) -> Q:
    """Standstills that hold something, or are going to."""
    return Q(Q(ends_at=None) | Q(ends_at__gt=now), lifted_at=None)


def binding(workflow: Workflow) -> Q:
    """Standstills, whenever they are, that are of this workflow: of everything, of its team, of itself, of its module or of
    a module that one of its live triggers is about."""
    watched = ActiveTrigger.objects.filter(workflow=workflow, module__isnull=False).values("module")
    teams = ("", workflow.team) if workflow.team else ("",)
    return (
        Q(team__in=teams)
        & (Q(workflow=None) | Q(workflow=workflow.pk))
        & (Q(module=None) | Q(module=workflow.module_id) | Q(module__in=watched))
    )


def let_go(standing: Standing) -> list[int]:
    """The workflows that events wait for and that nothing holds any more."""
    if not standing.waiting or standing.everything is not None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        ids = [row[0] for row in cursor.fetchall()]
    held = standing.among(Workflow.objects.filter(pk__in=ids).only("team", "module")) if ids else {}
    return [pk for pk in ids if pk not in held]


class PutOff(NamedTuple):
    """Which trigger has yet to answer to which event; the version is the one that was live when it came."""

    event: int
    workflow: int
    version: int
    node: str


def take_back(workflows: Sequence[int], *, limit: int) -> list[PutOff]:
    """Take up to `limit` answers that were put off, those to the oldest events first, in the caller's transaction: who
    takes them has to judge."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_BACK, [list(workflows), limit])
        return [PutOff(*row) for row in cursor.fetchall()]


def leave(answers: Iterable[PutOff], *, now: datetime) -> None:
    """Say of answers that were taken back why they will never be given: their triggers listen no more."""
    Decision.objects.bulk_create(
        Decision(
            event_id=one.event,
            workflow_id=one.workflow,
            version_id=one.version,
            trigger_node=one.node,
            outcome=Decision.Outcome.OUT_OF_SCOPE,
            reason={"why": "When the standstill was over, this trigger did not listen any more."},
            at=now,
        )
        for one in answers
    )
