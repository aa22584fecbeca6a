"""Who may see that a call is in doubt, who may say what happened, and where it shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from guardian.shortcuts import remove_perm

from automations.grants import set_rights
from automations.models import AuditEntry, Run
from automations.testing import run_everything
from tests.receiver import Receiver
from webhooks.models import Delivery, Destination, UnknownOutcome

from .test_api import client_of, send
from .test_reviews import NOTE, bank, in_doubt, pays  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def doubt(pays: Any, alice: Any, peer: Receiver) -> UnknownOutcome:  # noqa: F811
    return in_doubt(pays, alice, peer)[1]


def test_what_is_in_doubt_is_told_and_answered_once(doubt: UnknownOutcome, alice: Any) -> None:
    client = client_of(alice)
    (shown,) = send(client, "GET", f"unknown-outcomes/?open=true&run={doubt.delivery.run_id}").said["results"]
    assert (shown["reply"], shown["may_answer"], shown["waits"], shown["error"]) == (
        "",
        True,
        True,
        "bad-answer",
    )
    assert shown["message_id"] == doubt.delivery.message_id
    place = f"unknown-outcomes/{doubt.pk}/reply/"
    given = {"reply": "happened", "note": NOTE, "status": 200, "body": "R-9"}
    for _ in range(2):
        answer = send(client, "POST", place, given)
        assert (answer.status_code, answer.said["person"], answer.said["body"]) == (200, "alice", "R-9")
    other = send(client, "POST", place, {"reply": "resend", "note": "No."})
    assert (other.status_code, other.said["code"]) == (409, "already-answered")
    assert send(client, "GET", "unknown-outcomes/?open=true").said["results"] == []
    assert send(client, "GET", f"unknown-outcomes/?delivery={doubt.delivery_id}").said["results"] != []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"reply": "happened"},
        {"reply": "maybe", "note": "x"},
        {"reply": "happened", "note": "x", "status": 500},
    ],
)
def test_a_bad_answer_is_refused(doubt: UnknownOutcome, alice: Any, body: dict[str, Any]) -> None:
    answer = send(client_of(alice), "POST", f"unknown-outcomes/{doubt.pk}/reply/", body)
    assert answer.status_code == 400
    assert answer.said["problems"][0]["path"] in ("reply", "note", "status")


def test_it_takes_the_right_to_retry_and_sight_of_payloads(
    doubt: UnknownOutcome,
    alice: Any,
    bob: Any,
    charlie: Any,
    pays: Any,  # noqa: F811
) -> None:
    place = f"unknown-outcomes/{doubt.pk}/"
    assert send(client_of(charlie), "GET", place).status_code == 404
    assert send(client_of(charlie), "POST", f"{place}reply/", {}).status_code == 404
    set_rights(pays, bob, ("view",))
    assert send(client_of(bob), "GET", place).said["may_answer"] is False
    given = {"reply": "happened", "note": NOTE, "body": "R-9"}
    assert send(client_of(bob), "POST", f"{place}reply/", given).status_code == 403
    set_rights(pays, bob, ("view", "retry"))
    answer = send(client_of(bob), "POST", f"{place}reply/", given)
    assert (answer.status_code, answer.said["body"]) == (200, "")
    assert send(client_of(alice), "GET", place).said["body"] == "R-9"


def test_lists_and_the_home_page_know_what_needs_review(
    doubt: UnknownOutcome,
    alice: Any,
    charlie: Any,
    pays: Any,  # noqa: F811
) -> None:
    client = client_of(alice)
    other = Run.objects.create(
        **{
            name: getattr(doubt.delivery.run, name)
            for name in ("workflow", "version", "trigger_node", "mode", "due_at", "created_at")
        },
        dedupe_key="other",
    )

    def listed(wanted: str) -> list[int]:
        rows = client.get(f"/api/v1/runs/?needs_review={wanted}").json()["results"]
        assert all(row["needs_review"] is (wanted == "true") for row in rows)
        return [row["id"] for row in rows]

    assert (listed("true"), listed("false")) == ([doubt.delivery.run_id], [other.pk])
    assert client.get("/api/v1/overview/").json()["needs_review"] == 1
    diagnosis = client.get(f"/api/v1/runs/{doubt.delivery.run_id}/diagnosis/").json()
    assert "somebody has to say whether the call happened" in str(diagnosis["findings"])
    assert client_of(charlie).get("/api/v1/overview/").json()["needs_review"] == 0
    detail = send(client, "GET", f"deliveries/{doubt.delivery_id}/").said
    assert (detail["state"], detail["retry_safe"], detail["log"][0]["unknown"]) == (
        "needs_review",
        False,
        True,
    )
    assert send(client, "GET", "destinations/bank/backlog/").said["needs_review"] == 1
    send(client, "POST", f"unknown-outcomes/{doubt.pk}/reply/", {"reply": "happened", "note": NOTE})
    run_everything()
    assert listed("true") == []
    assert client.get("/api/v1/overview/").json()["needs_review"] == 0


def test_a_destination_says_whether_its_receiver_knows_repeats(
    alice: Any,
    bank: Destination,  # noqa: F811
) -> None:
    client = client_of(alice)
    assert send(client, "GET", "destinations/bank/").said["retry_safe"] is False
    changed = send(client, "PATCH", "destinations/bank/", {"retry_safe": True})
    assert (changed.status_code, changed.said["retry_safe"]) == (200, True)
    assert send(client, "PATCH", "destinations/bank/", {"retry_safe": None}).status_code == 400
    entry = AuditEntry.objects.filter(action="destination.updated").latest("id")
    assert (entry.before["retry_safe"], entry.after["retry_safe"]) == (False, True)


def test_the_admin_has_a_form_for_each_answer(
    doubt: UnknownOutcome,
    root: Any,
    alice: Any,
    pays: Any,  # noqa: F811
) -> None:
    client = Client()
    client.force_login(root)
    assert client.get(reverse("admin:webhooks_unknownoutcome_changelist")).status_code == 200
    assert client.get(reverse("admin:webhooks_unknownoutcome_change", args=[doubt.pk])).status_code == 200
    place = reverse("admin:webhooks_unknownoutcome_answer", args=[doubt.pk])
    page = client.get(place).content.decode()
    assert page.count("It did not happen") >= 2
    assert doubt.delivery.message_id in page
    client.post(place, {"task": "resend", "resend-note": ""})
    doubt.refresh_from_db()
    assert doubt.reply == ""
    client.post(place, {"task": "resend", "resend-note": "Not there."})
    doubt.refresh_from_db()
    assert (doubt.reply, doubt.person) == ("resend", root)
    assert Delivery.objects.get().state == "pending"
    assert AuditEntry.objects.filter(action="delivery.outcome_told", actor=root).count() == 1
    assert "That stands." in client.get(place).content.decode()
    alice.is_staff = True
    alice.save()
    remove_perm("retry_workflow", alice, pays)
    Destination.objects.update(owner=None)
    client.force_login(alice)
    assert "send it again</button>" not in client.get(place).content.decode()
