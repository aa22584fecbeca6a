"""The triggers on offer. To add one: copy a neighbour's folder, edit its `kind.py`, and add it to the list below."""

from __future__ import annotations

from automations.engine.kinds import TriggerKind
from automations.registry import Registry
from automations.triggers.deadline.kind import DeadlineTrigger
from automations.triggers.event.kind import EventTrigger
from automations.triggers.manual.kind import ManualTrigger
from automations.triggers.record.kind import RecordTrigger
from automations.triggers.schedule.kind import ScheduleTrigger

TRIGGERS: Registry[TriggerKind] = Registry("trigger")
for _kind in (RecordTrigger(), DeadlineTrigger(), ScheduleTrigger(), ManualTrigger(), EventTrigger()):
    TRIGGERS.register(_kind.key, _kind)
