"""Who has a draft open: told to the others over the workflow's socket, across web processes, and forgotten in silence."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from guardian.shortcuts import assign_perm
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from automations.models import Workflow
from builder.live import presence
from builder.live.presence import Roster, Word, announce_presence, parse_word
from tests.integration.live.conftest import PATIENCE, LiveServer, frame_of, frames_until


def say_open(client: ClientConnection, tab: str) -> None:
    client.send(json.dumps({"after": 0, "draft": tab}))


def people_in(client: ClientConnection) -> list[dict[str, Any]]:
    """The next list of people."""
    people: list[dict[str, Any]] = frames_until(client, "people")[-1]["people"]
    return people


@pytest.fixture
def shared(workflow: Workflow, bob: Any) -> Workflow:
    """Alice's workflow, which Bob may view."""
    assign_perm("view_workflow", bob, workflow)
    return workflow


def test_two_people_see_each_other_and_see_who_leaves(
    live: LiveServer, shared: Workflow, alice: Any, bob: Any
) -> None:
    alice.first_name, alice.last_name = "Alice", "Adams"
    alice.save()
    with live.open(f"/ws/workflows/{shared.pk}/", alice) as one:
        say_open(one, "a1")
        assert people_in(one) == []
        with live.open(f"/ws/workflows/{shared.pk}/", bob) as two:
            say_open(two, "b1")
            assert people_in(two) == [{"username": "alice", "name": "Alice Adams", "you": False}]
            assert people_in(one) == [{"username": "bob", "name": "bob", "you": False}]
        assert people_in(one) == []


def test_who_looks_with_anothers_eyes_is_not_there(
    live: LiveServer, shared: Workflow, alice: Any, bob: Any, root: Any
) -> None:
    path = f"/ws/workflows/{shared.pk}/"
    with live.open(path, alice) as one:
        say_open(one, "a1")
        assert people_in(one) == []
        with live.open(path, root, looks_as=bob) as two:
            say_open(two, "r1")
            assert people_in(two) == [{"username": "alice", "name": "alice", "you": False}]
            with live.open(path, bob) as three:
                say_open(three, "b1")
                assert people_in(one) == [{"username": "bob", "name": "bob", "you": False}]


def test_second_tab_of_the_same_person_is_told_as_such(
    live: LiveServer, workflow: Workflow, alice: Any
) -> None:
    path = f"/ws/workflows/{workflow.pk}/"
    with live.open(path, alice) as one, live.open(path, alice) as two:
        say_open(one, "a1")
        assert people_in(one) == []
        say_open(two, "a2")
        assert people_in(two) == [{"username": "alice", "name": "alice", "you": True}]
        assert people_in(one) == [{"username": "alice", "name": "alice", "you": True}]


def test_tab_that_comes_back_is_not_another_one(live: LiveServer, workflow: Workflow, alice: Any) -> None:
    path = f"/ws/workflows/{workflow.pk}/"
    with live.open(path, alice) as lingering, live.open(path, alice) as again:
        say_open(lingering, "a1")
        assert people_in(lingering) == []
        say_open(again, "a1")
        assert people_in(again) == []


def test_people_of_another_web_process_are_seen(
    live: LiveServer, workflow: Workflow, alice: Any, bob: Any
) -> None:
    """This test's own process is the other one: what it says comes through the database alone."""
    with live.open(f"/ws/workflows/{workflow.pk}/", alice) as client:
        say_open(client, "a1")
        assert people_in(client) == []
        people: list[dict[str, Any]] = []
        until = time.monotonic() + PATIENCE
        while not people and time.monotonic() < until:  # as pages do, again and again
            announce_presence(Word(workflow.pk, "bob", "Bob", "b1", here=True))
            try:
                people = people_in_soon(client)
            except TimeoutError:
                continue
        assert people == [{"username": "bob", "name": "Bob", "you": False}]
        announce_presence(Word(workflow.pk, "bob", "Bob", "b1", here=False))
        assert people_in(client) == []


def people_in_soon(client: ClientConnection) -> list[dict[str, Any]]:
    frame = frame_of(client, 0.5)
    return list(frame["people"]) if frame["type"] == "people" else []


