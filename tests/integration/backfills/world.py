"""What tests of backfills ask for, and read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from automations.models import (
    Backfill,
    Workflow,
)
from automations.services.backfilling import work
from automations.testing import node, run_everything

CREATED = node(
    "t1",
    "trigger.record",
    module="tickets",
    on=["created"],
    filter={"field": "amount", "op": "gt", "value": "100"},
)
COMMENT = node("a1", "action.comment", text="Looked at.")
HOURLY = node("s1", "trigger.schedule", cron="0 * * * *", missed="skip")
TELL = node("a1", "action.notify", users=["alice"], channels=["app"], title="Look")


def client_of(person: Any) -> APIClient:
    client = APIClient()
    client.force_login(person)
    return client


def window(workflow: Workflow, **more: Any) -> dict[str, Any]:
    now = timezone.now()
    moments = {
        "since": (now - timedelta(hours=1)).isoformat(),
        "until": (now + timedelta(hours=1)).isoformat(),
    }
    return {"workflow": workflow.pk, **moments, **more}


def previewed(client: APIClient, workflow: Workflow, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/backfills/preview/", window(workflow, **more), format="json")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def asked(client: APIClient, workflow: Workflow, status: int = 201, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/backfills/", window(workflow, **more), format="json")
    assert answer.status_code == status, answer.content
    return dict(answer.json())


def go_on(client: APIClient, pk: int, *, slices: int = 12, runs: bool = True) -> dict[str, Any]:
    """Slice after slice, with the runs worked on between them, without waiting for its rate."""
    for _ in range(slices):
        Backfill.objects.filter(pk=pk).update(due_at=timezone.now() - timedelta(seconds=1))
        if not work.work(seconds=1, only=pk):
            break
        if runs:
            run_everything()
    return dict(client.get(f"/api/v1/backfills/{pk}/").json())


def told(backfill: dict[str, Any]) -> dict[str, int]:
    return {name: number for name, number in backfill["counts"].items() if number}


def left_out(answer: dict[str, Any]) -> dict[str, int]:
    return {entry["code"]: entry["count"] for entry in answer["left_out"]}


def counted(client: APIClient, backfill: dict[str, Any]) -> dict[str, int]:
    """How many items there are under each name that is counted."""
    address = f"/api/v1/backfills/{backfill['id']}/items/?came_to="
    found = {name: len(client.get(address + name).json()["results"]) for name in backfill["counts"]}
    return {name: number for name, number in found.items() if number}
