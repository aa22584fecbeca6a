"""The API's document is a promise to clients: a change of it is seen in review."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

SNAPSHOT = Path(__file__).with_name("openapi.json")
METHODS = ("get", "post", "put", "patch", "delete")


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    target = tmp_path_factory.mktemp("openapi") / "openapi.json"
    with warnings.catch_warnings():
        call_command(
            "spectacular", "--format", "openapi-json", "--validate", "--fail-on-warn", "--file", str(target)
        )
    return dict(json.loads(target.read_text(encoding="utf-8")))


def test_the_snapshot_is_the_api(document: dict[str, Any]) -> None:
    assert document == json.loads(SNAPSHOT.read_text(encoding="utf-8")), (
        "Run `make schema` and review the difference."
    )


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", entry[method])
        for path, entry in document["paths"].items()
        for method in METHODS
        if method in entry
    ]


def test_every_operation_has_an_example_a_sentence_and_the_problem_answer(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        if "schema/" in name:
            continue
        assert operation["description"].endswith("."), name
        assert "application/problem+json" in operation["responses"]["default"]["content"], name
        good = next(code for code in operation["responses"] if code.startswith("2"))
        if good != "204":
            (media,) = operation["responses"][good]["content"].values()
            assert media["examples"], name
        if "requestBody" in operation:
            assert operation["requestBody"]["content"]["application/json"]["examples"], name


def test_what_creates_takes_an_idempotency_key(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        if "201" in operation["responses"] or "202" in operation["responses"]:
            assert "Idempotency-Key" in {entry["name"] for entry in operation.get("parameters", ())}, name
