"""From a sender's body to an event's type, record and dedupe key: dotted paths, never code."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

PATH = re.compile(r"[A-Za-z0-9_\-]{1,64}(?:\.[A-Za-z0-9_\-]{1,64}){0,11}")
MAX_TYPE = 80
MAX_VALUE = 120
_UNFIT = re.compile(r"[^a-z0-9_\-]+")


class MappingError(Exception):
    """The body has nothing that can be used where a path leads; the message says what is there instead."""


def value_at(data: Any, path: str) -> Any:
    """What a path leads to; a number is an index of a list. None where it leads nowhere."""
    for step in path.split("."):
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list) and step.isascii() and step.isdigit() and int(step) < len(data):
            data = data[int(step)]
        else:
            return None
    return data


def name_at(data: Any, path: str) -> str:
    """The text or the number that a path leads to, as text. Raises MappingError for anything else."""
    found = value_at(data, path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        what = "nothing" if found is None else json.dumps(found, ensure_ascii=False)[:60]
        raise MappingError(f"“{path}” leads to {what}; a text or a number is needed.")
    text = str(found)
    if not 1 <= len(text) <= MAX_VALUE:
        raise MappingError(f"“{path}” leads to {len(text)} characters; 1 to {MAX_VALUE} can be used.")
    return text


@lru_cache(maxsize=4096)
def event_type(key: str, named: str) -> str:
    """The type of an endpoint's event: `webhook.<key>.<what the sender calls it>`, in small letters, digits, “-” and
    “_” with dots between, cut to what a type may have."""
    parts = (_UNFIT.sub("_", part.lower()).strip("_") for part in re.split(r"[./:]", named))
    return ".".join(("webhook", key, *(part for part in parts if part)))[:MAX_TYPE].rstrip(".")
