"""Checking an untrusted rule tree: every fault named, with its path and the way to mend it, in bounded
time."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from automations.engine.durations import parse_duration
from automations.engine.errors import EngineError, Problem, quoted
from automations.engine.fields import FieldSpec, FieldType, Schema, storable_text
from automations.engine.operators import CASED_TYPES, OPERATORS, Operator, comparable, operators_for
from automations.engine.patterns import compile_pattern
from automations.engine.rule_trees import is_ref, literal, rule_kind
from automations.engine.schemas import listed, nearest
from automations.engine.scopes import REFERENCE, ROOTS

MAX_DEPTH = 8
"""Groups and “not”s that may stand inside one another."""
MAX_LEAVES = 200
"""Comparisons and policies of one rule."""
MAX_VALUES = 1_000
MAX_PROBLEMS = 200
MAX_PATH = 8
MAX_NAME = 64

NEEDS_TEXT = ("contains", "not_contains", "starts_with", "ends_with")
ALIKE: tuple[frozenset[FieldType], ...] = (
    frozenset({FieldType.NUMBER, FieldType.MONEY}),
    frozenset({FieldType.TEXT, FieldType.CHOICE, FieldType.USER}),
)
"""Types of fields that compare with each other."""


@dataclass(frozen=True, slots=True)
class _World:
    """What a rule is checked against."""

    schema: Schema
    policies: Container[str]
    allow_event: bool


def validate_rule(
    rule: Any, schema: Schema, *, path: str = "", policies: Container[str] = (), allow_event: bool = True
) -> list[Problem]:
    """All problems of an untrusted rule, at most 200; none means that `compile_rule` takes it.

    `path` leads to the rule and begins the path of each problem. `policies` are the keys that may be named.
    Without `allow_event` neither `changed*` operators nor references to the event are allowed. Never raises.
    Walks with a stack and stops at the caps, so that no tree, however deep or wide, costs more than those.
    """
    world = _World(schema, policies, allow_event)
    problems: list[Problem] = []
    leaves = 0
    stack: list[tuple[Any, str, int]] = [(rule, path, 0)]
    while stack and len(problems) < MAX_PROBLEMS:
        current, at, depth = stack.pop()
        kind = rule_kind(current)
        if kind is None:
            message = "A rule is an object with exactly one of “all”, “any”, “not”, “policy” or “field”."
            hint = 'Write {"field": "priority", "op": "eq", "value": "high"} or {"all": [...]}.'
            problems.append(Problem("malformed-rule", at, message, hint))
        elif kind in ("field", "policy"):
            leaves += 1
            if leaves > MAX_LEAVES:
                message = f"The rule has more than {MAX_LEAVES} comparisons."
                hint = "Split it, or use “is one of” with a list."
                problems.append(Problem("too-many-leaves", path, message, hint))
                break
            found = (
                _leaf_problems(current, at, world)
                if kind == "field"
                else _policy_problems(current, at, world)
            )
            problems.extend(found)
        elif depth >= MAX_DEPTH:
            message = f"Groups are nested more than {MAX_DEPTH} deep."
            problems.append(
                Problem("rule-too-deep", at, message, "Flatten the groups, or make a policy of one.")
            )
        elif kind == "not":
            stack.append((current["not"], _step(at, "not"), depth + 1))
        else:
            stack.extend(_parts(current[kind], _step(at, kind), depth, problems))
    return problems[:MAX_PROBLEMS]


def _step(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _parts(parts: Any, at: str, depth: int, problems: list[Problem]) -> list[tuple[Any, str, int]]:
    if not isinstance(parts, list):
        problems.append(Problem("malformed-rule", at, "A group holds a list of rules.", "Send a list."))
        return []
    if not parts:
        problems.append(
            Problem("empty-group", at, "The group is empty.", "Add a condition or remove the group.")
        )
    # One more than the cap is enough to find it exceeded; reversed, because the stack gives back the last
    # first.
    return [
        (part, f"{at}[{index}]", depth + 1)
        for index, part in reversed(list(enumerate(parts[: MAX_LEAVES + 1])))
    ]


def _policy_problems(rule: Mapping[str, Any], at: str, world: _World) -> Iterator[Problem]:
    key, policies = rule["policy"], world.policies
    if not isinstance(key, str) or key not in policies:
        known = [name for name in policies if isinstance(name, str)] if isinstance(policies, Iterable) else []
        hint = _did_you_mean(key, known) or (
            f"Known are {listed(sorted(known))}."
            if known
            else "No policy may be named here: write its conditions out."
        )
        yield Problem("unknown-policy", _step(at, "policy"), f"There is no policy {quoted(key)}.", hint)


def _leaf_problems(leaf: Mapping[str, Any], at: str, world: _World) -> Iterator[Problem]:
    spec = _field(leaf["field"], world.schema)
    if isinstance(spec, tuple):
        yield Problem("unknown-field", _step(at, "field"), *spec)
        return
    op = leaf.get("op")
    operator = OPERATORS.get(op) if isinstance(op, str) else None
    offered = [entry.key for entry in operators_for(spec.type)]
    if operator is None:
        hint = _did_you_mean(op, offered) or f"Use one of {', '.join(offered)}."
        message = f"There is no operator {quoted(op)}." if "op" in leaf else "The operator is missing."
        yield Problem("unknown-operator", _step(at, "op"), message, hint)
        return
    if spec.type not in operator.types:
        message = f"“{operator.key}” does not work on {spec.label}, a {spec.type} field."
        yield Problem("operator-not-for-type", _step(at, "op"), message, f"Use one of {', '.join(offered)}.")
        return
    if operator.event_only and not world.allow_event:
        message = f"“{operator.key}” needs an event, and there is none here."
        hint = "Use it in a workflow that an event starts."
        yield Problem("event-operator-without-event", _step(at, "op"), message, hint)
    yield from _case_problems(leaf, at, spec)
    yield from _value_problems(leaf, _step(at, "value"), spec, operator, world)


def _field(name: Any, schema: Schema) -> FieldSpec | tuple[str, str]:
    """The field that a leaf names, or what is wrong with the name and how to mend it."""
    key, *inner = name.split(".", MAX_PATH + 1) if isinstance(name, str) else ("",)
    spec = schema.get(key)
    if spec is None:
        known = list(schema)
        hint = _did_you_mean(key, known) or (
            f"Known are {listed(known)}." if known else "Choose a module first."
        )
        return f"There is no field {quoted(name)}.", hint
    if not inner:
        return spec
    if spec.type is not FieldType.JSON:
        return f"“{spec.label}” holds one value, nothing inside it.", f"Write “{key}”."
    if len(inner) > MAX_PATH or not all(0 < len(part) <= MAX_NAME and part.isprintable() for part in inner):
        return (
            f"{quoted(name)} is no path into {spec.label}.",
            f"Write {key}.name, at most {MAX_PATH} names deep.",
        )
    return spec


def _case_problems(leaf: Mapping[str, Any], at: str, spec: FieldSpec) -> Iterator[Problem]:
    if leaf.get("case", "ignore") != "ignore":
        message = f"“case” may only be “ignore”, not {quoted(leaf['case'])}."
        yield Problem("malformed-rule", _step(at, "case"), message, "Leave it out to compare exactly.")
    elif "case" in leaf and spec.type not in CASED_TYPES:
        message = f"{spec.label} is a {spec.type} field and has no upper or lower case."
        yield Problem("case-not-for-type", _step(at, "case"), message, "Remove “case”.")


def _value_problems(
    leaf: Mapping[str, Any], at: str, spec: FieldSpec, operator: Operator, world: _World
) -> Iterator[Problem]:
    raw, name = leaf.get("value"), operator.key
    if operator.value == "none":
        if raw is not None:
            yield Problem("value-not-wanted", at, f"“{name}” takes no value.", "Remove the value.")
    elif raw is None:
        yield Problem("missing-value", at, f"“{name}” needs a value.", "Give it one.")
    elif operator.value in ("duration", "pattern"):
        yield from _plain_problems(raw, at, operator)
    elif operator.value == "one" or is_ref(raw):
        yield from _one_problem(raw, at, spec, operator, world)
    else:
        pair = operator.value == "pair"
        if not isinstance(raw, list) or not raw or len(raw) > MAX_VALUES or (pair and len(raw) != 2):
            size = "exactly two values" if pair else f"1 to {MAX_VALUES:,} values"
            hint = "Send [low, high]." if pair else "Send a list."
            yield Problem("wrong-value-type", at, f"“{name}” needs a list of {size}.", hint)
            return
        found = [
            problem
            for index, item in enumerate(raw)
            for problem in _one_problem(item, f"{at}[{index}]", spec, operator, world)
        ]
        yield from found
        if pair and not found:
            yield from _range_problem(raw, at, spec)


def _plain_problems(raw: Any, at: str, operator: Operator) -> Iterator[Problem]:
    """Durations and patterns, which can't be references: both must be sound before anything runs."""
    if is_ref(raw):
        message = f"“{operator.key}” can't take its {operator.value} from a reference."
        yield Problem("wrong-value-type", at, message, "Write it out.")
        return
    try:
        if operator.value == "duration":
            parse_duration(raw)
        else:
            compile_pattern(storable_text(raw))
    except EngineError as error:
        code = "wrong-value-type" if operator.value == "duration" else "bad-pattern"
        yield Problem(code, at, error.message, error.hint)


