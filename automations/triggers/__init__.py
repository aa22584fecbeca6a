"""The triggers on offer: what a node of type `trigger.<key>` can be.

To add one:

1. Copy a neighbour's folder. Every folder holds the same files: `__init__.py` (no code) and `kind.py` (one
   class); what needs more room stands beside them, as `schedule/slots.py` does.
2. In `kind.py` say what it is (`key`, `label`, `description`, `source_kind`), what its settings are
   (`config_schema`, with `common.COMMON_PROPERTIES` for what all triggers share), which settings are wrong
   though they fit the schema (`validate`, with `common.check_common`), and which events are worth judging
   (`listens_to`).
3. `prepare` compiles the settings once into a judge: a scope, holding one event, to a `Match`. It must be
   pure. Every answer but "matched" says why, because people ask “why did it not fire?”.
4. Add it to the list below, and to the expected keys in `tests/unit/triggers/test_triggers.py`.
5. Something must accept its events: see `automations.runtime.intake`.
"""

from __future__ import annotations

from automations.engine.kinds import TriggerKind
from automations.registry import Registry
from automations.triggers.deadline.kind import DeadlineTrigger
from automations.triggers.event.kind import EventTrigger
from automations.triggers.manual.kind import ManualTrigger
from automations.triggers.record.kind import RecordTrigger
from automations.triggers.schedule.kind import ScheduleTrigger
from automations.triggers.workflow.kind import WorkflowTrigger

TRIGGERS: Registry[TriggerKind] = Registry("trigger")
for _kind in (
    RecordTrigger(),
    DeadlineTrigger(),
    ScheduleTrigger(),
    ManualTrigger(),
    EventTrigger(),
    WorkflowTrigger(),
):
    TRIGGERS.register(_kind.key, _kind)
