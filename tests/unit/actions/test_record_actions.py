from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automations.actions import ACTIONS
from automations.engine.effects import AddComment, AssignRecord, ChangeRecord, CreateRecord
from automations.engine.outcomes import Failed, Succeeded
from tests.unit.actions.world import (
    CONTEXT,
    FIELDS,
    KEY,
    WITHOUT_RECORD,
    codes,
    perform,
    problems,
    scope,
)

HIGH = {"field": "priority", "op": "eq", "value": "high"}
LOW = {"field": "priority", "op": "eq", "value": "low"}


@pytest.mark.parametrize(
    ("key", "config"),
    [
        ("update_fields", {"values": {"title": "x"}}),
        ("change_status", {"to": "solved"}),
        ("assign", {"field": "owner", "strategy": "fixed", "value": "alice"}),
        ("comment", {"text": "Hello"}),
        ("wait", {"until_field": "due_at"}),
    ],
)
def test_an_action_on_the_record_needs_a_trigger_that_brings_one(key: str, config: dict[str, Any]) -> None:
    assert [code for code, _ in codes(key, config, WITHOUT_RECORD)] == ["action-without-record"]


def test_fields_are_set_to_resolved_values() -> None:
    config = {"values": {"title": "Re: {{ record.title }}", "amount": {"ref": "event.data.amount"}}}
    effect = perform("update_fields", config, scope(data={"amount": 12.5}))
    assert effect == ChangeRecord(key=KEY, values={"title": "Re: Printer on fire", "amount": 12.5})


def test_an_update_of_nothing_is_refused() -> None:
    assert codes("update_fields", {"values": {}}) == [("missing-config", "config.values")]


def test_a_status_change_leaves_the_field_to_the_module() -> None:
    assert perform("change_status", {"to": "solved"}) == ChangeRecord(key=KEY, values={}, status="solved")


def test_a_status_may_come_from_the_event() -> None:
    effect = perform("change_status", {"to": "{{ event.data.to }}"}, scope(data={"to": "solved"}))
    assert effect == ChangeRecord(key=KEY, values={}, status="solved")


def test_a_status_that_comes_out_empty_fails_the_step() -> None:
    outcome = perform("change_status", {"to": "{{ event.data.to }}"})
    assert isinstance(outcome, Failed)
    assert outcome.code == "status-missing"


@pytest.mark.parametrize(
    ("to", "code"),
    [("solvd", "unknown-choice"), ("closed", "transition-not-allowed"), ("{{ nope }}", "bad-template-path")],
)
def test_a_status_that_can_never_be_reached_is_refused(to: str, code: str) -> None:
    assert codes("change_status", {"to": to}) == [(code, "config.to")]


def test_a_module_without_status_has_none_to_change() -> None:
    orders = replace(CONTEXT, module=CONTEXT.modules["orders"])
    assert codes("change_status", {"to": "open"}, orders) == [("no-status-field", "config.to")]


def test_a_fixed_assignee_may_be_a_template() -> None:
    config = {"field": "owner", "strategy": "fixed", "value": "{{ event.actor }}"}
    seen = scope()
    seen.event = {**(seen.event or {}), "actor": "bob"}
    assert perform("assign", config, seen) == AssignRecord(
        key=KEY, field="owner", strategy="fixed", value="bob"
    )
    assert isinstance(perform("assign", config), Failed)


@pytest.mark.parametrize("strategy", ["round_robin", "least_loaded"])
def test_a_strategy_is_handed_on_with_its_group_or_pool(strategy: Any) -> None:
    by_group = perform("assign", {"field": "owner", "strategy": strategy, "group": "support"})
    assert by_group == AssignRecord(key=KEY, field="owner", strategy=strategy, group="support")
    by_name = perform("assign", {"field": "owner", "strategy": strategy, "pool": ["bob", "alice"]})
    assert by_name == AssignRecord(key=KEY, field="owner", strategy=strategy, pool=("bob", "alice"))


def by_rule(**rest: Any) -> dict[str, Any]:
    rules = [{"rule": LOW, "value": "bob"}, {"rule": {"any": [HIGH, {"policy": "vip"}]}, "value": "alice"}]
    return {"field": "owner", "strategy": "by_rule", "rules": rules, **rest}


def test_the_first_rule_that_holds_says_who_it_is() -> None:
    effect = perform("assign", by_rule())
    assert effect == AssignRecord(key=KEY, field="owner", strategy="fixed", value="alice")
    effect = perform("assign", by_rule(), scope({"priority": "low", "amount": "5000"}))
    assert effect == AssignRecord(key=KEY, field="owner", strategy="fixed", value="bob")


def test_a_policy_may_say_who_it_is() -> None:
    effect = perform("assign", by_rule(), scope({"priority": "urgent", "amount": "5000"}))
    assert isinstance(effect, AssignRecord)
    assert effect.value == "alice"


def test_without_a_rule_that_holds_it_is_the_other_one_or_the_step_fails() -> None:
    urgent = scope({"priority": "urgent"})
    effect = perform("assign", by_rule(otherwise="bob"), urgent)
    assert effect == AssignRecord(key=KEY, field="owner", strategy="fixed", value="bob")
    outcome = perform("assign", by_rule(), urgent)
    assert isinstance(outcome, Failed)
    assert outcome.code == "nobody-to-assign"


