"""What a version keeps of the things outside that its steps use: fingerprints, by which a change is seen and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from automations.engine.errors import Problem

PRINT = re.compile("[0-9a-f]{32}")

Fingerprints = Mapping[str, Mapping[str, Mapping[str, str]]]
"""{kind of things: {key: {part: fingerprint}}}: {"destination": {"billing": {"address": "…"}}}."""


def fingerprint_problems(given: Mapping[str, Any]) -> Iterator[Problem]:
    """What is no fingerprint in a document's `fingerprints`."""
    for noun, things in given.items():
        if not isinstance(things, Mapping) or not all(_is_thing(parts) for parts in things.values()):
            message = "Fingerprints stand by kind, key and part, each of 32 hexadecimal digits."
            hint = 'Send {"destination": {"billing": {"address": "…"}}} or leave it out.'
            yield Problem("malformed-document", f"fingerprints.{noun}", message, hint)


def _is_thing(parts: object) -> bool:
    return isinstance(parts, Mapping) and all(
        isinstance(value, str) and PRINT.fullmatch(value) is not None for value in parts.values()
    )


def changed_parts(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """The parts of one thing that are not what they were, in alphabetical order."""
    return sorted(part for part in {*before, *after} if before.get(part) != after.get(part))


def flat(fingerprints: Fingerprints | None) -> dict[str, str]:
    """Each fingerprint under its path, “destination.billing.address”; of a version without any, nothing."""
    return {
        f"{noun}.{key}.{part}": value
        for noun, things in (fingerprints or {}).items()
        for key, parts in things.items()
        for part, value in parts.items()
    }
