from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from automations.models import ApiToken, AuditEntry

pytestmark = pytest.mark.django_db


def make(client: APIClient, **body: Any) -> Any:
    return client.post("/api/v1/tokens/", {"name": "import", **body}, format="json")


def bearing(token: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def test_a_token_acts_as_its_owner_until_it_is_revoked(owner: APIClient) -> None:
    made = make(owner, scope="write", expires_in_days=7).json()
    client = bearing(made["token"])
    assert client.get("/api/v1/me/").json()["username"] == "alice"
    assert client.post("/api/v1/workflows/", {"name": "By token"}, format="json").status_code == 201
    assert owner.delete(f"/api/v1/tokens/{made['id']}/").status_code == 204
    assert client.get("/api/v1/me/").status_code == 401
    assert list(AuditEntry.objects.filter(action__startswith="token.").values_list("action", flat=True)) == [
        "token.revoked",
        "token.created",
    ]


def test_a_token_sent_as_bearer_is_told_how_to_send_it(owner: APIClient) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {make(owner).json()['token']}")
    answer = client.get("/api/v1/me/")
    assert (answer.status_code, answer.json()["code"]) == (401, "not-authenticated")
    assert "Authorization: Token <token>" in answer.json()["detail"]


def test_a_token_for_reading_changes_nothing(owner: APIClient) -> None:
    client = bearing(make(owner).json()["token"])
    assert client.get("/api/v1/workflows/").status_code == 200
    refused = client.post("/api/v1/workflows/", {"name": "x"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (403, "token-read-only")


def test_an_expired_token_is_refused(owner: APIClient) -> None:
    client = bearing(make(owner).json()["token"])
    ApiToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert client.get("/api/v1/me/").status_code == 401


def test_the_list_shows_own_tokens_and_no_secret(owner: APIClient, outsider: APIClient) -> None:
    made = make(owner).json()
    listed = owner.get("/api/v1/tokens/").json()["results"]
    assert [row["id"] for row in listed] == [made["id"]]
    assert "token" not in listed[0]
    assert outsider.get("/api/v1/tokens/").json()["results"] == []
    assert outsider.delete(f"/api/v1/tokens/{made['id']}/").status_code == 404
    assert made["token"] not in str(ApiToken.objects.values())


@pytest.mark.parametrize(
    "body", [{"expires_in_days": 0}, {"expires_in_days": 366}, {"scope": "admin"}, {"user": 1}, {"name": ""}]
)
def test_a_bad_token_request_is_refused(owner: APIClient, body: dict[str, Any]) -> None:
    assert make(owner, **body).status_code == 400
    assert not ApiToken.objects.exists()


def test_a_twenty_first_token_is_refused(owner: APIClient) -> None:
    for _ in range(20):
        assert make(owner).status_code == 201
    assert make(owner).json()["code"] == "too-many-tokens"
