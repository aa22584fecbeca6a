"""The operators that conditions may use, by field type, and how each compares. One table for validation,
memory, SQL, the catalogue and the docs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from automations.engine.fields import FieldType, datetime_text

ValueKind = Literal["none", "one", "many", "pair", "duration", "pattern"]
"""What an operator compares with: nothing, one value, a list of values, [low, high], an ISO 8601 duration,
RE2."""

FIRST_MOMENT = datetime(1, 1, 3, tzinfo=UTC)
LAST_MOMENT = datetime(9999, 12, 29, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: the field `types` that offer it and the kind of `value` that it takes.

    `negates` names the operator of which it is the exact negation (true on absent values); `event_only`
    operators look at the event's change, not at the record.
    """

    key: str
    label: str
    value: ValueKind
    types: tuple[FieldType, ...]
    negates: str = ""
    event_only: bool = False


_ALL = tuple(FieldType)
_T, _N, _M, _D, _DT, _C, _B, _U, _L, _J = _ALL
_ORDERED = (_N, _M, _D, _DT, _J)
_TEXTUAL = (_T, _J)
_TIMES = (_D, _DT)
_SINGLE = (_T, _N, _M, _D, _DT, _C, _B, _U, _J)

CASED_TYPES = (_T, _C, _U, _L, _J)
"""The types whose comparisons may ignore case."""

OPERATORS: dict[str, Operator] = {
    operator.key: operator
    for operator in (
        Operator("eq", "is", "one", _SINGLE),
        Operator("ne", "is not", "one", _SINGLE, negates="eq"),
        Operator("in", "is one of", "many", (_T, _N, _M, _C, _U, _J)),
        Operator("not_in", "is none of", "many", (_T, _N, _M, _C, _U, _J), negates="in"),
        Operator("lt", "is less than", "one", _ORDERED),
        Operator("lte", "is at most", "one", _ORDERED),
        Operator("gt", "is more than", "one", _ORDERED),
        Operator("gte", "is at least", "one", _ORDERED),
        Operator("between", "is between", "pair", _ORDERED),
        Operator("contains", "contains", "one", (*_TEXTUAL, _L)),
        Operator("not_contains", "does not contain", "one", (*_TEXTUAL, _L), negates="contains"),
        Operator("starts_with", "starts with", "one", _TEXTUAL),
        Operator("ends_with", "ends with", "one", _TEXTUAL),
        Operator("matches", "matches the pattern", "pattern", (_T,)),
        Operator("is_empty", "is empty", "none", _ALL),
        Operator("is_not_empty", "is not empty", "none", _ALL, negates="is_empty"),
        Operator("is_true", "is true", "none", (_B, _J)),
        Operator("is_false", "is false", "none", (_B, _J)),
        Operator("older_than", "is older than", "duration", _TIMES),
        Operator("newer_than", "is newer than", "duration", _TIMES),
        Operator("within_next", "is within the next", "duration", _TIMES),
        Operator("has_any", "has any of", "many", (_L,)),
        Operator("has_all", "has all of", "many", (_L,)),
        Operator("changed", "changed", "none", _ALL, event_only=True),
        Operator("changed_from", "changed from", "one", _SINGLE, event_only=True),
        Operator("changed_to", "changed to", "one", _SINGLE, event_only=True),
    )
}

NEGATIONS = {entry.key: entry.negates for entry in OPERATORS.values() if entry.negates}
NEGATIONS |= {positive: negative for negative, positive in NEGATIONS.items()}
"""Operator to its exact negation, both ways."""


def operators_for(field_type: FieldType) -> list[Operator]:
    """The operators that a field of this type offers, in the table's order."""
    return [operator for operator in OPERATORS.values() if field_type in operator.types]


def fold(text: str) -> str:
    """Lower case character by character, as PostgreSQL's lower(x COLLATE "pg_c_utf8") has it."""
    if text.isascii():
        return text.lower()
    # "İ" is the one character whose lower case Python makes longer; what stands around a "Σ" must not matter.
    return "".join(["i" if character == "İ" else character.lower() for character in text])


