"""Two definitions' answers to one event, compared: would both have done the same?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from enum import StrEnum

from automations.engine.effects import Effect


class Kind(StrEnum):
    """How the second answer to an event differs from the first."""

    SAME = "same"
    NEWLY_SELECTED = "newly_selected"
    NO_LONGER_SELECTED = "no_longer_selected"
    OTHER_EFFECT = "other_effect"
    OTHER_BRANCH = "other_branch"


@dataclass(frozen=True, slots=True)
class Ran:
    """What one trigger's run came to: the ways that conditions and approvals took, by step, the effects that were asked
    for, by step in their order, how it ended, and with which failure."""

    trigger: str
    path: Mapping[str, tuple[str, ...]]
    effects: Sequence[tuple[str, Effect]]
    status: str
    failure: str = ""

    @property
    def acts(self) -> bool:
        """Whether it did, or tried to do, anything."""
        return bool(self.effects or self.failure)


Answer = Sequence[Ran]
"""What a definition says to an event: one run for each trigger that matched, in the order of the triggers."""


def selects(answer: Answer) -> bool:
    """Whether the event's record is selected: something would have been done."""
    return any(ran.acts for ran in answer)


def compare_answers(before: Answer, after: Answer, common: Set[str]) -> Kind:
    """How `after` differs from `before`. Of the ways only those of steps that both sides have (`common`) are compared:
    a step that was put in or taken out is no other branch by itself."""
    was, now = selects(before), selects(after)
    if was is not now:
        return Kind.NEWLY_SELECTED if now else Kind.NO_LONGER_SELECTED
    if was and _done(before) != _done(after):
        return Kind.OTHER_EFFECT
    return Kind.SAME if _ways(before, common) == _ways(after, common) else Kind.OTHER_BRANCH


def _done(answer: Answer) -> list[tuple[list[Effect], str, str]]:
    """What is done, whichever step does it: effects without their keys, which name steps."""
    return [
        ([replace(effect, key="") for _, effect in ran.effects], ran.status, ran.failure)
        for ran in answer
        if ran.acts
    ]


def _ways(answer: Answer, common: Set[str]) -> list[tuple[str, dict[str, tuple[str, ...]]]]:
    return [
        (ran.trigger, {node: ways for node, ways in ran.path.items() if node in common})
        for ran in answer
        if ran.trigger in common
    ]
