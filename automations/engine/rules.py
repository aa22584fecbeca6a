"""Rule trees: checked at save, compiled to closures for one record, explained leaf by leaf.

Stored form: {"all": [...]}, {"any": [...]}, {"not": rule}, {"policy": key} and leaves
{"field", "op", "value"?, "case"?: "ignore"}. A value may be {"ref": path}. Leaves are two-valued: a comparison with
an absent value is false, and a negating operator is the exact negation of its positive one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import re2

from automations.engine.documents import canonical_json
from automations.engine.durations import parse_duration
from automations.engine.errors import EngineError, RuleError
from automations.engine.fields import FieldSpec, FieldType, Schema, canonical
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
from automations.engine.patterns import MAX_SUBJECT
from automations.engine.rule_checks import MAX_DEPTH, MAX_LEAVES, validate_rule

__all__ = [
    "MAX_DEPTH",
    "MAX_LEAVES",
    "MISSING",
    "OPERATORS",
    "AllOf",
    "AnyOf",
    "CompiledRule",
    "Leaf",
    "Named",
    "Not",
    "Ref",
    "Scope",
    "Tree",
    "compile_rule",
    "lookup",
    "normal_form",
    "validate_rule",
]

MISSING: Any = type("Missing", (), {"__repr__": lambda _: "MISSING", "__bool__": lambda _: False})()


@dataclass(slots=True)
class Scope:
    """What a rule or template can see. `steps` maps a node id to {"output": …}; `assume_changed` makes every
    `changed*` leaf true (run-test on live records, where there is no event to ask)."""

    record: Mapping[str, Any] | None
    event: Mapping[str, Any] | None
    now: datetime
    zone: ZoneInfo
    variables: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Any] = field(default_factory=dict)
    assume_changed: bool = False


def lookup(scope: Scope, path: str) -> Any:
    """The value at a dotted path: record.f, event.data.x, steps.a1.output.y, variables.v, now. MISSING if there is
    none. Only dictionaries and lists are entered, never attributes."""
    head, *rest = path.split(".")
    if head == "now" and not rest:
        return scope.now.isoformat()
    if head not in ("record", "event", "steps", "variables"):
        return MISSING
    value: Any = getattr(scope, head)
    for part in rest:
        if isinstance(value, Mapping):
            value = value.get(part, MISSING)
        elif isinstance(value, Sequence) and not isinstance(value, str) and part.isascii() and part.isdigit():
            value = value[int(part)] if int(part) < len(value) else MISSING
        else:
            return MISSING
        if value is MISSING:
            return MISSING
    return MISSING if value is None and not rest else value


@dataclass(frozen=True, slots=True)
class Ref:
    """A value that is looked up when the rule is judged."""

    path: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """One comparison. `path` leads into a json field; `value` is canonical (or a Ref, or one in a list)."""

    name: str
    spec: FieldSpec
    path: tuple[str, ...]
    op: str
    value: Any
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Tree


@dataclass(frozen=True, slots=True)
class Named:
    """A policy by its key, inlined."""

    policy: str
    part: Tree


Tree = AllOf | AnyOf | Not | Named | Leaf
Test = Callable[[Scope], bool]


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to be judged. `fields` are the keys of the fields that it looks at."""

    tree: Tree
    test: Test
    fields: tuple[str, ...]

    def explain(self, scope: Scope) -> dict[str, Any]:
        """For each part whether it held, and for each leaf the value that it saw."""
        return _explain(self.tree, scope)


def compile_rule(rule: Any, schema: Schema, *, policies: Mapping[str, Any] | None = None) -> CompiledRule:
    """Compile a rule that `validate_rule` passed. Raises RuleError (with the reason) for one that it would not."""
    tree = _parse(rule, schema, policies or {}, 0)
    return CompiledRule(tree, _test(tree), tuple(dict.fromkeys(leaf.spec.key for leaf in leaves(tree))))


def leaves(tree: Tree) -> Iterator[Leaf]:
    """The leaves of a tree, left to right."""
    if isinstance(tree, Leaf):
        yield tree
    elif isinstance(tree, Not | Named):
        yield from leaves(tree.part)
    else:
        for part in tree.parts:
            yield from leaves(part)


