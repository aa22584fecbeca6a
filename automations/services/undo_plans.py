"""What undoing a run would put back, and what it must leave: read only, field by field.

A field goes back to what it was before the run if nobody wrote it since: its value is still the run's, and its history
names nobody else. What another run wrote and an undo took back again does not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q

from automations import permissions
from automations.engine.documents import digest_of
from automations.engine.errors import ValueProblemError
from automations.engine.fields import canonical
from automations.engine.statuses import ACTIVE_RUN, TERMINAL_RUN
from automations.models import Event, Module, RecordChange, RecordComment, Run, RunUndo, UndoneField
from automations.modules.adapter import RecordState, adapter_for
from automations.modules.schema import facts_of

Place = tuple[int, str]
"""(module id, record key)"""


@dataclass(frozen=True, slots=True)
class Piece:
    """One field of one record, or (`field` "") a whole record. `found` is what stands there now, `back_to` what it
    would become; a whole record is an object by field, or None where there is none. With `why` it is left."""

    run: int
    module: Module
    record: str
    field: str
    expected: Any
    back_to: Any
    since: int
    """The oldest line of its history that belongs to what is undone: whoever wrote it later has to be asked."""
    found: Any = None
    why: str = ""
    said: str = ""
    overrides: bool = False
    """Whether a status goes back by a way that its module's transition table does not have."""

    @property
    def place(self) -> Place:
        return (self.module.pk, self.record)


@dataclass(frozen=True, slots=True)
class UndoPlan:
    run: Run
    runs: tuple[int, ...]
    takes_back: RunUndo | None
    pieces: tuple[Piece, ...]
    states: Mapping[Place, RecordState] = field(default_factory=dict)

    @property
    def restored(self) -> list[Piece]:
        return [piece for piece in self.pieces if not piece.why]

    @property
    def left(self) -> list[Piece]:
        return [piece for piece in self.pieces if piece.why]

    def digest(self) -> str:
        """SHA-256 (hex) of what would be done: undoing names it, so that what was shown is what is done."""
        said = [
            [piece.run, piece.module.key, piece.record, piece.field, piece.found, piece.back_to, piece.why]
            for piece in self.pieces
        ]
        takes_back = self.takes_back.pk if self.takes_back is not None else None
        return digest_of([self.run.pk, takes_back, said])


def plan_undo(*, run: Run, actor: Any, children: bool = False, lock: bool = False) -> UndoPlan:
    """What undoing the run would do, by this actor. With `children` what it started is undone too, as far as the actor
    may undo it. With `lock` the records are held until the transaction ends."""
    runs = [run.pk, *(started_by(run, actor) if children else ())]
    pieces = _written_by(runs)
    return _judged(UndoPlan(run, tuple(runs), None, tuple(pieces)), actor, lock)


def plan_take_back(*, undo: RunUndo, actor: Any, lock: bool = False) -> UndoPlan:
    """What taking an undo back would do: each field that it put back becomes again what the run had made of it."""
    first = RecordChange.objects.filter(undo=undo).order_by("pk").values_list("pk", flat=True).first() or 0
    pieces = [
        Piece(
            run=item.run_id or undo.run_id,
            module=item.module,
            record=item.record_key,
            field=item.field,
            expected=item.after,
            back_to=item.before,
            since=first,
        )
        for item in undo.fields.filter(restored=True).select_related("module")
    ]
    runs = tuple({undo.run_id: None} | dict.fromkeys(piece.run for piece in pieces))
    return _judged(UndoPlan(undo.run, runs, undo, tuple(pieces)), actor, lock)


def started_by(run: Run, actor: Any) -> list[int]:
    """The ended runs that a run started, and those that these started; of workflows whose runs the actor may undo."""
    allowed = permissions.undoable_workflows(actor).values("pk")
    found: list[int] = []
    level = [run.pk]
    while level:
        level = list(
            Run.objects.filter(
                event__cause_run__in=level,
                event__type="workflow.started",
                workflow__in=allowed,
                status__in=TERMINAL_RUN,
            )
            .order_by("pk")
            .values_list("pk", flat=True)
        )
        found += level
    return found


