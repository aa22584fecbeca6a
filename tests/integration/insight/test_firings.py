"""The preview of a trigger: what really happened in the last days, judged as the runtime would judge it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from automations.insight import firings
from automations.insight.firings import FiringPreview, preview_firings
from automations.models import Decision, Event, Module, Run, Workflow
from automations.services.drafts import load_draft, save_draft
from automations.services.records import create_record, update_record
from automations.services.workflows import create_workflow
from automations.testing import chain, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db

COMMENT = node("a1", "action.comment", text="Hello")
FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "count", "type": "number"},
    {"key": "due", "type": "datetime"},
    {"key": "day", "type": "date"},
]


@pytest.fixture
def tickets(db: None) -> Module:
    return make_module("tickets", FIELDS)


@pytest.fixture
def draft(alice: Any, tickets: Module) -> Any:
    """Makes a workflow that is only a draft, from its trigger."""

    def make(trigger: dict[str, Any], **options: Any) -> Workflow:
        workflow = create_workflow(key="draft", name="Draft", actor=alice, **options)
        save_draft(workflow=workflow, document=chain(trigger, COMMENT), revision=None, actor=alice)
        return workflow

    return make


def preview(workflow: Workflow, **options: Any) -> FiringPreview:
    options.setdefault("now", timezone.now())
    return preview_firings(
        workflow=workflow, definition=load_draft(workflow).definition, trigger="t1", **options
    )


def make_tickets(module: Module, *counts: int) -> None:
    for number, count in enumerate(counts):
        create_record(module=module, key=f"T{number}", values={"count": count}, actor=None)


def large(**more: Any) -> dict[str, Any]:
    rule = {"field": "count", "op": "gt", "value": "10"}
    return node("t1", "trigger.record", module="tickets", on=["created"], filter=rule, **more)


def test_a_draft_is_judged_on_events_that_happened_before_it_was_drawn(tickets: Module, draft: Any) -> None:
    make_tickets(tickets, 5, 20, 30)
    seen = preview(draft(large()))
    assert (seen.basis, seen.looked_at, seen.complete) == ("events", 3, True)
    assert seen.outcomes == {"matched": 2, "filtered": 1}
    assert sum(seen.days.values()) == 2
    assert len(seen.days) == 8
    assert [(one.record, one.outcome) for one in seen.firings] == [
        ("T2", "matched"),
        ("T1", "matched"),
        ("T0", "filtered"),
    ]
    assert "the value is" in seen.firings[-1].reason["why"]
    assert Run.objects.count() == 0
    assert Decision.objects.count() == 0


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"throttle": {"max": 2, "per": "PT1H"}},
        {"dedupe": {"path": "event.after.title"}},
        {"once_per_record": "P1D"},
    ],
    ids=["plain", "throttle", "dedupe", "once"],
)
def test_the_preview_says_what_the_runtime_decided(alice: Any, tickets: Module, more: dict[str, Any]) -> None:
    trigger = node("t1", "trigger.record", module="tickets", on=["created", "updated"], **more)
    workflow = make_workflow("live", chain(trigger, COMMENT), owner=alice)
    for number, title in enumerate("abab"):
        create_record(module=tickets, key=f"T{number}", values={"title": title}, actor=None)
    update_record(module=tickets, key="T0", values={"title": "c"}, actor=None)
    run_everything()
    decided = Counter(Decision.objects.values_list("outcome", flat=True))
    assert preview(workflow).outcomes == decided
    assert decided["matched"] == Run.objects.count()


def test_events_of_replays_and_of_longer_ago_are_left_out(tickets: Module, draft: Any) -> None:
    make_tickets(tickets, 20, 20, 20)
    first, second, _ = Event.objects.order_by("id").values_list("pk", flat=True)
    Event.objects.filter(pk=first).update(clock="replay")
    Event.objects.filter(pk=second).update(received_at=timezone.now() - timedelta(days=8))
    workflow = draft(large())
    assert preview(workflow).outcomes == {"matched": 1}
    assert preview(workflow, days=9).outcomes == {"matched": 2}


def test_a_schedule_is_read_from_the_calendar_of_its_zone(draft: Any) -> None:
    workflow = draft(node("t1", "trigger.schedule", cron="30 2 * * *"), zone="Europe/Berlin")
    until = datetime(2026, 3, 30, 12, tzinfo=UTC)  # the clocks jumped over 02:30 on the 29th
    seen = preview(workflow, now=until)
    assert (seen.basis, seen.outcomes) == ("calendar", {"matched": 7})
    assert [one.at.isoformat() for one in seen.firings[:3]] == [
        "2026-03-30T00:30:00+00:00",
        "2026-03-29T01:00:00+00:00",
        "2026-03-28T01:30:00+00:00",
    ]
    assert all(one.event is None for one in seen.firings)


def test_a_deadline_is_read_from_the_records(tickets: Module, draft: Any) -> None:
    now = timezone.now()
    for key, hours, count in (("A", -30, 20), ("B", -3, 5), ("C", 1, 20), ("D", -24 * 8, 20)):
        values = {"due": (now + timedelta(hours=hours)).isoformat(), "count": count}
        create_record(module=tickets, key=key, values=values, actor=None)
    create_record(module=tickets, key="E", values={"count": 20}, actor=None)
    rule = {"field": "count", "op": "gt", "value": "10"}
    config = {"module": "tickets", "field": "due", "filter": rule}
    seen = preview(draft(node("t1", "trigger.deadline", offset="PT2H", when="before", **config)), now=now)
    assert (seen.basis, seen.looked_at) == ("records", 3)
    assert {(one.record, one.outcome) for one in seen.firings} == {
        ("A", "matched"),
        ("B", "filtered"),
        ("C", "matched"),
    }


def test_a_deadline_on_a_day_counts_on_the_local_calendar(tickets: Module, draft: Any) -> None:
    now = datetime(2026, 7, 1, 12, tzinfo=UTC)
    for key, day in (("A", "2026-06-24"), ("B", "2026-06-25"), ("C", "2026-07-02"), ("D", "2026-07-03")):
        create_record(module=tickets, key=key, values={"day": day}, actor=None)
    trigger = node("t1", "trigger.deadline", module="tickets", field="day", offset="PT12H", when="before")
    workflow = draft(trigger, zone="Asia/Tokyo")
    seen = preview(workflow, now=now)
    # C's day begins in Tokyo at 15:00 UTC on the 1st, its alarm rang twelve hours earlier; B's rang a week and more ago.
    assert [(one.record, one.at.isoformat()) for one in seen.firings] == [("C", "2026-07-01T03:00:00+00:00")]


def test_too_many_events_are_cut_and_said_so(
    tickets: Module, draft: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_tickets(tickets, 20, 20, 20)
    monkeypatch.setattr(firings, "MAX_LOOKED_AT", 2)
    seen = preview(draft(large()))
    assert (seen.looked_at, seen.complete) == (2, False)


def test_the_api_shows_it_and_hides_reasons_from_those_who_may_not_see_payloads(
    alice: Any, tickets: Module, draft: Any
) -> None:
    from django.contrib.auth.models import Permission
    from guardian.shortcuts import assign_perm, remove_perm

    make_tickets(tickets, 5, 20)
    workflow = draft(large())
    alice.user_permissions.add(Permission.objects.get(codename="use_module"))
    client = APIClient()
    client.force_login(alice)
    address = f"/api/v1/workflows/{workflow.pk}/triggers/t1/preview/"
    answer = client.get(address).json()
    assert (answer["matched"], answer["outcomes"]) == (1, {"filtered": 1, "matched": 1})
    assert answer["firings"][1]["reason"]["rule"] == "filter"
    assert client.get(f"{address}?days=32").status_code == 400
    assert client.get(f"{address}?version=3").status_code == 404
    assert client.get(address.replace("t1", "a1")).status_code == 404
    assign_perm("automations.view_workflow", alice, workflow)
    remove_perm("automations.view_payloads_workflow", alice, workflow)
    assert [one["reason"] for one in client.get(address).json()["firings"]] == [None, None]
