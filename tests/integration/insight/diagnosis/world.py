"""What the tests of diagnoses share: runs that ended as they say, and how one asks."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from automations.models import (
    Run,
    Workflow,
)
from tests.integration.letters import keep_letter
from webhooks.models import Destination
from webhooks.outbound.destinations import create_destination, update_destination

SAID = "Given up after 10 attempts: The answer was 401."


def make_destination(owner: Any, key: str) -> Destination:
    address = f"https://{key}.example.com/v1"
    return create_destination(key=key, name=key.upper(), url=address, actor=owner)[0]


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def ran(workflow: Workflow, status: str = "succeeded", message: str = SAID, **fields: Any) -> Run:
    """A run that ended this moment; one that failed is a dead letter."""
    at = fields.pop("at", timezone.now())
    failure = {"message": message, "node": fields.pop("node", "a2"), "fault": "user", "retryable": False}
    code = fields.pop("code", "delivery-failed")
    run = Run.objects.create(
        workflow=workflow,
        version=workflow.active_version,
        dedupe_key=str(Run.objects.count()),
        status=status,
        failure_code=code if status == "failed" else "",
        failure=failure if status == "failed" else {},
        **{
            "trigger_node": "t1",
            "mode": "execute",
            **dict.fromkeys(("due_at", "created_at", "started_at", "finished_at"), at),
            **fields,
        },
    )
    if status == "failed" and run.mode == "execute":
        keep_letter(run, message, code=code, kind="action.call_webhook", at=at)
    return run


def told(client: APIClient, workflow: Workflow) -> dict[str, Any]:
    answer = client.get(f"/api/v1/workflows/{workflow.pk}/diagnosis/")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def codes(found: dict[str, Any], part: str = "findings") -> list[str]:
    return [one["code"] for one in found[part]]


def break_crm(crm: Destination, actor: Any) -> None:
    update_destination(destination=crm, changes={"url": "https://crm.example.com/v2"}, actor=actor)
