"""What the door refuses, and how: bodies, addresses, methods, credentials."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from rest_framework.test import APIClient

from automations.models import Workflow

from .conftest import client_of, save_draft

pytestmark = pytest.mark.django_db

CREATE = "/api/v1/workflows/"


def post_raw(client: APIClient, body: bytes, **headers: Any) -> Any:
    return client.generic("POST", CREATE, body, content_type="application/json", **headers)


BOMBS = {
    "no JSON": (b"{", "malformed-json"),
    "not UTF-8": (b'{"name": "\xff"}', "malformed-json"),
    "NaN": (b'{"name": NaN}', "malformed-json"),
    "Infinity": (b'{"name": -Infinity}', "malformed-json"),
    "infinite float": (b'{"name": 1e999}', "malformed-json"),
    "long integer": (b'{"name": ' + b"9" * 5_000 + b"}", "malformed-json"),
    "deep lists": (b"[" * 100_000, "json-too-deep"),
    "a megabyte of brackets": (b"[" * 1_000_000, "json-too-deep"),
    "deep objects": (b'{"a":' * 65 + b"1" + b"}" * 65, "json-too-deep"),
    "an unclosed string of quotes": (b'"' + b'\\"' * 500_000, "malformed-json"),
    "NUL": (b'{"name": "a\\u0000b"}', "unstorable-value"),
    "half a character": (b'{"name": "\\ud800"}', "unstorable-value"),
    "NUL in a key": (b'{"\\u0000": 1}', "unstorable-value"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bad_body_is_refused_at_once(owner: APIClient, name: str) -> None:
    body, code = BOMBS[name]
    post_raw(owner, b"{}")
    started = time.process_time()
    answer = post_raw(owner, body)
    elapsed = time.process_time() - started
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert elapsed < 0.3  # the bar is 100 ms; the rest is for a slow machine


def test_depth_64_and_brackets_in_texts_are_fine(owner: APIClient) -> None:
    deep = b'{"name": "' + b"[" * 100 + b'\\"[[", "key": "k", "zone": "UTC"}'
    assert post_raw(owner, deep).status_code == 201


def test_a_pair_of_surrogates_is_a_character(owner: APIClient) -> None:
    assert post_raw(owner, b'{"name": "\\ud83d\\ude00 x"}').json()["name"] == "😀 x"


def test_a_body_above_the_cap_is_413(owner: APIClient) -> None:
    answer = post_raw(owner, b'{"name": "' + b"x" * 1024 * 1024 + b'"}')
    assert (answer.status_code, answer.json()["code"]) == (413, "body-too-large")


def test_a_compressed_body_is_415(owner: APIClient) -> None:
    body = gzip.compress(b'{"name": "x"}')
    answer = post_raw(owner, body, HTTP_CONTENT_ENCODING="gzip")
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/zip"],
)
def test_anything_but_json_is_415(owner: APIClient, kind: str) -> None:
    assert owner.generic("POST", CREATE, b"name=x", content_type=kind).status_code == 415


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"1", b"null", b"true"])
def test_a_body_that_is_no_object_is_400(owner: APIClient, workflow: Workflow, body: bytes) -> None:
    assert post_raw(owner, body).status_code == 400
    graph = owner.generic("PUT", f"{CREATE}{workflow.pk}/graph/", body, content_type="application/json")
    assert graph.status_code == 400


def test_a_million_nodes_are_refused_by_count(owner: APIClient, workflow: Workflow) -> None:
    body = b'{"revision": 0, "nodes": [' + b",".join([b"{}"] * 1_000_000) + b"]}"
    started = time.perf_counter()
    answer = owner.generic("PUT", f"{CREATE}{workflow.pk}/graph/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (422, "too-many-nodes")
    assert time.perf_counter() - started < 1
    too_large = body + b" " * (4 * 1024 * 1024)
    answer = owner.generic("PUT", f"{CREATE}{workflow.pk}/graph/", too_large, content_type="application/json")
    assert answer.status_code == 413


def test_nobody_is_401_everywhere_and_the_answer_is_a_problem() -> None:
    client = APIClient()
    for address in (
        "/api/v1/me/",
        "/api/v1/workflows/1/graph",
        "/api/v1/nothing/",
        "/api/v1/schema/",
        "/api/v1/",
    ):
        answer = client.get(address)
        assert answer.status_code == 401, address
        assert answer["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize(
    "header",
    ["Token", "Token a b", "Token \xff\xfe", "Token 0", "Token a\x00b", f"Token {'a' * 64}", "Bearer x"],
)
def test_a_bad_token_is_401(db: None, header: str) -> None:
    answer = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=header)
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"


def test_a_session_without_csrf_token_is_refused(owner: APIClient, workflow: Workflow, alice: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post(f"{CREATE}{workflow.pk}/publish/", "{}", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf-failed")
    assert Workflow.objects.get(pk=workflow.pk).active_version is None
    token = "a" * 32
    client.cookies[settings.CSRF_COOKIE_NAME] = token
    save_draft(owner, workflow)
    answer = client.post(
        f"{CREATE}{workflow.pk}/publish/",
        "{}",
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert answer.status_code == 201, answer.content  # it was nothing but the token


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/nothing/",
        "/api/v1/",
        "/api/v1/workflows/abc/",
        "/api/v1/runs/99999999999999999999999/",
        f"/api/v1/runs/{'9' * 5000}/",
    ],
)
def test_an_unknown_address_is_404(owner: APIClient, address: str) -> None:
    answer = owner.get(address)
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_an_address_without_its_last_slash_answers_the_same(owner: APIClient, workflow: Workflow) -> None:
    assert owner.get("/api/v1/workflows").json() == owner.get("/api/v1/workflows/").json()
    answer = owner.post("/api/v1/workflows", json.dumps({"name": "Second"}), content_type="application/json")
    assert answer.status_code == 201


def test_a_method_that_is_not_offered_is_405(owner: APIClient) -> None:
    answer = owner.delete("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method-not-allowed")


@pytest.mark.parametrize(
    "query",
    [
        "cursor=zzz",
        "cursor=%00",
        "limit=0",
        "limit=x",
        "limit=-1",
        "limit=201",
        "limit=9999",
        "nane=x",
        "status=a%00",
        "cursor=OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk",
    ],
)
def test_a_bad_query_is_400(owner: APIClient, query: str) -> None:
    answer = owner.get(f"/api/v1/runs/?{query}")
    assert answer.status_code == 400, answer.content


def test_a_nul_in_an_address_is_not_found(admin: APIClient, tickets: Any) -> None:
    assert admin.get("/api/v1/modules/tickets/records/a%00b/").status_code == 404


def test_a_fault_of_ours_is_told_in_the_same_shape_without_its_cause(
    alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("the secret cause")

    monkeypatch.setattr("automations.permissions.visible_workflows", broken)
    client = client_of(alice)
    client.raise_request_exception = False
    answer = client.get("/api/v1/workflows/")
    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "internal-error"
    assert "secret" not in answer.content.decode()
