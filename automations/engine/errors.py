"""Findings about a document, as data, and the few exceptions that the engine raises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: a stable `code`, the JSON `path` it stands at, a sentence, and the way to mend it."""

    code: str
    path: str
    message: str
    hint: str = ""
    node: str = ""
    severity: Literal["error", "warning"] = "error"

    def to_json(self) -> dict[str, Any]:
        """The problem as the API and the live editor send it."""
        return {
            "code": self.code,
            "path": self.path,
            "node": self.node,
            "message": self.message,
            "hint": self.hint,
            "severity": self.severity,
        }


class EngineError(Exception):
    """What the engine raises where a value can't say it.

    `code` is stable (a raiser may narrow it), `message` is a sentence for people, `hint` names the way to
    mend it. `fault` says whose it is, `retryable` whether trying again without a change can help.
    """

    code: str = "engine-error"
    fault: Literal["user", "engine"] = "user"
    retryable: bool = False

    def __init__(self, message: str, hint: str = "", *, code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code:
            self.code = code


class ValueProblemError(EngineError):
    """A value does not fit its field's type."""

    code = "wrong-value-type"


class DurationError(EngineError):
    """A duration is not ISO 8601."""

    code = "bad-duration"


class PatternError(EngineError):
    """A pattern is not RE2, or too large."""

    code = "bad-pattern"


class TemplateError(EngineError):
    """A template is malformed, or its output grows beyond its cap."""

    code = "bad-template"


class RuleError(EngineError):
    """A rule that should have been validated is not valid."""

    code = "malformed-rule"


def quoted(value: object, most: int = 40) -> str:
    """An untrusted value as a sentence may name it: text in quotes, cut after `most` characters, and of what
    has no short text only its kind. Costs the same for any value, however deep or long."""
    if isinstance(value, str):
        # What a console or a mail would act on (controls, lone surrogates, text direction) is shown, not sent
        # on.
        shown = "".join(part if part.isprintable() else "\N{REPLACEMENT CHARACTER}" for part in value[:most])
        return f"“{shown}{'…' if len(value) > most else ''}”"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if value.bit_length() <= 128 else "so large a number"
    if isinstance(value, float | Decimal):
        return f"{value:.20g}"
    if isinstance(value, Mapping):
        return "an object"
    return "nothing" if value is None else "a list" if isinstance(value, list | tuple) else "such a value"
