"""The working templates, as documents. Approval gates join them when approvals exist."""

from __future__ import annotations

from typing import Any

Document = dict[str, Any]


def _node(identity: str, kind: str, label: str, lane: str = "Support", /, **config: Any) -> Document:
    return {"id": identity, "type": kind, "title": label, "lane": lane, "config": config}


def _edge(source: str, target: str, branch: str = "") -> Document:
    return {"from": source, "to": target, "branch": branch}


def auto_routing() -> Document:
    """Ticket created, switch by category, assign to the least loaded of the team, tell them."""
    teams = ("Network", "Hardware", "Support")
    cases = [
        {"branch": team.lower(), "rule": {"field": "category", "op": "eq", "value": team.lower()}}
        for team in teams[:2]
    ]
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
                "n1",
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
            *(_edge(f"a{i}", "n1") for i in (1, 2, 3)),
        ],
        "layout": {},
    }


def sla_alert() -> Document:
    """Two hours before a ticket is due: escalate what is urgent, remark on the rest."""
    still_open = {"field": "status", "op": "in", "value": ["open", "pending"]}
    urgent = {"field": "priority", "op": "in", "value": ["high", "urgent"]}
    return {
        "schema": 1,
        "nodes": [
            _node(
                "t1", "trigger.deadline", "2 h before due", module="tickets", field="due_at", offset="PT2H", when="before",
                filter=still_open,
            ),
            _node("c1", "condition.if", "Is it urgent?", rule=urgent),
            _node("a1", "action.update_fields", "Escalate", values={"escalated": True}),
            _node("n1", "action.notify", "Tell the leads", groups=["Support leads"], title="Due in 2 h: {{ record.title }}"),
            _node("a2", "action.comment", "Remark", text="Due at {{ record.due_at | datetime }}."),
        ],
        "edges": [_edge("t1", "c1"), _edge("c1", "a1", "true"), _edge("a1", "n1"), _edge("c1", "a2", "false")],
        "layout": {},
    }  # fmt: skip


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
            _node("w1", "action.wait", "3 days", **{"for": "P3D"}),
            _node(
                "c1", "condition.if", "Still solved?", rule={"field": "status", "op": "eq", "value": "solved"}
            ),
            _node("a1", "action.change_status", "Close", to="closed"),
        ],
        "edges": [_edge("t1", "w1"), _edge("w1", "c1"), _edge("c1", "a1", "true")],
        "layout": {},
    }


def refund_watch() -> Document:
    """A large refund on an order becomes a ticket for Finance."""
    large = {"field": "amount", "op": "gt", "value": "200.00"}
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


TEMPLATES = {
    "auto-routing": ("Auto-routing", "tickets", auto_routing),
    "sla-alert": ("SLA alert", "tickets", sla_alert),
    "close-solved": ("Status update: close solved tickets", "tickets", close_solved),
    "refund-watch": ("Refund watch", "orders", refund_watch),
}
