"""The typed tree of a rule, which memory, SQL and explanations walk, and how it is read from its stored
form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.durations import parse_duration
from automations.engine.errors import EngineError, RuleError, ValueProblemError, quoted
from automations.engine.fields import FieldSpec, FieldType, Schema, canonical, storable_text
from automations.engine.operators import CASED_TYPES, OPERATORS, ValueKind, number
from automations.engine.patterns import compile_pattern

MAX_BUILT_DEPTH = 100
"""Rules that the product itself puts together nest deeper than those that people write, but not so deep as
this."""
MAX_BUILT_LEAVES = 20_000

KINDS = ("all", "any", "not", "policy", "field")
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Ref:
    """A value that is looked up when the rule is judged."""

    path: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison.

    `name` is the field as written, `path` leads into a json field. `value` has the operator's kind: None; a
    canonical value (for json and list fields a JSON scalar or text) or a Ref; for many and pairs a Ref or a
    tuple of these; a timedelta; the pattern's text.
    """

    name: str
    spec: FieldSpec
    path: tuple[str, ...]
    op: str
    value: Any
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    """True if every part is; of no parts true."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """True if some part is; of no parts false."""

    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """True if its part is not."""

    part: Tree


@dataclass(frozen=True, slots=True)
class Named:
    """A policy by its key, inlined."""

    policy: str
    part: Tree


Tree = AllOf | AnyOf | Not | Named | Leaf


def leaves(tree: Tree) -> Iterator[Leaf]:
    """The leaves of a tree, left to right."""
    if isinstance(tree, Leaf):
        yield tree
    elif isinstance(tree, Not | Named):
        yield from leaves(tree.part)
    else:
        for part in tree.parts:
            yield from leaves(part)


def rule_kind(rule: object) -> str | None:
    """Which of the five shapes a stored rule has; None if none, or more than it should."""
    if not isinstance(rule, Mapping):
        return None
    present = [key for key in KINDS if key in rule]
    if len(present) != 1:
        return None
    allowed = {"field", "op", "value", "case"} if present == ["field"] else {present[0]}
    return present[0] if len(rule) <= len(allowed) and set(rule) <= allowed else None


def build_tree(rule: Any, schema: Schema, policies: Mapping[str, Any]) -> Tree:
    """The tree of a rule, its policies inlined. Groups may be empty here.

    Raises RuleError, with the reason, for a rule that is not sound, nests deeper than 100 or, with its
    policies, has more than 20,000 leaves.
    """
    return _Builder(schema, policies).build(rule, 0, in_policy=False)


class _Builder:
    """Counts the leaves while a tree is built."""

    __slots__ = ("leaves", "policies", "schema")

    def __init__(self, schema: Schema, policies: Mapping[str, Any]) -> None:
        self.schema = schema
        self.policies = policies
        self.leaves = 0

    def build(self, rule: Any, depth: int, *, in_policy: bool) -> Tree:
        kind = rule_kind(rule)
        if kind is None:
            raise RuleError("A rule is an object with one of “all”, “any”, “not”, “policy” or “field”.")
        if depth > MAX_BUILT_DEPTH:
            raise RuleError(f"The rule nests deeper than {MAX_BUILT_DEPTH}.")
        inner = rule[kind]
        if kind == "field":
            self.leaves += 1
            if self.leaves > MAX_BUILT_LEAVES:
                raise RuleError(
                    f"The rule, with its policies, has more than {MAX_BUILT_LEAVES:,} comparisons."
                )
            return build_leaf(rule, self.schema)
        if kind == "not":
            return Not(self.build(inner, depth + 1, in_policy=in_policy))
        if kind == "policy":
            return self.inline(inner, depth, in_policy=in_policy)
        if not isinstance(inner, list):
            raise RuleError("A group holds a list of rules.")
        parts = tuple([self.build(part, depth + 1, in_policy=in_policy) for part in inner])
        return AllOf(parts) if kind == "all" else AnyOf(parts)

    def inline(self, key: Any, depth: int, *, in_policy: bool) -> Tree:
        if in_policy:
            raise RuleError("A policy can't refer to a policy.", "Write its conditions out.")
        if not isinstance(key, str) or key not in self.policies:
            raise RuleError(f"There is no policy {quoted(key)}.", code="unknown-policy")
        return Named(key, self.build(self.policies[key], depth + 1, in_policy=True))


def build_leaf(rule: Mapping[str, Any], schema: Schema) -> Leaf:
    """The leaf of {"field", "op", "value"?, "case"?}. Raises RuleError with the reason."""
    name, op = rule["field"], rule.get("op")
    key, *path = name.split(".") if isinstance(name, str) else ("",)
    spec = schema.get(key)
    operator = OPERATORS.get(op) if isinstance(op, str) else None
    if spec is None or (path and spec.type is not FieldType.JSON):
        raise RuleError(f"There is no field {quoted(name)}.", code="unknown-field")
    if operator is None or spec.type not in operator.types:
        raise RuleError(f"{quoted(op)} is no operator for {spec.label}.", code="operator-not-for-type")
    ignore_case = rule.get("case") == "ignore" and spec.type in CASED_TYPES
    try:
        value = _value(operator.value, rule.get("value"), spec)
    except EngineError as error:
        raise RuleError(f"{spec.label}: {error.message}", error.hint, code=error.code) from error
    return Leaf(name, spec, tuple(path), operator.key, value, ignore_case)


def _value(kind: ValueKind, raw: Any, spec: FieldSpec) -> Any:
    if kind == "none":
        return None
    if kind == "duration":
        return parse_duration(raw)
    if kind == "pattern":
        compile_pattern(storable_text(raw))
        return raw
    if is_ref(raw):
        return Ref(raw["ref"])
    if kind == "one":
        return literal(spec, raw)
    if not isinstance(raw, list) or (kind == "pair" and len(raw) != 2):
        raise ValueProblemError("A list of values is needed.", "Send a list.")
    return tuple([Ref(item["ref"]) if is_ref(item) else literal(spec, item) for item in raw])


def is_ref(raw: object) -> bool:
    """Whether a stored value is {"ref": path}."""
    return isinstance(raw, Mapping) and len(raw) == 1 and isinstance(raw.get("ref"), str)


def literal(spec: FieldSpec, raw: object) -> Any:
    """What a leaf compares values of this field with: canonical; for a list field a text, for a json field a
    text, boolean or finite number.

    Raises ValueProblemError with a hint, also for a time without an offset: the rule would mean something
    else in each zone.
    """
    if spec.type is FieldType.JSON:
        if isinstance(raw, str):
            return storable_text(raw)
        if isinstance(raw, bool) or (isinstance(raw, int | float) and number(raw) is not None):
            return raw
        message = f"Inside a json field only texts, numbers and booleans compare, not {quoted(raw)}."
        raise ValueProblemError(message, "Send one of these.")
    if spec.type is FieldType.LIST:
        return storable_text(raw)
    value = canonical(spec, raw, _UTC)
    if value is None:
        raise ValueProblemError("Nothing is no value to compare with.", "Use “is empty” or “is not empty”.")
    if spec.type is FieldType.DATETIME and datetime.fromisoformat(str(raw)).tzinfo is None:
        hint = "Add the offset, as in 2026-03-29T14:30:00Z or 2026-03-29T14:30:00+02:00."
        raise ValueProblemError(f"{quoted(raw)} does not say in which zone.", hint)
    return value


def duration_of(leaf: Leaf) -> timedelta:
    """The length that a leaf with a relative-time operator compares with."""
    assert isinstance(leaf.value, timedelta)
    return leaf.value
