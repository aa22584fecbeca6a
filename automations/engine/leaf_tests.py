"""One leaf of a rule as a closure over a scope: what it reads, what it compares with, and whether it holds.

A closure raises nothing whatever the record holds: a value that is not of the field's type compares as an
absent one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.errors import ValueProblemError
from automations.engine.fields import FieldSpec, FieldType, canonical, storable_text
from automations.engine.operators import (
    OPERATORS,
    PREDICATES,
    Bounds,
    comparable,
    fold,
    is_empty,
    number,
    relative_bounds,
)
from automations.engine.patterns import compile_pattern
from automations.engine.rule_trees import Leaf, Ref, duration_of, literal
from automations.engine.scopes import MISSING, Scope, lookup

Test = Callable[[Scope], bool]
Read = Callable[[Scope], Any]
Judge = Callable[[Any, Any], bool]
"""(present value of the field, operand) to whether the comparison holds."""

TEXT_ONLY = ("contains", "starts_with", "ends_with")
EVENT_SIDES = {"changed_from": "before", "changed_to": "after"}


def value_of(leaf: Leaf, scope: Scope) -> Any:
    """The value of the record that a leaf looks at, None where there is none."""
    return _dig(scope.record, leaf)


def sides_of(leaf: Leaf, scope: Scope) -> tuple[Any, Any]:
    """The value that a leaf looks at before and after the event, None where there is none."""
    event = scope.event or {}
    return _dig(event.get("before"), leaf), _dig(event.get("after"), leaf)


def _dig(values: Any, leaf: Leaf) -> Any:
    value = values.get(leaf.spec.key) if isinstance(values, Mapping) else None
    for part in leaf.path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def leaf_test(leaf: Leaf) -> Test:
    """The closure that judges one leaf."""
    operator = OPERATORS[leaf.op]
    if operator.negates:
        positive = leaf_test(replace(leaf, op=operator.negates))
        return lambda scope: not positive(scope)
    if operator.event_only:
        return _event_test(leaf)
    read = _reader(leaf)
    if leaf.op == "is_empty":
        return lambda scope: is_empty(read(scope))
    if leaf.op in ("is_true", "is_false"):
        wanted = leaf.op == "is_true"
        return lambda scope: read(scope) is wanted
    if operator.value == "duration":
        return _relative_test(leaf, read)
    if operator.value == "pattern":
        return _pattern_test(leaf, read)
    return _comparison_test(leaf, read)


def _reader(leaf: Leaf) -> Read:
    if leaf.path:
        return lambda scope: value_of(leaf, scope)
    key = leaf.spec.key

    def read(scope: Scope) -> Any:
        record = scope.record
        return record.get(key) if record is not None else None

    return read


def _comparison_test(leaf: Leaf, read: Read) -> Test:
    judge = _judge(leaf)
    if has_ref(leaf.value):

        def with_reference(scope: Scope) -> bool:
            value = read(scope)
            operand = None if value is None else operand_of(leaf, resolve(leaf, scope))
            return operand is not None and judge(value, operand)

        return with_reference
    operand = operand_of(leaf, leaf.value)
    if operand is None:
        return lambda scope: False

    if not leaf.path and leaf.spec.type in (FieldType.NUMBER, FieldType.MONEY):
        return _number_test(leaf.spec.key, PREDICATES[leaf.op], operand)

    def test(scope: Scope) -> bool:
        value = read(scope)
        return value is not None and judge(value, operand)

    return test


def _number_test(key: str, predicate: Judge, operand: Any) -> Test:
    """A number of the record against a constant, the commonest leaf: in one call instead of three."""

    def test(scope: Scope) -> bool:
        record = scope.record
        found = number(record.get(key)) if record is not None else None
        return found is not None and predicate(found, operand)

    return test


def _judge(leaf: Leaf) -> Judge:
    """How a present value and an operand compare, by the field's type."""
    predicate, kind, ignore_case = PREDICATES[leaf.op], leaf.spec.type, leaf.ignore_case
    if kind is FieldType.JSON:
        return lambda value, operand: _json_holds(leaf.op, value, operand, ignore_case=ignore_case)
    if kind in (FieldType.NUMBER, FieldType.MONEY):

        def judge_number(value: Any, operand: Any) -> bool:
            found = number(value)
            return found is not None and predicate(found, operand)

        return judge_number
    if kind is FieldType.LIST:

        def judge_list(values: Any, operand: Any) -> bool:
            if not isinstance(values, list):
                return False
            return predicate(
                [comparable(kind, item, ignore_case) for item in values if isinstance(item, str)], operand
            )

        return judge_list
    if kind is FieldType.BOOLEAN:
        return lambda value, operand: isinstance(value, bool) and predicate(value, operand)
    if ignore_case:
        return lambda value, operand: isinstance(value, str) and predicate(fold(value), operand)
    return lambda value, operand: isinstance(value, str) and predicate(value, operand)


def _json_holds(op: str, value: Any, operand: Any, *, ignore_case: bool) -> bool:
    """A comparison inside a json field: only values of the operand's own JSON type compare."""
    if op == "in":
        return any(_json_holds("eq", value, item, ignore_case=ignore_case) for item in operand)
    sample = operand[0] if isinstance(operand, tuple) else operand
    if isinstance(sample, bool):
        return op == "eq" and value is sample
    if isinstance(sample, str):
        if not isinstance(value, str):
            return False
        return PREDICATES[op](fold(value) if ignore_case else value, operand)
    if isinstance(value, str) or op in TEXT_ONLY:
        return False
    found = number(value)
    numbers = tuple([number(item) for item in operand]) if isinstance(operand, tuple) else number(operand)
    return found is not None and PREDICATES[op](found, numbers)


