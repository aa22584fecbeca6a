"""A redrive names its cause, and says before it begins and while it goes on what keeps its runs from getting on."""

from __future__ import annotations

from typing import Any

import pytest
from guardian.shortcuts import remove_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import DeadLetter, Run
from automations.services.workflows import pause_workflow

pytestmark = pytest.mark.django_db


def test_what_rests_is_said_beforehand_and_while_it_goes_on(
    run: Run, operator: APIClient, alice: Any
) -> None:
    body = {"fingerprint": DeadLetter.objects.get().fingerprint}
    assert operator.post("/api/v1/redrives/preview/", body, format="json").json()["rests"] == []
    pause_workflow(workflow=run.workflow, reason="The CRM moves", actor=alice)
    (rest,) = operator.post("/api/v1/redrives/preview/", body, format="json").json()["rests"]
    assert (rest["code"], rest["sentence"]) == ("paused", "It is paused: The CRM moves")
    assert rest["workflow"]["name"] == run.workflow.name
    made = operator.post("/api/v1/redrives/", body, format="json").json()
    address = f"/api/v1/redrives/{made['id']}/"
    assert operator.get(address).json()["rests"] == [rest]
    assert operator.post(f"{address}cancel/", {}, format="json").json()["rests"] == [], "it has ended"


def test_a_redrive_names_the_cause_that_it_is_of(run: Run, operator: APIClient) -> None:
    letter = DeadLetter.objects.get()
    ways: list[dict[str, Any]] = [
        {"fingerprint": letter.fingerprint},
        {"fingerprint": letter.fingerprint, "runs": [run.pk]},
        {"runs": [run.pk]},
    ]
    causes = [
        operator.post("/api/v1/redrives/", {**body, "dry_run": True}, format="json").json()["cause"]
        for body in ways[:2]
    ]
    assert [one["fingerprint"] for one in causes] == [letter.fingerprint] * 2
    assert causes[0]["cause"].startswith("Tickets may not go from")
    for made in operator.get("/api/v1/redrives/").json()["results"]:
        operator.post(f"/api/v1/redrives/{made['id']}/cancel/", {}, format="json")
    assert operator.post("/api/v1/redrives/", ways[2], format="json").json()["cause"] is None


def test_of_ticked_letters_only_those_of_the_cause_are_redriven(
    run: Run, operator: APIClient, bob: Any
) -> None:
    body: dict[str, Any] = {"fingerprint": "0" * 16, "runs": [run.pk]}
    answer = operator.post("/api/v1/redrives/", body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-to-redrive")
    remove_perm(permissions.codename("retry"), bob, run.workflow)
    answer = operator.post("/api/v1/redrives/", {"runs": [run.pk]}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing-to-redrive")
