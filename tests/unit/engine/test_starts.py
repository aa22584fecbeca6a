"""Which workflows a definition starts, and at which version."""

from __future__ import annotations

from automations.engine.documents import Definition, Node
from automations.engine.starts import started_by, version_of

START = "action.start_workflow"
NODES = (
    Node("t1", "trigger.manual", config={"workflow": "not-a-start"}),
    Node("s1", START, config={"workflow": "notify"}),
    Node("s2", START, config={"workflow": "bill"}),
    Node("s3", START, config={"workflow": "notify"}),
    Node("s4", START, config={"workflow": "asleep"}, disabled=True),
    Node("s5", START, config={"workflow": 7}),
    Node("s6", START),
)
PINNED = Definition(NODES, (), workflows={"notify": {"version": 3, "digest": "ab" * 32}})


def test_what_is_started_is_named_once_and_disabled_steps_start_nothing() -> None:
    assert started_by(PINNED) == ["bill", "notify"]
    assert started_by(Definition(NODES[:1], ())) == []


def test_a_step_knows_the_version_that_it_is_pinned_to() -> None:
    assert [version_of(PINNED, node) for node in NODES] == [None, 3, None, 3, None, None, None]
    assert version_of(Definition(NODES, ()), NODES[1]) is None
