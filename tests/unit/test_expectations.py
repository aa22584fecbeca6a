"""In what a walk differs from a scenario: one sentence for each, and none where it does what was expected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automations.engine.effects import (
    AddComment,
    AssignRecord,
    ChangeRecord,
    CreateRecord,
    Notify,
    RequestApproval,
    StartWorkflow,
)
from automations.engine.expectations import (
    Seen,
    SeenEffect,
    compare,
    expectation_of,
    expectation_problems,
    is_settled,
    target_of,
)

TITLES = {"c1": "Is it urgent?", "a1": "Assign", "a2": "Tell", "c2": "Which?"}
CHANGE = {"module": "tickets", "record": "T1", "field": "owner", "before": None, "after": "bob"}
ASSIGN = SeenEffect("a1", "action.assign", "T1", (CHANGE,))
TELL = SeenEffect("a2", "action.notify", "alice")
SEEN = Seen(
    fires=True,
    path={"c1": ["true"]},
    effects=(ASSIGN, TELL),
    fields={"owner": "bob", "vip": True},
    outcome="succeeded",
)


def told(expected: dict[str, Any], seen: Seen = SEEN, *, fires: bool = True) -> list[str]:
    return [
        f"{difference.aspect} {difference.node}: {difference.message}"
        for difference in compare(fires=fires, expected=expected, seen=seen, titles=TITLES)
    ]


def test_a_walk_fulfils_the_expectation_that_is_made_of_it() -> None:
    assert told(expectation_of(SEEN)) == []
    assert expectation_problems(expectation_of(SEEN)) == []
    assert told({}) == []
    assert expectation_of(Seen(fires=False, why_not="Filtered.")) == {}


@pytest.mark.parametrize(
    ("fires", "seen", "said"),
    [
        (False, SEEN, "It should not fire, but did."),
        (
            True,
            Seen(fires=False, why_not="The filter says no."),
            "It should fire, but did not. The filter says no.",
        ),
        (
            True,
            Seen(fires=False, outcome="succeeded"),
            "It should fire, but did not. It started, but no step of it would do anything.",
        ),
    ],
)
def test_whether_it_fires_comes_before_everything_else(fires: bool, seen: Seen, said: str) -> None:
    assert told({"path": {"c2": ["x"]}}, seen, fires=fires) == [f"fires : {said}"]


def test_what_does_not_fire_may_still_have_a_path() -> None:
    left = Seen(fires=False, path={"c1": ["false"]}, outcome="succeeded")
    assert told({"path": {"c1": ["false"]}, "effects": [], "outcome": "succeeded"}, left, fires=False) == []
    assert told({"path": {"c1": ["true"]}}, left, fires=False) == [
        "path c1: “Is it urgent?” should go “true”, but went “false”."
    ]


def test_what_cannot_be_simulated_proves_nothing() -> None:
    unplanned = replace(SEEN, unplanned=True)
    assert told({}, unplanned) == [
        "outcome : A step can't be simulated, so that nobody can say what would happen."
    ]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ({"c1": ["true"]}, []),
        ({"c1": []}, ["path c1: “Is it urgent?” should go on without a branch, but went “true”."]),
        ({"c1": ["a", "b"]}, ["path c1: “Is it urgent?” should go “a” and “b”, but went “true”."]),
        ({"c2": ["x"]}, ["path c2: “Which?” was not reached; it should go “x”."]),
        ({"c9": ["x"]}, ["path c9: The workflow has no step “c9” any more."]),
    ],
)
def test_the_path_is_compared_step_by_step(path: dict[str, list[str]], said: list[str]) -> None:
    assert told({"path": path}) == said


def test_the_ways_of_a_switch_have_no_order() -> None:
    assert told({"path": {"c1": ["b", "a"]}}, replace(SEEN, path={"c1": ["a", "b"]})) == []


def effect(**parts: Any) -> dict[str, Any]:
    return {"node": "a1", "kind": "action.assign", **parts}


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        ([effect(), {"kind": "action.notify"}], []),
        ([effect(), {"kind": "action.notify", "target": "alice"}], []),
        ([effect()], ["effect a2: “Tell” ran, which was not expected."]),
        (
            [effect(), {"kind": "action.notify", "target": "bob"}],
            [
                "effect : “action.notify” should run, but did not.",
                "effect a2: “Tell” ran, which was not expected.",
            ],
        ),
        (
            [effect(kind="action.comment"), {"kind": "action.notify"}],
            ["effect a1: “Assign” should be a step of the kind action.comment, but is action.assign."],
        ),
        (
            [effect(target="T2"), {"kind": "action.notify"}],
            ["effect a1: “Assign” should be about “T2”, but is about “T1”."],
        ),
        (
            [effect(), {"kind": "action.notify"}, {"node": "a7", "kind": "action.stop"}],
            ["effect a7: “a7” should run, but did not."],
        ),
    ],
)
def test_effects_are_the_whole_list(effects: list[dict[str, Any]], said: list[str]) -> None:
    assert told({"effects": effects}) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([{"field": "owner"}], []),
        ([{"field": "owner", "before": None, "after": "bob"}], []),
        (
            [{"field": "owner", "before": "eve"}],
            ["change a1: “Assign” should find “owner” as “eve”, but found nothing."],
        ),
        (
            [{"field": "owner", "after": "eve"}],
            ["change a1: “Assign” should set “owner” to “eve”, but set “bob”."],
        ),
        ([], ["change a1: “Assign” changed “owner” to “bob”, which was not expected."]),
        (
            [{"field": "owner"}, {"field": "state"}],
            ["change a1: “Assign” should change “state”, but did not touch it."],
        ),
    ],
)
def test_changes_are_compared_field_by_field(changes: list[dict[str, Any]], said: list[str]) -> None:
    assert told({"effects": [effect(changes=changes), {"kind": "action.notify"}]}) == said


def test_fields_in_the_end_and_long_values_are_told_short() -> None:
    assert told({"fields": {"owner": "bob", "vip": True}}) == []
    assert told({"fields": {"vip": False, "state": "x" * 100, "owner": ""}}) == [
        "field : “vip” should be “no” in the end, but was “yes”.",
        f"field : “state” should be “{'x' * 80}…” in the end, but was nothing.",
        "field : “owner” should be nothing in the end, but was “bob”.",
    ]


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (SEEN, []),
        (replace(SEEN, outcome="waiting"), ["came to “waiting”."]),
        (replace(SEEN, outcome="failed", failure="No such field."), ["came to “failed”: No such field."]),
        (replace(SEEN, outcome=""), ["did not start."]),
    ],
)
def test_the_outcome_says_why(seen: Seen, said: list[str]) -> None:
    assert told({"outcome": "succeeded"}, seen) == [
        f"outcome : The run should end as “succeeded”, but {part}" for part in said
    ]


def test_what_an_effect_is_about() -> None:
    notify = Notify("k", ("alice",), ("Leads",), channels=(), title="", body="")
    approval = RequestApproval("k", "x", "", ("alice",), ("Leads",))
    effects = [
        (ChangeRecord("k", {}), "T1"),
        (AddComment("k", "x"), "T1"),
        (CreateRecord("k", "orders", {}), "orders"),
        (StartWorkflow("k", "remind", ()), "remind"),
        (notify, "alice, Leads"),
        (approval, "alice, Leads"),
    ]
    assert [target_of(effect, "T1") for effect, _ in effects] == [target for _, target in effects]


def test_turns_and_loads_are_of_the_day_and_not_expected() -> None:
    assert is_settled(ChangeRecord("k", {}))
    assert is_settled(AssignRecord("k", "owner", "fixed", "bob"))
    assert not is_settled(AssignRecord("k", "owner", "round_robin", group="Leads"))
    loose = replace(ASSIGN, settled=False)
    assert "changes" not in loose.to_json()
    assert ASSIGN.to_json()["changes"] == [{"field": "owner", "before": None, "after": "bob"}]


def test_a_difference_is_plain_data() -> None:
    (difference,) = compare(fires=False, expected={}, seen=SEEN, titles=TITLES)
    assert difference.to_json() == {"aspect": "fires", "node": "", "message": "It should not fire, but did."}


def test_an_expectation_of_another_shape_is_told_by_its_path() -> None:
    wrong = {"outcome": "happy", "effects": [{"changes": []}], "fires": True}
    assert {problem.path for problem in expectation_problems(wrong)} == {
        "expected.outcome",
        "expected.effects[0].kind",
        "expected.fires",
    }
