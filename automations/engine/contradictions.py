"""Whether a rule can hold at all, for any record at any time.

The search is sound and gives up rather than guess: what is called never true is false for every record, whatever it
holds; of what is not called so nothing is known. The tree is taken apart into sets of comparisons that would have to
hold together, and each set is looked at field by field.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.fields import FieldType
from automations.engine.leaf_tests import TEXT_ONLY, has_ref, leaf_test, operand_of
from automations.engine.operators import OPERATORS, number
from automations.engine.rule_trees import AllOf, AnyOf, Leaf, Named, Not, Tree, duration_of
from automations.engine.scopes import Scope

MAX_WORK = 20_000
"""Parts and comparisons that one search looks at before it gives up."""
MAX_CHOICES = 60
"""Groups of alternatives that it enters inside one another."""
MAX_OF_ONE_FIELD = 300
"""Comparisons of one field that are held against each other."""

RANGES = ("lt", "lte", "gt", "gte", "between")
OPPOSITE = {"lt": "gte", "gte": "lt", "gt": "lte", "lte": "gt"}

_NOW = datetime(2026, 1, 1, tzinfo=UTC)
_ZONE = ZoneInfo("UTC")

Facts = dict[str, tuple[tuple[Leaf, bool], ...]]
"""By field: the comparisons that hold, and those that don't."""


def never_true(tree: Tree) -> bool:
    """Whether the rule is false for every record; False also where that is not known."""
    return not _Search().open([(tree, True)], {}, 0)


def always_true(tree: Tree) -> bool:
    """Whether the rule holds for every record; False also where that is not known."""
    return never_true(Not(tree))


def implies(one: Tree, other: Tree) -> bool:
    """Whether every record for which `one` holds is one for which `other` does; False also where that is not known."""
    return never_true(AllOf((one, Not(other))))


class _Search:
    """One search, with the work that is left to it."""

    def __init__(self) -> None:
        self.left = MAX_WORK

    def open(self, pending: list[tuple[Tree, bool]], facts: Facts, depth: int) -> bool:
        """Whether no contradiction is found in what must come out so together with the facts."""
        pending, facts = list(pending), dict(facts)
        choices: list[tuple[AllOf | AnyOf, bool]] = []
        touched: set[str] = set()
        while pending:
            tree, wanted = pending.pop()
            self.left -= 1
            if isinstance(tree, Leaf):
                leaf, holds = _positive(tree, wanted)
                facts[leaf.name] = (*facts.get(leaf.name, ()), (leaf, holds))
                touched.add(leaf.name)
            elif isinstance(tree, Named):
                pending.append((tree.part, wanted))
            elif isinstance(tree, Not):
                pending.append((tree.part, not wanted))
            elif isinstance(tree, AllOf) is wanted:
                pending += [(part, wanted) for part in tree.parts]
            else:
                choices.append((tree, wanted))
        for name in sorted(touched):
            self.left -= len(facts[name])
            if self.left > 0 and self._contradictory(facts[name]):
                return False
        if self.left <= 0 or depth >= MAX_CHOICES or not choices:
            return True
        (first, wanted), others = choices[0], choices[1:]
        return any(self.open([*others, (part, wanted)], facts, depth + 1) for part in first.parts)

    def _contradictory(self, literals: Sequence[tuple[Leaf, bool]]) -> bool:
        """Whether comparisons of one field exclude one another."""
        holding = [leaf for leaf, holds in literals if holds]
        others = [leaf for leaf, holds in literals if not holds]
        if len(literals) > MAX_OF_ONE_FIELD:
            return False
        constant = [leaf for leaf in holding if _is_constant(leaf)]
        if any(leaf in others for leaf in holding) or any(_holds_for_nothing(leaf) for leaf in constant):
            return True
        values = _values(constant)
        if values is not None:
            self.left -= len(values) * len(literals)
            return self.left > 0 and not any(
                all(_fits(value, leaf, holds) for leaf, holds in literals) for value in values
            )
        refused = [leaf for leaf in others if _is_constant(leaf) and not _holds_for_nothing(leaf)]
        if literals[0][0].spec.type is FieldType.LIST:
            return _lists_differ(constant, refused)
        return _empty_range(constant, refused) or _texts_differ(constant, refused) or _times_differ(literals)


def _positive(leaf: Leaf, wanted: bool) -> tuple[Leaf, bool]:
    """A comparison without negation, and whether it must hold."""
    negates = OPERATORS[leaf.op].negates
    return (replace(leaf, op=negates), not wanted) if negates else (leaf, wanted)


