"""What keeps runs that are put back from getting anywhere: told before a redrive is started, and while it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automations.insight.diagnosis.parts import Finding
from automations.insight.diagnosis.reading import reachable
from automations.insight.diagnosis.scene import CLUES, Scene
from automations.insight.diagnosis.standing import kept_from_acting
from automations.models import Workflow

# A standstill is none of them: it holds triggers, and what is put back needs none.
MOST = 5
"""Workflows that are looked at, those with the lowest numbers."""
IN_THE_WAY = frozenset(
    (
        *("archived", "paused", "breaker-open", "simulates", "may-not-act"),
        *("destination-disabled", "destination-failing", "secret-expired"),
    )
)


@dataclass(frozen=True, slots=True)
class Rest:
    workflow: Workflow
    finding: Finding


def read_rests(actor: Any, workflows: Sequence[int], *, now: datetime) -> list[Rest]:
    """What rests of these workflows and of what their live versions call: a workflow that is paused or only simulates, a
    destination that is disabled or fails. In as many queries for each of at most MOST workflows."""
    rows = Workflow.objects.select_related("active_version", "owner", "run_as")
    found = []
    for workflow in rows.filter(pk__in=workflows).order_by("pk")[:MOST]:
        scene = Scene(actor, workflow, now)
        findings = [*kept_from_acting(scene)]
        for _, clues in CLUES.items():
            findings += clues.findings(scene)
        found += [Rest(workflow, reachable(scene, one)) for one in findings if one.code in IN_THE_WAY]
    return found
