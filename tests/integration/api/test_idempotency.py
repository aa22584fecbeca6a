from __future__ import annotations

import re
import threading
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from automations.models import Event, IdempotencyKey, Run, Workflow
from automations.testing import chain, node, run_everything

from .conftest import client_of, grant, publish, save_draft

BODY = {"name": "Route tickets"}


def post(
    client: APIClient, key: str, body: dict[str, Any] | None = None, address: str = "/api/v1/workflows/"
) -> Any:
    return client.post(address, body or BODY, format="json", HTTP_IDEMPOTENCY_KEY=key)


@pytest.mark.django_db
def test_the_same_request_twice_is_done_once_and_answered_the_same(owner: APIClient) -> None:
    first, second = post(owner, "k1"), post(owner, "k1")
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"
    assert Workflow.objects.count() == 1


@pytest.mark.django_db
def test_the_same_key_with_another_body_is_refused(owner: APIClient) -> None:
    post(owner, "k1")
    answer = post(owner, "k1", {"name": "Another"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert Workflow.objects.count() == 1


@pytest.mark.django_db
def test_keys_belong_to_their_actor(owner: APIClient, root: Any) -> None:
    assert post(owner, "k1").status_code == 201
    assert post(client_of(root), "k1", {"name": "Other"}).status_code == 201


@pytest.mark.django_db
def test_a_refused_request_does_not_use_up_its_key(owner: APIClient) -> None:
    assert post(owner, "k1", {"nome": "x"}).status_code == 400
    assert post(owner, "k1").status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 201, "tab\tinside"])
def test_a_bad_key_is_refused(owner: APIClient, key: str) -> None:
    answer = post(owner, key)
    assert answer.status_code == 400
    assert not Workflow.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_while_one_request_is_at_work_the_other_is_told_so(
    alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from automations.services import workflows as service

    client = client_of(grant(alice, "add_workflow"))
    working, finish = threading.Event(), threading.Event()
    real = service.create_workflow

    def slow(**arguments: Any) -> Workflow:
        working.set()
        finish.wait(10)
        return real(**arguments)

    monkeypatch.setattr(service, "create_workflow", slow)
    answers: list[int] = []

    def first() -> None:
        answers.append(post(client, "k1").status_code)
        connection.close()

    thread = threading.Thread(target=first)
    thread.start()
    assert working.wait(10)
    meanwhile = post(client_of(alice), "k1")
    finish.set()
    thread.join(10)
    assert (meanwhile.status_code, meanwhile.json()["code"]) == (409, "idempotency-key-in-flight")
    assert answers == [201]
    assert Workflow.objects.count() == IdempotencyKey.objects.count() == 1


@pytest.mark.django_db
def test_an_event_is_accepted_once_for_its_key(admin: APIClient) -> None:
    admin.post("/api/v1/sources/", {"key": "shop", "name": "Shop"}, format="json")
    body = {"source": "shop", "data": {"order": "O-1"}}
    for key in ("k1", "k" * 200):
        first, second = (post(admin, key, body, "/api/v1/events/") for _ in range(2))
        assert first.status_code == second.status_code == 202
        assert first.json() == second.json()
        assert second["Idempotency-Replayed"] == "true"
        other = post(admin, key, {**body, "data": {"order": "O-2"}}, "/api/v1/events/")
        assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
        assert re.fullmatch(r"This key was used for another event \(#\d+\)\. .*", other.json()["detail"])
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_one_key_starts_one_run(owner: APIClient, workflow: Workflow) -> None:
    document = chain(node("t1", "trigger.manual"), node("a1", "action.set_variable", values={"x": 1}))
    assert save_draft(owner, workflow, document).status_code == 200
    assert publish(owner, workflow).status_code == 201
    address = f"/api/v1/workflows/{workflow.pk}/run/"
    first, second = (post(owner, "k1", {"input": {"n": 1}}, address) for _ in range(2))
    assert first.status_code == second.status_code == 202
    assert first.json() == second.json()
    run_everything()
    event = owner.get(f"/api/v1/events/{first.json()['event']}/").json()
    assert [decision["run"] for decision in event["decisions"]] == [Run.objects.get().pk]
    other = post(owner, "k1", {"input": {"n": 2}}, address)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")
    run_everything()
    assert Run.objects.count() == 1


@pytest.mark.django_db
def test_a_token_is_shown_once_even_when_its_request_is_repeated(owner: APIClient) -> None:
    body = {"name": "import", "scope": "write"}
    first, second = (post(owner, "k1", body, "/api/v1/tokens/") for _ in range(2))
    assert first.json()["token"]
    assert second.json() == {**first.json(), "token": None}
    assert first.json()["token"] not in str(IdempotencyKey.objects.get().body)


def test_answers_are_kept_for_a_week(owner: APIClient) -> None:
    from datetime import timedelta

    from django.utils import timezone

    from automations.models import IdempotencyKey
    from automations.runtime import housekeeping

    headers = {"HTTP_IDEMPOTENCY_KEY": "one"}
    assert owner.post("/api/v1/workflows/", {"name": "A"}, format="json", **headers).status_code == 201
    now = timezone.now()
    assert housekeeping.tidy(now=now + timedelta(days=6)) == 0
    assert housekeeping.tidy(now=now + timedelta(days=8)) == 1
    assert IdempotencyKey.objects.count() == 0