def _one_problem(raw: Any, at: str, spec: FieldSpec, operator: Operator, world: _World) -> Iterator[Problem]:
    if is_ref(raw):
        yield from _ref_problems(raw["ref"], _step(at, "ref"), spec, operator, world)
        return
    if raw == "" and operator.key in NEEDS_TEXT:
        message = f"Every text would do: “{operator.key}” is given an empty one."
        yield Problem("missing-value", at, message, "Give it a text, or use “is not empty”.")
        return
    try:
        literal(spec, raw)
    except EngineError as error:
        yield Problem(error.code, at, f"{spec.label}: {error.message}", error.hint)


def _ref_problems(
    path: str, at: str, spec: FieldSpec, operator: Operator, world: _World
) -> Iterator[Problem]:
    root, _, rest = path.partition(".")
    if not REFERENCE.fullmatch(path):
        hint = f"Begin it with one of {', '.join(ROOTS)}, as in event.data.amount."
        yield Problem("unknown-reference", at, f"{quoted(path, 60)} is no reference.", hint)
    elif root == "event" and not world.allow_event:
        hint = "Use a value, or a field of the record."
        message = f"{quoted(path, 60)} needs an event, and there is none here."
        yield Problem("event-operator-without-event", at, message, hint)
    elif root == "record":
        yield from _record_ref_problems(rest, at, spec, operator, world.schema)


