from __future__ import annotations

import pytest

from automations.engine.crowding import Crowding, WhenFull, crowding_of, sentence, value_at

EVENT = {"record": "T-1", "data": {"customer": {"id": 7}}}


def test_limits_without_a_number_bound_nothing() -> None:
    assert crowding_of({"blast_radius": 3}) is None
    assert crowding_of({"at_once": 3}) == Crowding(3, "", WhenFull.QUEUE)
    named = crowding_of({"at_once": 1, "at_once_per": "event.record", "when_full": "skip"})
    assert named == Crowding(1, "event.record", WhenFull.SKIP)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("event.record", "T-1"),
        ("event.data.customer.id", 7),
        ("event.data.customer.id.x", None),
        ("event.gone.x", None),
    ],
)
def test_a_path_leads_to_a_value_or_nowhere(path: str, value: object) -> None:
    assert value_at(path, EVENT) == value
    assert value_at(path, None) is None


def test_runs_with_the_same_value_share_the_places() -> None:
    whole, per = Crowding(2), Crowding(2, "event.data.customer.id")
    assert whole.group(EVENT) == ("", "")
    assert per.group(EVENT)[0] == per.group({**EVENT, "record": "T-2"})[0]
    assert per.group(EVENT)[0] != per.group({"data": {"customer": {"id": "7"}}})[0]
    assert per.group(EVENT)[1] == "event.data.customer.id = 7"
    assert per.group({}) == per.group(None), "events without the value are one group"
    assert len(Crowding(1, "event.record").group({"record": "x" * 500})[1]) == 120


def test_the_sentence_says_how_many_of_what() -> None:
    assert sentence(Crowding(3), 3, "") == "3 of 3 places are taken"
    assert sentence(Crowding(1), 1, "event.record = T-1") == "1 of 1 place is taken (event.record = T-1)"
    assert sentence(Crowding(1), 2, "") == "2 of 1 places are taken"
