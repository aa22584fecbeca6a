"""Many deliveries sent anew by a filter: as many as were shown, at a pace, with their progress; and what is dropped in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from automations import grants
from automations.errors import ConflictError, InvalidError
from automations.runtime import housekeeping
from tests.receiver import Receiver, status
from webhooks.outbound import resendings
from webhooks.outbound.destinations import disable_destination
from webhooks.outbound.lane import deliver
from webhooks.outbound.models import Attempt, Delivery, Destination, Resending
from webhooks.outbound.resendings import Wanted, progress, resend_many, stop_resending, wanted_deliveries

from .conftest import make_delivery, make_destination

pytestmark = pytest.mark.django_db


def ended(destination: Destination, key: str, state: str = "failed", **fields: Any) -> Delivery:
    given = {"error": "" if state == "succeeded" else "status-503", "attempt": 3, **fields}
    return make_delivery(destination, key=key, state=state, finished_at=timezone.now(), **given)


def found(actor: Any, **wanted: Any) -> list[str]:
    rows = wanted_deliveries(Wanted(**wanted), actor=actor)
    return list(rows.order_by("pk").values_list("key", flat=True))


def test_the_filter_finds_by_state_destination_moment_and_error(
    alice: Any, peer: Receiver, crm: Destination
) -> None:
    erp = make_destination(alice, peer.url, key="erp")
    now = timezone.now()
    ended(crm, "a")
    ended(crm, "b", error="timeout")
    ended(erp, "c")
    ended(crm, "d", state="succeeded")
    make_delivery(crm, key="e")
    old = ended(crm, "f")
    Delivery.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=9))
    assert found(alice) == ["a", "b", "c", "f"]
    assert found(alice, destination=crm) == ["a", "b", "f"]
    assert found(alice, error="timeout") == ["b"]
    assert found(alice, state="succeeded") == ["d"]
    assert found(alice, since=now - timedelta(days=1)) == ["a", "b", "c"]
    assert found(alice, until=now - timedelta(days=1)) == ["f"]
    disable_destination(destination=erp, actor=alice)
    assert found(alice) == ["a", "b", "f"]
    with pytest.raises(InvalidError):
        found(alice, state="pending")


def test_they_go_the_oldest_first_at_the_pace_and_under_their_ids(
    alice: Any, peer: Receiver, crm: Destination
) -> None:
    rows = [ended(crm, f"{number}") for number in range(4)]
    made = resend_many(wanted=Wanted(destination=crm), per_minute=6, expected=4, actor=alice)
    due = list(Delivery.objects.order_by("pk").values_list("due_at", flat=True))
    assert [(later - due[0]).total_seconds() for later in due] == [0, 10, 20, 30]
    deliver()
    assert [request.headers["webhook-id"] for request in peer.requests] == [rows[0].message_id]
    assert progress([made])[made.pk] == {"open": 3, "succeeded": 1, "failed": 0}
    Delivery.objects.filter(state="pending").update(due_at=due[0])
    peer.scripts = [status(400), status(200)]
    Delivery.objects.update(retry_refusals=False)
    deliver()
    assert progress([made])[made.pk] == {"open": 0, "succeeded": 3, "failed": 1}
    assert {request.headers["webhook-id"] for request in peer.requests} == {row.message_id for row in rows}


def test_another_number_than_was_shown_none_and_too_many_are_refused(
    alice: Any, crm: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusal(expected: int) -> str:
        with pytest.raises(ConflictError) as error:
            resend_many(wanted=Wanted(), per_minute=60, expected=expected, actor=alice)
        return error.value.code

    assert refusal(0) == "none"
    ended(crm, "a")
    ended(crm, "b")
    assert refusal(1) == "other-number"
    monkeypatch.setattr(resendings, "MOST", 1)
    assert refusal(2) == "too-many"
    for pace in (0, 60_001, True, "9"):
        with pytest.raises(InvalidError):
            resend_many(wanted=Wanted(), per_minute=pace, expected=2, actor=alice)  # type: ignore[arg-type]
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
    assert Resending.objects.count() == 0


def test_stopping_leaves_the_rest_as_it_was(alice: Any, peer: Receiver, crm: Destination) -> None:
    for number in range(3):
        ended(crm, f"{number}", state="succeeded", status=200)
    made = resend_many(wanted=Wanted(state="succeeded"), per_minute=1, expected=3, actor=alice)
    deliver()
    assert stop_resending(resending=made, actor=alice) == 2
    assert len(peer.requests) == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {"succeeded"}
    deliver()
    assert len(peer.requests) == 1
    with pytest.raises(ConflictError):
        stop_resending(resending=made, actor=alice)


def test_over_the_api_only_what_is_ones_own_to_send(alice: Any, bob: Any, crm: Destination) -> None:
    ended(crm, "a")
    ended(crm, "b")
    client, other = client_of(alice), client_of(bob)
    counted = client.get("/api/v1/webhooks/resendings/count/?destination=crm&error=status-503")
    assert counted.json() == {"count": 2, "most": 10_000}
    assert other.get("/api/v1/webhooks/resendings/count/").json()["count"] == 0
    grants.set_rights(crm, bob, ("view",))
    assert other.get("/api/v1/webhooks/resendings/count/?destination=crm").json()["count"] == 0
    refused = other.post("/api/v1/webhooks/resendings/", {"expected": 2}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "other-number")
    body = {"destination": "crm", "error": "status-503", "per_minute": 30, "expected": 2}
    made = client.post("/api/v1/webhooks/resendings/", body, format="json")
    assert made.status_code == 201, made.content
    assert (made.json()["count"], made.json()["open"], made.json()["per_minute"]) == (2, 2, 30)
    own = f"/api/v1/webhooks/resendings/{made.json()['id']}/"
    assert [row["id"] for row in client.get("/api/v1/webhooks/resendings/").json()["results"]] == [
        made.json()["id"]
    ]
    assert client.get(own).json()["wanted"]["error"] == "status-503"
    assert other.get(own).status_code == 404
    assert client.post(f"{own}stop/").json() == {"left": 2}
    assert client.post(f"{own}stop/").status_code == 409
    assert client.get(own).json()["stopped_at"] is not None


@pytest.mark.django_db(transaction=True)  # the ticker is in no transaction either
def test_deliveries_are_dropped_when_their_time_is_over(crm: Destination, alice: Any, settings: Any) -> None:
    settings.WEBHOOKS_DELIVERED_KEPT_DAYS, settings.WEBHOOKS_FAILED_KEPT_DAYS = 30, 90
    now = timezone.now()

    def of_age(key: str, state: str, days: int) -> None:
        row = ended(crm, key, state=state)
        Attempt.objects.create(delivery=row, number=1, started_at=now, finished_at=now, error="timeout")
        Delivery.objects.filter(pk=row.pk).update(finished_at=now - timedelta(days=days))

    for key, state, days in (
        ("new", "succeeded", 29),
        ("old", "succeeded", 31),
        ("failed", "failed", 89),
        ("failed-long-ago", "failed", 91),
        ("cancelled-long-ago", "cancelled", 91),
    ):
        of_age(key, state, days)
    waits_for_long = make_delivery(crm, key="open")
    Delivery.objects.filter(pk=waits_for_long.pk).update(created_at=now - timedelta(days=400))
    emptied = Resending.objects.create(
        wanted={}, count=1, per_minute=1, actor=alice, created_at=now - timedelta(days=40)
    )
    assert housekeeping.tidy(now=now) == 3
    assert sorted(Delivery.objects.values_list("key", flat=True)) == ["failed", "new", "open"]
    assert Attempt.objects.count() == 2
    assert not Resending.objects.filter(pk=emptied.pk).exists()
    assert housekeeping.tidy(now=now) == 0


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client
