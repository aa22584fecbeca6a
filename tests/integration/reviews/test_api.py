"""The archive over the API: for its readers and for admins, the same figures in every form, answers shown the week after."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from automations.models import Workflow
from automations.services.review_decisions import answer_question

from .world import Desk, the_week

pytestmark = pytest.mark.django_db

WEEK, NEXT = the_week(), the_week("2026-W13")


def client_of(person: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def test_a_review_is_for_its_readers_and_admins_and_for_nobody_else(desk: Desk, charlie: Any) -> None:
    """Not for Alice either, who owns the workflow but does not read the team's review."""
    kept = desk.kept(WEEK)
    addresses = [f"reviews/kept/{kept.pk}/{part}" for part in ("", "pdf/", "html/", "csv/", "charts/days/")]
    for person, reads in ((desk.bob, True), (desk.root, True), (desk.alice, False), (charlie, False)):
        client = client_of(person)
        found = client.get("/api/v1/reviews/kept/").json()["results"]
        assert [row["id"] for row in found] == ([kept.pk] if reads else [])
        assert len(client.get("/api/v1/reviews/schedules/").json()["results"]) == int(reads)
        for address in addresses:
            assert client.get(f"/api/v1/{address}").status_code == (200 if reads else 404), (person, address)
        for part, body in (
            ("answers", {"question": "x", "choice": "keep"}),
            ("sign", {"digest": "x", "note": "x"}),
        ):
            answer = client.post(f"/api/v1/reviews/kept/{kept.pk}/{part}/", body, format="json")
            said = answer.json()["code"]
            assert (said == "not-found") == (not reads), (person, part, said)


def test_answers_are_shown_in_the_next_week_and_refusals_say_what_is_open(desk: Desk) -> None:
    desk.failed(WEEK.start)
    first = desk.kept(WEEK)
    client = client_of(desk.bob)
    place = f"/api/v1/reviews/kept/{first.pk}/"
    told = client.get(place).json()
    assert [one["kind"] for one in told["questions"]] == ["unwatched", "triage"]
    assert (told["intact"], told["answered"], told["decided_before"]) == (True, 0, [])
    given = {"question": "unwatched", "choice": "change", "note": "Alice writes one."}
    assert (
        client.post(f"{place}answers/", given, format="json").json()["questions"][0]["answer"]["by"] == "bob"
    )
    refused = client.post(f"{place}sign/", {"digest": first.digest, "note": "Read."}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "triage-open")
    (cause,) = refused.json()["open"]
    assert cause["address"] == f"dead-letters/{cause['fingerprint']}/"
    second = desk.kept(NEXT)
    told = client.get(f"/api/v1/reviews/kept/{second.pk}/").json()
    assert told["questions"][0]["last"]["choice"] == "change"
    (before,) = told["decided_before"]
    assert (before["week"], before["title"], before["note"]) == (
        "2026-W12",
        "1 workflow has no alert rule of its own",
        "Alice writes one.",
    )
    assert told["figures"]["failures"] == []
    assert client.get("/api/v1/reviews/kept/?week=2026-W12").json()["results"][0]["answered"] == 1
    assert client.get("/api/v1/reviews/kept/?signed=true").json()["results"] == []


def test_every_form_of_a_review_says_what_was_kept_and_runs_nothing(desk: Desk) -> None:
    desk.failed(WEEK.start, "=cmd|' /C calc'!A0 <script>alert(1)</script>")
    Workflow.objects.update(name="<b>Route</b>")
    kept = desk.kept(WEEK)
    Workflow.objects.update(name="Renamed since")
    answer_question(
        review=kept, question="unwatched", choice="later", note="<i>soon</i>", actor=desk.bob, now=WEEK.end
    )
    client, place = client_of(desk.bob), f"/api/v1/reviews/kept/{kept.pk}/"
    page = client.get(f"{place}html/").content.decode()
    assert "&lt;b&gt;Route&lt;/b&gt;" in page
    assert "<script>" not in page
    assert "Renamed since" not in page
    assert page.count("data:image/svg+xml;base64,") == 2
    assert kept.digest in page
    assert "&lt;i&gt;soon&lt;/i&gt;" in page
    sheet = client.get(f"{place}csv/").content.decode()
    assert "'=cmd|" in sheet
    assert ",=cmd" not in sheet
    assert "In figures,Failed,This week,1" in sheet
    assert client.get(f"{place}pdf/").content.startswith(b"%PDF-")
    assert client.get(f"{place}charts/pie/").status_code == 404
    for kind in ("html", "csv"):
        assert client.get(f"/api/v1/reviews/{WEEK.name}/{kind}/?zone=Europe/Vienna").status_code == 200


def test_schedules_are_set_by_admins_and_ones_own_by_everybody(desk: Desk, charlie: Any) -> None:
    root, mine = client_of(desk.root), client_of(charlie)
    body = {
        "team": "Store",
        "zone": "Europe/Vienna",
        "weekday": 4,
        "hour": 17,
        "readers": [{"person": "charlie"}],
    }
    assert mine.post("/api/v1/reviews/schedules/", body, format="json").status_code == 403
    made = root.post("/api/v1/reviews/schedules/", body, format="json").json()
    assert (made["readers"], made["my_mail"]) == ([{"person": "charlie", "mail": True}], None)
    place = f"/api/v1/reviews/schedules/{made['id']}/"
    assert mine.patch(place, {"hour": 9}, format="json").status_code == 403
    assert mine.post(f"{place}mail/", {"mail": False}, format="json").json()["my_mail"] is False
    assert root.patch(place, {"hour": 9, "team": "Desk"}, format="json").status_code == 400
    assert root.patch(place, {"hour": 9}, format="json").json()["hour"] == 9
    own = mine.post("/api/v1/reviews/schedules/", {"personal": True}, format="json").json()
    assert (own["person"], own["readers"]) == ("charlie", [{"person": "charlie", "mail": True}])
    assert root.post("/api/v1/reviews/schedules/", body, format="json").json()["code"] == "scheduled-already"
    assert client_of(desk.alice).patch(place, {"hour": 9}, format="json").status_code == 404
    kept = mine.post(f"/api/v1/reviews/schedules/{own['id']}/make/", {"week": "2026-W12"}, format="json")
    assert (kept.status_code, kept.json()["personal"]) == (201, True)
    again = mine.post(f"/api/v1/reviews/schedules/{own['id']}/make/", {"week": "2026-W12"}, format="json")
    assert (again.status_code, again.json()["review"]) == (409, kept.json()["id"])
    assert (
        mine.post(f"/api/v1/reviews/schedules/{own['id']}/make/", {"week": "x"}, format="json").status_code
        == 404
    )