def _is_constant(leaf: Leaf) -> bool:
    """Whether a comparison looks at nothing but its field's value, and that without a pattern."""
    operator = OPERATORS[leaf.op]
    return not (operator.event_only or operator.value in ("duration", "pattern") or has_ref(leaf.value))


def _holds_for_nothing(leaf: Leaf) -> bool:
    """Whether a constant comparison is false for every value: it compares with nothing, or is none for such a value."""
    if leaf.value is None:
        return False
    operand = operand_of(leaf, leaf.value)
    return operand is None or (leaf.op in RANGES and None in _bounds(leaf))


@dataclass(frozen=True, slots=True)
class _Value:
    """What a field may hold. A folded one stands for every spelling of it."""

    raw: Any
    folded: bool = False


def _values(holding: Sequence[Leaf]) -> list[_Value] | None:
    """The few values of which a field must hold one, so that the comparisons hold; None where it may be any. A value
    stands for those that nobody can tell from it: “1” for “1.0”."""
    found = [values for leaf in holding if (values := _values_of(leaf)) is not None]
    return min(found, key=len) if found else None


def _values_of(leaf: Leaf) -> list[_Value] | None:
    if leaf.op == "is_empty":
        return [_Value(None), _Value(""), _Value([])]
    if leaf.op in ("is_true", "is_false"):
        return [_Value(leaf.op == "is_true")]
    if leaf.op not in ("eq", "in"):
        return None
    operand = operand_of(leaf, leaf.value)
    several = operand if isinstance(operand, frozenset | tuple) else [operand]
    return [
        _Value(
            str(value) if isinstance(value, Decimal) else value, leaf.ignore_case and isinstance(value, str)
        )
        for value in several
    ]


def _fits(value: _Value, leaf: Leaf, holds: bool) -> bool:
    """Whether a comparison may come out so for this value; True where that can't be told from the value alone."""
    if value.folded and not leaf.ignore_case and OPERATORS[leaf.op].value != "none":
        return True
    pattern = OPERATORS[leaf.op].value == "pattern"
    if not (_is_constant(leaf) or (pattern and not value.folded)):
        return True
    record: Any = value.raw
    for name in reversed((leaf.spec.key, *leaf.path)):
        record = {name: record}
    return leaf_test(leaf)(Scope(record, None, _NOW, _ZONE)) is holds


def _empty_range(holding: Sequence[Leaf], others: Sequence[Leaf]) -> bool:
    """Whether what a value must lie above lies above what it must lie below."""
    holding, others = ([leaf for leaf in leaves if leaf.op in RANGES] for leaves in (holding, others))
    for manner in {_manner(leaf) for leaf in holding}:
        span = _Span()
        for leaf in holding:
            if _manner(leaf) == manner:
                span.take(leaf.op, _bounds(leaf))
        # The value is there, and of this kind: what does not hold says on which side it lies.
        outside = []
        for leaf in others:
            if _manner(leaf) != manner:
                continue
            if leaf.op == "between":
                outside.append(_bounds(leaf))
            else:
                span.take(OPPOSITE[leaf.op], _bounds(leaf))
        if span.is_empty() or any(span.lies_within(low, high) for low, high in outside):
            return True
    return False


def _manner(leaf: Leaf) -> tuple[bool, bool]:
    """How a range is compared: as text or not, and whether case matters. Values of two manners say nothing of each
    other."""
    return isinstance(_bounds(leaf)[0], str), leaf.ignore_case


def _bounds(leaf: Leaf) -> tuple[Any, Any]:
    """The ends that a comparison names; both the same, where it names one."""
    operand = operand_of(leaf, leaf.value)
    low, high = operand if isinstance(operand, tuple) else (operand, operand)
    return tuple((end if isinstance(end, str) else number(end)) for end in (low, high))  # type: ignore[return-value]


class _Span:
    """What lies between the highest lower end and the lowest upper end; None where it is open."""

    def __init__(self) -> None:
        self.low: tuple[Any, bool] | None = None
        self.high: tuple[Any, bool] | None = None
        """Each with whether the end itself lies outside."""

    def take(self, op: str, ends: tuple[Any, Any]) -> None:
        """Narrow the span by a comparison that holds."""
        if op in ("gt", "gte", "between"):
            low = (ends[0], op == "gt")
            self.low = low if self.low is None else max(self.low, low)
        if op in ("lt", "lte", "between"):
            high = (ends[1], op == "lt")
            if self.high is None or (high[0], not high[1]) < (self.high[0], not self.high[1]):
                self.high = high

    def is_empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        (low, above), (high, below) = self.low, self.high
        return bool(low > high or (low == high and (above or below)))

    def lies_within(self, low: Any, high: Any) -> bool:
        return bool(self.low and self.high and self.low[0] >= low and self.high[0] <= high)


