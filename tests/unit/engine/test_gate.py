"""The gate decides over facts: each line met, open or not needed, with a sentence that says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from automations.engine.gate import LineState, is_green, judge_gate
from automations.engine.gate_facts import (
    ConsentFact,
    GateFacts,
    LimitFacts,
    OutsideFact,
    ShadowDemand,
    ShadowFacts,
    SimulatedFacts,
    StartFact,
)

GREEN = GateFacts(
    version=3,
    scenarios=2,
    positive_passed=1,
    negative_passed=1,
    limited_passed=1,
    earlier=2,
)
NOTHING = GateFacts(version=1)
SINCE = datetime(2026, 3, 1, tzinfo=UTC)


def states(facts: GateFacts) -> dict[str, LineState]:
    return {line.key: line.state for line in judge_gate(facts)}


def sentence(facts: GateFacts, key: str) -> str:
    return next(line.sentence for line in judge_gate(facts) if line.key == key)


def test_a_version_with_all_its_evidence_passes() -> None:
    lines = judge_gate(GREEN)
    assert is_green(lines)
    assert not any(line.hint for line in lines)
    assert states(GREEN)["four-eyes"] is LineState.NOT_NEEDED


def test_a_version_without_evidence_is_held_by_each_line_that_needs_some() -> None:
    lines = judge_gate(NOTHING)
    opened = [line.key for line in lines if line.is_open]
    assert opened == ["positive-scenario", "negative-scenario", "non-admin-scenario", "rollback"]
    assert all(line.hint for line in lines if line.is_open)
    assert not is_green(lines)


@pytest.mark.parametrize(
    ("changes", "key", "state", "said"),
    [
        ({"errors": ["No such field."]}, "valid", LineState.OPEN, "has a validation error: No such field."),
        ({"errors": ["A.", "B."]}, "valid", LineState.OPEN, "has 2 errors, the first: A."),
        ({"positive_passed": 2}, "positive-scenario", LineState.MET, "2 scenarios pass on version 3"),
        ({"negative_passed": 0}, "negative-scenario", LineState.OPEN, "should not fire"),
        ({"failing": ["Big"]}, "no-scenario-fails", LineState.OPEN, "“Big” fails"),
        ({"failing": ["A", "B", "C", "D", "E"]}, "no-scenario-fails", LineState.OPEN, "“C” and 2 more fail"),
        ({"scenarios": 0}, "no-scenario-fails", LineState.NOT_NEEDED, "no scenario yet"),
        ({"limited_passed": 0}, "non-admin-scenario", LineState.OPEN, "no admin"),
        ({"limited_passed": 2}, "non-admin-scenario", LineState.MET, "2 act as somebody"),
        ({"denied": []}, "identity", LineState.MET, "may do all"),
        ({"denied": ["use Orders"]}, "identity", LineState.OPEN, "may not: use Orders."),
        ({"earlier": None}, "rollback", LineState.OPEN, "nothing to roll back to"),
        ({"earlier": None, "first_release_by": "ada"}, "rollback", LineState.MET, "ada has confirmed"),
        ({"forbidden": "ada forbids it."}, "mode-policy", LineState.OPEN, "ada forbids it."),
    ],
)
def test_each_line_speaks_of_its_fact(
    changes: dict[str, object], key: str, state: LineState, said: str
) -> None:
    facts = replace(GREEN, **changes)  # type: ignore[arg-type]
    assert states(facts)[key] is state
    assert said in sentence(facts, key)
    assert is_green(judge_gate(facts)) is (state is not LineState.OPEN)


def test_a_sensitive_action_asks_for_a_second_person() -> None:
    sensitive = replace(GREEN, sensitive=["Refund"])
    assert states(sensitive)["four-eyes"] is LineState.OPEN
    assert "“Refund” is a sensitive action. Nobody has been asked yet." in sentence(sensitive, "four-eyes")
    two = replace(sensitive, sensitive=["Refund", "Delete"], consent=ConsentFact("priya"))
    assert states(two)["four-eyes"] is LineState.OPEN
    assert "are sensitive actions. priya has asked" in sentence(two, "four-eyes")
    agreed = replace(two, consent=ConsentFact("priya", "ada"))
    assert states(agreed)["four-eyes"] is LineState.MET
    assert sentence(agreed, "four-eyes") == "ada agrees to version 3, asked by priya."


def test_a_policy_can_ask_for_a_second_person_too() -> None:
    demanded = replace(GREEN, four_eyes_demanded="ada has set Orders to “four eyes”")
    assert states(demanded)["four-eyes"] is LineState.OPEN
    assert sentence(demanded, "four-eyes").startswith("ada has set Orders")


def test_what_its_shadow_agreed_on_is_evidence_though_nothing_has_started_it_since() -> None:
    shadow = ShadowFacts(
        judged=1284,
        agreed=1241,
        newly_selected=31,
        no_longer_selected=10,
        other=2,
        against=2,
        since=datetime(2026, 3, 22, 14, 30, tzinfo=UTC),
    )
    seen = replace(GREEN, simulated=SimulatedFacts(shadow=shadow))
    assert states(seen)["simulated"] is LineState.MET
    assert sentence(seen, "simulated").endswith(
        " As a shadow beside version 2 (since 2026-03-22 14:30 UTC) it agreed on 1241 of 1284 live events (96.7 %):"
        " 31 newly selected, 10 no longer selected, 2 with another effect or way."
    )
    ended = replace(shadow, judged=1, agreed=1, until=datetime(2026, 3, 29, tzinfo=UTC))
    told = sentence(replace(GREEN, simulated=SimulatedFacts(runs=1, shadow=ended)), "simulated")
    assert "(since 2026-03-22 14:30 UTC, until 2026-03-29 00:00 UTC)" in told
    assert "1 of 1 live event (100.0 %)" in told


def test_what_was_simulated_is_told_and_an_inconclusive_run_holds() -> None:
    seen = replace(GREEN, simulated=SimulatedFacts(runs=40, failed=2, compared=40, agreed=39, against=2))
    assert states(seen)["simulated"] is LineState.MET
    assert sentence(seen, "simulated") == (
        "40 runs simulated on live events: 2 failed, 0 inconclusive."
        " Its last backtest: 39 of 40 past events come to the same as with version 2 (97.5 %)."
    )
    one = replace(GREEN, simulated=SimulatedFacts(runs=1, inconclusive=1))
    assert states(one)["simulated"] is LineState.OPEN
    assert sentence(one, "simulated").startswith("1 run simulated")


DEMAND = ShadowDemand(100, 24, Decimal("99.0"), "ada has set Orders to shadow: Money")
SHADOW = ShadowFacts(
    judged=200,
    agreed=199,
    newly_selected=1,
    no_longer_selected=0,
    other=0,
    against=2,
    since=SINCE,
    hours=48.0,
)


@pytest.mark.parametrize(
    ("changes", "state", "said"),
    [
        ({}, LineState.MET, "agreed on 199 of 200 live events (99.5 %)"),
        ({"judged": 99, "agreed": 99}, LineState.OPEN, "99 of 100 events judged"),
        ({"hours": 23.9}, LineState.OPEN, "23.9 of 24 hours followed"),
        ({"agreed": 197}, LineState.OPEN, "98.5 % answered alike, not 99.0 %"),
        ({"agreed": 198}, LineState.MET, "Asked for were 100 events over 24 hours and 99.0 %."),
    ],
)
def test_a_policy_asks_so_much_of_a_shadow(changes: dict[str, Any], state: LineState, said: str) -> None:
    seen = SimulatedFacts(shadow=replace(SHADOW, **changes))
    facts = replace(GREEN, shadow_demanded=DEMAND, simulated=seen)
    assert states(facts)["shadow"] is state
    assert said in sentence(facts, "shadow")


def test_nobody_asks_for_a_shadow_unless_a_policy_does_and_something_has_acted_before() -> None:
    assert states(GREEN)["shadow"] is LineState.NOT_NEEDED
    none = replace(GREEN, shadow_demanded=DEMAND)
    assert states(none)["shadow"] is LineState.OPEN
    assert sentence(none, "shadow").endswith("No shadow of this very version has judged anything.")
    first = replace(none, earlier=None, first_release_by="ada")
    assert states(first)["shadow"] is LineState.NOT_NEEDED
    assert "nothing to agree with" in sentence(first, "shadow")


def test_what_it_calls_closes_the_gate_when_it_goes_elsewhere_and_not_when_a_secret_was_rotated() -> None:
    assert states(GREEN)["outside"] is LineState.NOT_NEEDED
    crm = OutsideFact("destination", "crm")
    assert (
        sentence(replace(GREEN, outside=[crm]), "outside")
        == "“crm”: nothing changed since the version was published."
    )

    rotated = OutsideFact("destination", "bill", changes=["Its secrets changed."])
    told = replace(GREEN, outside=[crm, rotated])
    assert (states(told)["outside"], sentence(told, "outside")) == (LineState.MET, "Its secrets changed.")

    moved = replace(GREEN, outside=[rotated, OutsideFact("destination", "crm", ["It moved."], lasting=True)])
    assert states(moved)["outside"] is LineState.OPEN
    assert sentence(moved, "outside") == "Its secrets changed. It moved."

    loose = replace(GREEN, outside=[OutsideFact("destination", "crm", pinned=False)])
    assert states(loose)["outside"] is LineState.OPEN
    assert sentence(loose, "outside") == "It calls “crm” and keeps no fingerprint of it."


def test_what_it_starts_is_told_with_its_version_and_what_that_may_do() -> None:
    assert states(GREEN)["started"] is LineState.NOT_NEEDED
    bill = StartFact("bill", 3, simulates="It only simulates: “bill” is in simulate.")
    told = replace(GREEN, starts=[StartFact("notify", 4, newer=5), bill])
    assert states(told)["started"] is LineState.MET
    assert sentence(told, "started") == (
        "It starts “notify” at version 4 (version 5 is live by now; publishing anew takes it up)."
        " It starts “bill” at version 3. It only simulates: “bill” is in simulate."
    )


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        (
            [StartFact("notify", 4), StartFact("bill", 3, trouble="“bill” is archived.")],
            "“bill” is archived.",
        ),
        (
            [StartFact("notify"), StartFact("bill")],
            "“notify”, “bill” would be started at whatever version is live: this one pins none.",
        ),
    ],
)
def test_what_is_not_pinned_or_cannot_be_started_holds(starts: list[StartFact], said: str) -> None:
    facts = replace(GREEN, starts=starts)
    assert states(facts)["started"] is LineState.OPEN
    assert sentence(facts, "started") == said
    assert not is_green(judge_gate(facts))


def test_limits_are_told_with_what_became_of_them() -> None:
    assert sentence(GREEN, "limits") == "It has no limits of its own."
    now = replace(GREEN, limits=LimitFacts(["blast radius 100", "share 20"]))
    assert sentence(now, "limits") == "blast radius 100; share 20."
    change = "blast radius 10 became blast radius 100, by ada on 2026-03-02"
    changed = replace(GREEN, limits=LimitFacts(["blast radius 100"], [change]))
    assert sentence(changed, "limits") == (
        f"blast radius 100. Changed since this version was published: {change}."
    )
    assert is_green(judge_gate(changed))
