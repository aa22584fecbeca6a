"""The saved cases of the demo's workflows: what lets them through the gate."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


def _ticket(at: datetime, **values: Any) -> dict[str, Any]:
    due = (at + timedelta(hours=1)).isoformat()
    ticket = {"title": "VPN drops", "status": "open", "priority": "normal", "due_at": due, **values}
    return _record("tickets", "T-0000", **ticket)


def _auto_routing(at: datetime) -> Cases:
    renamed = _changed("tickets", "T-0000", "title", "VPN", "VPN drops", status="open", category="network")
    return [
        _case("Network goes to the network team", "positive", at, _ticket(at, category="network"), path={"c1": ["network"]}),
        _case("What no team has goes to support", "positive", at, _ticket(at, category="billing"), path={"c1": ["otherwise"]}),
        _case("A ticket that is there already", "negative", at, renamed),
    ]  # fmt: skip


def _sla_alert(at: datetime) -> Cases:
    return [
        _case("An urgent ticket is escalated", "positive", at, _ticket(at, priority="urgent"), path={"c1": ["true"]}, fields={"escalated": True}),
        _case("A normal one is remarked on", "positive", at, _ticket(at), path={"c1": ["false"]}),
        _case("A solved ticket is left alone", "negative", at, _ticket(at, status="solved")),
    ]  # fmt: skip


def _close_solved(at: datetime) -> Cases:
    solved = _changed("tickets", "T-0000", "status", "open", "solved", title="VPN drops")
    waiting = _changed("tickets", "T-0000", "status", "open", "pending", title="VPN drops")
    return [
        _case("A solved ticket is closed", "positive", at, solved, fields={"status": "closed"}),
        _case("A ticket that waits stays open", "negative", at, waiting),
    ]


def _refund_watch(at: datetime) -> Cases:
    large = _changed("orders", "O-0000", "status", "paid", "refunded", amount="380.00")
    small = _changed("orders", "O-0000", "status", "paid", "refunded", amount="20.00")
    return [
        _case("A large refund becomes a ticket", "positive", at, large, path={"c1": ["true"]}),
        _case("A small one does not", "negative", at, small, path={"c1": ["false"]}),
    ]


def _approval_gate(at: datetime) -> Cases:
    def order(amount: str, status: str = "shipped") -> dict[str, Any]:
        return _record("orders", "O-0000", status=status, amount=amount, customer="Ada Ltd")

    return [
        _case("A small refund is made", "positive", at, order("20.00"), path={"c1": ["false"]}, fields={"status": "refunded"}),
        _case("A large one asks first", "positive", at, order("380.00"), path={"c1": ["true"], "a1": ["approved"]}),
        _case("What was not paid is not refunded", "negative", at, order("20.00", "draft")),
    ]  # fmt: skip


SCENARIOS: Mapping[str, Callable[[datetime], Cases]] = {
    "auto-routing": _auto_routing,
    "sla-alert": _sla_alert,
    "close-solved": _close_solved,
    "refund-watch": _refund_watch,
    "approval-gate": _approval_gate,
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