def _texts_differ(holding: Sequence[Leaf], others: Sequence[Leaf]) -> bool:
    """Whether a text would have to begin or end in two ways, or hold what it must not hold."""
    asked = [(leaf, operand_of(leaf, leaf.value)) for leaf in holding if leaf.op in TEXT_ONLY]
    refused = [(leaf, operand_of(leaf, leaf.value)) for leaf in others if leaf.op in TEXT_ONLY]
    for one, text in asked:
        for other, second in asked:
            same = one.op == other.op and _comparable(one, text, other, second)
            if (
                same
                and one.op != "contains"
                and not (_begins(one.op, text, second) or _begins(one.op, second, text))
            ):
                return True
        for other, second in refused:
            within = (
                second in text
                if other.op == "contains"
                else one.op == other.op and _begins(one.op, text, second)
            )
            if _comparable(one, text, other, second) and within:
                return True
    return False


def _comparable(one: Leaf, text: Any, other: Leaf, second: Any) -> bool:
    return one.ignore_case == other.ignore_case and isinstance(text, str) and isinstance(second, str)


def _begins(op: str, text: str, part: str) -> bool:
    """Whether a text begins, or ends, with a part."""
    return text.startswith(part) if op == "starts_with" else text.endswith(part)


def _lists_differ(holding: Sequence[Leaf], others: Sequence[Leaf]) -> bool:
    """Whether a list would have to hold what it must not hold."""
    for ignore_case in (False, True):
        asked, refused = (
            [(leaf.op, _words(leaf)) for leaf in leaves if leaf.ignore_case is ignore_case]
            for leaves in (holding, others)
        )
        there = frozenset[str]().union(*(words for op, words in asked if op in ("contains", "has_all")))
        gone = frozenset[str]().union(*(words for op, words in refused if op in ("contains", "has_any")))
        if (
            there & gone
            or any(op == "has_any" and words <= gone for op, words in asked)
            or any(op == "has_all" and words and words <= there for op, words in refused)
        ):
            return True
    return False


def _words(leaf: Leaf) -> frozenset[str]:
    operand = operand_of(leaf, leaf.value) if OPERATORS[leaf.op].value != "none" else None
    return (
        operand
        if isinstance(operand, frozenset)
        else frozenset()
        if operand is None
        else frozenset([operand])
    )


@dataclass(frozen=True, slots=True)
class _Moments:
    """The offsets from now that relative times of a kind lie below or above. The moment of an offset never comes before
    that of a smaller one, also where the calendar ends; that is all that is known of it."""

    below: tuple[tuple[timedelta, str], ...]
    above: tuple[tuple[timedelta, str], ...]

    def joined(self, other: _Moments) -> _Moments:
        return _Moments(self.below + other.below, self.above + other.above)

    def is_empty(self) -> bool:
        return any(
            upper <= lower and (kind, other) in EXCLUDED
            for upper, kind in self.below
            for lower, other in self.above
        )


BEFORE, UNTIL, FROM, AFTER = "before", "until", "from", "after"
"""Before a moment; until and with it; from it on; after it. Of dates, UNTIL and AFTER are about the day's end."""
EXCLUDED = ((BEFORE, FROM), (BEFORE, AFTER), (UNTIL, AFTER))
"""What can't hold together when the upper offset is not greater than the lower one."""


def _times_differ(literals: Sequence[tuple[Leaf, bool]]) -> bool:
    """Whether relative times exclude one another: older than 4 hours and newer than 2."""
    relative = [(leaf, holds) for leaf, holds in literals if OPERATORS[leaf.op].value == "duration"]
    known = _Moments((), ())
    for leaf, holds in relative:
        if holds:
            known = known.joined(_moments(leaf))
    if known == _Moments((), ()):
        return False  # there may be no value at all
    if known.is_empty():
        return True
    return any(
        all(known.joined(way).is_empty() for way in _ways_out(leaf)) for leaf, holds in relative if not holds
    )


def _moments(leaf: Leaf) -> _Moments:
    length, nothing = duration_of(leaf), timedelta(0)
    if leaf.op == "older_than":
        return _Moments(((-length, BEFORE),), ())
    if leaf.op == "newer_than":
        return _Moments(((nothing, UNTIL),), ((-length, FROM),))
    return _Moments(((length, UNTIL),), ((nothing, FROM),))


def _ways_out(leaf: Leaf) -> Iterator[_Moments]:
    """Where a value that is there may lie, for a relative time not to hold."""
    span = _moments(leaf)
    for offset, kind in span.below:
        yield _Moments((), ((offset, FROM if kind == BEFORE else AFTER),))
    for offset, _ in span.above:
        yield _Moments(((offset, BEFORE),), ())
