from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from automations.engine.effects import Notify, StartWorkflow
from automations.engine.outcomes import Failed, Stop, Succeeded, Wait
from tests.unit.actions.world import BERLIN, KEY, NOON, codes, perform, scope


def test_people_are_told_in_one_line_and_a_text() -> None:
    config = {
        "users": ["alice", "{{ record.owner }}", "{{ record.nobody }}"],
        "groups": ["leads"],
        "channels": ["app", "email"],
        "title": "{{ event.data.note }}",
        "body": "Due {{ record.title }}",
    }
    effect = perform("notify", config, scope(data={"note": "One\r\nBcc: all@example.org"}))
    assert effect == Notify(
        key=KEY,
        users=("alice",),
        groups=("leads",),
        channels=("app", "email"),
        title="One Bcc: all@example.org",
        body="Due Printer on fire",
    )


def test_people_are_told_in_the_app_unless_said_otherwise() -> None:
    effect = perform("notify", {"groups": ["support"], "title": "Hi"})
    assert isinstance(effect, Notify)
    assert effect.channels == ("app",)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"title": "Hi"}, ("missing-config", "config.users")),
        ({"title": "Hi", "users": ["alice", "charlie"]}, ("unknown-user", "config.users[1]")),
        ({"title": "Hi", "groups": ["lead"]}, ("unknown-group", "config.groups[0]")),
        ({"title": "Hi", "groups": ["{{ record.title }}"]}, ("unknown-group", "config.groups[0]")),
        ({"title": "{{ x }}", "users": ["alice"]}, ("bad-template-path", "config.title")),
        ({"title": "Hi", "users": ["{{ x }}"]}, ("bad-template-path", "config.users[0]")),
        (
            {"title": "Hi", "users": ["alice"], "channels": ["sms"]},
            ("config-not-a-choice", "config.channels[0]"),
        ),
    ],
)
def test_a_message_that_reaches_nobody_is_refused(config: dict[str, Any], expected: tuple[str, str]) -> None:
    assert codes("notify", config) == [expected]


def test_variables_are_the_steps_output() -> None:
    config = {
        "values": {"total": {"ref": "event.data.total"}, "said": "{{ record.owner }}", "fixed": [1, True]}
    }
    outcome = perform("set_variable", config, scope(data={"total": 5}))
    assert isinstance(outcome, Succeeded)
    assert outcome.output == {"total": 5, "said": "alice", "fixed": [1, True]}


@pytest.mark.parametrize("name", ["", "Total", "9x", "a.b", "__class__", "x" * 64])
def test_a_variable_needs_a_plain_name(name: str) -> None:
    assert [code for code, _ in codes("set_variable", {"values": {name: 1}})] == ["bad-variable-name"]


def test_variables_that_hold_too_much_fail_the_step() -> None:
    config = {"values": {"a": {"ref": "event.data.big"}}}
    outcome = perform("set_variable", config, scope(data={"big": ["x" * 1_000] * 300}))
    assert isinstance(outcome, Failed)
    assert outcome.code == "output-too-large"


def test_a_wait_for_a_while_ends_that_much_later() -> None:
    outcome = perform("wait", {"for": "P1DT2H"})
    assert isinstance(outcome, Wait)
    assert outcome.kind == "timer"
    assert outcome.until == NOON + timedelta(hours=26)


def test_a_wait_until_a_date_of_the_record_is_moved_by_its_offset() -> None:
    seen = scope({"due_at": "2026-03-05T12:00:00.000000Z", "birthday": "2026-03-30"})
    before = perform("wait", {"until_field": "due_at", "offset": "PT2H", "when": "before"}, seen)
    after = perform("wait", {"until_field": "due_at", "offset": "PT2H"}, seen)
    assert isinstance(before, Wait)
    assert isinstance(after, Wait)
    assert (before.until, after.until) == (
        datetime(2026, 3, 5, 10, tzinfo=UTC),
        datetime(2026, 3, 5, 14, tzinfo=UTC),
    )


def test_a_wait_until_a_day_ends_at_its_midnight_whatever_the_clocks_do_before() -> None:
    seen = scope({"birthday": "2026-03-30"})
    for offset, day in (("PT0S", 30), ("P2D", 28)):
        outcome = perform("wait", {"until_field": "birthday", "offset": offset, "when": "before"}, seen)
        assert isinstance(outcome, Wait)
        assert outcome.until == datetime(2026, 3, day, tzinfo=BERLIN)


def test_a_wait_until_a_moment_reads_it_in_the_workflows_zone() -> None:
    outcome = perform("wait", {"until": "2026-03-05T09:00"})
    assert isinstance(outcome, Wait)
    assert outcome.until == datetime(2026, 3, 5, 8, tzinfo=UTC)
    outcome = perform(
        "wait", {"until": "{{ event.data.at }}"}, scope(data={"at": "2026-03-05T09:00:00-05:00"})
    )
    assert isinstance(outcome, Wait)
    assert outcome.until == datetime(2026, 3, 5, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    ("config", "record"),
    [
        ({"for": "PT0S"}, {}),
        ({"until": "2026-03-02T12:00:00Z"}, {}),
        ({"until_field": "due_at"}, {"due_at": "2020-01-01T00:00:00.000000Z"}),
    ],
)
def test_a_moment_that_has_passed_is_not_waited_for(config: dict[str, Any], record: dict[str, Any]) -> None:
    assert isinstance(perform("wait", config, scope(record)), Succeeded)


