"""What differs between two definitions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from automations.engine.differences import ValueChange, difference
from automations.engine.documents import Definition, Edge, Node

RULE = {"all": [{"field": "priority", "op": "eq", "value": "high"}]}
BASE = Definition(
    nodes=(
        Node("t1", "trigger.record", "Created"),
        Node("c1", "condition.if", "Urgent?", "Support", {"rule": RULE}),
        Node("a1", "action.comment", "Remark", config={"text": "x"}),
    ),
    edges=(Edge("t1", "c1"), Edge("c1", "a1", "true")),
    policies={"vip": {"revision": 1, "rule": RULE}},
    settings={"zone": "UTC"},
)


def with_node(definition: Definition, identity: str, **changes: Any) -> Definition:
    nodes = tuple(replace(node, **changes) if node.id == identity else node for node in definition.nodes)
    return replace(definition, nodes=nodes)


def test_a_definition_does_not_differ_from_itself_however_it_is_ordered() -> None:
    turned = replace(BASE, nodes=BASE.nodes[::-1], edges=BASE.edges[::-1])
    assert difference(BASE, turned).same
    assert turned.digest() == BASE.digest()


def test_one_renamed_one_changed_one_added_one_removed() -> None:
    rule = {"all": [{"field": "priority", "op": "eq", "value": "urgent"}]}
    after = with_node(with_node(BASE, "t1", title="Made"), "c1", config={"rule": rule})
    after = replace(
        after,
        nodes=(*after.nodes[:2], Node("a2", "action.stop", "Stop")),
        edges=(Edge("t1", "c1"), Edge("c1", "a2", "true")),
    )
    found = difference(BASE, after)
    assert [(change.node, change.kind) for change in found.nodes] == [
        ("t1", "renamed"),
        ("c1", "changed"),
        ("a2", "added"),
        ("a1", "removed"),
    ]
    assert found.nodes[0].values == (ValueChange("title", "Created", "Made"),)
    assert found.nodes[1].values == (ValueChange("config.rule.all[0].value", "high", "urgent"),)
    assert found.added_edges == (Edge("c1", "a2", "true"),)
    assert found.removed_edges == (Edge("c1", "a1", "true"),)
    assert not found.same


def test_lists_of_another_length_differ_as_a_whole_and_absent_settings_from_nothing() -> None:
    found = difference(BASE, with_node(BASE, "c1", lane="", config={"rule": {"all": []}, "more": 1}))
    assert found.nodes[0].values == (
        ValueChange("config.more", None, 1),
        ValueChange("config.rule.all", RULE["all"], []),
        ValueChange("team", "Support", ""),
    )


def test_policies_differ_by_revision_and_settings_by_name() -> None:
    after = replace(BASE, policies={"vip": {"revision": 2, "rule": RULE}}, settings={"zone": "Europe/Berlin"})
    found = difference(BASE, after)
    assert found.policies == (ValueChange("vip", 1, 2),)
    assert found.settings == (ValueChange("zone", "UTC", "Europe/Berlin"),)
    assert not found.same


def test_things_outside_differ_part_by_part() -> None:
    old = replace(BASE, fingerprints={"destination": {"crm": {"address": "a1", "headers": "b1"}}})
    new = replace(BASE, fingerprints={"destination": {"crm": {"address": "a2", "headers": "b1"}}})
    assert difference(old, new).fingerprints == (ValueChange("destination.crm.address", "a1", "a2"),)
    assert not difference(old, new).same
    assert [change.before for change in difference(BASE, old).fingerprints] == [None, None]


def test_started_workflows_differ_by_version_and_by_what_that_version_is() -> None:
    start = Node("s1", "action.start_workflow", config={"workflow": "notify"})
    old = replace(BASE, nodes=(*BASE.nodes, start))
    third = replace(old, workflows={"notify": {"version": 3, "digest": "aa" * 32}})
    fourth = replace(old, workflows={"notify": {"version": 4, "digest": "bb" * 32}})
    assert difference(old, old).same
    assert difference(third, third).same
    assert difference(old, third).workflows == (ValueChange("notify", "live", 3),)
    assert difference(third, fourth).workflows == (ValueChange("notify", 3, 4),)
    assert difference(third, replace(old, workflows={})).workflows == (ValueChange("notify", 3, None),)
    elsewhere = replace(old, workflows={"notify": {"version": 3, "digest": "cc" * 32}})
    assert difference(third, elsewhere).workflows == (ValueChange("notify", 3, 3),)
    assert not difference(third, elsewhere).same


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(before=st.dictionaries(st.text(max_size=3), JSON), after=st.dictionaries(st.text(max_size=3), JSON))
def test_definitions_are_the_same_exactly_if_their_digests_are(before: Any, after: Any) -> None:
    one, other = with_node(BASE, "a1", config=before), with_node(BASE, "a1", config=after)
    assert difference(one, other).same is (one.digest() == other.digest())
