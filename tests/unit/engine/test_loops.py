"""Workflows that start one another without end: found where each change is certain to follow, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from automations.engine.fields import parse_schema
from automations.engine.kinds import ModuleFacts
from automations.engine.loops import changes_in, find_loop

from .fakes import definition, edge, node

SCHEMA, _ = parse_schema(
    [
        {"key": "status", "type": "choice", "choices": ["open", "closed", "parked"]},
        {"key": "owner", "type": "text"},
        {"key": "vip", "type": "boolean"},
        {"key": "tags", "type": "list"},
    ]
)
FACTS = ModuleFacts("tickets", "Tickets", SCHEMA, status_field="status")
NUMBER = {"a": 1, "b": 2, "c": 3}


def is_(value: str) -> dict[str, Any]:
    return {"field": "status", "op": "eq", "value": value}


def to_status(value: str, **more: Any) -> dict[str, Any]:
    return {**node("a1", "action.change_status", to=value), **more}


def one(
    name: str, action: dict[str, Any], *, rule: Any = None, facts: ModuleFacts = FACTS, **trigger: Any
) -> Any:
    """A workflow with one action, after a condition where there is a rule."""
    config = {"module": "tickets", "on": ["updated"], **trigger}
    nodes, edges = [node("t1", "trigger.record", **config), action], [edge("t1", action["id"])]
    if rule is not None:
        nodes.append(node("c1", "condition.if", rule=rule))
        edges = [edge("t1", "c1"), edge("c1", action["id"], "true")]
    return changes_in(definition(nodes, edges), facts, workflow=NUMBER[name], name=name)


def names(own: Any, *others: Any, facts: ModuleFacts = FACTS) -> list[tuple[str, Any]] | None:
    loop = find_loop(own, [change for changes in others for change in changes], facts)
    return None if loop is None else [(change.name, change.value) for change in loop]


OPENS = one("b", to_status("open"))


@pytest.mark.parametrize(
    "own",
    [
        one("a", to_status("closed")),
        one("a", to_status("closed"), on=["status_changed"]),
        one("a", to_status("closed"), on=["status_changed"], to="open"),
        one("a", to_status("closed"), on=["created", "field_changed"], field="status"),
        one("a", to_status("closed"), filter=is_("open")),
        one("a", to_status("closed"), rule=is_("open")),
        one("a", to_status("closed"), rule={"not": is_("parked")}),
        one("a", node("a1", "action.update_fields", values={"status": "closed", "owner": "{{ now }}"})),
        one("a", node("a1", "action.assign", field="status", strategy="fixed", value="closed")),
    ],
)
def test_two_that_set_a_field_back_and_forth_are_a_loop(own: Any) -> None:
    assert names(own, OPENS) == [("a", "closed"), ("b", "open")]


@pytest.mark.parametrize(
    "own",
    [
        one("a", to_status("open")),  # it settles
        one("a", to_status("closed"), on=["created"]),
        one("a", to_status("closed"), on=["field_changed"], field="owner"),
        one("a", to_status("closed"), on=["status_changed"], to="parked"),
        one("a", to_status("closed"), on=["status_changed"], **{"from": "open"}),
        one("a", to_status("closed"), filter=is_("parked")),
        one("a", to_status("closed"), rule={"field": "owner", "op": "eq", "value": "mia"}),
        one("a", to_status("closed"), throttle={"max": 1, "per": "PT1H"}),
        one("a", to_status("closed"), once_per_record="PT1H"),
        one("a", to_status("closed", disabled=True)),
        one("a", to_status("{{ record.owner }}")),
        one("a", node("a1", "action.update_fields", values={"owner": "mia"})),
        one(
            "a", node("a1", "action.update_fields", values={"gone": "x", "status": "no such", "tags": ["a"]})
        ),
        one("a", node("a1", "action.assign", field="status", strategy="round_robin", pool=["closed"])),
        one("a", node("a1", "action.comment", text="x")),
        one("a", to_status("closed"), rule={"field": "gone", "op": "eq", "value": "x"}),
    ],
)
def test_what_ends_or_may_end_is_no_loop(own: Any) -> None:
    assert names(own, OPENS) is None


def test_a_round_of_three_is_found_from_each_of_them() -> None:
    first = one("a", to_status("closed"), filter=is_("open"))
    second = one("b", to_status("parked"), filter=is_("closed"))
    third = one("c", to_status("open"), filter=is_("parked"))
    assert names(first, second, third) == [("a", "closed"), ("b", "parked"), ("c", "open")]
    assert names(third, second, first) == [("c", "open"), ("a", "closed"), ("b", "parked")]
    assert names(first, second) is None


def test_a_move_that_the_module_does_not_allow_ends_it() -> None:
    own = one("a", to_status("closed"))
    allowed = replace(FACTS, transitions={"closed": ["open"], "open": ["closed"]})
    assert names(own, OPENS, facts=allowed) is not None
    assert (
        names(own, OPENS, facts=replace(FACTS, transitions={"closed": ["open"], "open": ["parked"]})) is None
    )


def test_a_workflow_reacts_to_itself_only_where_it_says_so() -> None:
    def both(**config: Any) -> Any:
        nodes = [
            node("t1", "trigger.record", module="tickets", on=["updated"], **config),
            node("c1", "condition.if", rule={"field": "vip", "op": "is_true"}),
            node("a1", "action.update_fields", values={"vip": False}),
            node("a2", "action.update_fields", values={"vip": True}),
            node("t2", "trigger.manual", module="tickets"),
        ]
        edges = [edge("t1", "c1"), edge("c1", "a1", "true"), edge("c1", "a2", "false")]
        return changes_in(definition(nodes, edges), FACTS, workflow=1, name="a")

    assert names(both(allow_self=True)) == [("a", False), ("a", True)]
    assert names(both()) is None


def test_what_follows_an_action_is_not_looked_at() -> None:
    nodes = [
        node("t1", "trigger.record", module="tickets", on=["updated"]),
        node("a0", "action.comment", text="x"),
        to_status("closed"),
    ]
    found = changes_in(definition(nodes, [edge("t1", "a0"), edge("a0", "a1")]), FACTS, workflow=1, name="a")
    assert found == ()


def test_a_long_way_round_is_given_up() -> None:
    choices = [f"s{number}" for number in range(9)]
    schema, _ = parse_schema([{"key": "status", "type": "choice", "choices": choices}])
    facts = replace(FACTS, schema=schema)
    ring = [
        changes_in(
            definition(
                [
                    node("t1", "trigger.record", module="tickets", on=["status_changed"], to=before),
                    to_status(after),
                ],
                [edge("t1", "a1")],
            ),
            facts,
            workflow=number,
            name=str(number),
        )
        for number, (before, after) in enumerate(zip(choices, [*choices[1:], choices[0]], strict=True))
    ]
    assert names(ring[0], *ring[1:], facts=facts) is None
