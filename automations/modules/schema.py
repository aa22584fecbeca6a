"""A module's typed fields, parsed once for each state of its row."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from automations.engine.documents import canonical_json
from automations.engine.fields import FieldSpec, parse_schema
from automations.engine.kinds import ModuleFacts
from automations.models import Module


def facts_of(module: Module) -> ModuleFacts:
    """What validation, rules and performers know about the module, as a value."""
    return _facts(
        module.key,
        module.name,
        canonical_json(module.fields),
        module.status_field,
        canonical_json(module.transitions),
    )


@lru_cache(maxsize=512)
def _facts(key: str, name: str, fields: str, status_field: str, transitions: str) -> ModuleFacts:
    parsed: list[dict[str, Any]] = json.loads(fields)
    schema: dict[str, FieldSpec]
    schema, problems = parse_schema(parsed)
    if problems:
        raise ValueError(f"The fields of “{key}” are not valid: {problems[0].message}")
    return ModuleFacts(
        key=key, name=name, schema=schema, status_field=status_field, transitions=json.loads(transitions)
    )
