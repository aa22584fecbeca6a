"""Runs are found by what stands in their log lines and in what their steps gave, and say where that is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations.models import LargeValue, LogEntry, Run, RunText, Step, Workflow
from automations.runtime import run_reading, run_texts, ticker
from automations.runtime.drain import drain
from automations.testing import let_act
from webhooks.secrets.services import create_secret

from .conftest import client_of, publish, save_draft

pytestmark = pytest.mark.django_db
ANSWER = {"state": "taken", "numbers": [4711], "parts": [{"tracking": "JJD0003"}]}


@pytest.fixture
def finished(owner: APIClient, workflow: Workflow, make_ticket: Callable[..., str]) -> Run:
    """A run with a line about a courier, and a step that gave ANSWER."""
    save_draft(owner, workflow)
    publish(owner, workflow)
    let_act(workflow, workflow.owner)
    make_ticket("T-1", amount="200", subject="Printer of Ms Quint")
    drain()
    Step.objects.filter(node="a1").update(output=ANSWER)
    LogEntry.objects.filter(seq=2).update(message="Told the courier Zwetschge twice")
    return Run.objects.get()


def catch_up() -> int:
    return run_texts.catch_up(now=timezone.now(), seconds=None)


def answer(client: APIClient, text: str) -> Any:
    given = client.get(f"/api/v1/runs/?search={quote(text)}")
    assert given.status_code == 200, given.json()
    return given.json()


def found(client: APIClient, text: str) -> list[int]:
    return [row["id"] for row in answer(client, text)["results"]]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("zwet", [("log", "c1", 2, "Told the courier Zwetschge twice")]),
        ("jjd0003", [("output", "a1", None, "JJD0003")]),
        ("4711 courier", [("log", "c1", 2, "Told the courier Zwetschge twice"), ("output", "a1", None, "4711")]),
        ("T-1", [("record", "", None, "T-1")]),
        ("quint", [("event", "", None, "Printer of Ms Quint")]),
        ("Closed", [("log", "a1", 3, "Set: status: open → closed.")]),
    ],
)  # fmt: skip
def test_it_says_where_the_words_stand(owner: APIClient, finished: Run, text: str, places: list[Any]) -> None:
    catch_up()
    (row,) = answer(owner, text)["results"]
    assert row["id"] == finished.pk
    assert [(one["where"], one["node"], one["line"], one["text"]) for one in row["matches"]] == places


def test_names_of_fields_find_nothing_and_no_search_tells_no_places(owner: APIClient, finished: Run) -> None:
    catch_up()
    assert found(owner, "tracking") == []
    (row,) = owner.get("/api/v1/runs/").json()["results"]
    assert row["matches"] == []


def test_lines_and_outputs_are_found_only_by_who_may_see_payloads(
    bob: Any, outsider: APIClient, finished: Run, workflow: Workflow
) -> None:
    catch_up()
    assign_perm("automations.view_workflow", bob, workflow)
    viewer = client_of(bob)
    for text in ("zwetschge", "4711", "jjd0003", "T-1 courier"):
        assert found(viewer, text) == [], text
        assert found(outsider, text) == [], text
    (row,) = answer(viewer, "T-1")["results"]
    assert [one["where"] for one in row["matches"]] == ["record"]
    Run.objects.update(record_key="T-1 open")
    RunText.objects.update(is_final=False)
    catch_up()
    (row,) = answer(viewer, "open")["results"]
    assert [one["where"] for one in row["matches"]] == ["record"], "the line that has it stays unsaid"
    assign_perm("automations.view_payloads_workflow", bob, workflow)
    assert found(client_of(type(bob).objects.get(pk=bob.pk)), "zwetschge jjd0003") == [finished.pk]


def test_a_secret_in_a_line_or_an_output_is_neither_found_nor_told(
    admin: APIClient, root: Any, finished: Run
) -> None:
    """Even one that was not known when the run wrote it."""
    LogEntry.objects.filter(seq=2).update(message="Courier answers s3cr3tcanary4711")
    Step.objects.filter(node="a1").update(output={"echo": "token s3cr3tcanary4711"})
    create_secret(key="crm", value="s3cr3tcanary4711", hosts=["crm.example.org"], actor=root)
    catch_up()
    assert found(admin, "s3cr3tcanary4711") == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM automations_runtext WHERE everything::text LIKE '%canary%'")
        assert cursor.fetchone() == (0,)
    for text in ("courier", "token", "courier token"):
        (row,) = answer(admin, text)["results"]
        assert row["matches"]
        assert "canary" not in str(row["matches"])


def test_of_a_large_output_the_beginning_is_found(
    owner: APIClient, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_reading, "BEGINNING", 2_000)
    body = {"letter": "Pomegranate " + "and so on " * 500 + "Quince"}
    large = LargeValue.objects.create(
        hash="a" * 64, size=9_000, preview="x", body=body, touched_at=timezone.now()
    )
    Step.objects.filter(node="a1").update(output=None, large=large)
    catch_up()
    (row,) = answer(owner, "pomegranate")["results"]
    (place,) = row["matches"]
    assert (place["where"], place["node"]) == ("output", "a1")
    assert place["text"].startswith("Pomegranate and so on")
    assert place["text"].endswith("…")
    assert found(owner, "quince") == []


def test_of_a_long_log_both_ends_are_found_and_its_words_leave_room_for_the_others(
    owner: APIClient, finished: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_reading, "ENDS_OF_A_LOG", 5)
    monkeypatch.setattr(run_texts, "MOST_OF_LOG", 60)
    rest = [f"first{n} second{n} third{n}" for n in range(4, 51)]
    LogEntry.objects.bulk_create(
        LogEntry(run=finished, seq=seq, at=finished.created_at, level="info", message=message)
        for seq, message in enumerate(rest, 4)
    )
    Run.objects.update(last_seq=50)
    catch_up()
    for text, hit in (("zwetschge", True), ("second4", True), ("third20", False), ("third50", True)):
        assert found(owner, text) == ([finished.pk] if hit else []), text
    monkeypatch.setattr(run_texts, "MOST_OF_LOG", 3)
    RunText.objects.update(is_final=False)
    catch_up()
    assert found(owner, "third50") == []
    assert found(owner, "jjd0003 T-1") == [finished.pk]


def test_runs_that_were_read_before_lines_were_are_read_again_the_newest_first(
    owner: APIClient, finished: Run, make_ticket: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_ticket("T-2", amount="200")
    drain()
    catch_up()
    first, last = Run.objects.order_by("pk")
    with connection.cursor() as cursor:  # as rows are after the upgrade
        cursor.execute("UPDATE automations_runtext SET reading = DEFAULT, everything = told")
    given = answer(owner, "T")
    assert given["logs_read_from"] == last.created_at.isoformat().replace("+00:00", "Z")
    assert found(owner, "zwetschge") == []
    monkeypatch.setattr(run_texts, "BATCH", 1)
    assert run_texts.catch_up(now=timezone.now(), seconds=0) == 1
    assert answer(owner, "T")["logs_read_from"] == first.created_at.isoformat().replace("+00:00", "Z")
    assert found(owner, "closed") == [last.pk]
    ticker.tick()
    assert found(owner, "zwetschge") == [first.pk]
    assert answer(owner, "T")["logs_read_from"] is None
    assert catch_up() == 0
    RunText.objects.filter(pk=last.pk).update(run=last.pk + 100, reading=1)  # of a run that is gone
    assert catch_up() == 1
    assert catch_up() == 0


def test_the_part_of_a_long_text_around_the_word_is_told(owner: APIClient, finished: Run) -> None:
    said = "One two three four five six seven eight nine ten. " * 8 + "Damson " + "and more of it " * 20
    LogEntry.objects.filter(seq=2).update(message=said)
    Run.objects.update(finished_at=timezone.now() + timedelta(seconds=1))
    catch_up()
    (row,) = answer(owner, "damson")["results"]
    text = row["matches"][0]["text"]
    assert text.startswith("…")
    assert "ten. Damson and more of it" in text
    assert len(text) <= 162
