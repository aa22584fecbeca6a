"""The drafts that the templates begin with."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

Document = dict[str, Any]


def _node(identity: str, kind: str, label: str, lane: str = "Support", /, **config: Any) -> Document:
    return {"id": identity, "type": kind, "title": label, "lane": lane, "config": config}


def _edge(source: str, target: str, branch: str = "") -> Document:
    return {"from": source, "to": target, "branch": branch}


def _rule(field: str, op: str, value: Any) -> Document:
    """As the editor writes it: a group, to which another part can be added."""
    return {"all": [{"field": field, "op": op, "value": value}]}


def auto_routing() -> Document:
    """Ticket created, switch by category, assign to the least loaded of the team, tell them."""
    teams = ("Network", "Hardware", "Support")
    cases = [{"branch": team.lower(), "rule": _rule("category", "eq", team.lower())} for team in teams[:2]]
    return {
        "schema": 1,
        "nodes": [
            _node("t1", "trigger.record", "Ticket created", module="tickets", on=["created"]),
            _node("c1", "condition.switch", "Which team?", match="first", cases=cases),
            *(
                _node(
                    f"a{i}",
                    "action.assign",
                    f"Assign {team}",
                    team,
                    field="assignee",
                    strategy="least_loaded",
                    group=team,
                )
                for i, team in enumerate(teams, 1)
            ),
            _node(
                "a4",
                "action.notify",
                "Tell the assignee",
                users=["{{ record.assignee }}"],
                title="New ticket: {{ record.title }}",
                body="Priority {{ record.priority }}, due {{ record.due_at | datetime }}.",
            ),
        ],
        "edges": [
            _edge("t1", "c1"),
            _edge("c1", "a1", "network"),
            _edge("c1", "a2", "hardware"),
            _edge("c1", "a3", "otherwise"),
            *(_edge(f"a{i}", "a4") for i in (1, 2, 3)),
        ],
        "layout": {},
    }


def sla_alert() -> Document:
    """Two hours before a ticket is due: escalate what is urgent, remark on the rest."""
    still_open = _rule("status", "in", ["open", "pending"])
    urgent = _rule("priority", "in", ["high", "urgent"])
    return {
        "schema": 1,
        "nodes": [
            _node(
                "t1", "trigger.deadline", "2 h before due", module="tickets", field="due_at", offset="PT2H", when="before",
                filter=still_open,
            ),
            _node("c1", "condition.if", "Is it urgent?", rule=urgent),
            _node("a1", "action.update_fields", "Escalate", values={"escalated": True}),
            _node("a2", "action.notify", "Tell the leads", groups=["Support leads"], title="Due in 2 h: {{ record.title }}"),
            _node("a3", "action.comment", "Remark", text="Due at {{ record.due_at | datetime }}."),
        ],
        "edges": [_edge("t1", "c1"), _edge("c1", "a1", "true"), _edge("a1", "a2"), _edge("c1", "a3", "false")],
        "layout": {},
    }  # fmt: skip


def due_soon(now: datetime) -> Document:
    """A ticket that the SLA alert takes at once, as its deadline has rung."""
    return {
        "title": "A ticket to watch",
        "status": "open",
        "priority": "urgent",
        "category": "network",
        "due_at": (now + timedelta(hours=1)).isoformat(),
    }


def close_solved() -> Document:
    """A solved ticket is closed after three quiet days."""
    return {
        "schema": 1,
        "nodes": [
            _node(
                "t1",
                "trigger.record",
                "Ticket solved",
                module="tickets",
                on=["field_changed"],
                field="status",
                to="solved",
            ),
            _node("a1", "action.wait", "3 days", **{"for": "P3D"}),
            _node("c1", "condition.if", "Still solved?", rule=_rule("status", "eq", "solved")),
            _node("a2", "action.change_status", "Close", to="closed"),
        ],
        "edges": [_edge("t1", "a1"), _edge("a1", "c1"), _edge("c1", "a2", "true")],
        "layout": {},
    }


def failed_runs() -> Document:
    """A run about a ticket has failed: remark on the ticket, and tell the leads if it is urgent."""
    urgent = _rule("priority", "in", ["high", "urgent"])
    return {
        "schema": 1,
        "nodes": [
            _node("t1", "trigger.workflow", "A run fails", on=["failed"], module="tickets"),
            _node(
                "a1",
                "action.comment",
                "Remark on the ticket",
                text="{{ event.data.workflow_name }} failed here: {{ event.data.message }}",
            ),
            _node("c1", "condition.if", "Is it urgent?", rule=urgent),
            _node(
                "a2",
                "action.notify",
                "Tell the leads",
                groups=["Support leads"],
                title="Left undone: {{ record.title }}",
                body="{{ event.data.workflow_name }} failed: {{ event.data.message }}",
            ),
        ],
        "edges": [_edge("t1", "a1"), _edge("a1", "c1"), _edge("c1", "a2", "true")],
        "layout": {},
    }


def refund_watch() -> Document:
    """A large refund on an order becomes a ticket for Finance."""
    large = _rule("amount", "gt", "200.00")
    return {
        "schema": 1,
        "nodes": [
            _node(
                "t1",
                "trigger.record",
                "Order refunded",
                "Finance",
                module="orders",
                on=["field_changed"],
                field="status",
                to="refunded",
            ),
            _node("c1", "condition.if", "More than 200?", "Finance", rule=large),
            _node(
                "a1",
                "action.create_record",
                "Open a ticket",
                "Finance",
                module="tickets",
                values={
                    "title": "Check refund of {{ event.record }}: {{ record.amount }}",
                    "status": "open",
                    "priority": "high",
                    "category": "finance",
                },
            ),
        ],
        "edges": [_edge("t1", "c1"), _edge("c1", "a1", "true")],
        "layout": {},
    }


def approval_gate() -> Document:
    """Somebody asks for a refund: a large one waits until another person has agreed."""
    large = _rule("amount", "gt", "200.00")
    paid = _rule("status", "in", ["paid", "shipped"])
    return {
        "schema": 1,
        "nodes": [
            _node("t1", "trigger.manual", "Refund asked for", "Finance", module="orders", filter=paid),
            _node("c1", "condition.if", "More than 200?", "Finance", rule=large),
            _node(
                "a1",
                "action.approval",
                "May it be refunded?",
                "Finance",
                title="Refund {{ record.amount }} on order {{ event.record }}?",
                groups=["Approver"],
                remind_every="PT8H",
                expires_after="P2D",
            ),
            _node("a2", "action.change_status", "Refund", "Finance", to="refunded"),
            _node(
                "a3",
                "action.notify",
                "Tell who asked",
                "Finance",
                users=["{{ event.actor }}"],
                title="Refunded: order {{ event.record }}",
            ),
            _node(
                "a4", "action.stop", "Not refunded", "Finance", outcome="cancelled", message="Nobody agreed."
            ),
        ],
        "edges": [
            _edge("t1", "c1"),
            _edge("c1", "a1", "true"),
            _edge("c1", "a2", "false"),
            _edge("a1", "a2", "approved"),
            _edge("a1", "a4", "rejected"),
            _edge("a1", "a4", "expired"),
            _edge("a2", "a3"),
        ],
        "layout": {},
    }