def _written_by(runs: Sequence[int]) -> list[Piece]:
    """What the runs made of each field, from its value before the first of them to that after the last."""
    created = {
        (event.module_id, event.record_key): event.cause_run_id
        for event in Event.objects.filter(cause_run__in=runs, type="record.created").only(
            "module_id", "record_key", "cause_run_id"
        )
    }
    fields: dict[tuple[int, str, str], Piece] = {}
    for row in RecordChange.objects.filter(run__in=runs).select_related("module").order_by("pk"):
        key = (row.module_id, row.record_key, row.field)
        first = fields.get(key)
        fields[key] = Piece(
            run=row.run_id or runs[0],
            module=row.module,
            record=row.record_key,
            field=row.field,
            expected=row.after,
            back_to=row.before if first is None else first.back_to,
            since=row.pk if first is None else first.since,
        )
    pieces: list[Piece] = []
    whole: dict[Place, Piece] = {}
    for piece in fields.values():
        if piece.place not in created:
            if piece.expected != piece.back_to:
                pieces.append(piece)
            continue
        record = whole.get(piece.place)
        values = {} if record is None else record.expected
        since = piece.since if record is None else min(record.since, piece.since)
        whole[piece.place] = replace(
            piece, field="", expected={**values, piece.field: piece.expected}, back_to=None, since=since
        )
    return sorted([*pieces, *whole.values()], key=lambda piece: (piece.module.key, piece.record, piece.field))


def _judged(plan: UndoPlan, actor: Any, lock: bool) -> UndoPlan:
    """The plan, each piece with what stands there now, and why it is left if it is."""
    modules = {piece.module.pk: piece.module for piece in plan.pieces}
    states: dict[Place, RecordState] = {}
    for pk, module in sorted(modules.items()):
        keys = sorted({piece.record for piece in plan.pieces if piece.module.pk == pk})
        states |= {(pk, key): state for key, state in adapter_for(module).load(keys, lock=lock).items()}
    denied = {pk for pk, module in modules.items() if not permissions.may_use_module(actor, module)}
    others, in_use = _others(plan), _in_use(plan, states)
    judged = []
    for piece in plan.pieces:
        state = states.get(piece.place)
        found = _found(piece, state)
        why, said = _why_left(piece, state, found, denied, others, in_use)
        overrides = not why and _goes_backwards(piece, found)
        judged.append(replace(piece, found=found, why=why, said=said[:300], overrides=overrides))
    return replace(plan, pieces=tuple(judged), states=states)


def _found(piece: Piece, state: RecordState | None) -> Any:
    if state is None:
        return None
    if piece.field:
        return state.values.get(piece.field)
    return {key: value for key, value in state.values.items() if value is not None}


def _why_left(
    piece: Piece,
    state: RecordState | None,
    found: Any,
    denied: set[int],
    others: Mapping[tuple[int, str, str], tuple[int, str]],
    in_use: Mapping[Place, str],
) -> tuple[str, str]:
    module = piece.module
    if module.pk in denied:
        return "permission-denied", f"You may not change {module.name}."
    if piece.field and state is None:
        return "record-gone", f"{module.name} have no “{piece.record}” any more."
    if piece.field and found != piece.expected and found == piece.back_to:
        return "already-so", "It is so already."
    if not piece.field and (state is None) is (piece.back_to is None):
        return "already-so", "It is so already."
    names = [piece.field] if piece.field else list(facts_of(module).schema)
    last = max((others[key] for name in names if (key := (*piece.place, name)) in others), default=(0, ""))
    if last[0] > piece.since:
        return "changed-since", f"It was changed by {last[1]} since."
    if state is not None and not _as_left(piece, found):
        return "changed-since", "It was changed since, by something that keeps no history here."
    if not piece.field and state is not None:
        return ("in-use", in_use[piece.place]) if piece.place in in_use else ("", "")
    return _why_not_take(piece)


def _as_left(piece: Piece, found: Any) -> bool:
    """Whether what stands there is what was left there. A native table may have written 5 as 5.00, and "" for nothing."""
    if piece.field:
        stands, left = {piece.field: found}, {piece.field: piece.expected}
    else:
        stands, left = _filled(found), _filled(piece.expected)
    if stands == left:
        return True
    schema = facts_of(piece.module).schema
    fitted, problems = adapter_for(piece.module).fitted(
        {name: value for name, value in left.items() if name in schema}
    )
    return not problems and stands == {**left, **fitted}


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "")}