def has_ref(value: Any) -> bool:
    """Whether a leaf's value is, or holds, a reference."""
    return isinstance(value, Ref) or (
        isinstance(value, tuple) and any(isinstance(item, Ref) for item in value)
    )


def resolve(leaf: Leaf, scope: Scope) -> Any:
    """A leaf's value with its references looked up and made to fit the field; None stands for one that leads
    nowhere or does not fit. A reference among many values may lead to a list, whose items take its place."""
    if isinstance(leaf.value, tuple) and leaf.op == "between":
        return tuple([_resolve_one(leaf.spec, item, scope) for item in leaf.value])
    if OPERATORS[leaf.op].value != "many":
        return _resolve_one(leaf.spec, leaf.value, scope)
    found: list[Any] = []
    for item in leaf.value if isinstance(leaf.value, tuple) else (leaf.value,):
        listed = lookup(scope, item.path) if isinstance(item, Ref) else None
        if isinstance(listed, list):
            found += [_fit(leaf.spec, entry, scope.zone) for entry in listed]
        else:
            found.append(_resolve_one(leaf.spec, item, scope))
    return tuple(found)


def _resolve_one(spec: FieldSpec, value: Any, scope: Scope) -> Any:
    return _fit(spec, lookup(scope, value.path), scope.zone) if isinstance(value, Ref) else value


def _fit(spec: FieldSpec, found: Any, zone: ZoneInfo) -> Any:
    """What was looked up, as a value that compares with those of the field; None if it can't be one."""
    if found is MISSING or found is None:
        return None
    try:
        if spec.type in (FieldType.JSON, FieldType.LIST):
            return literal(spec, found)
        if spec.type is FieldType.CHOICE:
            # Membership is no matter here: what is no choice of the field just equals none of its values.
            return storable_text(found)
        return canonical(spec, found, zone)
    except ValueProblemError:
        return _local_date(found, zone) if spec.type is FieldType.DATE else None


def _local_date(found: Any, zone: ZoneInfo) -> str | None:
    """The date that a moment has in `zone`."""
    try:
        moment = datetime.fromisoformat(found)
        return (moment.astimezone(zone) if moment.tzinfo is not None else moment).date().isoformat()
    except (TypeError, ValueError, OverflowError):
        return None


def operand_of(leaf: Leaf, value: Any) -> Any:
    """A leaf's resolved value in the form that its comparison wants; None makes the comparison false.

    Numbers are Decimal and text is folded if case is ignored, but for json fields, whose numbers stay as they
    are. `in`, `has_any`, `has_all`: a frozenset, for json fields a tuple. `between`: a pair, for json fields
    of one type.
    """
    kind = leaf.spec.type
    if isinstance(value, tuple):
        items = tuple([_operand(leaf, item) for item in value])
        if leaf.op == "between":
            return items if _comparable_pair(items) else None
        present = tuple([item for item in items if item is not None])
        # All of a list of which something is unknown is not known to be there.
        if not present or (leaf.op == "has_all" and len(present) < len(items)):
            return None
        return present if kind is FieldType.JSON else frozenset(present)
    return _operand(leaf, value)


def _operand(leaf: Leaf, value: Any) -> Any:
    if leaf.spec.type is FieldType.JSON:
        return fold(value) if leaf.ignore_case and isinstance(value, str) else value
    return comparable(leaf.spec.type, value, leaf.ignore_case)


def _comparable_pair(pair: tuple[Any, ...]) -> bool:
    if any(item is None or isinstance(item, bool) for item in pair):
        return False
    return isinstance(pair[0], str) == isinstance(pair[1], str)


def _relative_test(leaf: Leaf, read: Read) -> Test:
    delta, op, kind = duration_of(leaf), leaf.op, leaf.spec.type
    # The bounds of the last moment, because many records are judged at one. One cell, written and read whole,
    # so that threads never see the bounds of another's moment.
    last: list[tuple[datetime, ZoneInfo, Bounds] | None] = [None]

    def test(scope: Scope) -> bool:
        value = read(scope)
        if not isinstance(value, str):
            return False
        known = last[0]
        if known is None or known[0] is not scope.now or known[1] is not scope.zone:
            known = (scope.now, scope.zone, relative_bounds(op, kind, delta, scope.now, scope.zone))
            last[0] = known
        bounds = known[2]
        if bounds.low is not None and value < bounds.low:
            return False
        return value < bounds.high or (bounds.high_inclusive and value == bounds.high)

    return test


def _pattern_test(leaf: Leaf, read: Read) -> Test:
    pattern = compile_pattern(leaf.value, leaf.ignore_case)

    def test(scope: Scope) -> bool:
        value = read(scope)
        return isinstance(value, str) and pattern.found_in(value)

    return test


def _event_test(leaf: Leaf) -> Test:
    key, side = leaf.spec.key, EVENT_SIDES.get(leaf.op)
    if side is None:

        def changed(scope: Scope) -> bool:
            if scope.assume_changed or not leaf.path:
                return scope.assume_changed or key in _changed_keys(scope)
            before, after = sides_of(leaf, scope)
            return key in _changed_keys(scope) and before != after

        return changed
    judge = _judge(replace(leaf, op="eq"))

    def changed_so(scope: Scope) -> bool:
        if scope.assume_changed:
            return True
        before, after = sides_of(leaf, scope)
        if key not in _changed_keys(scope) or (leaf.path and before == after):
            return False
        value = before if side == "before" else after
        operand = operand_of(leaf, resolve(leaf, scope))
        return value is not None and operand is not None and judge(value, operand)

    return changed_so


def _changed_keys(scope: Scope) -> Any:
    return (scope.event or {}).get("changed") or ()
