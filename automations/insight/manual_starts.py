"""Which workflows can be started by hand on records of a module, and what would come of starting so many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from automations.models import ActiveTrigger, Mode, Module, Workflow
from automations.runtime.blast_radius import Excess, foresee_excess
from automations.runtime.subscriptions import addressed, mode_of, refresh


@dataclass(frozen=True, slots=True)
class ManualStart:
    """A live manual trigger. `mode` is the one that runs would be in, `form` what is asked, `excess` what would hold
    them all; None where nothing would."""

    workflow: Workflow
    mode: str
    form: Mapping[str, Any]
    excess: Excess | None


def manual_starts(
    *, module: Module, workflows: QuerySet[Workflow], count: int, now: datetime
) -> Sequence[ManualStart]:
    """Those of the workflows that start by hand on records of the module and are not paused, by name. Costs a query
    more for each that has a share or an hourly limit."""
    refresh()
    live = ActiveTrigger.objects.filter(kind="trigger.manual", workflow__in=workflows.values("pk"))
    first = live.order_by("workflow_id", "node").distinct("workflow_id").select_related("workflow", "module")
    found = []
    for trigger in first:
        subscriptions = addressed(trigger.workflow_id, trigger.node)
        if trigger.module != module or trigger.workflow.paused_at is not None or not subscriptions:
            continue
        mode = mode_of(subscriptions[0], module.pk)
        excess = foresee_excess(subscriptions[0], count, now) if mode == Mode.EXECUTE else None
        found.append(ManualStart(trigger.workflow, mode, trigger.config.get("form", {}), excess))
    return sorted(found, key=lambda start: (start.workflow.name, start.workflow.pk))