def number(value: Any) -> Decimal | None:
    """A JSON number or canonical decimal text as a finite Decimal; None for anything else."""
    if type(value) is not str:  # canonical values are text: they go the short way
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            return None
        # The text of a float, because it has the digits that JSON had.
        value = str(value) if isinstance(value, float) else value
    try:
        found = Decimal(value)
    except ArithmeticError:
        return None
    return found if found.is_finite() else None


def is_empty(value: Any) -> bool:
    """Absent, the empty text, or the empty list."""
    return value is None or value == "" or value == []


@dataclass(frozen=True, slots=True)
class Bounds:
    """The interval of canonical values that a relative-time operator selects: low <= value, and value < or <=
    high."""

    low: str | None
    high: str
    high_inclusive: bool


def relative_bounds(
    op: str, field_type: FieldType, delta: timedelta, now: datetime, zone: ZoneInfo
) -> Bounds:
    """What older_than, newer_than and within_next mean at `now`, for memory and SQL alike.

    older_than: value < now - delta; newer_than: now - delta <= value <= now; within_next: now <= value <= now
    + delta. A date stands for its local midnight in `zone`, so the bounds of a date field are dates.
    """
    threshold = date_threshold if field_type is FieldType.DATE else instant_threshold
    if op == "older_than":
        return Bounds(None, threshold(shifted(now, -delta), zone), high_inclusive=False)
    start, end = (shifted(now, -delta), now) if op == "newer_than" else (now, shifted(now, delta))
    if field_type is FieldType.DATE:
        return Bounds(
            date_threshold(start, zone), date_threshold(end, zone, after=True), high_inclusive=False
        )
    return Bounds(instant_threshold(start, zone), instant_threshold(end, zone), high_inclusive=True)


def shifted(moment: datetime, delta: timedelta) -> datetime:
    """`moment` + `delta` in UTC, held within the years that can be written in every zone."""
    utc = moment.astimezone(UTC)
    try:
        return min(max(utc + delta, FIRST_MOMENT), LAST_MOMENT)
    except OverflowError:
        return FIRST_MOMENT if delta < timedelta(0) else LAST_MOMENT


def instant_threshold(moment: datetime, _: ZoneInfo) -> str:
    """`moment` as a bound of a datetime field."""
    return datetime_text(moment)


def date_threshold(moment: datetime, zone: ZoneInfo, *, after: bool = False) -> str:
    """The first date whose midnight in `zone` is not before `moment`, or with `after` the first whose
    midnight is after it. Where the clocks skip midnight the day begins when they have been put forward."""
    utc = moment.astimezone(UTC)
    day = utc.astimezone(zone).date()
    # In UTC, because two times of one zone compare by the clock on the wall. A day never begins after a
    # moment of it.
    midnight = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    return (day if midnight == utc and not after else day + timedelta(days=1)).isoformat()


def comparable(field_type: FieldType, value: Any, ignore_case: bool) -> Any:
    """A canonical value in the form in which values of this type are compared: numbers as Decimal, text
    folded if case is ignored. None stays None."""
    if field_type in (FieldType.NUMBER, FieldType.MONEY):
        return number(value)
    if ignore_case and isinstance(value, str):
        return fold(value)
    return value


Predicate = Callable[[Any, Any], bool]

PREDICATES: dict[str, Predicate] = {
    "eq": lambda value, operand: bool(value == operand),
    "in": lambda value, operand: value in operand,
    "lt": lambda value, operand: bool(value < operand),
    "lte": lambda value, operand: bool(value <= operand),
    "gt": lambda value, operand: bool(value > operand),
    "gte": lambda value, operand: bool(value >= operand),
    "between": lambda value, operand: bool(operand[0] <= value <= operand[1]),
    "contains": lambda value, operand: operand in value,
    "starts_with": lambda value, operand: bool(value.startswith(operand)),
    "ends_with": lambda value, operand: bool(value.endswith(operand)),
    "has_any": lambda value, operand: not operand.isdisjoint(value),
    "has_all": lambda value, operand: operand.issubset(value),
}
"""(value, operand) of two present, comparable values."""
