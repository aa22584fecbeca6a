"""Payload contracts: a source's JSON Schema against the data of an event.

A contract comes from outside and is used on data from outside, so it is held to what ends soon and stays here: no
references (they can be fetched over the network, or lead in circles), and patterns in RE2, which never backtracks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend

from automations.engine.documents import canonical_json

MAX_SUBJECT = 65_536
REFUSED = ("$ref", "$dynamicRef", "$recursiveRef", "patternProperties")
_ONE = (
    *("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
    *("unevaluatedItems", "unevaluatedProperties"),
)
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties", "$defs", "definitions", "dependentSchemas")


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not re2.search(pattern, instance[:MAX_SUBJECT], _quiet()):
        yield ValidationError(f"{instance[:80]!r} does not match {pattern!r}")


_Contract = extend(Draft202012Validator, {"pattern": _pattern})


def _quiet() -> Any:
    options = re2.Options()
    options.log_errors = False
    return options


def contract_violation(contract: Mapping[str, Any]) -> tuple[str, str] | None:
    """(path, sentence) of the first reason why this can't be a contract, or None."""
    try:
        Draft202012Validator.check_schema(contract)
    except SchemaError as error:
        return "contract" + "".join(f".{part}" for part in error.absolute_path), error.message[:300]
    stack: list[tuple[Any, str]] = [(contract, "contract")]
    while stack:
        schema, path = stack.pop()
        if not isinstance(schema, Mapping):
            continue
        for name in REFUSED:
            if name in schema:
                return f"{path}.{name}", f"“{name}” can't be used in a contract."
        if "pattern" in schema:
            try:
                re2.compile(schema["pattern"], _quiet())
            except re2.error:
                return f"{path}.pattern", "The pattern does not parse as RE2."
        stack.extend((schema.get(name), f"{path}.{name}") for name in _ONE)
        for name in _LISTS:
            stack.extend((inner, f"{path}.{name}[{i}]") for i, inner in enumerate(schema.get(name, ())))
        for name in _NAMED:
            stack.extend((inner, f"{path}.{name}.{key}") for key, inner in schema.get(name, {}).items())
    return None


@lru_cache(maxsize=256)
def _validator(contract: str) -> Any:
    return _Contract(json.loads(contract))


def first_violation(contract: Mapping[str, Any], data: Any) -> tuple[str, str] | None:
    """(path, sentence) of the first place at which `data` breaks the contract, or None."""
    error = next(iter(_validator(canonical_json(contract)).iter_errors(data)), None)
    if error is None:
        return None
    path = "data" + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path
    )
    return path, error.message[:300]
