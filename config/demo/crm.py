"""What the demo has of trouble: a workflow whose destination is disabled, and the dead letters that this has left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from automations import permissions
from automations.grants import set_rights
from automations.models import Module, Notification, OutgoingEmail, Workflow
from automations.runtime.drain import drain
from automations.services.consents import ask_consent, confirm_first_release, give_consent
from automations.services.releases import promote_workflow
from automations.services.runs import start_run
from automations.services.versions import publish_version
from automations.services.workflows import create_workflow
from config.demo.models import Order
from webhooks.models import Destination
from webhooks.outbound.destinations import disable_destination

TO_CRM = "orders-to-crm"
LETTERS = 14

PAID = ["paid", "shipped"]

DOCUMENT: dict[str, Any] = {
    "schema": 1,
    "nodes": [
        {
            "id": "t1",
            "type": "trigger.manual",
            "title": "An order is handed over",
            "config": {"module": "orders", "filter": {"field": "status", "op": "in", "value": PAID}},
        },
        {
            "id": "a1",
            "type": "action.call_webhook",
            "title": "Tell the CRM",
            "config": {
                "destination": "crm",
                "type": "order.paid",
                "data": {"order": "{{ event.record }}", "customer": "{{ record.customer }}"},
            },
        },
    ],
    "edges": [{"from": "t1", "to": "a1"}],
    "layout": {},
}


def _scenarios(now: datetime) -> list[dict[str, Any]]:
    def case(name: str, kind: str, status: str) -> dict[str, Any]:
        values = {"customer": "Ada Ltd", "amount": "380.00", "status": status}
        given = {"record": {"module": "orders", "key": "O-1", "values": values}}
        return {"name": name, "kind": kind, "at": now.isoformat(), "given": given, "expected": {}}

    return [
        case("A paid order is told", "positive", "paid"),
        case("A draft is not", "negative", "draft"),
    ]


def seed_trouble() -> None:
    """Priya lets a workflow act that tells the CRM, disables the CRM, and Noor hands orders over all the same: each
    run fails, all for one cause. It happens now, not in the fortnight that was lived through: what is wrong is found by
    the clocks on the wall."""
    users = get_user_model().objects
    workflow = _break_the_crm({name: users.get(username=name) for name in ("priya", "ada", "svc-support")})
    paid = Order.objects.filter(status__in=PAID).order_by("-placed_at", "number")
    for number in paid.values_list("number", flat=True)[:LETTERS]:
        start_run(workflow=workflow, actor=users.get(username="noor"), record_key=number)
    drain()


@transaction.atomic
def _break_the_crm(people: Mapping[str, Any]) -> Workflow:
    owner, crm, now = people["priya"], Destination.objects.get(key="crm"), timezone.now()
    for holder in (people["svc-support"], Group.objects.get(name="Operator")):
        set_rights(crm, holder, ("view", "use"))
    workflow = create_workflow(
        key=TO_CRM,
        name="Orders to the CRM",
        description="Hands orders that are paid over to the CRM.",
        module=Module.objects.get(key="orders"),
        team="Finance",
        actor=owner,
        run_as=people["svc-support"],
        document=DOCUMENT,
        scenarios=_scenarios(now),
    )
    for role in permissions.ROLES:
        permissions.share(workflow, role)
    version = publish_version(workflow=workflow, actor=owner, note="First release")
    confirm_first_release(workflow=workflow, actor=owner, note="Orders were handed over by mail before.")
    ask_consent(workflow=workflow, actor=owner, note="It calls a system outside.")
    give_consent(workflow=workflow, digest=version.digest, actor=people["ada"], answer="Agreed.")
    OutgoingEmail.objects.all().delete()  # people of a demo get no mail
    Notification.objects.filter(created_at__gte=now).update(read_at=timezone.now())
    promote_workflow(workflow=workflow, actor=owner, reason="Its scenarios pass.")
    reason = "An example: put the address of a system of yours in its settings, then enable it."
    disable_destination(destination=crm, actor=owner, reason=reason)
    return workflow
