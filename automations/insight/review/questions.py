"""What a review asks people to decide: how things stand, what could be done about it, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from automations.engine.weeks import Week
from automations.insight.review.figures import Review
from automations.models import Workflow
from automations.registry import Registry

TEXTS = ("key", "title", "facts", "suggestion", "address", "place")
MOST = 20
"""Questions of one kind in one review."""
LOOKED_BACK = timedelta(weeks=4)
FRESH = timedelta(days=7)
"""A week that ended longer ago asks nothing: things stand otherwise by now."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose matters are asked about: these workflows, in this week. `actor` sees no more than his own; None: the review is
    of a team or of all, for readers whom an admin has chosen."""

    workflows: Mapping[int, Workflow]
    review: Review
    actor: Any
    now: datetime

    @property
    def week(self) -> Week:
        return self.review.week


@dataclass(frozen=True, slots=True)
class Question:
    """One decision. `key` is the same in every week in which it is asked, so that an answer is found again; `address` is
    the page, below the app's own, where the thing is changed."""

    key: str
    title: str
    facts: str
    suggestion: str
    address: str
    place: str
    workflow: Workflow | None = None


QUESTIONS: Registry[Callable[[Scope], Iterable[Question]]] = Registry("kind of question")
"""Each kind by its name. Other apps add theirs."""


def asked(scope: Scope) -> list[dict[str, Any]]:
    """All that is to be decided, as plain data."""
    if scope.now - scope.week.end > FRESH:
        return []
    return [
        {
            **{name: getattr(question, name) for name in TEXTS},
            "kind": kind,
            "workflow": {"id": question.workflow.pk, "name": question.workflow.name}
            if question.workflow
            else None,
        }
        for kind, ask in QUESTIONS.items()
        for question in list(ask(scope))[:MOST]
    ]
