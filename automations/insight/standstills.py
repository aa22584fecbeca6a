"""Why a run waits, where a standstill is why; and what its workflow's standing still means for one that goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automations import permissions
from automations.models import Decision, Event, Run, Workflow
from automations.runtime.standstills import Standing, read_standing


@dataclass(frozen=True, slots=True)
class RunHeld:
    """`waits`: the run itself goes no further before the standstill is over."""

    waits: bool
    until: datetime | None
    sentence: str


def run_held(run: Run, actor: Any, *, now: datetime) -> RunHeld | None:
    """What a standstill means for a run that has not ended; None for nothing. One query where nothing stands still. Of a
    started workflow that the actor may not see, no name and no reason is told."""
    if run.finished_at is not None or run.clock:
        return None
    standing = read_standing(now=now)
    if not standing.held:
        return None
    child = _not_started(run, standing)
    if child is not None and (held := standing.among([child]).get(child.pk)) is not None:
        seen = permissions.visible_workflows(actor).filter(pk=child.pk).exists()
        why = held.sentence if seen else "That workflow stands still"
        return RunHeld(
            True, held.until, f"It waits for a workflow that it has started to begin. {_ended(why)}"
        )
    own = standing.among([run.workflow]).get(run.workflow_id)
    if own is None:
        return None
    return RunHeld(False, own.until, f"{_ended(own.sentence)} This run goes on; what comes meanwhile waits.")


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?", "…")) else f"{sentence}."


def _not_started(run: Run, standing: Standing) -> Workflow | None:
    """A workflow whose run this one waits for, and that has not judged yet whether to start one."""
    caused = Event.objects.filter(cause_run=run, target__parent=run.pk)
    if standing.everything is not None:
        event = caused.filter(state=Event.State.PENDING).first()
        meant = event.target if event is not None else None
        return Workflow.objects.filter(pk=meant["workflow"]).first() if meant else None
    put_off = Decision.objects.filter(outcome=Decision.Outcome.STANDSTILL, event__in=caused)
    decision = put_off.select_related("workflow").first()
    return decision.workflow if decision is not None else None
