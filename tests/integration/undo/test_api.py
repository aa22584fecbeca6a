"""Undoing over HTTP, and two who undo at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.errors import ConflictError
from automations.models import Module, Run, RunUndo
from automations.services.undo import undo_run
from automations.services.undo_plans import plan_undo
from automations.testing import give_modules

from .world import CLOSE, change, played, tickets_module, values


@pytest.fixture
def tickets(db: None) -> Module:
    return tickets_module()


@pytest.fixture
def run(tickets: Module, alice: Any) -> Run:
    return played(give_modules(alice), CLOSE)


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(get_user_model().objects.get(pk=user.pk))
    return client


@pytest.mark.django_db
def test_it_is_shown_done_once_and_taken_back(run: Run, tickets: Module, alice: Any, bob: Any) -> None:
    change(tickets, bob, owner="bob")
    client, address = client_of(alice), f"/api/v1/runs/{run.pk}/undo/"
    shown = client.get(address).json()
    assert shown["why_not"] == ""
    assert [(piece["field"], piece["found"], piece["back_to"]) for piece in shown["restored"]] == [
        ("state", "closed", "open")
    ]
    assert [(piece["field"], piece["said"]) for piece in shown["left"]] == [
        ("owner", "It was changed by bob since.")
    ]
    sent = {"plan_hash": shown["plan_hash"], "reason": "Wrong one"}
    first = client.post(address, sent, format="json", headers={"Idempotency-Key": "u1"})
    again = client.post(address, sent, format="json", headers={"Idempotency-Key": "u1"})
    assert (first.status_code, again.status_code, RunUndo.objects.count()) == (201, 201, 1)
    assert first.json()["id"] == again.json()["id"]
    assert values(tickets)["state"] == "open"
    seen = client.get(address).json()
    assert seen["restored"] == []
    assert [(one["actor"], one["reason"], one["taken_back"]) for one in seen["undos"]] == [
        ("alice", "Wrong one", False)
    ]
    late = client.post(address, sent, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "nothing-to-undo")
    back = f"{address}{first.json()['id']}/"
    shown = client.get(back).json()
    taken = client.post(back, {"plan_hash": shown["plan_hash"]}, format="json")
    assert (taken.status_code, taken.json()["takes_back"]) == (201, first.json()["id"])
    assert values(tickets)["state"] == "closed"
    assert client.get(f"{address}999/").status_code == 404


@pytest.mark.django_db
def test_who_may_retry_but_not_see_values_undoes_nothing(run: Run, bob: Any) -> None:
    for right in ("view", "retry"):
        assign_perm(permissions.codename(right), bob, run.workflow)
    assert client_of(bob).get(f"/api/v1/runs/{run.pk}/undo/").status_code == 403
    assign_perm(permissions.codename("view_payloads"), bob, run.workflow)
    shown = client_of(bob).get(f"/api/v1/runs/{run.pk}/undo/").json()
    assert {piece["why"] for piece in shown["left"]} == {"permission-denied"}, "the module isn't shared"


@pytest.mark.django_db(transaction=True)
def test_two_who_undo_at_once_undo_it_once(run: Run, tickets: Module, alice: Any) -> None:
    shown = plan_undo(run=run, actor=alice).digest()
    start = threading.Barrier(2)
    said: list[str] = []

    def press() -> None:
        try:
            start.wait()
            undo_run(run=run, actor=alice, plan_hash=shown)
            said.append("undone")
        except ConflictError as error:
            said.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["nothing-to-undo", "undone"]
    assert (RunUndo.objects.count(), values(tickets)["state"]) == (1, "open")
