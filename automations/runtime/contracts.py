"""Payload contracts: a source's JSON Schema against the data of an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator

from automations.engine.documents import canonical_json


@lru_cache(maxsize=256)
def _validator(contract: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(contract))


def first_violation(contract: Mapping[str, Any], data: Any) -> tuple[str, str] | None:
    """(path, sentence) of the first place at which `data` breaks the contract, or None."""
    error = next(iter(_validator(canonical_json(contract)).iter_errors(data)), None)
    if error is None:
        return None
    path = "data" + "".join(
        f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path
    )
    return path, error.message[:300]
