"""Staff count, foresee and start a backfill on a workflow's page in the admin, by the services that the API calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import AuditEntry, Backfill, Module, Workflow
from automations.services.workflows import update_workflow
from tests.integration.admin.tools import address_of, do

from .world import go_on, told

pytestmark = pytest.mark.django_db


def staff(person: Any) -> Client:
    person.is_staff = True
    person.save()
    client = Client()
    client.force_login(person)
    return client


def window() -> dict[str, str]:
    now = timezone.now()
    return {"since": (now - timedelta(hours=1)).isoformat(), "until": (now + timedelta(hours=1)).isoformat()}


def test_it_is_counted_foreseen_and_started(workflow: Workflow, owner: APIClient, alice: Any) -> None:
    client = staff(alice)
    said = do(client, workflow, "backfill", "backfill", **window())
    assert said == ["Counted; nothing was started"]
    assert not Backfill.objects.exists()
    do(client, workflow, "backfill", "backfill", **window(), do="foresee", events="on", slots="")
    dry = Backfill.objects.get()
    assert (dry.is_dry_run, dry.slots, dry.requested_by) == (True, False, alice)
    assert told(go_on(owner, dry.pk, slices=2)) == {"would_succeed": 2, "would_not_start": 1}
    how = {"do": "make-up", "rate": "600", "reason": "It was not there yet"}
    (said,) = do(client, workflow, "backfill", "backfill", **window(), **how)
    made = Backfill.objects.get(is_dry_run=False)
    assert said == f"Backfill {made.pk} is queued. The workers do it; open it below to see how far it is."
    assert told(go_on(owner, made.pk)) == {"started": 2, "not_started": 1}
    entry = AuditEntry.objects.filter(action="backfill.started").latest("pk")
    assert (entry.actor, entry.reason, entry.after["rate"]) == (alice, "It was not there yet", 600)
    page = client.get(address_of(workflow, "backfill")).content.decode()
    assert f"Backfill {made.pk}" in page
    assert f"Dry run of a backfill {dry.pk}" in page


def test_counting_says_what_is_left_out_and_for_whose_yes_it_would_wait(
    workflow: Workflow, alice: Any
) -> None:
    sam = get_user_model().objects.create_user(username="sam")
    for right in ("view", "approve"):
        assign_perm(permissions.codename(right), sam, workflow)
    update_workflow(workflow=workflow, changes={"limits": {"blast_radius": 2}}, actor=alice)
    sent = {f"backfill-{name}": value for name, value in window().items()}
    sent |= {"backfill-zone": "UTC", "backfill-events": "on", "backfill-rate": "60", "backfill-do": "count"}
    page = staff(alice).post(address_of(workflow, "backfill"), {"task": "backfill", **sent}).content.decode()
    assert "3 to be judged" in page
    assert "left out: 1 about a record that is not there any more" in page
    assert "3 runs at once; 2 are allowed." in page
    assert "Whose yes it would wait for: sam." in page


def test_a_refusal_stands_at_its_field_and_who_may_not_is_not_let_in(
    workflow: Workflow, alice: Any, bob: Any, tickets: Module
) -> None:
    client = staff(alice)
    (said,) = do(client, workflow, "backfill", "backfill", **{**window(), "since": "soon"}, do="make-up")
    assert "“soon” is no moment." in said
    (said,) = do(client, workflow, "backfill", "backfill", **window(), slots="", events="", do="make-up")
    assert "It is not said what is made up for." in said
    assert not Backfill.objects.exists()
    assign_perm(permissions.codename("view"), bob, workflow)
    assert staff(bob).get(address_of(workflow, "backfill")).status_code == 403
    assign_perm(permissions.codename("run"), bob, workflow)
    (said,) = do(staff(bob), workflow, "backfill", "backfill", **window())
    assert "There is no module “tickets”." in said, "he may not see what it is about"
