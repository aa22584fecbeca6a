"""Runs are found by what is in them, and nobody finds out by searching what he may not read."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations.insight import run_search
from automations.models import Event, Run, RunText, Step, Workflow
from automations.runtime import run_texts, ticker
from automations.runtime.drain import drain
from automations.services.runs import cancel_run
from automations.testing import let_act
from webhooks.secrets.services import create_secret

from .conftest import DOCUMENT, client_of, publish, save_draft

pytestmark = pytest.mark.django_db


@pytest.fixture
def finished(owner: APIClient, workflow: Workflow, make_ticket: Callable[..., str]) -> Run:
    *others, last = DOCUMENT["nodes"]
    save_draft(owner, workflow, {**DOCUMENT, "nodes": [*others, {**last, "title": "Hand over"}]})
    publish(owner, workflow)
    let_act(workflow, workflow.owner)
    make_ticket(
        "T-1", subject="Printer of Ms Quint", amount="7316.25", payload={"deep": [{"iban": "DE7788"}]}
    )
    drain()
    return Run.objects.get()


def catch_up() -> int:
    return run_texts.catch_up(now=timezone.now(), seconds=None)


def found(client: APIClient, text: str, **more: str) -> list[int]:
    query = "".join(f"&{name}={quote(value)}" for name, value in more.items())
    answer = client.get(f"/api/v1/runs/?search={quote(text)}{query}")
    assert answer.status_code == 200, answer.json()
    return [row["id"] for row in answer.json()["results"]]


@pytest.mark.parametrize(
    ("text", "hit"),
    [
        ("T-1", True),
        ("t-1 quint", True),
        ("QUI", True),
        ("7316.25", True),
        ("de7788", True),
        ("closed", True),
        ("uint", False),
        ("T-1 nowhere", False),
        ("T-2", False),
        ("' OR 1=1 --", False),
        ("qq':* | 'b", False),
        ("x\\' | 'closed", False),
    ],
)
def test_a_run_is_found_by_record_and_values(owner: APIClient, finished: Run, text: str, hit: bool) -> None:
    catch_up()
    assert found(owner, text) == ([finished.pk] if hit else [])


def test_a_failure_is_found_by_its_message_code_and_step(owner: APIClient, finished: Run) -> None:
    error = {"code": "no-such-agent", "message": "No agent in “Support” may take it", "node": "a1"}
    Run.objects.update(status="failed", failure_code=error["code"], failure=error)
    Step.objects.filter(node="a1").update(status="failed", error=error)
    catch_up()
    for text in ("hand ov", "no-such-agent", "agent in “support”", "T-1 AGENT"):
        assert found(owner, text) == [finished.pk], text
    assert found(owner, "T-1", code="no-such-agent", status="failed") == [finished.pk]
    assert found(owner, "T-1", code="another") == []


def test_values_are_found_only_by_who_may_read_them(bob: Any, finished: Run, workflow: Workflow) -> None:
    catch_up()
    assign_perm("automations.view_workflow", bob, workflow)
    viewer = client_of(bob)
    assert found(viewer, "T-1") == [finished.pk]
    for value in ("7316.25", "quint", "T-1 quint", "de7788", "closed"):
        assert found(viewer, value) == []
    assign_perm("automations.view_payloads_workflow", bob, workflow)
    reader = client_of(type(bob).objects.get(pk=bob.pk))
    assert found(reader, "T-1 quint") == [finished.pk]


def test_an_outsider_finds_nothing(outsider: APIClient, finished: Run) -> None:
    catch_up()
    for text in ("T-1", "quint", str(finished.correlation_id)):
        assert found(outsider, text) == []


def test_the_admin_finds_no_more(admin_client: Client, bob: Any, finished: Run, workflow: Workflow) -> None:
    catch_up()
    listed = admin_client.get("/admin/automations/run/", {"q": "quint"})
    assert [row.pk for row in listed.context["cl"].result_list] == [finished.pk]
    assign_perm("automations.view_workflow", bob, workflow)
    bob.is_staff = True
    bob.save()
    client = Client()
    client.force_login(bob)
    for text, rows in (("T-1", [finished.pk]), ("quint", []), ("…", [])):
        listed = client.get("/admin/automations/run/", {"q": text})
        assert [row.pk for row in listed.context["cl"].result_list] == rows


def test_a_secret_is_not_in_the_index(
    owner: APIClient, admin: APIClient, root: Any, workflow: Workflow, make_ticket: Callable[..., str]
) -> None:
    create_secret(key="crm", value="s3cr3tcanary4711", hosts=["crm.example.org"], actor=root)
    save_draft(owner, workflow)
    publish(owner, workflow)
    make_ticket("T-1", subject="The key is s3cr3tcanary4711", amount="200")
    drain()
    catch_up()
    assert found(admin, "s3cr3tcanary4711") == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM automations_runtext WHERE everything::text LIKE '%canary%'")
        assert cursor.fetchone() == (0,)


def test_the_correlation_id_finds_all_of_one_request(owner: APIClient, finished: Run) -> None:
    catch_up()
    assert found(owner, str(finished.correlation_id)) == [finished.pk]
    by_filter = owner.get(f"/api/v1/runs/?correlation={finished.correlation_id}").json()
    assert [row["id"] for row in by_filter["results"]] == [finished.pk]
    assert owner.get("/api/v1/runs/?correlation=no-uuid").status_code == 400


def test_it_says_how_far_it_has_read(owner: APIClient, finished: Run) -> None:
    before = owner.get("/api/v1/runs/?search=quint").json()
    assert before["results"] == []
    assert before["searched_up_to"] == finished.created_at.isoformat().replace("+00:00", "Z")
    ticker.tick()
    after = owner.get("/api/v1/runs/?search=quint").json()
    assert [row["id"] for row in after["results"]] == [finished.pk]
    assert after["searched_up_to"] > before["searched_up_to"]
    assert owner.get("/api/v1/runs/").json()["searched_up_to"] is None


def test_a_run_that_moves_on_is_read_again_and_one_that_came_late_is_not_missed(
    owner: APIClient, finished: Run, make_ticket: Callable[..., str], alice: Any
) -> None:
    Run.objects.update(status="waiting", finished_at=None)
    make_ticket("T-2", amount="200")
    drain()
    catch_up()
    assert catch_up() == 0
    cancel_run(run=finished, actor=alice, reason="Peppercorn")
    assert catch_up() == 1
    assert found(owner, "peppercorn") == [finished.pk]
    assert catch_up() == 0
    RunText.objects.filter(pk=finished.pk).delete()  # as if its transaction had ended after a newer one's
    assert catch_up() == 1
    assert found(owner, "quint") == [finished.pk]


@pytest.mark.parametrize("text", ["…", "   ", " ".join(str(n) for n in range(13)), "x" * 201])
def test_what_can_not_be_looked_for_is_refused_in_words(owner: APIClient, text: str) -> None:
    answer = owner.get(f"/api/v1/runs/?search={quote(text)}")
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "search"


def test_a_search_that_takes_too_long_is_ended_and_says_how_to_narrow_it(
    owner: APIClient, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    catch_up()
    monkeypatch.setattr(run_search, "SECONDS", 0.05)
    began = time.monotonic()
    refused = pytest.raises(run_search.SearchError)
    with refused as error, run_search.in_bounded_time(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")
    assert time.monotonic() - began < 2
    assert error.value.problems[0].code == "search-too-broad"
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        assert cursor.fetchone() == ("0",)
    assert found(owner, "quint") == [finished.pk]


def test_pages_follow_each_other(owner: APIClient, finished: Run, make_ticket: Callable[..., str]) -> None:
    for number in range(2, 6):
        make_ticket(f"T-{number}", subject="Quint again", amount="200")
    drain()
    catch_up()
    first = owner.get("/api/v1/runs/?search=quint&limit=3").json()
    rest = owner.get(first["next"]).json()
    ids = [row["id"] for row in (*first["results"], *rest["results"])]
    assert ids == sorted(Run.objects.values_list("pk", flat=True), reverse=True)
    assert rest["next"] is None
    assert Event.objects.count() >= len(ids)