def normal_form(rule: Any) -> Any:
    """One JSON value for rules that say the same up to order, repetition and needless nesting of all/any."""
    if isinstance(rule, Mapping):
        for key in ("all", "any"):
            if key in rule:
                parts: dict[str, Any] = {}
                for part in rule[key]:
                    normal = normal_form(part)
                    inner = normal[key] if isinstance(normal, Mapping) and key in normal else [normal]
                    parts.update({canonical_json(entry): entry for entry in inner})
                ordered = [parts[text] for text in sorted(parts)]
                return ordered[0] if len(ordered) == 1 else {key: ordered}
        if "not" in rule:
            return {"not": normal_form(rule["not"])}
        if isinstance(rule.get("value"), list) and rule.get("op") in ("in", "not_in", "has_any", "has_all"):
            return {**rule, "value": sorted(rule["value"], key=canonical_json)}
    return rule


def _parse(rule: Any, schema: Schema, policies: Mapping[str, Any], depth: int) -> Tree:
    if not isinstance(rule, Mapping) or depth > MAX_DEPTH + 1:
        raise RuleError("A rule must be an object, nested at most 8 deep.")
    if "all" in rule or "any" in rule:
        parts = tuple(_parse(part, schema, policies, depth + 1) for part in rule.get("all", rule.get("any")))
        return AllOf(parts) if "all" in rule else AnyOf(parts)
    if "not" in rule:
        return Not(_parse(rule["not"], schema, policies, depth + 1))
    if "policy" in rule:
        if rule["policy"] not in policies:
            raise RuleError(f"There is no policy “{rule['policy']}”.")
        return Named(rule["policy"], _parse(policies[rule["policy"]], schema, {}, depth))
    return _parse_leaf(rule, schema)


def _parse_leaf(rule: Mapping[str, Any], schema: Schema) -> Leaf:
    name, op = rule.get("field"), OPERATORS.get(str(rule.get("op")))
    key, *path = str(name).split(".")
    spec = schema.get(key)
    if spec is None or op is None or spec.type not in op.types or (path and spec.type is not FieldType.JSON):
        raise RuleError(f"“{name} {rule.get('op')}” is no comparison that this module knows.")
    raw = rule.get("value")
    try:
        value = _parse_value(op.value, raw, spec)
    except EngineError as error:
        raise RuleError(f"“{name}”: {error.message}", error.hint) from error
    return Leaf(str(name), spec, tuple(path), op.key, value, rule.get("case") == "ignore")


_UTC = ZoneInfo("UTC")


def _parse_value(kind: str, raw: Any, spec: FieldSpec) -> Any:
    if kind == "none":
        return None
    if isinstance(raw, Mapping) and "ref" in raw:
        return Ref(str(raw["ref"]))
    if kind == "duration":
        return parse_duration(raw)
    if kind == "pattern":
        return str(raw)
    if kind in ("many", "pair"):
        return tuple(_parse_value("one", item, spec) for item in raw)
    if spec.type is FieldType.JSON:
        return raw
    if spec.type is FieldType.LIST:
        return str(raw)
    return canonical(spec, raw, _UTC)


def _test(tree: Tree) -> Test:
    if isinstance(tree, Leaf):
        return leaf_test(tree)
    if isinstance(tree, Named):
        return _test(tree.part)
    if isinstance(tree, Not):
        inner = _test(tree.part)
        return lambda scope: not inner(scope)
    tests = tuple(_test(part) for part in tree.parts)
    if isinstance(tree, AllOf):

        def every(scope: Scope) -> bool:
            for test in tests:  # noqa: SIM110 - a plain loop is a third faster than all() of a generator here
                if not test(scope):
                    return False
            return True

        return every

    def some(scope: Scope) -> bool:
        for test in tests:  # noqa: SIM110 - as above
            if test(scope):
                return True
        return False

    return some