@pytest.mark.parametrize(
    ("config", "data", "code"),
    [
        ({"until_field": "due_at"}, {}, "date-missing"),
        ({"until": "{{ event.data.at }}"}, {}, "date-missing"),
        ({"until": "{{ event.data.at }}"}, {"at": "soon"}, "wrong-value-type"),
        ({"until": "{{ event.data.at }}"}, {"at": "9999-12-31T23:59:59-12:00"}, "wrong-value-type"),
        ({"until": "{{ event.data.at }}"}, {"at": "2999-01-01T00:00:00Z"}, "wait-too-long"),
    ],
)
def test_a_wait_without_an_end_fails_the_step(
    config: dict[str, Any], data: dict[str, Any], code: str
) -> None:
    outcome = perform("wait", config, scope(data=data))
    assert isinstance(outcome, Failed)
    assert outcome.code == code


def test_an_offset_beyond_the_calendar_fails_the_step() -> None:
    seen = scope({"due_at": "9999-12-31T00:00:00.000000Z", "birthday": "9999-12-31"})
    for field in ("due_at", "birthday"):
        outcome = perform("wait", {"until_field": field, "offset": "P2D"}, seen)
        assert isinstance(outcome, Failed)
        assert outcome.code == "date-out-of-range"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ("missing-config", "config")),
        ({"for": "PT1H", "until": "2026-01-01"}, ("missing-config", "config")),
        ({"for": "4 hours"}, ("bad-duration", "config.for")),
        ({"for": "P999999W"}, ("bad-duration", "config.for")),
        ({"until_field": "due_at", "offset": "-PT2H"}, ("bad-duration", "config.offset")),
        ({"until_field": "due"}, ("unknown-field", "config.until_field")),
        ({"until_field": "amount"}, ("not-a-date", "config.until_field")),
        ({"for": "PT1H", "offset": "PT1H"}, ("unused-config", "config.offset")),
        ({"until": "soon"}, ("bad-date", "config.until")),
        ({"until": "{{ soon }}"}, ("bad-template-path", "config.until")),
    ],
)
def test_a_wait_that_cannot_end_is_refused(config: dict[str, Any], expected: tuple[str, str]) -> None:
    assert codes("wait", config) == [expected]


def test_a_workflow_is_started_once_with_its_input() -> None:
    config = {"workflow": "refund", "input": {"who": "{{ record.owner }}", "n": {"ref": "event.data.n"}}}
    effect = perform("start_workflow", config, scope(data={"n": 4}))
    assert effect == StartWorkflow(key=KEY, workflow="refund", items=(None,), input={"who": "alice", "n": 4})


def test_a_workflow_is_started_for_each_item() -> None:
    config = {"workflow": "refund", "for_each": {"ref": "event.data.lines"}, "wait": True}
    effect = perform("start_workflow", config, scope(data={"lines": [{"sku": "a"}, {"sku": "b"}]}))
    assert effect == StartWorkflow(key=KEY, workflow="refund", items=({"sku": "a"}, {"sku": "b"}), wait=True)


def test_an_empty_list_starts_nothing_and_is_no_failure() -> None:
    config = {"workflow": "refund", "for_each": {"ref": "event.data.lines"}, "wait": True}
    outcome = perform("start_workflow", config, scope(data={"lines": []}))
    assert isinstance(outcome, Succeeded)
    assert outcome.output == {"workflow": "refund", "children": 0}


@pytest.mark.parametrize("data", [{}, {"lines": "ab"}, {"lines": {"a": 1}}, {"lines": None}])
def test_what_is_no_list_fails_the_step(data: dict[str, Any]) -> None:
    config = {"workflow": "refund", "for_each": {"ref": "event.data.lines"}}
    outcome = perform("start_workflow", config, scope(data=data))
    assert isinstance(outcome, Failed)
    assert outcome.code == "not-a-list"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"workflow": "{{ record.title }}"}, ("unknown-workflow", "config.workflow")),
        ({"workflow": "refund", "input": {"item": 1}}, ("bad-variable-name", "config.input.item")),
        ({"workflow": "refund", "input": {"a": "{{ x }}"}}, ("bad-template-path", "config.input.a")),
        ({"workflow": "refund", "for_each": ["a"]}, ("wrong-config-type", "config.for_each")),
    ],
)
def test_a_start_that_cannot_work_is_refused(config: dict[str, Any], expected: tuple[str, str]) -> None:
    assert codes("start_workflow", config) == [expected]


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "cancelled"])
def test_a_stop_ends_the_run_with_its_reason(outcome: Any) -> None:
    stopped = perform("stop", {"outcome": outcome, "message": "No stock for {{ event.record }}"})
    assert stopped == Stop(outcome, "No stock for T-1")


def test_a_stop_knows_three_outcomes() -> None:
    assert codes("stop", {"outcome": "exploded"}) == [("config-not-a-choice", "config.outcome")]
    assert codes("stop", {"outcome": "failed", "message": "{{ x }}"}) == [
        ("bad-template-path", "config.message")
    ]
