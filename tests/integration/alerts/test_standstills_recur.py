"""A standstill that comes again holds in its windows and not between them, is ended early, and comes again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from automations.errors import ConflictError, InvalidError
from automations.models import Alert, Module, Run, Standstill, Workflow
from automations.runtime.drain import work_is_due
from automations.runtime.standstills import read_standing
from automations.services.alerts import make_rule
from automations.services.records import create_record
from automations.services.standstills import end_window, lift_standstill, set_standstill
from automations.testing import run_everything

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 3, 30, 12, tzinfo=UTC)
"""The day after the clocks of Berlin went forward."""


def nightly(root: Any, workflow: Workflow | None = None, **changes: Any) -> Standstill:
    """From 22:00 to 06:00 in Berlin, since long ago."""
    wanted: dict[str, Any] = {
        "days": [*range(7)],
        "window_from": time(22),
        "window_to": time(6),
        "zone": "Europe/Berlin",
    }
    row = set_standstill(reason="Backup", actor=root, workflow=workflow, **{**wanted, **changes})
    Standstill.objects.filter(pk=row.pk).update(starts_at=MONDAY - timedelta(days=400))
    row.refresh_from_db()
    return row


def around(now: datetime) -> dict[str, Any]:
    """A window that holds now."""
    before, after = (now + timedelta(minutes=minutes) for minutes in (-60, 60))
    return {
        "window_from": before.time().replace(second=0, microsecond=0),
        "window_to": after.time().replace(second=0, microsecond=0),
        "zone": "UTC",
    }


def ticket(key: str, root: Any) -> None:
    create_record(
        module=Module.objects.get(key="tickets"), key=key, values={"subject": key, "state": "new"}, actor=root
    )


@pytest.mark.parametrize(
    ("hour", "until"),
    [(19.9, None), (20, "2026-03-31T04:00"), (27.9, "2026-03-31T04:00"), (28, None)],
)
def test_it_holds_in_its_windows_only(workflow: Workflow, root: Any, hour: float, until: str | None) -> None:
    nightly(root, workflow)
    now = datetime(2026, 3, 30, tzinfo=UTC) + timedelta(hours=hour)
    held = read_standing(now=now).among([workflow]).get(workflow.pk)
    assert (held.until if held is not None else None) == (
        datetime.fromisoformat(until).replace(tzinfo=UTC) if until is not None else None
    )


def test_its_first_and_last_window_are_cut_to_when_it_begins_and_ends(root: Any) -> None:
    row = nightly(root)
    row.starts_at = datetime(2026, 3, 30, 22, tzinfo=UTC)
    row.ends_at = datetime(2026, 4, 1, 0, tzinfo=UTC)
    assert row.holding(row.starts_at - timedelta(minutes=1)) is None
    first = row.coming(MONDAY)
    assert first == (row.starts_at, datetime(2026, 3, 31, 4, tzinfo=UTC))
    assert row.holding(row.starts_at) == first
    assert row.coming(row.starts_at) == (datetime(2026, 3, 31, 20, tzinfo=UTC), row.ends_at)
    assert row.holding(row.ends_at - timedelta(minutes=1)) == row.coming(row.starts_at)
    assert row.coming(row.ends_at - timedelta(minutes=1)) is None
    assert row.holding(row.ends_at) is None
    assert row.coming(row.ends_at) is None


def test_events_wait_for_the_end_of_a_window_and_are_judged_when_it_is_ended_early(
    workflow: Workflow, root: Any, now: datetime
) -> None:
    row = nightly(root, workflow, **around(now))
    ticket("T1", root)
    run_everything()
    assert Run.objects.count() == 0
    end_window(standstill=row, actor=root, reason="Through early")
    assert work_is_due()
    run_everything()
    assert Run.objects.get().status == "succeeded"
    with pytest.raises(ConflictError):
        end_window(standstill=row, actor=root)
    tomorrow = now + timedelta(days=1)
    assert read_standing(now=tomorrow).among([workflow]).keys() == {workflow.pk}, "it comes again"
    lift_standstill(standstill=row, actor=root)
    assert not read_standing(now=tomorrow).held


def test_what_comes_once_has_no_window_to_end(root: Any) -> None:
    row = set_standstill(reason="The move", actor=root)
    with pytest.raises(ConflictError):
        end_window(standstill=row, actor=root)


@pytest.mark.parametrize(
    ("changes", "paths"),
    [
        ({"days": []}, {"days"}),
        ({"days": [7]}, {"days"}),
        ({"days": [True]}, {"days"}),
        ({"window_to": None}, {"window_to"}),
        ({"window_to": time(22)}, {"window_to"}),
        ({"window_from": time(22, 0, 30)}, {"window_from"}),
        ({"zone": "Mars/Olympus"}, {"zone"}),
        ({"zone": "", "days": "monday"}, {"zone", "days"}),
    ],
)
def test_windows_that_cannot_be_are_refused(root: Any, changes: dict[str, Any], paths: set[str]) -> None:
    with pytest.raises(InvalidError) as caught:
        nightly(root, **changes)
    assert {problem.path for problem in caught.value.problems} == paths
    assert Standstill.objects.count() == 0


def test_silence_counts_from_the_end_of_the_last_window(
    workflow: Workflow, alerts: Callable[..., list[Alert]], alice: Any, root: Any, now: datetime
) -> None:
    make_rule(kind="silence", name="Daily", raise_at=90, clear_at=89, workflow=workflow, actor=alice)
    row = nightly(root, workflow, **around(now))
    left = (row.holding(now).until - now).total_seconds() / 60  # type: ignore[union-attr,operator]
    assert alerts(after=left + 89) == [], "it was over 89 minutes before"
    assert len(alerts(after=left + 91)) == 1


def test_the_api_tells_when_it_comes_again(root: Any, now: datetime) -> None:
    api = APIClient()
    api.force_authenticate(root)
    body = {
        "reason": "Backup",
        "days": [6, 0],
        "window_from": "22:00",
        "window_to": "06:00",
        "zone": "Europe/Berlin",
    }
    made = api.post("/api/v1/standstills/", body, format="json")
    assert made.status_code == 201, made.content
    told = made.json()
    assert told["comes_again"] == "Mon, Sun 22:00–06:00, Europe/Berlin"
    assert (told["window_from"], told["window_to"], told["days"]) == ("22:00", "06:00", [0, 6])
    assert told["coming"] is not None
    row = Standstill.objects.get()
    Standstill.objects.filter(pk=row.pk).update(
        starts_at=now - timedelta(days=9), days=[*range(7)], **around(now)
    )
    listed = api.get("/api/v1/standstills/").json()["results"][0]
    assert listed["holding"] is not None
    ended = api.post(f"/api/v1/standstills/{row.pk}/end-window/", {"reason": "Through"}, format="json")
    assert ended.status_code == 200, ended.content
    assert ended.json()["holding"] is None
    assert ended.json()["coming"]["since"] > listed["holding"]["until"]
    assert api.post(f"/api/v1/standstills/{row.pk}/end-window/", {}, format="json").status_code == 409