def value_of(leaf: Leaf, scope: Scope) -> Any:
    """The value that a leaf looks at, None where there is none."""
    value = scope.record.get(leaf.spec.key) if scope.record is not None else None
    for part in leaf.path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def leaf_test(leaf: Leaf) -> Test:
    """The closure that judges one leaf."""
    operator = OPERATORS[leaf.op]
    if operator.negates:
        positive = leaf_test(Leaf(leaf.name, leaf.spec, leaf.path, operator.negates, leaf.value, leaf.ignore_case))
        return lambda scope: not positive(scope)
    if operator.event_only:
        return _event_test(leaf)
    if leaf.op == "is_empty":
        return lambda scope: is_empty(value_of(leaf, scope))
    if leaf.op in ("is_true", "is_false"):
        wanted = leaf.op == "is_true"
        return lambda scope: value_of(leaf, scope) is wanted
    if operator.value == "duration":
        return _relative_test(leaf)
    if leaf.op == "matches":
        return _pattern_test(leaf)
    return _comparison_test(leaf)


def _comparison_test(leaf: Leaf) -> Test:
    predicate = PREDICATES[leaf.op]
    convert = _converter(leaf)
    key = leaf.spec.key
    if has_ref(leaf.value):
        return _ref_test(leaf)
    operand = operand_of(leaf, leaf.value)
    if operand is None:
        return lambda scope: False
    if leaf.spec.type is FieldType.JSON:
        return lambda scope: _json_holds(leaf, predicate, operand, value_of(leaf, scope))
    if convert is None:

        def plain(scope: Scope) -> bool:
            value = scope.record.get(key) if scope.record is not None else None
            return value is not None and predicate(value, operand)

        return plain

    def converted(scope: Scope) -> bool:
        value = scope.record.get(key) if scope.record is not None else None
        return value is not None and predicate(convert(value), operand)

    return converted


def _ref_test(leaf: Leaf) -> Test:
    predicate = PREDICATES[leaf.op]

    def test(scope: Scope) -> bool:
        value = value_of(leaf, scope)
        operand = operand_of(leaf, resolve(leaf, scope))
        if value is None or operand is None:
            return False
        if leaf.spec.type is FieldType.JSON:
            return _json_holds(leaf, predicate, operand, value)
        return predicate(comparable(leaf.spec.type, value, leaf.ignore_case), operand)

    return test


def has_ref(value: Any) -> bool:
    return isinstance(value, Ref) or (isinstance(value, tuple) and any(isinstance(item, Ref) for item in value))


def resolve(leaf: Leaf, scope: Scope) -> Any:
    """A leaf's value with its references looked up and made canonical; None where one leads nowhere."""
    if isinstance(leaf.value, tuple):
        items = tuple(_resolve_one(leaf, item, scope) for item in leaf.value)
        return tuple(item for item in items if item is not None) if leaf.op != "between" else items
    return _resolve_one(leaf, leaf.value, scope)


def _resolve_one(leaf: Leaf, value: Any, scope: Scope) -> Any:
    if not isinstance(value, Ref):
        return value
    found = lookup(scope, value.path)
    if found is MISSING or found is None:
        return None
    if OPERATORS[leaf.op].value == "many" and isinstance(found, list):
        return tuple(found)
    try:
        return _parse_value("one", found, leaf.spec)
    except EngineError:
        return None


def operand_of(leaf: Leaf, value: Any) -> Any:
    """A leaf's (resolved) value in the form its predicate wants; None makes the comparison false."""
    kind = leaf.spec.type

    def one(item: Any) -> Any:
        return item if kind is FieldType.JSON else comparable(kind, item, leaf.ignore_case)

    if value is None:
        return None
    if leaf.op in ("in", "has_any", "has_all"):
        items = value if isinstance(value, tuple) else (value,)
        if kind is FieldType.JSON:
            return tuple(items)
        return frozenset(one(item) for item in items if item is not None)
    if leaf.op == "between":
        pair = tuple(one(item) for item in value)
        return None if any(item is None for item in pair) else pair
    return one(value)


def _converter(leaf: Leaf) -> Callable[[Any], Any] | None:
    """What turns a stored value of the leaf's type into its comparable form; None: it is already."""
    if leaf.spec.type in (FieldType.NUMBER, FieldType.MONEY):
        return number
    if leaf.spec.type is FieldType.LIST:
        return (lambda items: [fold(str(item)) for item in items]) if leaf.ignore_case else None
    if leaf.ignore_case:
        return lambda text: fold(str(text))
    return None


