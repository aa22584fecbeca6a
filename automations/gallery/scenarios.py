"""The scenarios that the templates bring: cases that must act, and cases that must not, as a workflow's file has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

MOMENT = "2026-03-02T09:00:00Z"
"""The moment of them all, a Monday morning."""

TICKET: Mapping[str, Any] = {
    "title": "VPN drops",
    "status": "open",
    "priority": "normal",
    "category": "network",
    "due_at": "2026-03-02T11:00:00Z",
}
ORDER: Mapping[str, Any] = {"customer": "Ada Ltd", "amount": "380.00", "status": "shipped"}


def _positive(name: str, given: Document, /, **expected: Any) -> Document:
    """A case that must act. What is not among `expected` is not compared: who is told, and how a run that tells somebody
    ends, depends on the people of an installation."""
    return {"name": name, "kind": "positive", "at": MOMENT, "given": given, "expected": expected}


def _negative(name: str, given: Document) -> Document:
    return {"name": name, "kind": "negative", "at": MOMENT, "given": given}


def _record(module: str, key: str, usual: Mapping[str, Any], **values: Any) -> Document:
    return {"module": module, "key": key, "values": {**usual, **values}}


def _ticket(**values: Any) -> Document:
    return _record("tickets", "T-1", TICKET, **values)


def _order(**values: Any) -> Document:
    return _record("orders", "O-1", ORDER, **values)


def _changed(record: Document, field: str, before: Any) -> Document:
    """A record of which one field has just become what it is."""
    event = {
        "type": "record.updated",
        "module": record["module"],
        "record": record["key"],
        "before": {**record["values"], field: before},
        "after": record["values"],
        "changed": [field],
    }
    return {"record": record, "event": event}


def _ended(record: Document, how: str) -> Document:
    """A run of another workflow about the record has ended."""
    data = {"workflow": "auto-routing", "workflow_name": "Auto-routing", "mode": "execute", "status": how}
    failure = {"code": "delivery-failed", "message": "The CRM did not answer.", "fault": "receiver"}
    event = {
        "type": f"workflow.ended.{how}",
        "module": record["module"],
        "record": record["key"],
        "after": record["values"],
        "data": {**data, **(failure if how == "failed" else {})},
    }
    return {"record": record, "event": event}


def auto_routing() -> list[Document]:
    return [
        _positive("A network ticket goes to Network", {"record": _ticket()}, path={"c1": ["network"]}),
        _positive(
            "A billing ticket goes to Support",
            {"record": _ticket(category="billing")},
            path={"c1": ["otherwise"]},
        ),
        _negative(
            "A ticket that was changed is left alone", _changed(_ticket(priority="high"), "priority", "low")
        ),
    ]


def sla_alert() -> list[Document]:
    return [
        _positive(
            "An urgent ticket is escalated",
            {"record": _ticket(priority="urgent")},
            path={"c1": ["true"]},
            fields={"escalated": True},
        ),
        _positive("A normal ticket is remarked on", {"record": _ticket()}, path={"c1": ["false"]}),
        _negative("A solved ticket is left alone", {"record": _ticket(status="solved", priority="urgent")}),
    ]


def close_solved() -> list[Document]:
    return [
        _positive(
            "A solved ticket is closed",
            _changed(_ticket(status="solved"), "status", "open"),
            path={"c1": ["true"]},
            fields={"status": "closed"},
        ),
        _negative("A pending ticket stays open", _changed(_ticket(status="pending"), "status", "open")),
    ]


def refund_watch() -> list[Document]:
    return [
        _positive(
            "A large refund becomes a ticket",
            _changed(_order(status="refunded"), "status", "paid"),
            path={"c1": ["true"]},
            outcome="succeeded",
        ),
        _negative(
            "A small refund is nobody's business",
            _changed(_order(status="refunded", amount="20.00"), "status", "paid"),
        ),
    ]


def failed_runs() -> list[Document]:
    return [
        _positive(
            "The leads hear of an urgent ticket",
            _ended(_ticket(priority="urgent"), "failed"),
            path={"c1": ["true"]},
        ),
        _positive(
            "A normal ticket is only remarked on",
            _ended(_ticket(), "failed"),
            path={"c1": ["false"]},
            outcome="succeeded",
        ),
        _negative("A run that succeeded is left alone", _ended(_ticket(), "succeeded")),
    ]


def approval_gate() -> list[Document]:
    large = {"record": _order()}
    return [
        _positive(
            "A large refund is agreed to",
            {**large, "answers": {"a1": "approved"}},
            path={"c1": ["true"], "a1": ["approved"]},
            fields={"status": "refunded"},
        ),
        _positive(
            "A large refund is rejected",
            {**large, "answers": {"a1": "rejected"}},
            path={"c1": ["true"], "a1": ["rejected"]},
            fields={"status": "shipped"},
        ),
        _positive(
            "A small refund asks nobody",
            {"record": _order(amount="20.00")},
            path={"c1": ["false"]},
            fields={"status": "refunded"},
        ),
        _negative("A draft order can't be refunded", {"record": _order(status="draft")}),
    ]
