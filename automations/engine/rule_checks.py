"""Checking an untrusted rule tree: every fault named, with its path and the way to mend it, in bounded time."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

import re2

from automations.engine.durations import parse_duration
from automations.engine.errors import EngineError, Problem
from automations.engine.fields import FieldSpec, FieldType, Schema, canonical
from automations.engine.operators import OPERATORS, Operator, operators_for
from automations.engine.patterns import MAX_PATTERN

MAX_DEPTH = 8
MAX_LEAVES = 200
MAX_VALUES = 1_000
MAX_PROBLEMS = 200
REF_ROOTS = ("event", "record", "steps", "variables")
_UTC = ZoneInfo("UTC")
_KINDS = ("all", "any", "not", "policy", "field")


def validate_rule(
    rule: Any, schema: Schema, *, path: str = "", policies: Container[str] = (), allow_event: bool = True
) -> list[Problem]:
    """All problems of a rule (at most 200). `path` leads to the rule; `allow_event` permits `changed*` operators.

    Walks with a stack and stops at the caps, so that no tree, however deep or wide, costs more than those.
    """
    problems: list[Problem] = []
    leaves = 0
    stack: list[tuple[Any, str, int]] = [(rule, path, 0)]
    while stack and len(problems) < MAX_PROBLEMS:
        current, at, depth = stack.pop()
        kind = _kind(current)
        if kind is None:
            problems.append(
                Problem(
                    "malformed-rule",
                    at,
                    "A rule is an object with exactly one of “all”, “any”, “not”, “policy” or “field”.",
                    'Write {"field": "priority", "op": "eq", "value": "high"} or {"all": [...]}.',
                )
            )
        elif kind == "field":
            leaves += 1
            if leaves > MAX_LEAVES:
                problems.append(
                    Problem(
                        "too-many-leaves",
                        path,
                        f"The rule has more than {MAX_LEAVES} comparisons.",
                        "Split it, or use “is one of” with a list.",
                    )
                )
                break
            problems.extend(_leaf_problems(current, at, schema, allow_event))
        elif kind == "policy":
            problems.extend(_policy_problems(current["policy"], f"{at}.policy", policies))
        elif depth >= MAX_DEPTH:
            problems.append(
                Problem("rule-too-deep", at, f"Groups are nested more than {MAX_DEPTH} deep.", "Flatten the groups.")
            )
        elif kind == "not":
            stack.append((current["not"], f"{at}.not", depth + 1))
        else:
            stack.extend(_parts(current[kind], f"{at}.{kind}", depth, problems))
    return problems[:MAX_PROBLEMS]


def _kind(rule: Any) -> str | None:
    if not isinstance(rule, Mapping):
        return None
    present = [key for key in _KINDS if key in rule]
    if len(present) != 1:
        return None
    allowed = {"field", "op", "value", "case"} if present == ["field"] else {present[0]}
    return present[0] if len(rule) <= len(allowed) and set(rule) <= allowed else None


def _parts(parts: Any, at: str, depth: int, problems: list[Problem]) -> list[tuple[Any, str, int]]:
    if not isinstance(parts, list):
        problems.append(Problem("malformed-rule", at, "A group holds a list of rules.", "Send a list."))
        return []
    if not parts:
        problems.append(Problem("empty-group", at, "The group is empty.", "Add a condition or remove the group."))
    # One more than the cap is enough to find it exceeded; reversed, because the stack gives back the last first.
    return [(part, f"{at}[{index}]", depth + 1) for index, part in reversed(list(enumerate(parts[: MAX_LEAVES + 1])))]


def _policy_problems(key: Any, at: str, policies: Container[str]) -> Iterator[Problem]:
    if not isinstance(key, str) or key not in policies:
        known = sorted(policies) if isinstance(policies, set | frozenset | dict | list | tuple) else []
        yield Problem("unknown-policy", at, f"There is no policy {key!r:.60}.", _nearest(key, known, "Publish it first."))


def _leaf_problems(leaf: Mapping[str, Any], at: str, schema: Schema, allow_event: bool) -> Iterator[Problem]:
    name, op = leaf["field"], leaf.get("op")
    key, *rest = name.split(".") if isinstance(name, str) else ("",)
    spec = schema.get(key)
    if spec is None or (rest and (spec.type is not FieldType.JSON or not all(rest) or len(rest) > 8)):
        yield Problem("unknown-field", f"{at}.field", f"There is no field {name!r:.60}.", _nearest(key, list(schema), "Choose a field."))
        return
    operator = OPERATORS.get(op) if isinstance(op, str) else None
    if operator is None:
        yield Problem("unknown-operator", f"{at}.op", f"There is no operator {op!r:.40}.", _nearest(op, list(OPERATORS), ""))
        return
    if spec.type not in operator.types:
        offered = ", ".join(entry.key for entry in operators_for(spec.type))
        yield Problem(
            "operator-not-for-type",
            f"{at}.op",
            f"“{op}” does not work on {spec.label}, a {spec.type} field.",
            f"Use one of {offered}.",
        )
        return
    if operator.event_only and not allow_event:
        yield Problem("event-operator-without-event", f"{at}.op", f"“{op}” needs an event.", "Use it in a workflow only.")
    case = leaf.get("case", "ignore")
    if case != "ignore":
        yield Problem("malformed-rule", f"{at}.case", "“case” may only be “ignore”.", "Leave it out to compare exactly.")
    yield from _value_problems(leaf, f"{at}.value", spec, operator)


def _value_problems(leaf: Mapping[str, Any], at: str, spec: FieldSpec, operator: Operator) -> Iterator[Problem]:
    raw = leaf.get("value")
    if operator.value == "none":
        if "value" in leaf and raw is not None:
            yield Problem("value-not-wanted", at, f"“{operator.key}” takes no value.", "Remove the value.")
        return
    if "value" not in leaf or raw is None:
        yield Problem("missing-value", at, f"“{operator.key}” needs a value.", "Give it one.")
        return
    if isinstance(raw, Mapping) and "ref" in raw and operator.value in ("one", "many"):
        yield from _ref_problems(raw, at)
        return
    if operator.value == "duration":
        try:
            parse_duration(raw)
        except EngineError as error:
            yield Problem("wrong-value-type", at, error.message, error.hint)
    elif operator.value == "pattern":
        yield from _pattern_problems(raw, at)
    elif operator.value == "one":
        yield from _one_problem(raw, at, spec)
    else:
        wanted = 2 if operator.value == "pair" else None
        if not isinstance(raw, list) or not raw or len(raw) > MAX_VALUES or (wanted and len(raw) != wanted):
            size = "exactly two values" if wanted else f"1 to {MAX_VALUES:,} values"
            yield Problem("wrong-value-type", at, f"“{operator.key}” needs a list of {size}.", "Send a list.")
            return
        for index, item in enumerate(raw):
            if isinstance(item, Mapping) and "ref" in item:
                yield from _ref_problems(item, f"{at}[{index}]")
            else:
                yield from _one_problem(item, f"{at}[{index}]", spec)


def _one_problem(raw: Any, at: str, spec: FieldSpec) -> Iterator[Problem]:
    if spec.type is FieldType.JSON:
        if not isinstance(raw, str | int | float | bool):
            yield Problem("wrong-value-type", at, "Inside a json field only texts, numbers and booleans compare.", "Send one.")
        return
    try:
        if spec.type is FieldType.LIST:
            if not isinstance(raw, str):
                yield Problem("wrong-value-type", at, f"{spec.label} holds texts.", "Send a text.")
            return
        if canonical(spec, raw, _UTC) is None:
            yield Problem("wrong-value-type", at, f"{spec.label} can't be compared with nothing.", "Use “is empty”.")
    except EngineError as error:
        code = "unknown-choice" if spec.type is FieldType.CHOICE and isinstance(raw, str) else "wrong-value-type"
        yield Problem(code, at, f"{spec.label}: {error.message}", error.hint)


def _ref_problems(raw: Mapping[str, Any], at: str) -> Iterator[Problem]:
    path = raw.get("ref")
    if set(raw) != {"ref"} or not isinstance(path, str) or len(path) > 200 or path.split(".")[0] not in REF_ROOTS:
        yield Problem(
            "unknown-reference", f"{at}.ref", f"{path!r:.60} is no reference.", f"Begin it with one of {', '.join(REF_ROOTS)}."
        )


def _pattern_problems(raw: Any, at: str) -> Iterator[Problem]:
    if not isinstance(raw, str) or len(raw) > MAX_PATTERN:
        yield Problem("bad-pattern", at, f"A pattern is a text of at most {MAX_PATTERN} characters.", "Shorten it.")
        return
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(raw, options)
    except re2.error as error:
        reason = error.args[0].decode(errors="replace") if error.args and isinstance(error.args[0], bytes) else str(error)
        yield Problem("bad-pattern", at, f"The pattern does not parse: {reason[:120]}.", "Write it in RE2 syntax.")


def _nearest(wanted: Any, known: list[str], otherwise: str) -> str:
    close = get_close_matches(wanted[:64], known, n=1) if isinstance(wanted, str) else []
    if close:
        return f"Did you mean “{close[0]}”?"
    return otherwise or f"Use one of {', '.join(known[:30])}."
