"""A diagnosis as run page, command, admin and documentation tell it."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from automations.api.diagnosis import DiagnosisAnswer
from automations.models import (
    Workflow,
)
from automations.services.workflows import update_workflow
from webhooks.models import Destination

from .world import break_crm, client_of, codes, ran, told

pytestmark = pytest.mark.django_db


def test_a_run_is_told_from_its_own_point_of_view(sync: Workflow, support: APIClient, charlie: Any) -> None:
    first, second = ran(sync, "failed"), ran(sync, "failed", "Nobody is in “X”.", code="nobody-to-assign")
    answer = support.get(f"/api/v1/runs/{first.pk}/diagnosis/").json()
    assert answer["run"] == {"id": first.pk, "status": "failed", "mode": "execute"}
    assert (answer["findings"][0]["code"], answer["findings"][0]["run"]) == ("run-failed", first.pk)
    assert "401" in answer["headline"]
    assert "Nobody" in support.get(f"/api/v1/runs/{second.pk}/diagnosis/").json()["headline"]
    assert codes(answer, "presses")[-1] == "retry"
    good = ran(sync)
    assert "is succeeded" in support.get(f"/api/v1/runs/{good.pk}/diagnosis/").json()["headline"]
    assert client_of(charlie).get(f"/api/v1/runs/{first.pk}/diagnosis/").status_code == 404
    assert client_of(charlie).get(f"/api/v1/workflows/{sync.pk}/diagnosis/").status_code == 404


def test_the_number_of_queries_does_not_grow(
    sync: Workflow, support: APIClient, crm: Destination, alice: Any
) -> None:
    def fail(cause: str) -> None:
        update_workflow(workflow=sync, changes={"description": cause}, actor=alice)
        ran(sync)
        for _ in range(4):
            ran(sync, "failed", f"Cause {cause}", code=f"late-{cause}")

    fail("a")
    told(support, sync)
    with CaptureQueriesContext(connection) as one:
        told(support, sync)
    for cause in "bcd":
        fail(cause)
    with CaptureQueriesContext(connection) as many:
        told(support, sync)
    assert len(many) <= len(one), [query["sql"][:400] for query in many.captured_queries]
    assert len(one) < 55


def test_the_command_prints_what_the_api_answers(sync: Workflow, crm: Destination, alice: Any) -> None:
    break_crm(crm, alice)
    ran(sync, "failed", "Given up: [bold]nobody[/bold] was there.")

    def printed(*arguments: str) -> str:
        out = StringIO()
        with pytest.raises(SystemExit) as ended:
            call_command("diagnose", *arguments, stdout=out)
        assert ended.value.code == 1
        return out.getvalue()

    answer = told(client_of(alice), sync)
    said = json.loads(printed("sync", "--json", "--actor", "alice"))
    assert {**said, "at": "", "since": ""} == {**answer, "at": "", "since": ""}
    assert said["since"]["first_run"] == answer["since"]["first_run"]
    text = printed(str(sync.pk))
    assert "[bold]nobody[/bold]" in text
    for part in (
        "What is wrong",
        "alice changed the destination “CRM”: url.",
        "What to press",
        "Redrive 1 dead",
    ):
        assert part in text
    for arguments, code in ((["nothing"], 2), (["sync", "--actor", "nobody"], 2)):
        with pytest.raises(SystemExit) as ended:
            call_command("diagnose", *arguments, stderr=StringIO())
        assert ended.value.code == code


def test_every_failure_has_one_shape(sync: Workflow, crm: Destination, alice: Any) -> None:
    from automations.api.failures import FailureAnswer
    from automations.models import Step
    from tests.integration.outbound.conftest import make_delivery

    run = ran(sync, "failed")
    until = timezone.now() + timedelta(minutes=5)
    error = {"code": "timeout", "message": "No answer.", "fault": "user", "retryable": True}
    Step.objects.create(
        run=run,
        node="a2",
        position=2,
        kind="action.call_webhook",
        status="waiting",
        error=error,
        wait={"kind": "retry", "until": until.isoformat()},
    )
    make_delivery(crm, workflow=sync, run=run, node="a2", error="status-503", status=503, attempt=1)
    client = client_of(alice)

    def get(address: str) -> Any:
        return client.get(f"/api/v1/{address}").json()

    letter = get(f"dead-letters/{run.dead_letter.fingerprint}/letters/")["results"][0]
    delivery = get("webhooks/deliveries/")["results"][0]
    step = get(f"runs/{run.pk}/steps/")["results"][0]["error"]
    told_of = [
        get(f"runs/{run.pk}/")["failure"],
        get("runs/")["results"][0]["failure"],
        step,
        letter["failure"],
        delivery["failure"],
        told(client, sync)["findings"][0]["failure"],
    ]
    for one in told_of:
        assert set(one) >= set(FailureAnswer().fields), one
        assert one["what_to_do"]
    assert (step["next_attempt_at"], step["whose_fault"]) == (
        until.isoformat().replace("+00:00", "Z"),
        "receiver",
    )
    assert delivery["failure"]["next_attempt_at"] is not None
    assert get(f"runs/{ran(sync).pk}/")["failure"] == {}
    refused = client.post(f"/api/v1/runs/{run.pk}/cancel/", {"reason": 4, "x": 1}, format="json").json()
    assert (refused["whose_fault"], refused["retryable"]) == ("user", False)
    assert refused["what_to_do"] == "Remove it, or correct its name."


def test_the_admin_shows_it_to_read(sync: Workflow, crm: Destination, alice: Any, root: Any) -> None:
    break_crm(crm, alice)
    run = ran(sync, "failed")
    pages = client_of(root)
    for address in (f"workflow/{sync.pk}", f"run/{run.pk}"):
        page = pages.get(f"/admin/automations/{address}/tools/diagnosis/").content.decode()
        for part in ("The answer was 401", "alice changed the destination “CRM”: url.", "What to press"):
            assert part in page
        assert "Diagnosis" in pages.get(f"/admin/automations/{address}/change/").content.decode()


def test_the_answer_has_the_shape_that_is_documented(sync: Workflow, support: APIClient) -> None:
    ran(sync, "failed")
    answer = told(support, sync)
    assert set(answer) == set(DiagnosisAnswer().fields)
    shape: Any = DiagnosisAnswer().fields
    for part in ("findings", "changes", "presses"):
        assert set(answer[part][0]) == set(shape[part].child.fields), part
    assert set(answer["since"]) == set(shape["since"].fields)
    assert set(answer["findings"][0]["failure"]) == set(shape["findings"].child.fields["failure"].fields)
