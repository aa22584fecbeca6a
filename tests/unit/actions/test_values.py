from __future__ import annotations

import pytest

from automations.actions import ACTIONS
from automations.actions.values import check_values, is_dynamic, resolve
from automations.engine.effects import AddComment, ChangeRecord
from automations.engine.errors import EngineError
from automations.engine.outcomes import Failed
from tests.unit.actions.world import CONTEXT, KEY, TICKETS, codes, perform, problems, scope
from tests.unit.speed import quick

HOSTILE = [
    "{{ record.delete }}",
    "{{ record.__class__.__mro__ }}",
    "{{ ''.__class__ }}",
    "{{ 7*7 }}",
    "{0.__init__}",
    "{event.__globals__}",
    "%(x)s %s %n",
    "${7*7}",
    "<% import os %>",
    "{{ {{ record.title }} }}",
    "{% for x in y %}{% endfor %}",
]


def test_a_reference_keeps_the_type_of_what_it_leads_to() -> None:
    seen = scope(data={"lines": [1, {"a": None}], "flag": True, "n": 3})
    assert resolve({"ref": "event.data.lines"}, seen) == [1, {"a": None}]
    assert resolve({"ref": "event.data.flag"}, seen) is True
    assert resolve({"ref": "event.data.n"}, seen) == 3


def test_a_template_always_comes_out_as_text() -> None:
    assert resolve("{{ event.data.n }}", scope(data={"n": 3})) == "3"
    assert resolve("{{ event.data.flag }}", scope(data={"flag": True})) == "true"


def test_a_reference_that_leads_nowhere_is_nothing() -> None:
    assert resolve({"ref": "event.data.none.at.all"}, scope()) is None
    assert resolve("{{ event.data.none }}", scope()) == ""


def test_values_are_resolved_inside_lists_and_objects() -> None:
    value = {"who": "{{ record.owner }}", "all": [{"ref": "record.amount"}, "plain", 4, None, True]}
    assert resolve(value, scope()) == {"who": "alice", "all": ["200.00", "plain", 4, None, True]}


def test_what_comes_out_of_a_template_is_not_a_template_again() -> None:
    seen = scope({"title": "{{ record.owner }}", "owner": "alice"})
    assert resolve("{{ record.title }}", seen) == "{{ record.owner }}"
    assert resolve({"ref": "record.title"}, seen) == "{{ record.owner }}"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_or_stays_text(text: str) -> None:
    refused = bool(problems("comment", {"text": text}))
    try:
        output = resolve(text, scope())
    except EngineError:
        assert refused
    else:
        assert "49" not in output
        assert "class" not in output or output == text
        assert "object at" not in output


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_values_of_an_event_stay_text(text: str) -> None:
    effect = perform("comment", {"text": "{{ event.data.note }}"}, scope(data={"note": text}))
    assert effect == AddComment(key=KEY, text=text)


def test_a_text_that_grows_too_long_fails_the_step_and_does_not_break_the_walk() -> None:
    seen = scope(data={"long": "x" * 60_000})
    outcome = perform("comment", {"text": "{{ event.data.long }}{{ event.data.long }}"}, seen)
    assert isinstance(outcome, Failed)
    assert not outcome.retryable


def test_a_number_with_a_huge_exponent_costs_nothing() -> None:
    for filtered in ("number", "round: 2"):
        config = {"text": "{{ event.data.n | " + filtered + " }}"}
        quick(lambda config=config: perform("comment", config, scope(data={"n": "1e999999999"})), 0.05)


def test_a_huge_template_is_refused_quickly() -> None:
    huge = "{{" * 500_000
    assert quick(lambda: problems("stop", {"outcome": "failed", "message": huge}), 0.03)
    assert quick(lambda: check_values({"title": huge}, TICKETS, CONTEXT, "config"), 0.03)


def test_only_references_and_templates_are_known_at_run_time_alone() -> None:
    assert is_dynamic({"ref": "record.title"})
    assert is_dynamic("a {{ record.title }}")
    assert is_dynamic(["a", {"b": "{{ now }}"}])
    assert not is_dynamic("a { b }")
    assert not is_dynamic({"ref": "record.title", "more": 1})
    assert not is_dynamic(["a", 4])


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"titel": "x"}, "unknown-field"),
        ({"opened_at": "2026-01-01T00:00:00Z"}, "read-only-field"),
        ({"amount": "much"}, "wrong-value-type"),
        ({"amount": True}, "wrong-value-type"),
        ({"amount": {"ref": "a", "b": 1}}, "wrong-value-type"),
        ({"priority": "hihg"}, "unknown-choice"),
        ({"due_at": "tomorrow"}, "wrong-value-type"),
        ({"title": None}, "missing-value"),
        ({"owner": "charlie"}, "unknown-user"),
        ({"tags": "one"}, "wrong-value-type"),
        ({"tags": ["one", 4.5]}, "wrong-value-type"),
        ({"tags": ["{{ record.title | shout }}"]}, "unknown-filter"),
        ({"title": "{{ record.title | shout }}"}, "unknown-filter"),
        ({"payload": {"deep": ["{{ secrets.key }}"]}}, "bad-template-path"),
    ],
)
def test_a_value_that_the_field_would_refuse_is_found_at_save(values: dict[str, object], code: str) -> None:
    found = problems("update_fields", {"values": values})
    assert [problem.code for problem in found] == [code]
    assert found[0].path.startswith(f"config.values.{next(iter(values))}")
    assert found[0].message
    assert found[0].hint


@pytest.mark.parametrize(
    "values",
    [
        {"amount": 200},
        {"amount": "200.00"},
        {"amount": {"ref": "event.data.amount"}},
        {"amount": "{{ event.data.amount }}"},
        {"amount": None},
        {"tags": ["a", "{{ record.priority }}"]},
        {"tags": {"ref": "event.data.tags"}},
        {"payload": {"a": [1, {"ref": "record.title"}]}},
        {"owner": "bob"},
        {"owner": "{{ event.actor }}"},
        {"priority": "urgent", "title": "Now: {{ record.title }}"},
    ],
)
def test_a_value_that_the_field_takes_is_no_problem(values: dict[str, object]) -> None:
    assert codes("update_fields", {"values": values}) == []


def test_a_misspelt_name_is_answered_with_the_nearest_one() -> None:
    assert problems("update_fields", {"values": {"titel": "x"}})[0].hint == "Did you mean “title”?"
    assert problems("update_fields", {"values": {"priority": "hihg"}})[0].hint == "Did you mean “high”?"
    assert problems("start_workflow", {"workflow": "refnud"})[0].hint == "Did you mean “refund”?"


def test_a_field_called_ref_is_a_field_and_no_reference() -> None:
    run = ACTIONS.get("update_fields").prepare({"values": {"ref": "record.title"}}, {}, {})
    assert run(scope(), KEY) == ChangeRecord(key=KEY, values={"ref": "record.title"})
