"""Two answers to one event: the same, or in which way not."""

from __future__ import annotations

from typing import Any

import pytest

from automations.engine.comparison import Kind, Ran, compare_answers, selects
from automations.engine.effects import AddComment, ChangeRecord, Effect

COMMON = frozenset(("t1", "c1", "a1"))
URGENT = ChangeRecord(key="7:a1", values={"priority": "urgent"})
LOW = ChangeRecord(key="7:a1", values={"priority": "low"})


def ran(*effects: Effect, branch: str = "true", **parts: Any) -> Ran:
    usual: dict[str, Any] = {
        "trigger": "t1",
        "path": {"c1": (branch,)},
        "effects": [("a1", effect) for effect in effects],
        "status": "succeeded",
    }
    return Ran(**{**usual, **parts})


CASES: dict[str, tuple[list[Ran], list[Ran], Kind]] = {
    "nothing and nothing": ([], [], Kind.SAME),
    "both do the same": ([ran(URGENT)], [ran(URGENT)], Kind.SAME),
    "nothing, then something": ([], [ran(URGENT)], Kind.NEWLY_SELECTED),
    "a run that does nothing, then one that does": (
        [ran(branch="false")],
        [ran(URGENT)],
        Kind.NEWLY_SELECTED,
    ),
    "something, then nothing": ([ran(URGENT)], [], Kind.NO_LONGER_SELECTED),
    "another value": ([ran(URGENT)], [ran(LOW)], Kind.OTHER_EFFECT),
    "another kind of effect": ([ran(URGENT)], [ran(AddComment(key="7:a1", text="x"))], Kind.OTHER_EFFECT),
    "one effect more": ([ran(URGENT)], [ran(URGENT, LOW)], Kind.OTHER_EFFECT),
    "another order": ([ran(URGENT, LOW)], [ran(LOW, URGENT)], Kind.OTHER_EFFECT),
    "another failure": (
        [ran(status="failed", failure="record-missing")],
        [ran(status="failed", failure="bad-value")],
        Kind.OTHER_EFFECT,
    ),
    "the same, then a failure after it": (
        [ran(URGENT)],
        [ran(URGENT, status="failed", failure="bad-value")],
        Kind.OTHER_EFFECT,
    ),
    "the same by another step": (
        [ran(URGENT)],
        [ran(effects=[("a9", ChangeRecord(key="7:a9", values={"priority": "urgent"}))])],
        Kind.SAME,
    ),
    "the same by another way": ([ran(URGENT)], [ran(URGENT, branch="false")], Kind.OTHER_BRANCH),
    "nothing by another way": ([ran(branch="a")], [ran(branch="b")], Kind.OTHER_BRANCH),
    "a run that does nothing, then none": ([ran()], [], Kind.OTHER_BRANCH),
    "by a step that one side lacks": (
        [ran(URGENT)],
        [ran(URGENT, path={"c1": ("true",), "c9": ("x",)})],
        Kind.SAME,
    ),
    "by a trigger that one side lacks": ([], [ran(trigger="t9")], Kind.SAME),
}


@pytest.mark.parametrize(("before", "after", "kind"), CASES.values(), ids=CASES)
def test_kind_of_a_difference(before: list[Ran], after: list[Ran], kind: Kind) -> None:
    assert compare_answers(before, after, COMMON) is kind


def test_trying_and_failing_counts_as_selected() -> None:
    assert selects([ran(), ran(status="failed", failure="record-missing")])
    assert not selects([ran(), ran(branch="false")])
