"""The one path by which records change: values, change rows, events and deadlines, together or not at all.

People's edits (services) and runs (the executor) both write through a `WriteBatch`; that is why every change has
its history and is a trigger, in the same transaction.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from automations.engine.outcomes import Change
from automations.models import Module, TriggerSource
from automations.modules.adapter import RecordState, adapter_for
from automations.runtime import deadlines, intake
from automations.runtime.rows import copy_rows

CHANGES = "automations_recordchange (module_id, record_key, version, field, before, after, at, actor_id, run_id, undo_id)"
COMMENTS = "automations_recordcomment (module_id, record_key, text, at, actor_id, run_id)"


@dataclass(frozen=True, slots=True)
class Cause:
    """Who or what makes a change, and when by its own clock. With `undo_id` it is the actor who takes back what the
    run did: the run is then the cause of the event, and not the author of the change."""

    now: datetime
    actor_id: int | None = None
    actor_name: str = ""
    run_id: int | None = None
    workflow_id: int | None = None
    clock: str = ""
    depth: int = 0
    idempotency_key: str | None = None
    undo_id: int | None = None


class WriteBatch:
    """Collects changes to records and writes them in bulk at `flush`, inside the caller's transaction.

    States handed to `change` must have been loaded with a lock in this transaction. Nothing touches the database
    before `flush`, so that a batch can be dropped without trace.
    """

    def __init__(self) -> None:
        self._changed: dict[tuple[int, str], RecordState] = {}
        self._created: dict[tuple[int, str], RecordState] = {}
        self._noted: dict[tuple[int, str], RecordState] = {}
        self._removed: dict[tuple[int, str], RecordState] = {}
        self._rows: list[tuple[Any, ...]] = []
        self._comments: list[tuple[Any, ...]] = []
        self._events: list[intake.NewEvent] = []
        self._causes: dict[tuple[int, str], Cause] = {}

    def change(self, state: RecordState, values: Mapping[str, Any], cause: Cause) -> list[Change]:
        """Set canonical `values` on `state`; returns what really differs, in the order given.

        An update that changes nothing makes no event, unless the cause carries an idempotency key: then the
        event is the memory that this update was seen.
        """
        differing = {key: value for key, value in values.items() if state.values.get(key) != value}
        if not differing and cause.idempotency_key is None:
            return []
        identity = (state.module.pk, state.key)
        before = dict(state.values)
        changes = [
            Change(state.module.key, state.key, key, before.get(key), value)
            for key, value in differing.items()
        ]
        if differing:
            state.values = {**state.values, **differing}
            if identity not in self._created and identity not in self._changed:
                self._changed[identity] = state
            if identity not in self._created:
                state.version = adapter_for(state.module).next_version(state)
            self._causes[identity] = cause
            self._rows.extend(self._row(state, change, cause) for change in changes)
        self._event("record.updated", state, before, list(differing), cause, dict(values))
        return changes

    def create(self, module: Module, key: str, values: Mapping[str, Any], cause: Cause) -> RecordState:
        """A new record with canonical `values`; it exists after `flush`."""
        state = adapter_for(module).new_state(key, values)
        self._created[(module.pk, key)] = state
        self._causes[(module.pk, key)] = cause
        self._rows.extend(
            self._row(state, Change(module.key, key, field, None, value), cause)
            for field, value in state.values.items()
            if value is not None
        )
        self._event("record.created", state, None, list(state.values), cause, dict(values))
        return state

    def remove(self, state: RecordState, cause: Cause) -> None:
        """Delete a record; its history stays and tells what it held."""
        self._removed[(state.module.pk, state.key)] = state
        before = dict(state.values)
        held = [key for key, value in before.items() if value is not None]
        self._rows.extend(
            self._row(state, Change(state.module.key, state.key, key, before[key], None), cause)
            for key in held
        )
        self._event("record.removed", state, before, held, cause, {})

    def note(
        self, state: RecordState, before: dict[str, Any] | None, changed: list[str], cause: Cause
    ) -> None:
        """History, event and deadlines of a write that a host has made itself."""
        identity = (state.module.pk, state.key)
        self._noted[identity] = state
        self._causes[identity] = cause
        self._rows.extend(
            self._row(
                state,
                Change(state.module.key, state.key, key, (before or {}).get(key), state.values[key]),
                cause,
            )
            for key in changed
        )
        event_type = "record.created" if before is None else "record.updated"
        self._event(event_type, state, before, changed, cause, {key: state.values[key] for key in changed})

    def comment(self, state: RecordState, text: str, cause: Cause) -> None:
        self._comments.append((state.module.pk, state.key, text, cause.now, cause.actor_id, cause.run_id))

    def flush(self) -> list[intake.Accepted]:
        """Write everything; returns the answers for the events, in the order of the calls.

        Raises VersionConflictError (from the adapter) when a record moved on since it was loaded.
        """
        for states, write in (
            (self._created, "insert"),
            (self._changed, "save"),
            (self._removed, "remove"),
        ):
            grouped: dict[int, list[RecordState]] = defaultdict(list)
            for state in states.values():
                grouped[state.module.pk].append(state)
            for _, group in sorted(grouped.items()):
                getattr(adapter_for(group[0].module), write)(group)
        copy_rows(CHANGES, self._rows)
        copy_rows(COMMENTS, self._comments)
        touched = {**self._created, **self._changed, **self._noted}
        deadlines.move([(state, self._causes[identity].clock) for identity, state in touched.items()])
        deadlines.drop(list(self._removed.values()))
        accepted = intake.accept(self._events)
        self.__init__()  # type: ignore[misc]
        return accepted

    def _row(self, state: RecordState, change: Change, cause: Cause) -> tuple[Any, ...]:
        return (
            state.module.pk,
            state.key,
            state.version,
            change.field,
            None if change.before is None else json.dumps(change.before),
            None if change.after is None else json.dumps(change.after),
            cause.now,
            cause.actor_id,
            cause.run_id if cause.undo_id is None else None,
            cause.undo_id,
        )

    def _event(
        self,
        event_type: str,
        state: RecordState,
        before: dict[str, Any] | None,
        changed: list[str],
        cause: Cause,
        data: dict[str, Any],
    ) -> None:
        self._events.append(
            intake.NewEvent(
                source=module_source(state.module),
                type=event_type,
                occurred_at=cause.now,
                module=state.module,
                record_key=state.key,
                data=data,
                before=before,
                after=dict(state.values) if event_type != "record.removed" else None,
                changed=changed,
                actor_id=cause.actor_id,
                actor_name=cause.actor_name,
                idempotency_key=cause.idempotency_key,
                clock=cause.clock,
                cause_run_id=cause.run_id,
                cause_workflow_id=cause.workflow_id,
                depth=cause.depth,
            )
        )


_sources: dict[int, TriggerSource] = {}


def module_source(module: Module) -> TriggerSource:
    """The source of a module's record events, made with the module (see services.modules and apps)."""
    source = _sources.get(module.pk)
    if source is None:
        source, made = TriggerSource.objects.get_or_create(
            key=f"module:{module.key}",
            defaults={
                "kind": TriggerSource.Kind.MODULE,
                "name": f"Changes of {module.name}",
                "module": module,
            },
        )
        if not made:  # one that is made now may yet be rolled back, and must not be remembered then
            _sources[module.pk] = source
    return source


def report_native_write(
    module_key: str, record_key: str, before: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    """A host saved an instance of a registered model: history, event and deadlines, in the host's transaction."""
    module = Module.objects.filter(key=module_key).first()
    if module is None:  # before the first migrate has made its row
        return
    changed = [key for key, value in after.items() if (before or {}).get(key) != value]
    if before is not None and not changed:
        return
    batch = WriteBatch()
    state = adapter_for(module).new_state(record_key, after)
    batch.note(state, before, changed, Cause(now=timezone.now()))
    with transaction.atomic():
        batch.flush()


def forget() -> None:
    """Drop the cache of sources (tests that roll the database back need it)."""
    _sources.clear()