def _record_ref_problems(
    name: str, at: str, spec: FieldSpec, operator: Operator, schema: Schema
) -> Iterator[Problem]:
    """Only whole fields of comparable types compare with each other, because SQL compares columns."""
    other = schema.get(name)
    if other is None:
        key = name.partition(".")[0]
        if key in schema:
            hint, message = (
                f"Compare with a whole field, as in record.{key}.",
                f"{quoted(name)} is no whole field.",
            )
        else:
            known = list(schema)
            hint = _did_you_mean(name, known) or f"Known are {listed(known)}."
            message = f"There is no field {quoted(name)}."
        yield Problem("unknown-reference", at, message, hint)
        return
    listing = other.type is FieldType.LIST and operator.value == "many"
    type_wanted = FieldType.TEXT if spec.type is FieldType.LIST else spec.type
    if spec.type is FieldType.JSON or not (listing or _alike(type_wanted, other.type)):
        message = (
            f"{spec.label}, a {spec.type} field, does not compare with {other.label}, a {other.type} field."
        )
        yield Problem("wrong-value-type", at, message, "Choose a field of the same type, or write a value.")
    elif listing and not _alike(type_wanted, FieldType.TEXT):
        message = f"{spec.label}, a {spec.type} field, is never in {other.label}, a list of texts."
        yield Problem("wrong-value-type", at, message, "Write the values out.")


def _alike(one: FieldType, other: FieldType) -> bool:
    """Whether values of two types compare; of json there is no telling."""
    if one is other:
        return one not in (FieldType.JSON, FieldType.LIST)
    return any(one in group and other in group for group in ALIKE)


def _range_problem(raw: list[Any], at: str, spec: FieldSpec) -> Iterator[Problem]:
    """A range of literals that nothing can lie in. Numbers inside a json field compare as numbers, texts as
    texts."""
    if any(is_ref(item) for item in raw):
        return
    low, high = (literal(spec, item) for item in raw)
    if spec.type is FieldType.JSON:
        if isinstance(low, bool) or isinstance(high, bool) or isinstance(low, str) != isinstance(high, str):
            message = "The two ends of a range must both be texts or both be numbers."
            yield Problem("wrong-value-type", at, message, "Send [low, high] of one type.")
            return
    else:
        low, high = (comparable(spec.type, item, False) for item in (low, high))
    if low > high:
        yield Problem("empty-range", at, "Nothing lies in this range.", "Put the lower value first.")


def _did_you_mean(wanted: Any, known: list[str]) -> str:
    """The hint that names the nearest known word; "" when none is near."""
    meant = nearest(wanted, known) if isinstance(wanted, str) else ""
    return f"Did you mean “{meant}”?" if meant else ""
