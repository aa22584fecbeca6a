"""What keeps a workflow from acting, or keeps it waiting, and the button for it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from automations.models import (
    ActiveTrigger,
    Decision,
    Event,
    Place,
    ProcessStamp,
    Run,
    Standstill,
    TriggerSource,
    Workflow,
)
from automations.services.breakers import trip_breaker
from automations.services.workflows import pause_workflow, update_workflow
from webhooks.models import Destination
from webhooks.outbound.destinations import disable_destination

from .world import client_of, codes, ran, told

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("code", ["paused", "breaker-open", "standstill", "destination-disabled"])
def test_what_keeps_it_from_acting_is_told_with_the_button(
    sync: Workflow, crm: Destination, alice: Any, root: Any, code: str
) -> None:
    now = timezone.now()
    if code == "paused":
        pause_workflow(workflow=sync, reason="The mail is down", actor=alice)
    elif code == "breaker-open":
        trip_breaker(workflow=sync, reason="3 runs failed.", now=now)
    elif code == "standstill":
        Standstill.objects.create(reason="The move", starts_at=now - timedelta(hours=1), set_by_name="root")
    else:
        disable_destination(destination=crm, actor=alice, reason="They said so")
    found = told(client_of(root), sync)
    assert (found["state"], found["findings"][0]["code"]) == ("broken", code)
    button = {
        "paused": "resume",
        "breaker-open": "try-breaker",
        "standstill": "lift-standstill",
        "destination-disabled": "enable-destination",
    }[code]
    press = next(one for one in found["presses"] if one["code"] == button)
    assert press["may"]
    if press["call"] is not None:
        call = press["call"]
        answer = client_of(root).post(f"/api/v1/{call['address']}", call["body"], format="json")
        assert answer.status_code == 200, answer.content


def test_silence_filters_late_work_and_missing_processes_are_findings(
    sync: Workflow, support: APIClient
) -> None:
    now = timezone.now()
    event = Event.objects.create(
        source=TriggerSource.objects.create(key="x", kind="api", name="x"),
        type="record.created",
        snapshot={},
        occurred_at=now,
        received_at=now,
    )
    for number in range(12):
        Decision.objects.create(
            event=event,
            workflow=sync,
            version=sync.active_version,
            trigger_node=f"t{number}",
            outcome="filtered",
            at=now - timedelta(days=12 - number),
        )
    assert codes(told(support, sync)) == ["nothing-matches"]
    Decision.objects.filter(trigger_node="t11").delete()
    ActiveTrigger.objects.update(problem="The zone is unknown.")
    ran(sync, "queued", finished_at=None, due_at=now - timedelta(minutes=10))
    ProcessStamp.objects.filter(role="worker").update(stamped_at=now - timedelta(hours=1))
    found = told(support, sync)
    assert set(codes(found)) == {"nothing-matches", "trigger-broken", "work-late", "no-worker"}
    assert "Start `manage.py automations_worker`." in json.dumps(found, ensure_ascii=False)


def test_a_run_that_waits_for_a_place_is_told_with_who_holds_it(
    sync: Workflow, support: APIClient, alice: Any
) -> None:
    update_workflow(workflow=sync, changes={"limits": {"at_once": 1}}, actor=alice)
    at = timezone.now()
    going, parked = (ran(sync, "queued", finished_at=None, at=at) for _ in range(2))
    Place.objects.create(run=going, workflow=sync, number=1, since=at - timedelta(hours=3))
    Place.objects.create(run=parked, workflow=sync, since=at - timedelta(hours=2))
    (finding,) = [one for one in told(support, sync)["findings"] if one["code"] == "places-taken"]
    assert finding["severity"] == "warning"
    assert (finding["number"], finding["run"], finding["link"]) == (1, going.pk, f"runs/{going.pk}/")
    assert finding["sentence"].startswith(
        f"1 run waits for a place, because only 1 may be at work at once; run {going.pk} has held one since "
    )
    (first, *_) = [
        one
        for one in support.get(f"/api/v1/runs/{parked.pk}/diagnosis/").json()["findings"]
        if one["run"] == parked.pk
    ]
    assert first["code"] == "run-waits"
    assert first["sentence"] == "It waits for a place: 1 of 1 place is taken; it is the next."
    Run.objects.filter(pk=parked.pk).update(status="succeeded", finished_at=at)
    assert "places-taken" not in codes(told(support, sync))


def test_a_simulation_that_fails_is_told_although_it_leaves_no_letter(sync: Workflow, alice: Any) -> None:
    from automations.services.releases import demote_workflow

    demote_workflow(workflow=sync, actor=alice)
    ran(sync, "failed", mode="simulate")
    assert codes(told(client_of(alice), sync))[0] == "simulation-fails"
