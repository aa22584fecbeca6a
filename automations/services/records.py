"""Records, as people and API clients change them: checked, versioned, with history, and each change an event."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.utils import timezone

from automations.engine.errors import EngineError, Problem
from automations.engine.fields import FieldSpec, Schema, canonical, storable_text
from automations.engine.schemas import nearest
from automations.errors import ConflictError, InvalidError, NotFoundError
from automations.models import Event, Module, RecordComment
from automations.modules.adapter import RecordState, VersionConflictError, adapter_for
from automations.modules.schema import facts_of
from automations.runtime import intake
from automations.runtime.writes import Cause, WriteBatch
from automations.services.audit import write_audit
from automations.services.texts import require_texts

MAX_KEY = 120


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save came to. `event_id` is None when an update changed nothing."""

    record: RecordState
    event_id: int | None
    duplicate: bool
    result: Literal["created", "updated", "unchanged"]


def parse_values(module: Module, raw: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
    """Untrusted {field: value} as canonical values. Raises InvalidError with every problem: unknown or read-only
    fields, values of the wrong type, missing required ones."""
    if not isinstance(raw, Mapping):
        message = "Values are an object by field."
        raise InvalidError([Problem("wrong-value-type", "values", message, 'Send {"status": "open"}.')])
    facts = facts_of(module)
    zone = ZoneInfo(module.zone)
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in raw.items():
        spec = facts.schema.get(key)
        if spec is None:
            meant = nearest(str(key), list(facts.schema))
            hint = f"Did you mean “{meant}”?" if meant else f"Use {', '.join(facts.schema)}."
            problems.append(
                Problem(
                    "unknown-field", str(key)[:63], f"{module.name} have no field “{str(key)[:63]}”.", hint
                )
            )
            continue
        if spec.read_only and not creating:
            problems.append(_read_only(spec))
            continue
        try:
            values[key] = canonical(spec, value, zone)
        except EngineError as error:
            problems.append(Problem(error.code, key, f"{spec.label}: {error.message}", error.hint))
    named = {problem.path for problem in problems}
    problems += [
        problem for problem in _missing(facts.schema, values, creating=creating) if problem.path not in named
    ]
    if not problems:
        values, problems = adapter_for(module).fitted(values)
    if problems:
        raise InvalidError(problems)
    return values


def _read_only(spec: FieldSpec) -> Problem:
    return Problem("read-only-field", spec.key, f"{spec.label} can't be changed.", "Leave it out.")


def _missing(schema: Schema, values: Mapping[str, Any], *, creating: bool) -> list[Problem]:
    """The required fields that a new record would lack, or that a change would empty."""
    return [
        Problem("missing-value", key, f"{spec.label} must have a value.", "Give it one.")
        for key, spec in schema.items()
        if spec.required and (values.get(key) is None if creating else key in values and values[key] is None)
    ]


def key_problems(key: str) -> list[Problem]:
    """What is wrong with a new record's key."""
    if not isinstance(key, str) or not 1 <= len(key) <= MAX_KEY:
        return [Problem("bad-key", "key", f"A record's key has 1 to {MAX_KEY} characters.", "Shorten it.")]
    try:
        storable_text(key)
    except EngineError as error:
        return [Problem("bad-key", "key", error.message, error.hint)]
    return []


@transaction.atomic
def create_record(
    *,
    module: Module,
    key: str,
    values: Mapping[str, Any],
    actor: Any,
    at: datetime | None = None,
    idempotency_key: str | None = None,
    clock: str = "",
) -> Saved:
    """A new record and its event, in one transaction.

    With an idempotency key that was seen, the first answer stands and nothing changes. Raises InvalidError for
    the values, ConflictError for a key that is taken or an idempotency key of another event.
    """
    if problems := key_problems(key):
        raise InvalidError(problems)
    return _write(
        module,
        key,
        parse_values(module, values, creating=True),
        actor,
        at,
        idempotency_key,
        clock,
        None,
        True,
    )


@transaction.atomic
def update_record(
    *,
    module: Module,
    key: str,
    values: Mapping[str, Any],
    actor: Any,
    at: datetime | None = None,
    expected_version: int | None = None,
    idempotency_key: str | None = None,
    clock: str = "",
) -> Saved:
    """Change fields of a record and make the event, in one transaction.

    Raises InvalidError for the values or a status move that the module does not allow, NotFoundError, and
    ConflictError when `expected_version` is not the record's or the idempotency key belongs to another event.
    """
    parsed = parse_values(module, values, creating=False)
    return _write(module, key, parsed, actor, at, idempotency_key, clock, expected_version, False)


def _write(
    module: Module,
    key: str,
    values: Mapping[str, Any],
    actor: Any,
    at: datetime | None,
    idempotency_key: str | None,
    clock: str,
    expected_version: int | None,
    creating: bool,
) -> Saved:
    require_texts(Event, idempotency_key=idempotency_key)
    kind = "record.created" if creating else "record.updated"
    try:
        seen = intake.seen_before(module, idempotency_key, kind=kind, record_key=key, data=values)
    except intake.KeyReusedError as error:
        raise ConflictError(str(error), code="idempotency-key-reused") from error
    state = adapter_for(module).load([key], lock=True).get(key)
    if seen is not None and state is not None:
        return Saved(state, seen, duplicate=True, result="unchanged")
    cause = Cause(
        now=at or timezone.now(),
        actor_id=actor.pk if actor is not None else None,
        actor_name=actor.get_username() if actor is not None else "",
        clock=clock,
        idempotency_key=idempotency_key,
    )
    batch = WriteBatch()
    if creating:
        if state is not None:
            raise ConflictError(f"{module.name} already have “{key}”.", code="record-exists")
        state, changes = batch.create(module, key, values, cause), []
    else:
        if state is None:
            raise NotFoundError(f"{module.name} have no record “{key}”.")
        if expected_version is not None and expected_version != state.version:
            raise ConflictError(
                f"“{key}” is at version {state.version}, not {expected_version}. Load it again.",
                code="version-conflict",
            )
        if problems := _transition_problems(module, state, values):
            raise InvalidError(problems)
        changes = batch.change(state, values, cause)
    try:
        accepted = batch.flush()
    except IntegrityError as error:
        raise ConflictError(f"{module.name} already have “{key}”.", code="record-exists") from error
    except VersionConflictError as error:
        raise ConflictError(str(error), code="version-conflict") from error
    except intake.KeyReusedError as error:
        raise ConflictError(str(error), code="idempotency-key-reused") from error
    result: Literal["created", "updated", "unchanged"] = (
        "created" if creating else "updated" if changes else "unchanged"
    )
    return Saved(state, accepted[0].event_id if accepted else None, duplicate=False, result=result)


def _transition_problems(module: Module, state: RecordState, values: Mapping[str, Any]) -> list[Problem]:
    facts = facts_of(module)
    name = facts.status_field
    if not name or not facts.transitions or name not in values or values[name] == state.values.get(name):
        return []
    allowed = facts.transitions.get(str(state.values.get(name)), [])
    if values[name] in allowed:
        return []
    message = f"{facts.name} may not go from “{state.values.get(name)}” to “{values[name]}”."
    return [Problem("transition-not-allowed", name, message, f"Allowed: {', '.join(allowed) or 'nothing'}.")]


@transaction.atomic
def comment_record(*, module: Module, key: str, text: str, actor: Any) -> None:
    """Add a remark. Raises NotFoundError, InvalidError for an empty or huge text."""
    require_texts(RecordComment, text=text)
    if len(text.strip()) > 10_000:
        raise InvalidError(
            [Problem("bad-text", "text", "A comment has at most 10,000 characters.", "Shorten it.")]
        )
    state = adapter_for(module).load([key], lock=False).get(key)
    if state is None:
        raise NotFoundError(f"{module.name} have no record “{key}”.")
    batch = WriteBatch()
    batch.comment(state, text, Cause(now=timezone.now(), actor_id=actor.pk, actor_name=actor.get_username()))
    batch.flush()


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """What one row of an import came to; `problems` say why it was refused."""

    key: str
    result: Literal["created", "updated", "unchanged", "refused"]
    problems: tuple[Problem, ...] = ()


@transaction.atomic
def import_rows(
    *,
    module: Module,
    rows: Sequence[tuple[str, Mapping[str, Any]]],
    actor: Any,
    defaults: Mapping[str, Any] | None = None,
    at: datetime | None = None,
    dry_run: bool = False,
) -> list[RowOutcome]:
    """Create or update many records from (key, canonical values), each change an event, in one transaction.

    Answers row by row; a row that the module does not allow is refused and the others are kept. Idempotent: a
    row that says what the record holds already changes nothing. `defaults` are for new records, where the row
    says nothing. Keys must differ. With `dry_run` nothing is locked or written. One audit entry stands for the
    whole call. Raises what the database or a host's own model raises for values that they do not take, and then
    nothing of the call is kept.
    """
    cause = Cause(
        now=at or timezone.now(),
        actor_id=actor.pk if actor is not None else None,
        actor_name=actor.get_username() if actor is not None else "",
    )
    adapter = adapter_for(module)
    states = adapter.load(sorted(key for key, _ in rows), lock=not dry_run)
    batch = WriteBatch()
    outcomes: list[RowOutcome] = []
    for key, values in rows:
        state = states.get(key)
        said, problems = adapter.fitted({**(defaults or {}), **values} if state is None else values)
        if state is not None:
            said = {name: value for name, value in said.items() if state.values.get(name) != value}
        problems = problems or _row_problems(module, key, state, said)
        if problems:
            outcomes.append(RowOutcome(key, "refused", tuple(problems)))
        elif state is None:
            batch.create(module, key, said, cause)
            outcomes.append(RowOutcome(key, "created"))
        else:
            changes = batch.change(state, said, cause)
            outcomes.append(RowOutcome(key, "updated" if changes else "unchanged"))
    counts = dict(Counter(outcome.result for outcome in outcomes))
    if not dry_run:
        batch.flush()
        if "created" in counts or "updated" in counts:
            write_audit(actor=actor, action="records.imported", obj=module, after=counts)
    return outcomes


def _row_problems(
    module: Module, key: str, state: RecordState | None, values: Mapping[str, Any]
) -> list[Problem]:
    schema = facts_of(module).schema
    if state is None:
        return key_problems(key) + _missing(schema, values, creating=True)
    return [
        *(_read_only(schema[name]) for name in values if schema[name].read_only),
        *_missing(schema, values, creating=False),
        *_transition_problems(module, state, values),
    ]
