"""The actions on offer: what a node of type `action.<key>` can be.

To add one:

1. Copy a neighbour's folder. Every folder holds the same files: `__init__.py` (no code) and `kind.py` (one
   class).
2. In `kind.py` say what it is (`key`, `label`, `description`, `risk`, `permission`, `undo`), what its
   settings are (`config_schema`: JSON Schema with `title`, `x-widget` and `x-help`, from which the editor
   makes its form), which settings are wrong though they fit the schema (`validate`) and what it will do, in a
   line (`summary`).
3. `prepare` compiles the settings once into a function `(scope, key) -> effect or outcome`. It must be pure:
   it looks at nothing but the scope and its settings, so that simulate and execute can't differ. Texts go
   through `values.render`, other settings through `values.resolve`, and the function through
   `values.careful`.
4. Add it to the list below, and to the expected keys in `tests/unit/actions/test_actions.py`.
5. Only if no effect in `automations.engine.effects` says what it wants: add one there, and register its
   performer in `automations.runtime.performers`. Without a performer it can be neither simulated nor
   executed.
"""

from __future__ import annotations

from automations.actions.approval.kind import Approval
from automations.actions.assign.kind import Assign
from automations.actions.change_status.kind import ChangeStatus
from automations.actions.comment.kind import Comment
from automations.actions.create_record.kind import CreateRecordAction
from automations.actions.notify.kind import NotifyAction
from automations.actions.set_variable.kind import SetVariable
from automations.actions.start_workflow.kind import StartWorkflowAction
from automations.actions.stop.kind import StopAction
from automations.actions.update_fields.kind import UpdateFields
from automations.actions.wait.kind import WaitAction
from automations.engine.kinds import ActionKind
from automations.registry import Registry

ACTIONS: Registry[ActionKind] = Registry("action")
for _kind in (
    UpdateFields(),
    ChangeStatus(),
    Assign(),
    Approval(),
    Comment(),
    CreateRecordAction(),
    NotifyAction(),
    SetVariable(),
    WaitAction(),
    StartWorkflowAction(),
    StopAction(),
):
    ACTIONS.register(_kind.key, _kind)
