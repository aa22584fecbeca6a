"""The saved cases of the incident log's workflows: what lets them through the gate."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

Cases = list[dict[str, Any]]


def _case(name: str, kind: str, at: datetime, given: dict[str, Any], **expected: Any) -> dict[str, Any]:
    return {"name": name, "kind": kind, "at": at, "given": given, "expected": expected}


def _record(module: str, key: str, **values: Any) -> dict[str, Any]:
    return {"record": {"module": module, "key": key, "values": values}}


def _changed(module: str, key: str, field: str, before: str, after: str, **values: Any) -> dict[str, Any]:
    """A record of which one field has just been changed."""
    return {
        **_record(module, key, **values, **{field: after}),
        "event": {
            "type": "record.updated",
            "module": module,
            "record": key,
            "changed": [field],
            "before": {**values, field: before},
            "after": {**values, field: after},
        },
    }


def incident_scenarios(module: str, at: datetime) -> Mapping[str, Cases]:
    """The cases of the incident log's workflows, by the name of the workflow."""

    def incident(**values: Any) -> dict[str, Any]:
        return _record(module, "INC0", opened_at=(at - timedelta(hours=4)).isoformat(), **values)

    def closed(made_sla: bool) -> dict[str, Any]:
        return _changed(module, "INC0", "incident_state", "Resolved", "Closed", made_sla=made_sla)

    touched = _changed(module, "INC0", "incident_state", "New", "Active", category="Category 26")
    return {
        "route-by-category": [
            _case("Category 26 goes to network", "positive", at, incident(category="Category 26"), path={"c1": ["network"]}),
            _case("An incident that is there already", "negative", at, touched),
        ],
        "urgent-unresolved": [
            _case("A critical one tells the desk", "positive", at, incident(priority="1 - Critical", incident_state="New")),
            _case("A low one tells nobody", "negative", at, incident(priority="4 - Low", incident_state="New")),
        ],
        "missed-sla": [
            _case("Closed too late asks for a review", "positive", at, closed(made_sla=False), fields={"review": "SLA missed"}),
            _case("Closed in time does not", "negative", at, closed(made_sla=True)),
        ],
    }  # fmt: skip
