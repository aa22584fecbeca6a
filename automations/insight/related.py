"""What other apps hold of a run: the request that it came in by, the calls that it has made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from automations.models import Run
from automations.registry import Registry


@dataclass(frozen=True, slots=True)
class Related:
    """One such thing: of which kind, the step that it belongs to ("": what started the run), what it is called, how it
    stands, and its page below the app's own address."""

    kind: str
    node: str
    name: str
    state: str
    link: str


RELATED: Registry[Callable[[Any, Run], Sequence[Related]]] = Registry("source of what a run is related to")
"""By app: what it holds of a run, as far as an actor may see it; each in a fixed number of queries."""


def related_to(run: Run, actor: Any) -> list[Related]:
    """What started the run first, then by step."""
    found = [each for _, source in RELATED.items() for each in source(actor, run)]
    return sorted(found, key=lambda each: each.node)
