from __future__ import annotations

from typing import Any

import pytest

from automations.triggers import TRIGGERS
from tests.unit.triggers.world import codes, event, judge

DATA = {
    "workflow": "route",
    "mode": "execute",
    "code": "stopped",
    "fault": "user",
    "message": "The shop is shut",
}


def ended(**data: Any) -> dict[str, Any]:
    return event("workflow.ended.failed", data={**DATA, **data})


def test_it_listens_to_the_endings_that_it_watches() -> None:
    kind = TRIGGERS.get("workflow")
    assert kind.listens_to({"on": ["cancelled", "failed"]}) == (
        None,
        ("workflow.ended.failed", "workflow.ended.cancelled"),
    )
    assert kind.listens_to({"on": ["succeeded"], "module": "tickets"})[0] == "tickets"
    assert kind.summary({"on": ["failed"]}) == "A run of any workflow has failed"
    config = {"on": ["failed", "cancelled"], "workflows": ["a", "b"], "codes": ["stopped"]}
    assert kind.summary(config) == "A run of “a” or “b” has failed or cancelled with stopped"


@pytest.mark.parametrize(
    ("config", "data", "outcome"),
    [
        ({}, {}, "matched"),
        ({"workflows": ["route"]}, {}, "matched"),
        ({"workflows": ["other"]}, {}, "out_of_scope"),
        ({}, {"mode": "simulate"}, "out_of_scope"),
        ({"mode": "simulate"}, {"mode": "simulate"}, "matched"),
        ({"mode": "any"}, {"mode": "simulate"}, "matched"),
        ({"codes": ["stopped", "x"]}, {}, "matched"),
        ({"codes": ["x"]}, {}, "filtered"),
        ({"fault": "user"}, {}, "matched"),
        ({"fault": "engine"}, {}, "filtered"),
        ({"message": "SHOP"}, {}, "matched"),
        ({"message": "till"}, {}, "filtered"),
        ({"filter": {"field": "data.code", "op": "eq", "value": "stopped"}}, {}, "matched"),
        ({"filter": {"field": "data.code", "op": "eq", "value": "x"}}, {}, "filtered"),
        ({"module": "tickets", "filter": {"field": "priority", "op": "eq", "value": "high"}}, {}, "matched"),
        ({"module": "tickets", "filter": {"field": "priority", "op": "eq", "value": "low"}}, {}, "filtered"),
    ],
)
def test_what_it_watches_of_an_end(config: dict[str, Any], data: dict[str, Any], outcome: str) -> None:
    answer = judge("workflow", {"on": ["failed"], **config}, ended(**data))
    assert answer.outcome == outcome
    assert answer.outcome == "matched" or answer.reason["why"]


def test_another_end_is_not_its_own() -> None:
    succeeded = event("workflow.ended.succeeded", data=DATA)
    assert judge("workflow", {"on": ["failed"]}, succeeded).outcome == "out_of_scope"
    assert judge("workflow", {"on": ["failed", "succeeded"]}, succeeded).outcome == "matched"


def test_tried_on_a_record_the_end_is_assumed_and_the_rules_still_count() -> None:
    config = {"on": ["failed"], "workflows": ["other"], "module": "tickets"}
    still = event("record.updated", data={})
    high, low = (
        {**config, "filter": {"field": "priority", "op": "eq", "value": value}} for value in ("high", "low")
    )
    assert judge("workflow", high, still, assume_changed=True).outcome == "matched"
    assert judge("workflow", low, still, assume_changed=True).outcome == "filtered"


def test_an_unknown_workflow_is_told() -> None:
    assert codes("workflow", {"on": ["failed"], "workflows": ["gone"]}) == [
        ("unknown-workflow", "config.workflows[0]")
    ]
