from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from automations.engine.scopes import MISSING, REFERENCE, Scope, lookup

SCOPE = Scope(
    record={"title": "Broken", "empty": None},
    event={"data": {"items": [{"sku": "A1"}, {"sku": "B2"}], "": "nameless"}},
    now=datetime(2026, 3, 2, 12, tzinfo=UTC),
    zone=ZoneInfo("Europe/Berlin"),
    variables={"v": 1},
    steps={"a1": {"output": {"y": [10]}}},
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("record.title", "Broken"),
        ("record.empty", None),
        ("event.data.items.1.sku", "B2"),
        ("steps.a1.output.y.0", 10),
        ("variables.v", 1),
        ("variables", {"v": 1}),
        ("now", "2026-03-02T12:00:00.000000Z"),
    ],
)
def test_a_path_leads_to_its_value(path: str, value: Any) -> None:
    assert lookup(SCOPE, path) == value


@pytest.mark.parametrize(
    "path",
    [
        "",
        "nothing",
        "zone",
        "record.missing",
        "record.title.upper",
        "record.empty.x",
        "record.__class__",
        "event.data.items.2",
        "event.data.items.-1",
        "event.data.items.٣",
        "event.data.items." + "9" * 5_000,
        "event.data.items.append",
        "now.year",
        "scope.now",
    ],
)
def test_a_path_that_leads_nowhere_is_missing(path: str) -> None:
    assert lookup(SCOPE, path) is MISSING


def test_without_an_event_or_a_record_their_paths_lead_nowhere() -> None:
    scope = Scope(None, None, SCOPE.now, SCOPE.zone)
    assert lookup(scope, "event.data") is MISSING
    assert lookup(scope, "record") is MISSING
    assert lookup(scope, "steps") == {}


def test_missing_is_false_and_not_none() -> None:
    assert not MISSING
    assert MISSING is not None


@pytest.mark.parametrize(
    "path", ["now", "event.data.x", "record.f", "steps.a-1.output.y.0", "variables.größe"]
)
def test_a_reference_is_a_root_and_names(path: str) -> None:
    assert REFERENCE.fullmatch(path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "event",
        "now.x",
        "os.environ",
        "record.__class__",
        "event..x",
        "event.x y",
        "event.x\n",
        "event." + "x" * 65,
    ],
)
def test_what_is_no_reference_is_refused(path: str) -> None:
    assert not REFERENCE.fullmatch(path)