def _why_not_take(piece: Piece) -> tuple[str, str]:
    """Why the module does not take back what stood there."""
    module, adapter = piece.module, adapter_for(piece.module)
    if not piece.field and not adapter.can_return(piece.record):
        return (
            "cannot-return",
            f"{module.name} give each record a new number, so that it can't be made again.",
        )
    schema, zone = facts_of(module).schema, ZoneInfo(module.zone)
    wanted = {piece.field: piece.back_to} if piece.field else dict(piece.back_to)
    for name, value in wanted.items():
        spec = schema.get(name)
        if spec is None:
            return "field-gone", f"{module.name} have no field “{name}” any more."
        try:
            same = value is None or canonical(spec, value, zone) == value
        except ValueProblemError:
            same = False
        if not same or (value is None and spec.required):
            return "not-taken", f"{spec.label} does not take {_said(value)} any more."
    _, problems = adapter.fitted(wanted)
    return ("not-taken", problems[0].message) if problems else ("", "")


def _in_use(plan: UndoPlan, states: Mapping[Place, RecordState]) -> dict[Place, str]:
    """Why records that the runs have made can't be removed, as sentences."""
    made = [piece for piece in plan.pieces if not piece.field and piece.back_to is None]
    if not made:
        return {}
    about = Q(module__in={piece.module.pk for piece in made}, record_key__in={piece.record for piece in made})
    found: dict[Place, str] = {}
    for module in {piece.module.pk: piece.module for piece in made}.values():
        there = [states[piece.place] for piece in made if piece.module == module and piece.place in states]
        for key, models in adapter_for(module).leaning(there).items():
            found[(module.pk, key)] = f"{', '.join(models)} point to it."
    busy = Run.objects.filter(about, status__in=ACTIVE_RUN)
    for pk, module_id, key in busy.values_list("pk", "module_id", "record_key"):
        found[(module_id or 0, key)] = f"Run {pk} is at work on it."
    remarks = RecordComment.objects.filter(about).exclude(run__in=plan.runs)
    for place in remarks.values_list("module_id", "record_key"):
        found[place] = "Somebody has written a comment on it since."
    return found


def _others(plan: UndoPlan) -> dict[tuple[int, str, str], tuple[int, str]]:
    """Of each field the newest change, and whose, that is neither part of what is undone nor undone itself."""
    if not plan.pieces:
        return {}
    about = Q(
        module__in={piece.module.pk for piece in plan.pieces},
        record_key__in={piece.record for piece in plan.pieces},
    )
    undone: dict[tuple[int | None, int, str, str], bool] = {}
    items = UndoneField.objects.filter(about, restored=True).select_related("undo").order_by("pk")
    for item in items.defer("before", "after"):
        undone[(item.run_id, item.module_id, item.record_key, item.field)] = item.undo.takes_back_id is None
    oldest = min(piece.since for piece in plan.pieces)
    rows = RecordChange.objects.filter(about, undo=None, pk__gt=oldest).order_by("pk")
    if plan.takes_back is None:
        rows = rows.exclude(run__in=plan.runs)
    rows = rows.select_related("actor", "run__workflow").defer("before", "after")
    found: dict[tuple[int, str, str], tuple[int, str]] = {}
    for row in rows:
        place = (row.module_id, row.record_key)
        if not any(undone.get((row.run_id, *place, name)) for name in (row.field, "")):
            found[(*place, row.field)] = (row.pk, _author(row))
    return found


def _author(row: RecordChange) -> str:
    if row.run is not None:
        return f"run {row.run.pk} of “{row.run.workflow.name}”"
    return row.actor.get_username() if row.actor is not None else "another system"


def _goes_backwards(piece: Piece, found: Any) -> bool:
    facts = facts_of(piece.module)
    if piece.field != facts.status_field or not facts.transitions:
        return False
    return piece.back_to not in facts.transitions.get(str(found), [])


def _said(value: Any) -> str:
    return "no value" if value in (None, "") else f"“{str(value)[:80]}”"