def test_rules_without_an_otherwise_are_warned_of() -> None:
    assert [(problem.code, problem.severity) for problem in problems("assign", by_rule())] == [
        ("no-otherwise", "warning")
    ]
    assert problems("assign", by_rule(otherwise="alice")) == []


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"field": "amount", "strategy": "fixed", "value": "1"}, ("field-not-assignable", "config.field")),
        ({"field": "opened_at", "strategy": "fixed", "value": "1"}, ("read-only-field", "config.field")),
        ({"field": "ownr", "strategy": "fixed", "value": "1"}, ("unknown-field", "config.field")),
        ({"field": "owner", "strategy": "fixed"}, ("missing-config", "config.value")),
        ({"field": "owner", "strategy": "fixed", "value": "charlie"}, ("unknown-user", "config.value")),
        ({"field": "priority", "strategy": "fixed", "value": "hi"}, ("unknown-choice", "config.value")),
        ({"field": "owner", "strategy": "fixed", "value": "{{ x }}"}, ("bad-template-path", "config.value")),
        ({"field": "owner", "strategy": "round_robin"}, ("missing-config", "config.group")),
        (
            {"field": "owner", "strategy": "round_robin", "group": "support", "pool": ["bob"]},
            ("missing-config", "config.group"),
        ),
        (
            {"field": "owner", "strategy": "least_loaded", "group": "suport"},
            ("unknown-group", "config.group"),
        ),
        (
            {"field": "owner", "strategy": "least_loaded", "pool": ["bob", "charlie"]},
            ("unknown-user", "config.pool[1]"),
        ),
        (
            {"field": "owner", "strategy": "by_rule", "otherwise": "bob"},
            ("missing-config", "config.rules"),
        ),
        (
            by_rule(otherwise="bob", rules=[{"rule": {**HIGH, "op": "lt"}, "value": "bob"}]),
            ("operator-not-for-type", "config.rules[0].rule.op"),
        ),
        (
            by_rule(otherwise="bob", rules=[{"rule": HIGH, "value": "charlie"}]),
            ("unknown-user", "config.rules[0].value"),
        ),
        (
            by_rule(otherwise="bob", rules=[{"rule": {"policy": "vp"}, "value": "bob"}]),
            ("unknown-policy", "config.rules[0].rule.policy"),
        ),
    ],
)
def test_an_assignment_that_cannot_work_is_refused(config: dict[str, Any], expected: tuple[str, str]) -> None:
    assert codes("assign", config) == [expected]


def test_a_comment_is_rendered() -> None:
    effect = perform("comment", {"text": "{{ record.owner }}: {{ record.amount }}"})
    assert effect == AddComment(key=KEY, text="alice: 200.00")


def test_a_comment_that_comes_out_empty_is_not_written() -> None:
    assert isinstance(perform("comment", {"text": " {{ event.data.note }} "}), Succeeded)


def test_a_record_is_created_with_resolved_values_and_key() -> None:
    config = {
        "module": "tickets",
        "values": {"title": "Of {{ event.record }}"},
        "key": "{{ event.record }}-copy",
    }
    effect = perform("create_record", config)
    assert effect == CreateRecord(
        key=KEY, module="tickets", values={"title": "Of T-1"}, record_key="T-1-copy"
    )


def test_a_record_may_be_created_where_no_trigger_brings_one() -> None:
    assert codes("create_record", {"module": "orders", "values": {"total": 5}}, WITHOUT_RECORD) == []


def test_a_key_that_no_record_can_have_fails_the_step() -> None:
    config = {"module": "orders", "values": {}, "key": "{{ event.data.long }}"}
    outcome = perform("create_record", config, scope(data={"long": "x" * 121}))
    assert isinstance(outcome, Failed)
    assert outcome.code == "key-too-long"


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"module": "order", "values": {}}, ("unknown-module", "config.module")),
        ({"module": "orders", "values": {"title": "x"}}, ("unknown-field", "config.values.title")),
        ({"module": "tickets", "values": {"amount": 4}}, ("missing-value", "config.values.title")),
        ({"module": "orders", "values": {}, "key": "{{ x | y }}"}, ("bad-template-path", "config.key")),
    ],
)
def test_a_record_that_cannot_be_created_is_refused(
    config: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert expected in codes("create_record", config)


def test_every_action_has_a_sentence_for_its_node() -> None:
    configs: dict[str, dict[str, Any]] = {
        "update_fields": {"values": {"title": "x", "amount": 1}},
        "change_status": {"to": "solved"},
        "assign": by_rule(),
        "comment": {"text": "Hello"},
        "create_record": {"module": "orders", "values": {}},
        "notify": {"users": ["alice"], "groups": ["leads"], "title": "Hi"},
        "set_variable": {"values": {"a": 1, "b": 2}},
        "wait": {"until_field": "due_at", "offset": "PT2H", "when": "before"},
        "start_workflow": {"workflow": "refund", "for_each": {"ref": "event.data.lines"}, "wait": True},
        "stop": {"outcome": "cancelled"},
    }
    said = {key: ACTIONS.get(key).summary(config) for key, config in configs.items()}
    assert said == {
        "update_fields": "Set title, amount",
        "change_status": "Move to “solved”",
        "assign": "Assign owner by rule",
        "comment": "Comment “Hello”",
        "create_record": "Create a record in orders",
        "notify": "Tell alice, leads: Hi",
        "set_variable": "Keep a, b",
        "wait": "Wait until PT2H before due_at",
        "start_workflow": "Start “refund” for each of event.data.lines and wait",
        "stop": "End as cancelled",
    }


def test_a_prepared_action_gives_the_same_answer_every_time() -> None:
    run = ACTIONS.get("assign").prepare(by_rule(), FIELDS, CONTEXT.policies)
    assert run(scope(), KEY) == run(scope(), KEY)
