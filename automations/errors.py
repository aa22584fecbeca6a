"""What services raise when they refuse: one class for each answer that a caller can act on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from automations.engine.errors import Problem


class ServiceError(Exception):
    """A refusal with a stable `code`; the message is a sentence that says what to do."""

    code = "refused"

    def __init__(self, detail: str, *, code: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        if code:
            self.code = code


class NotFoundError(ServiceError):
    """There is no such thing, or the actor may not see it: the two are not told apart."""

    code = "not-found"


class ForbiddenError(ServiceError):
    """The actor sees the thing but lacks the right."""

    code = "forbidden"


class ConflictError(ServiceError):
    """The thing is not in a state that allows this, or has moved on; `facts` tell programs how, as JSON."""

    code = "conflict"

    def __init__(self, detail: str, *, code: str = "", facts: Mapping[str, Any] | None = None) -> None:
        super().__init__(detail, code=code)
        self.facts = dict(facts or {})


class GateClosedError(ConflictError):
    """The promotion gate is closed; `problems` are its open lines, each with how it is closed."""

    code = "gate-closed"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(f"The gate is closed: {problems[0].message}")
        self.problems = list(problems)


class InvalidError(ServiceError):
    """The input has problems, all of them in `problems`; the detail tells the first."""

    code = "invalid"

    def __init__(self, problems: Sequence[Problem], detail: str = "") -> None:
        count = f"are {len(problems)} problems, the first" if len(problems) > 1 else "is a problem"
        super().__init__(detail or f"There {count}: {problems[0].message}")
        self.problems = list(problems)
