"""One face for stored and native modules: load, lock, save, insert, select."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from automations.engine.errors import Problem, ValueProblemError
from automations.engine.fields import storable_text
from automations.engine.rules import Tree
from automations.models import Module
from automations.modules.sql import Column, SqlContext, any_in_memory, to_condition


class VersionConflictError(Exception):
    """A record moved on since it was loaded; nothing was written."""

    def __init__(self, module: Module, key: str) -> None:
        super().__init__(f"{module.name} “{key}” was changed by somebody else. Load it again.")
        self.module = module
        self.key = key


@dataclass(slots=True)
class RecordState:
    """A record as a value: canonical values by field key. `handle` is the adapter's own (a row id, an instance).

    `version` is that of the values held here; `stored_version` is the one in the database when they were loaded.
    A stored record's version counts its changes. A native model has no column for one: there the version is a number
    made of the values, which differs when they do, and the row lock orders writers.
    """

    module: Module
    key: str
    values: dict[str, Any]
    version: int
    handle: Any
    stored_version: int = field(default=0)

    def __post_init__(self) -> None:
        self.stored_version = self.version


class ModuleAdapter(ABC):
    """How the records of one module are read and written."""

    def __init__(self, module: Module) -> None:
        self.module = module

    @abstractmethod
    def load(self, keys: Sequence[str], *, lock: bool) -> dict[str, RecordState]:
        """Records by key; unknown keys are left out. With `lock`, rows are locked in primary key order."""

    @abstractmethod
    def save(self, states: Sequence[RecordState]) -> None:
        """Write changed values; afterwards the states hold what the table holds. Raises VersionConflictError, and then
        nothing of the call is kept, because the caller's transaction ends."""

    @abstractmethod
    def insert(self, states: Sequence[RecordState]) -> None:
        """Write new records; afterwards the states hold what the table holds."""

    @abstractmethod
    def remove(self, states: Sequence[RecordState]) -> None:
        """Delete records; their history stays. Raises VersionConflictError like `save`."""

    def leaning(self, states: Sequence[RecordState]) -> dict[str, list[str]]:
        """What points to these records and would be changed or deleted with them: names of models, by key."""
        return {}

    def can_return(self, key: str) -> bool:
        """Whether a record that was deleted can be made again under its key."""
        return True

    @abstractmethod
    def new_state(self, key: str, values: Mapping[str, Any]) -> RecordState:
        """A record that is not there yet: canonical `values`, and the module's own where they say nothing."""

    @abstractmethod
    def next_version(self, state: RecordState) -> int:
        """The version of a state whose values were just changed."""

    def fitted(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
        """Canonical values as the module's table will hold them, and what it does not take, by field key."""
        return dict(values), []

    @abstractmethod
    def all(self) -> QuerySet[Any]:
        """Every record of the module, newest first."""

    @abstractmethod
    def there(self, key: OuterRef) -> Exists:
        """Whether the module has a record of the key that `key` leads to, as a part of another query."""

    @abstractmethod
    def state_of(self, row: Any) -> RecordState:
        """A row of `all()` as a value."""

    def queryset(self, tree: Tree | None, *, context: SqlContext) -> QuerySet[Any]:
        """The records that a rule selects; with a pattern in the rule, a superset (see `needs_second_pass`)."""
        if tree is None:
            return self.all()
        return self.all().filter(self.condition(tree, context=context))

    def condition(self, tree: Tree, *, context: SqlContext) -> Q:
        """What `queryset` filters by, to count several rules in one query."""
        return to_condition(tree, self.column, context)

    def needs_second_pass(self, tree: Tree | None) -> bool:
        """Whether SQL could only narrow the rule down: RE2 patterns, above all, are judged in memory."""
        return tree is not None and any_in_memory(tree)

    @abstractmethod
    def column(self, field_key: str) -> Column:
        """A field as SQL; KeyError for a key that the module does not have."""

    def page(self, rows: QuerySet[Any], limit: int) -> list[RecordState]:
        return [self.state_of(row) for row in rows[:limit]]

    def iterate(self, rows: QuerySet[Any] | None = None) -> Iterator[RecordState]:
        """Records in a stream, without holding them all in memory."""
        for row in (rows if rows is not None else self.all()).iterator(chunk_size=2_000):
            yield self.state_of(row)


def storable(keys: Sequence[str]) -> list[str]:
    """The keys that a database can be asked for; a NUL or half a character leads to no record."""
    found = []
    for key in keys:
        try:
            found.append(storable_text(key))
        except ValueProblemError:
            continue
    return found


def adapter_for(module: Module) -> ModuleAdapter:
    """The adapter of a module. Raises UnknownKeyError for a native module whose model is not registered."""
    from automations.modules.native import NATIVE, NativeAdapter
    from automations.modules.stored import StoredAdapter

    if module.kind == Module.Kind.NATIVE:
        return NativeAdapter(module, NATIVE.get(module.key))
    return StoredAdapter(module)