def _json_holds(leaf: Leaf, predicate: Callable[[Any, Any], bool], operand: Any, value: Any) -> bool:
    """A comparison inside a json field: only values of the operand's own JSON type compare."""
    if isinstance(operand, tuple) and leaf.op != "between":
        return any(_json_holds(leaf, PREDICATES["eq"], item, value) for item in operand)
    sample = operand[0] if isinstance(operand, tuple) else operand
    if isinstance(sample, bool) or isinstance(value, bool):
        return leaf.op == "eq" and value is operand
    if isinstance(sample, str):
        if not isinstance(value, str):
            return False
        if leaf.ignore_case:
            folded = tuple(fold(item) for item in operand) if isinstance(operand, tuple) else fold(operand)
            return predicate(fold(value), folded)
        return predicate(value, operand)
    if not isinstance(value, int | float) or leaf.op in ("contains", "starts_with", "ends_with"):
        return False
    numbers = tuple(number(item) for item in operand) if isinstance(operand, tuple) else number(operand)
    return numbers is not None and predicate(number(value), numbers)


def _relative_test(leaf: Leaf) -> Test:
    delta: timedelta = leaf.value
    kind = leaf.spec.type
    last: list[Any] = [None, None, None]

    def test(scope: Scope) -> bool:
        value = value_of(leaf, scope)
        if value is None:
            return False
        if last[0] is not scope.now or last[1] is not scope.zone:
            last[:] = [scope.now, scope.zone, relative_bounds(leaf.op, kind, delta, scope.now, scope.zone)]
        bounds: Bounds = last[2]
        if bounds.low is not None and value < bounds.low:
            return False
        return bounds.high is None or value < bounds.high or (bounds.high_inclusive and value == bounds.high)

    return test


def _pattern_test(leaf: Leaf) -> Test:
    options = re2.Options()
    options.log_errors = False
    options.case_sensitive = not leaf.ignore_case
    pattern = re2.compile(leaf.value, options)

    def test(scope: Scope) -> bool:
        value = value_of(leaf, scope)
        return isinstance(value, str) and pattern.search(value[:MAX_SUBJECT]) is not None

    return test


def _event_test(leaf: Leaf) -> Test:
    key = leaf.spec.key
    side = {"changed_from": "before", "changed_to": "after"}.get(leaf.op)

    def test(scope: Scope) -> bool:
        if scope.assume_changed:
            return True
        event = scope.event or {}
        if key not in (event.get("changed") or ()):
            return False
        if side is None:
            return True
        wanted = resolve(leaf, scope)
        value = (event.get(side) or {}).get(key)
        return bool(
            comparable(leaf.spec.type, value, leaf.ignore_case) == comparable(leaf.spec.type, wanted, leaf.ignore_case)
        )

    return test


def _explain(tree: Tree, scope: Scope) -> dict[str, Any]:
    if isinstance(tree, Leaf):
        operator = OPERATORS[tree.op]
        assumed = operator.event_only and scope.assume_changed
        explanation = {
            "kind": "leaf",
            "field": tree.name,
            "op": tree.op,
            "expected": _shown(tree, scope),
            "saw": value_of(tree, scope),
            "result": leaf_test(tree)(scope),
        }
        return {**explanation, "assumed": True} if assumed else explanation
    if isinstance(tree, Named):
        inner = _explain(tree.part, scope)
        return {"kind": "policy", "policy": tree.policy, "result": inner["result"], "parts": [inner]}
    if isinstance(tree, Not):
        inner = _explain(tree.part, scope)
        return {"kind": "not", "result": not inner["result"], "parts": [inner]}
    parts = [_explain(part, scope) for part in tree.parts]
    results = [part["result"] for part in parts]
    if isinstance(tree, AllOf):
        return {"kind": "all", "result": all(results), "parts": parts}
    return {"kind": "any", "result": any(results), "parts": parts}


def _shown(leaf: Leaf, scope: Scope) -> Any:
    """The value a leaf compared with, as JSON."""
    if isinstance(leaf.value, timedelta):
        return str(leaf.value)
    value = resolve(leaf, scope) if leaf.value is not None else None
    return list(value) if isinstance(value, tuple) else value
