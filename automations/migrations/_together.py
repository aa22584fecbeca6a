"""Many operations of one migration as one: the tables of a first migration, which Django makes too slowly one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations.base import Operation, OperationCategory


class Together(Operation):
    """What the given operations do, each seeing the state that all of them lead to.

    Django renders every model anew after each operation that touches one: with a hundred models that refer to each
    other this takes most of the time of a first start. Here they are rendered once. A table may so have foreign keys
    to one that comes later (PostgreSQL gets those at the end of the migration), and none is altered after it was made.
    Only for operations that don't need the state in between: creating models does not.
    """

    category = OperationCategory.ADDITION

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: Any) -> None:
        state.__dict__.pop("apps", None)  # else each of the operations renders it
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self) -> str:
        return "; ".join(operation.describe() for operation in self.operations)