def test_browser_that_dies_is_gone_with_the_next_sign_of_life_of_another(
    live: LiveServer, shared: Workflow, alice: Any, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "LAPSE_SECONDS", 1.0)
    monkeypatch.setattr("builder.live.consumers.PRESENCE_SECONDS", 0.0)
    path = f"/ws/workflows/{shared.pk}/"
    with live.open(path, alice) as one, live.open(path, bob) as silent:
        say_open(silent, "b1")
        assert people_in(silent) == []
        say_open(one, "a1")
        assert [person["username"] for person in people_in(one)] == ["bob"]
        time.sleep(1.1)
        one.send('{"type": "ping"}')
        assert people_in(one) == []


def test_who_only_watches_is_not_shown_and_not_told(
    live: LiveServer, shared: Workflow, alice: Any, bob: Any
) -> None:
    path = f"/ws/workflows/{shared.pk}/"
    with live.open(path, bob) as watcher, live.open(path, alice) as one:
        watcher.send('{"after": 0}')
        assert frame_of(watcher)["type"] == "nothing"
        say_open(one, "a1")
        assert people_in(one) == []
        watcher.send('{"type": "ping"}')
        assert frame_of(watcher) == {"type": "pong"}


def test_who_may_not_view_is_neither_told_nor_shown(
    live: LiveServer, workflow: Workflow, alice: Any, charlie: Any
) -> None:
    path = f"/ws/workflows/{workflow.pk}/"
    with live.open(path, charlie) as outsider:
        say_open(outsider, "c1")
        with pytest.raises(ConnectionClosed, match="4403"):
            frames_until(outsider, "people")
    with live.open(path, alice) as one:
        say_open(one, "a1")
        assert people_in(one) == []


@pytest.mark.parametrize("tab", ["", "A B", "x" * 33, 7, None, ["a1"], {"a": 1}, "ä"])
def test_tab_of_another_form_is_passed_by(
    live: LiveServer, workflow: Workflow, alice: Any, tab: object
) -> None:
    with live.open(f"/ws/workflows/{workflow.pk}/", alice) as client:
        client.send(json.dumps({"after": 0, "draft": tab}))
        assert frame_of(client) == {"type": "nothing", "seq": 0}
        client.send('{"type": "ping"}')
        assert frame_of(client) == {"type": "pong"}


@pytest.mark.parametrize(
    "payload",
    [
        "x",
        "7",
        "null",
        "[]",
        '{"runs": [1], "workflows": [2]}',
        '{"presence": 7}',
        '{"presence": {"workflow": "1", "username": "a", "name": "A", "tab": "t", "here": true}}',
        '{"presence": {"workflow": 1, "username": ["a"], "name": "A", "tab": "t", "here": true}}',
        '{"presence": {"workflow": 1, "username": "a", "name": "A", "tab": "t"}}',
    ],
)
def test_notification_of_another_form_is_no_word(payload: str) -> None:
    assert parse_word(payload) is None


def test_roster_forgets_who_is_silent_and_lists_by_name() -> None:
    roster = Roster()
    assert roster.hear(Word(1, "zoe", "Adam", "z", here=True), now=0.0)
    assert roster.hear(Word(1, "al", "Zed", "a", here=True), now=15.0)
    assert not roster.hear(Word(1, "al", "Zed", "a", here=True), now=16.0)
    assert roster.hear(Word(2, "bo", "Bo", "b", here=True), now=16.0)
    assert [one["name"] for one in roster.others(1, "me", "m", now=16.0)] == ["Adam", "Zed"]
    assert [one["name"] for one in roster.others(1, "me", "m", now=21.0)] == ["Zed"]
    assert roster.others(1, "me", "m", now=60.0) == []
    assert roster.others(3, "me", "m", now=60.0) == []


def test_roster_lists_no_more_than_a_page_can_show() -> None:
    roster = Roster()
    for number in range(200):
        roster.hear(Word(1, f"u{number}", f"U{number}", "t", here=True), now=0.0)
    assert len(roster.others(1, "me", "m", now=1.0)) == presence.MOST_PEOPLE
