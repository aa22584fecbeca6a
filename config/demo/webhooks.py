"""What the demo has of webhooks: an endpoint that a shop posts to, a workflow that it starts, and a destination to look at."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from automations import permissions
from automations.services.versions import publish_version
from automations.services.workflows import create_workflow
from webhooks.inbound.services import create_endpoint
from webhooks.outbound.destinations import create_destination
from webhooks.secrets.services import create_secret

STARTED_BY_WEBHOOK = "refund-asked-in-shop"
ENDPOINT = "webshop"
SAMPLE: dict[str, Any] = {
    "type": "refund.requested",
    "order": {"number": "O-1007", "amount": 240, "reason": "Arrived broken"},
}

DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "nodes": [
        {
            "id": "t1",
            "type": "trigger.webhook",
            "title": "A large refund is asked for in the shop",
            "config": {
                "endpoint": ENDPOINT,
                "events": ["refund.requested"],
                "filter": {"field": "data.order.amount", "op": "gt", "value": 200},
            },
        },
        {
            "id": "a1",
            "type": "action.notify",
            "title": "Tell who answers",
            "config": {
                "groups": ["Approver"],
                "title": "The shop was asked for a refund of {{ event.data.order.number }}",
                "body": "{{ event.data.order.reason }}",
            },
        },
    ],
    "edges": [{"from": "t1", "to": "a1"}],
    "layout": {},
}


def _scenarios(now: datetime) -> list[dict[str, Any]]:
    def case(name: str, kind: str, amount: int) -> dict[str, Any]:
        order = {**SAMPLE["order"], "amount": amount}
        given = {
            "event": {"type": f"webhook.{ENDPOINT}.refund.requested", "data": {**SAMPLE, "order": order}}
        }
        return {"name": name, "kind": kind, "at": now.isoformat(), "given": given, "expected": {}}

    return [
        case("A large refund that is asked for tells the approvers", "positive", 240),
        case("A small one tells nobody", "negative", 12),
    ]


def seed_webhooks(people: Mapping[str, Any], *, now: datetime) -> None:
    """An endpoint of Ada's, a workflow that starts from it in simulate, and a destination. The secrets are made anew, and
    nobody has seen them."""
    create_endpoint(key=ENDPOINT, name="Web shop", actor=people["ada"], now=now)
    owner = people["priya"]
    workflow = create_workflow(
        key=STARTED_BY_WEBHOOK,
        name="Refund asked in shop",
        description="When the shop is asked for a refund of more than 200, those who answer such questions are told.",
        team="Finance",
        actor=owner,
        run_as=people["svc-support"],
        document=DOCUMENT,
        scenarios=_scenarios(now),
    )
    for role in permissions.ROLES:
        permissions.share(workflow, role)
    publish_version(workflow=workflow, actor=owner, note="First release")
    hosts = ["crm.example.com"]
    token = create_secret(
        key="crm-token",
        value=secrets.token_urlsafe(24),
        hosts=hosts,
        actor=owner,
        description="An example; set your own value",
    )
    create_destination(
        key="crm",
        name="CRM",
        url=f"https://{hosts[0]}/hooks",
        headers=[{"name": "Authorization", "text": "Bearer ", "secret": token}],
        actor=owner,
    )
