from __future__ import annotations

import json
from typing import Any

import pytest

from automations.engine.kinds import TriggerKind
from automations.engine.schemas import check_config
from automations.triggers import TRIGGERS
from tests.unit.triggers.world import OPEN, codes, event, judge, update

KINDS = [kind for _, kind in TRIGGERS.items()]
URGENT = {"field": "priority", "op": "eq", "value": "urgent"}
DEADLINE = {"module": "tickets", "field": "due_at", "offset": "PT2H", "when": "before"}


def record(*on: str, **rest: Any) -> dict[str, Any]:
    return {"module": "tickets", "on": list(on), **rest}


def test_these_triggers_are_on_offer_and_no_others() -> None:
    assert sorted(TRIGGERS) == ["deadline", "event", "manual", "record", "schedule", "webhook", "workflow"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_every_trigger_has_what_a_palette_and_a_form_need(kind: TriggerKind) -> None:
    assert kind.label
    assert kind.description.endswith(".")
    assert kind.source_kind
    for name, setting in kind.config_schema["properties"].items():
        assert {"title", "x-widget", "x-help"} <= set(setting), name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_every_schema_is_understood_by_the_checker(kind: TriggerKind) -> None:
    assert check_config(dict.fromkeys(kind.config_schema["properties"]), kind.config_schema, "config")


@pytest.mark.parametrize(
    ("key", "config", "expected"),
    [
        ("record", record("created"), ("tickets", ("record.created",))),
        ("record", record("updated"), ("tickets", ("record.updated",))),
        (
            "record",
            record("created", "status_changed"),
            ("tickets", ("record.created", "record.updated")),
        ),
        ("deadline", DEADLINE, ("tickets", ("deadline",))),
        ("schedule", {"cron": "0 9 * * *"}, (None, ("schedule",))),
        ("manual", {}, (None, ("manual", "workflow.started"))),
        ("manual", {"module": "tickets"}, ("tickets", ("manual", "workflow.started"))),
        ("event", {"source": "shop"}, (None, ("api.shop",))),
        ("event", {"source": "shop", "module": "orders"}, ("orders", ("api.shop",))),
        ("webhook", {"endpoint": "till"}, (None, ("webhook.till", "webhook.till.*"))),
        (
            "webhook",
            {"endpoint": "till", "events": ["order.*"], "module": "orders"},
            ("orders", ("webhook.till.order.*",)),
        ),
    ],
)
def test_a_trigger_listens_to_what_it_can_answer(key: str, config: dict[str, Any], expected: Any) -> None:
    assert codes(key, config) == []
    assert TRIGGERS.get(key).listens_to(config) == expected


def test_a_created_record_matches_what_watches_creation() -> None:
    assert judge("record", record("created"), event()).outcome == "matched"
    assert judge("record", record("created"), update(title="x")).outcome == "out_of_scope"
    assert judge("record", record("updated"), event()).outcome == "out_of_scope"
    assert judge("record", record("created", "updated"), update(title="x")).outcome == "matched"


def test_a_changed_field_matches_what_watches_it() -> None:
    watches = record("field_changed", field="priority")
    assert judge("record", watches, update(priority="urgent")).outcome == "matched"
    refused = judge("record", watches, update(title="x"))
    assert refused.outcome == "filtered"
    assert refused.reason["rule"] == "change"
    assert (
        refused.reason["why"] == 'The change does not hold: “priority changed” is false, the value is "high".'
    )


@pytest.mark.parametrize(
    ("sides", "priority", "matched"),
    [
        ({"to": "urgent"}, "urgent", True),
        ({"to": "urgent"}, "low", False),
        ({"from": "high"}, "low", True),
        ({"from": "low"}, "urgent", False),
        ({"from": "high", "to": "urgent"}, "urgent", True),
        ({"from": "high", "to": "urgent"}, "low", False),
        ({"from": None, "to": None}, "low", True),
    ],
)
def test_a_change_may_be_watched_from_a_value_and_to_one(
    sides: dict[str, Any], priority: str, matched: bool
) -> None:
    answer = judge("record", record("field_changed", field="priority", **sides), update(priority=priority))
    assert (answer.outcome == "matched") is matched


def test_amounts_are_compared_as_numbers() -> None:
    watches = record("field_changed", field="amount", to=250)
    assert judge("record", watches, update(amount="250.00")).outcome == "matched"


def test_a_changed_status_matches_what_watches_the_modules_status() -> None:
    watches = record("status_changed", to="solved")
    assert judge("record", watches, update(status="solved")).outcome == "matched"
    assert judge("record", watches, update(status="closed")).outcome == "filtered"
    assert judge("record", watches, update(priority="low")).outcome == "filtered"


def test_one_of_several_happenings_is_enough() -> None:
    watches = record("created", "field_changed", "status_changed", field="priority")
    assert judge("record", watches, event()).outcome == "matched"
    assert judge("record", watches, update(priority="low")).outcome == "matched"
    assert judge("record", watches, update(status="solved")).outcome == "matched"
    assert judge("record", watches, update(title="x")).outcome == "filtered"


def test_on_live_records_every_change_is_assumed_and_the_rules_still_count() -> None:
    still = event("record.updated", before=OPEN)
    watches = record("field_changed", field="priority", to="urgent")
    assert judge("record", watches, still, assume_changed=True).outcome == "matched"
    answer = judge("record", {**watches, "filter": URGENT}, still, assume_changed=True)
    assert answer.outcome == "filtered"


def test_a_scope_answers_out_of_scope_and_a_filter_filtered() -> None:
    assert judge("record", record("created", scope=URGENT), event()).outcome == "out_of_scope"
    assert judge("record", record("created", filter=URGENT), event()).outcome == "filtered"
    both = record("created", scope=URGENT, filter={"not": URGENT})
    assert judge("record", both, event()).outcome == "out_of_scope"


def test_a_refusal_names_the_comparison_that_decided_and_the_value_it_saw() -> None:
    rule = {"all": [{"field": "status", "op": "eq", "value": "open"}, {"any": [URGENT, {"policy": "vip"}]}]}
    reason = judge("record", record("created", filter=rule), event()).reason
    assert reason["rule"] == "filter"
    assert reason["why"] == (
        'The filter does not hold: “priority is "urgent"” is false, the value is "high".'
    )
    assert reason["explanation"]["result"] is False
    assert json.loads(json.dumps(reason)) == reason


def test_a_refusal_by_a_negation_names_what_was_true() -> None:
    rule = {"not": {"field": "status", "op": "eq", "value": "open"}}
    why = judge("record", record("created", filter=rule), event()).reason["why"]
    assert why == 'The filter does not hold: “status is "open"” is true, the value is "open".'


def test_a_refusal_for_want_of_a_value_says_so() -> None:
    rule = {"field": "birthday", "op": "older_than", "value": "P1D"}
    why = judge("record", record("created", filter=rule), event()).reason["why"]
    assert why == 'The filter does not hold: “birthday is older than "P1D"” is false, there is no value.'


@pytest.mark.parametrize(
    ("key", "config"),
    [
        ("record", record("created")),
        ("deadline", DEADLINE),
        ("manual", {"module": "tickets"}),
        ("event", {"source": "shop", "module": "tickets"}),
    ],
)
def test_an_event_of_another_module_or_without_a_record_is_out_of_scope(
    key: str, config: dict[str, Any]
) -> None:
    assert judge(key, config, event(module="orders")).outcome == "out_of_scope"
    nobody = judge(key, config, event(record=None, after=None))
    assert nobody.outcome == "out_of_scope"
    assert "no record of Tickets" in nobody.reason["why"]
    assert judge(key, config, event()).outcome == "matched"


def test_a_deadline_is_judged_on_the_record_as_it_is() -> None:
    config = {**DEADLINE, "scope": {"field": "status", "op": "eq", "value": "open"}, "filter": URGENT}
    assert judge("deadline", config, event("deadline")).outcome == "filtered"
    solved = event("deadline", after={**OPEN, "status": "solved"})
    assert judge("deadline", config, solved).outcome == "out_of_scope"
    urgent = event("deadline", after={**OPEN, "priority": "urgent"})
    assert judge("deadline", config, urgent).outcome == "matched"


def test_without_a_module_the_rules_are_about_the_event() -> None:
    config = {"source": "shop", "filter": {"field": "data.customer.tier", "op": "eq", "value": "gold"}}
    gold = event("api.shop", module=None, record=None, after=None, data={"customer": {"tier": "gold"}})
    assert judge("event", config, gold).outcome == "matched"
    assert judge("event", config, {**gold, "data": {"customer": None}}).outcome == "filtered"
    by_hand = {"filter": {"field": "actor", "op": "eq", "value": "alice"}}
    assert judge("manual", by_hand, gold).outcome == "matched"


def test_with_a_module_an_api_event_is_compared_with_the_record() -> None:
    rule = {"field": "amount", "op": "lt", "value": {"ref": "event.data.limit"}}
    config = {"source": "shop", "module": "tickets", "filter": rule}
    assert judge("event", config, event("api.shop", data={"limit": 500})).outcome == "matched"
    assert judge("event", config, event("api.shop", data={"limit": 5})).outcome == "filtered"


def test_a_schedule_always_matches() -> None:
    assert judge("schedule", {"cron": "0 9 * * *"}, event("schedule", after=None)).outcome == "matched"


@pytest.mark.parametrize(
    ("key", "config", "expected"),
    [
        ("record", record(), ("config-wrong-size", "config.on")),
        ("record", record("deleted"), ("config-not-a-choice", "config.on[0]")),
        ("record", record("field_changed"), ("missing-config", "config.field")),
        ("record", record("field_changed", field="priorty"), ("unknown-field", "config.field")),
        ("record", record("field_changed", field="priority", to="hot"), ("unknown-choice", "config.to")),
        ("record", record("status_changed", **{"from": "hot"}), ("unknown-choice", "config.from")),
        ("record", record("created", to="high"), ("unclear-change", "config.to")),
        (
            "record",
            record("field_changed", "status_changed", field="priority", to="high"),
            ("unclear-change", "config.to"),
        ),
        ("record", {"module": "orders", "on": ["status_changed"]}, ("no-status-field", "config.on")),
        (
            "record",
            record("created", filter={"field": "x", "op": "eq"}),
            ("unknown-field", "config.filter.field"),
        ),
        ("record", record("created", scope={"policy": "vp"}), ("unknown-policy", "config.scope.policy")),
        (
            "record",
            record("created", throttle={"max": 5, "per": "1h"}),
            ("bad-duration", "config.throttle.per"),
        ),
        (
            "record",
            record("created", throttle={"max": 0, "per": "PT1H"}),
            ("config-out-of-range", "config.throttle.max"),
        ),
        ("record", record("created", once_per_record="PT0S"), ("bad-duration", "config.once_per_record")),
        ("record", record("created", dedupe={"path": "data.id"}), ("bad-reference", "config.dedupe.path")),
        (
            "record",
            record("created", dedupe={"path": "event.data.id", "window": "x1"}),
            ("bad-duration", "config.dedupe.window"),
        ),
        (
            "record",
            record("created", dedupe={"path": "event.data.id"}, once_per_record="P1D"),
            ("two-dedupe-keys", "config.once_per_record"),
        ),
        ("deadline", {**DEADLINE, "field": "amount"}, ("wrong-field-type", "config.field")),
        ("deadline", {**DEADLINE, "field": "due"}, ("unknown-field", "config.field")),
        ("deadline", {**DEADLINE, "offset": "-PT2H"}, ("bad-duration", "config.offset")),
        (
            "deadline",
            {**DEADLINE, "filter": {"field": "status", "op": "changed"}},
            ("event-operator-without-event", "config.filter.op"),
        ),
        ("schedule", {"cron": "61 * * * *"}, ("bad-cron", "config.cron")),
        ("schedule", {"cron": "0 9 * * *", "zone": "Europe/Berln"}, ("unknown-zone", "config.zone")),
        ("schedule", {"cron": "0 9 * * *", "zone": "../../etc/passwd"}, ("unknown-zone", "config.zone")),
        ("schedule", {"cron": "0 9 * * *", "zone": "Europe"}, ("unknown-zone", "config.zone")),
        ("schedule", {"cron": "0 9 * * *", "missed": "some"}, ("config-not-a-choice", "config.missed")),
        ("manual", {"once_per_record": "P1D"}, ("trigger-without-record", "config.once_per_record")),
        ("manual", {"filter": {"policy": "vip"}}, ("unknown-policy", "config.filter.policy")),
        ("event", {"source": "shp"}, ("unknown-source", "config.source")),
        ("event", {"source": "webhook:till"}, ("unknown-source", "config.source")),
        ("webhook", {"endpoint": "tll"}, ("unknown-endpoint", "config.endpoint")),
        ("webhook", {"endpoint": "till", "events": ["A B"]}, ("config-wrong-form", "config.events[0]")),
        (
            "event",
            {"source": "shop", "filter": {"field": "amount", "op": "gt", "value": 5}},
            ("unknown-field", "config.filter.field"),
        ),
    ],
)
def test_a_trigger_that_cannot_work_is_refused(
    key: str, config: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert codes(key, config) == [expected]


def form(questions: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"form": {"type": "object", "properties": questions, "required": list(required)}}


def test_a_manual_trigger_may_ask_for_input() -> None:
    config = form(
        {"reason": {"type": "string", "title": "Why?", "maxLength": 200}, "days": {"type": "integer"}},
        "reason",
    )
    assert codes("manual", config) == []
    assert check_config({"reason": "late", "days": 2}, config["form"], "input") == []
    assert [p.code for p in check_config({"days": "two"}, config["form"], "input")] == [
        "missing-config",
        "wrong-config-type",
    ]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (form({"Reason": {"type": "string"}}), ("bad-variable-name", "config.form.properties.Reason")),
        (form({"reason": {"type": "string"}}, "reasn"), ("unknown-input", "config.form.required[0]")),
        (form({"reason": {"type": "object"}}), ("config-not-a-choice", "config.form.properties.reason.type")),
        (
            form({"reason": {"type": "string", "pattern": "(a+)+$"}}),
            ("unknown-config", "config.form.properties.reason.pattern"),
        ),
    ],
)
def test_a_form_that_cannot_be_asked_is_refused(config: dict[str, Any], expected: tuple[str, str]) -> None:
    assert codes("manual", config) == [expected]


def test_every_trigger_has_a_sentence_for_its_node() -> None:
    configs: dict[str, dict[str, Any]] = {
        "record": record("created", "field_changed", field="priority", to="urgent"),
        "deadline": DEADLINE,
        "schedule": {"cron": "0 9 * * 1", "zone": "Europe/Berlin"},
        "manual": {"module": "tickets"},
        "event": {"source": "shop"},
    }
    assert {key: TRIGGERS.get(key).summary(config) for key, config in configs.items()} == {
        "record": "A record of tickets is created or changes its field “priority” to “urgent”",
        "deadline": "PT2H before due_at of a record of tickets",
        "schedule": "At 0 9 * * 1 in Europe/Berlin",
        "manual": "By hand, on a record of tickets",
        "event": "An event of shop",
    }
