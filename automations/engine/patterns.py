"""Patterns that people write, matched by RE2: the time is linear in the text whatever the pattern says."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import re2

from automations.engine.errors import PatternError

MAX_PATTERN = 256
MAX_SUBJECT = 65_536
MAX_MEMORY = 1 << 19
"""Bytes that one compiled pattern may take; a pattern that needs more is refused within a few
milliseconds."""


class Pattern:
    """A compiled pattern. Make it with `compile_pattern`."""

    __slots__ = ("_search",)

    def __init__(self, search: Any) -> None:
        self._search = search

    def found_in(self, text: str) -> bool:
        """Whether the pattern is found anywhere in the first 65,536 characters of `text`."""
        try:
            return self._search(text[:MAX_SUBJECT]) is not None
        except UnicodeEncodeError:
            return False


@lru_cache(maxsize=512)
def compile_pattern(source: str, ignore_case: bool = False) -> Pattern:
    """The pattern of RE2 syntax. Raises PatternError with a hint: too long, malformed, or too large when
    compiled."""
    if len(source) > MAX_PATTERN:
        raise PatternError(f"A pattern has at most {MAX_PATTERN} characters.", "Shorten it.")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    options.case_sensitive = not ignore_case
    try:
        return Pattern(re2.compile(source, options).search)
    except UnicodeEncodeError as error:
        raise PatternError("The pattern holds half a character.", "Remove it.") from error
    except re2.error as error:
        raise PatternError(
            f"The pattern does not work: {_reason(error)}.", "Write it in RE2 syntax."
        ) from error


def _reason(error: Exception) -> str:
    """RE2 gives its reason as bytes."""
    return bytes(error.args[0]).decode(errors="replace")[:120]
