"""Typed filters of the record list: the query string as a rule, compiled to SQL like any condition."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import ParseError

from automations.api.parsing import parse_json
from automations.engine.errors import Problem
from automations.engine.fields import FieldType, Schema
from automations.engine.operators import OPERATORS
from automations.errors import InvalidError

Rule = dict[str, Any]


class FilterError(InvalidError):
    """A filter in the address can't be read or does not fit the module: 400, not 422."""

    code = "invalid-filter"


def rule_of(parameters: Iterable[tuple[str, list[str]]], schema: Schema) -> Rule | None:
    """`field=v`, `field__op=v` and `rule={…}` as one rule, all of whose parts must hold; None without any.

    Lists are separated by commas or given by repetition. Operators without a value are switched on by “true”.
    Raises FilterError when `rule` is no JSON; whether fields, operators and values fit is the rule checks' affair.
    """
    parts: list[Any] = []
    for name, values in parameters:
        if name == "rule":
            parts.extend(_json(text) for text in values)
        else:
            parts.append(_leaf(name, values, schema))
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {"all": parts}


def _json(text: str) -> Any:
    try:
        return parse_json(text.encode("utf-8", "surrogatepass"), what="“rule”")
    except ParseError as error:
        found = Problem("malformed-rule", "rule", str(error.detail), "Send a rule as JSON.")
        raise FilterError([found]) from error


def _leaf(name: str, values: list[str], schema: Schema) -> Rule:
    field, separator, op = name.rpartition("__")
    if not separator or field.partition(".")[0] not in schema:
        field, op = (name, "eq") if not separator else (field, op)
    operator = OPERATORS.get(op)
    leaf: Rule = {"field": field, "op": op}
    if operator is None:
        return leaf
    if operator.value == "none":
        return leaf if values[-1] in ("", "true") else {"not": leaf}
    spec = schema.get(field.partition(".")[0])
    loose = spec is not None and spec.type is FieldType.JSON
    if operator.value in ("many", "pair"):
        texts = [part for value in values for part in value.split(",")]
        return {**leaf, "value": [_value(text, loose) for text in texts]}
    return {**leaf, "value": _value(values[-1], loose)}


def _value(text: str, loose: bool) -> Any:
    """The text itself; inside a json field, where types are not declared, what it says as JSON."""
    if loose:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return value if isinstance(value, str | int | float | bool) else text
    return text
