"""Each kind of trigger end to end: something happens, a decision says why or why not, a run starts or does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from automations.models import ActiveTrigger, Deadline, Decision, Event, Module, Run, ScheduleSlot, Workflow
from automations.runtime import deadlines, schedules
from automations.services.drafts import save_draft
from automations.services.records import create_record, update_record
from automations.services.runs import start_run
from automations.services.sources import create_source, send_event
from automations.services.workflows import create_workflow, pause_workflow, resume_workflow
from automations.testing import chain, make_module, make_workflow, node, run_everything
from automations.triggers import TRIGGERS
from webhooks.inbound.console import try_endpoint
from webhooks.inbound.services import create_endpoint

pytestmark = pytest.mark.django_db

HERE = {
    "record": "test_a_record_starts_what_its_change_is_about",
    "deadline": "test_a_deadline_fires_at_its_moment_with_the_record_as_it_is_then",
    "schedule": "test_a_schedule_fires_on_its_own_clock_and_writes_its_slot",
    "manual": "test_a_manual_start_brings_its_record_and_its_input",
    "event": "test_an_api_event_starts_a_run_that_sees_its_data",
    "webhook": "test_a_webhook_starts_a_run_that_sees_its_body",
    "workflow": "test_an_end_of_another_run_starts_a_run_that_sees_it",
}
FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "status", "type": "choice", "choices": ["open", "solved"]},
    {"key": "amount", "type": "money"},
    {"key": "due_at", "type": "datetime"},
    {"key": "due_on", "type": "date"},
]
NOOP = node("a1", "action.set_variable", values={"x": 1})


@pytest.fixture
def tickets(db: None) -> Module:
    return make_module(
        "tickets",
        FIELDS,
        title_field="title",
        status_field="status",
        transitions={"open": ["solved"], "solved": ["open"]},
    )


def live(owner: Any, kind: str, key: str = "w", **config: Any) -> Workflow:
    return make_workflow(
        key, chain(node("t1", f"trigger.{kind}", **config), NOOP), owner=owner, zone="Europe/Berlin"
    )


def ticket(module: Module, key: str = "T1", **values: Any) -> None:
    create_record(module=module, key=key, values={"status": "open", **values}, actor=None)
    run_everything()


def change(module: Module, key: str = "T1", **values: Any) -> None:
    update_record(module=module, key=key, values=values, actor=None)
    run_everything()


def decisions() -> list[tuple[str, str]]:
    """(event type, outcome), in their order; one for each event that a trigger listens to."""
    return list(Decision.objects.order_by("id").values_list("event__type", "outcome"))


def outcomes() -> list[str]:
    return [outcome for _, outcome in decisions()]


def test_every_kind_of_trigger_is_tried_here() -> None:
    assert set(HERE) == {key for key, _ in TRIGGERS.items()}
    assert set(HERE.values()) <= set(globals())


@pytest.mark.parametrize(
    ("config", "fires"),
    [
        ({"on": ["created"]}, ["created"]),
        ({"on": ["updated"]}, ["title", "solved", "amount"]),
        ({"on": ["created", "status_changed"]}, ["created", "solved"]),
        ({"on": ["field_changed"], "field": "amount"}, ["amount"]),
        ({"on": ["field_changed"], "field": "amount", "to": "7"}, []),
        ({"on": ["field_changed"], "field": "amount", "to": "9.5"}, ["amount"]),
        ({"on": ["status_changed"], "from": "open", "to": "solved"}, ["solved"]),
        ({"on": ["status_changed"], "from": "solved"}, []),
    ],
)
def test_a_record_starts_what_its_change_is_about(
    config: dict[str, Any], fires: list[str], tickets: Module, alice: Any
) -> None:
    workflow = live(alice, "record", module="tickets", **config)
    fired: list[str] = []

    def count(name: str) -> None:
        if Run.objects.filter(workflow=workflow).count() > len(fired):
            fired.append(name)

    ticket(tickets, title="Ink")
    count("created")
    for name, values in {
        "title": {"title": "Paper"},
        "same": {"title": "Paper"},
        "solved": {"status": "solved"},
        "amount": {"amount": "9.50"},
    }.items():
        change(tickets, **values)
        count(name)
    assert fired == fires
    assert Run.objects.filter(status="succeeded").count() == len(fires)
    run = Run.objects.first()
    if run is not None:
        assert (run.record_key, run.mode, run.version.number) == ("T1", "execute", 1)


@pytest.mark.parametrize(("when", "offset"), [("before", "PT2H"), ("after", "PT4H"), ("after", "PT0S")])
def test_a_deadline_fires_at_its_moment_with_the_record_as_it_is_then(
    when: str, offset: str, tickets: Module, alice: Any
) -> None:
    live(
        alice,
        "deadline",
        module="tickets",
        field="due_at",
        offset=offset,
        when=when,
        filter={"field": "status", "op": "eq", "value": "open"},
    )
    due = datetime(2030, 5, 6, 12, tzinfo=UTC)
    moment = due + {"PT2H": -timedelta(hours=2), "PT4H": timedelta(hours=4), "PT0S": timedelta(0)}[offset]
    for key in ("T1", "T2"):
        ticket(tickets, key, title="Ink", due_at=due.isoformat())
    change(tickets, "T2", status="solved")
    change(tickets, "T1", title="Paper")
    assert deadlines.fire_due(now=moment - timedelta(microseconds=1)) == 0
    assert deadlines.fire_due(now=moment) == 2
    assert deadlines.fire_due(now=moment + timedelta(days=1)) == 0
    run_everything()
    assert decisions() == [("deadline", "matched"), ("deadline", "filtered")]
    event = Event.objects.get(type="deadline", record_key="T1")
    assert event.snapshot["after"]["title"] == "Paper"
    assert event.snapshot["data"] == {"due_at": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}


def test_a_deadline_moves_with_its_field_and_goes_with_it(tickets: Module, alice: Any) -> None:
    live(alice, "deadline", module="tickets", field="due_on", offset="PT0S", when="after")
    ticket(tickets, due_on="2030-07-01")
    berlin = ZoneInfo("Europe/Berlin")
    assert Deadline.objects.get().due_at == datetime(2030, 7, 1, tzinfo=berlin), "the day begins in the zone"
    change(tickets, due_on="2030-12-01")
    assert Deadline.objects.get().due_at == datetime(2030, 12, 1, tzinfo=berlin)
    change(tickets, due_on=None)
    assert Deadline.objects.count() == 0
    assert deadlines.fire_due(now=datetime(2031, 1, 1, tzinfo=UTC)) == 0


def test_a_deadline_that_is_set_anew_fires_anew(tickets: Module, alice: Any) -> None:
    live(alice, "deadline", module="tickets", field="due_at", offset="PT0S", when="after")
    ticket(tickets, due_at="2030-05-06T12:00:00Z")
    later = datetime(2030, 5, 7, tzinfo=UTC)
    assert deadlines.fire_due(now=later) == 1
    change(tickets, title="touched")
    assert deadlines.fire_due(now=later) == 0
    change(tickets, due_at="2030-05-08T12:00:00Z")
    assert deadlines.fire_due(now=later) == 0
    assert deadlines.fire_due(now=later + timedelta(days=2)) == 1


def test_a_schedule_fires_on_its_own_clock_and_writes_its_slot(alice: Any) -> None:
    """Half past two does not exist in Berlin on 31 March 2030; the clocks go forward over it."""
    workflow = live(alice, "schedule", cron="30 2 * * *")
    berlin = ZoneInfo("Europe/Berlin")
    ActiveTrigger.objects.update(next_slot_at=datetime(2030, 3, 30, 2, 30, tzinfo=berlin))
    fired = [
        schedules.fire_due(now=datetime(2030, 3, day, 23, 0, tzinfo=UTC) - timedelta(hours=20))
        for day in (30, 31)
    ]
    fired.append(schedules.fire_due(now=datetime(2030, 4, 1, 3, 0, tzinfo=UTC)))
    assert fired == [1, 1, 1]
    slots = [
        slot.astimezone(berlin)
        for slot in ScheduleSlot.objects.order_by("slot_at").values_list("slot_at", flat=True)
    ]
    assert [(slot.day, slot.hour) for slot in slots] == [(30, 2), (31, 3), (1, 2)]
    run_everything()
    assert outcomes() == ["matched"] * 3
    assert Run.objects.filter(workflow=workflow, status="succeeded", record_key="").count() == 3


@pytest.mark.parametrize(("policy", "fired", "skipped"), [("skip", 0, 5), ("once", 1, 4), ("all", 3, 2)])
def test_after_an_outage_the_missed_times_are_treated_as_the_trigger_says(
    policy: str, fired: int, skipped: int, alice: Any
) -> None:
    live(alice, "schedule", cron="0 * * * *", missed=policy, max_missed=3)
    first = datetime(2030, 5, 6, 1, tzinfo=UTC)
    ActiveTrigger.objects.update(next_slot_at=first)
    assert schedules.fire_due(now=first + timedelta(hours=4, minutes=30)) == fired
    assert ScheduleSlot.objects.filter(fired_at__isnull=False).count() == fired
    assert ScheduleSlot.objects.filter(fired_at__isnull=True).count() == skipped
    run_everything()
    assert Run.objects.count() == fired


def test_a_manual_start_brings_its_record_and_its_input(tickets: Module, alice: Any) -> None:
    form = {"type": "object", "properties": {"why": {"type": "string"}}, "required": ["why"]}
    workflow = live(alice, "manual", module="tickets", form=form)
    ticket(tickets, title="Ink")
    accepted = start_run(workflow=workflow, actor=alice, record_key="T1", user_input={"why": "test"})
    run_everything()
    run = Run.objects.get()
    assert (run.event_id, run.record_key, run.status) == (accepted.event_id, "T1", "succeeded")
    assert run.input == {"why": "test"}
    assert Event.objects.get(pk=accepted.event_id).actor == alice


def test_an_api_event_starts_a_run_that_sees_its_data(tickets: Module, alice: Any) -> None:
    source = create_source(key="shop", name="Shop", module=tickets, actor=alice)
    rule = {"field": "data.total", "op": "gt", "value": 100}
    other = create_source(key="other", name="Other", actor=alice)
    say = node("a1", "action.set_variable", values={"total": {"ref": "event.data.total"}})
    make_workflow("w", chain(node("t1", "trigger.event", source="other", filter=rule), say), owner=alice)
    live(alice, "event", key="v", source="shop", module="tickets")
    ticket(tickets)
    for total in (250, 5):
        send_event(source=other, data={"total": total}, actor=alice)
    send_event(source=source, data={"x": 1}, record_key="T1", actor=alice)
    run_everything()
    assert [outcome for kind, outcome in decisions() if not kind.startswith("record")] == [
        "matched",
        "filtered",
        "matched",
    ]
    first = Run.objects.get(workflow__key="w")
    assert first.steps.get(node="a1").output == {"total": 250}
    assert Run.objects.get(workflow__key="v").record_key == "T1"


def test_a_webhook_starts_a_run_that_sees_its_body(alice: Any) -> None:
    made = create_endpoint(key="till", name="Till", actor=alice, now=timezone.now())
    rule = {"field": "data.total", "op": "gt", "value": 100}
    trigger = node("t1", "trigger.webhook", endpoint="till", events=["order.*"], filter=rule)
    say = node("a1", "action.set_variable", values={"total": {"ref": "event.data.total"}})
    make_workflow("w", chain(trigger, say), owner=alice)
    live(alice, "webhook", key="v", endpoint="till")
    for kind, total in (("order.paid", 250), ("order.paid", 5), ("refund.made", 250)):
        body = json.dumps({"type": kind, "total": total})
        try_endpoint(endpoint=made.endpoint, body=body, actor=alice, now=timezone.now(), accept=True)
    run_everything()
    answered = Decision.objects.order_by("event_id", "workflow__key")
    assert list(answered.values_list("workflow__key", "event__type", "outcome")) == [
        ("v", "webhook.till.order.paid", "matched"),
        ("w", "webhook.till.order.paid", "matched"),
        ("v", "webhook.till.order.paid", "matched"),
        ("w", "webhook.till.order.paid", "filtered"),
        ("v", "webhook.till.refund.made", "matched"),
    ]
    assert Run.objects.get(workflow__key="w").steps.get(node="a1").output == {"total": 250}


def test_an_event_is_refused_for_each_reason_and_says_which(tickets: Module, alice: Any) -> None:
    workflow = live(
        alice,
        "record",
        module="tickets",
        on=["created", "updated"],
        scope={"field": "title", "op": "is_not_empty"},
        filter={"field": "amount", "op": "gt", "value": "100"},
        throttle={"max": 1, "per": "PT1H"},
    )
    ticket(tickets)
    change(tickets, title="Ink", amount="5")
    change(tickets, amount="500")
    change(tickets, amount="501")
    pause_workflow(workflow=workflow, actor=alice, reason="Stock take")
    change(tickets, amount="502")
    assert outcomes() == ["out_of_scope", "filtered", "matched", "throttled", "paused"]
    reasons = list(Decision.objects.order_by("id").values_list("reason", flat=True))
    assert "amount" in str(reasons[1]), "a refusal shows what was looked at"
    assert reasons[3] == {"max": 1, "per": "PT1H"}
    assert reasons[4]["why"] == "Stock take"
    assert Run.objects.count() == 1
    resume_workflow(workflow=workflow, actor=alice)
    assert Run.objects.count() == 1, "what a pause refused is not caught up on by itself"


@pytest.mark.parametrize(
    ("config", "started"),
    [
        ({"dedupe": {"path": "event.data.id"}}, 2),
        ({"dedupe": {"path": "event.data.id", "window": "P1D"}}, 2),
        ({"dedupe": {"path": "event.data.missing"}}, 4),
        ({}, 4),
    ],
)
def test_events_of_one_value_start_one_run(config: dict[str, Any], started: int, alice: Any) -> None:
    source = create_source(key="shop", name="Shop", actor=alice)
    live(alice, "event", source="shop", **config)
    for identity in ("a", "b", "a", "a"):
        send_event(source=source, data={"id": identity}, actor=alice)
    run_everything()
    send_event(source=source, data={"id": "a"}, actor=alice)
    run_everything()
    assert Run.objects.count() == (
        started if config.get("dedupe", {}).get("path") == "event.data.id" else started + 1
    )
    assert outcomes().count("duplicate") == 5 - Run.objects.count()


def test_once_per_record_counts_each_record_and_each_window(tickets: Module, alice: Any) -> None:
    live(alice, "record", module="tickets", on=["created", "updated"], once_per_record="P1D")
    day = datetime(2026, 3, 2, 10, tzinfo=UTC)
    for key in ("T1", "T2"):
        create_record(module=tickets, key=key, values={"title": "x"}, actor=None, at=day, clock="past")
    for hours in (1, 2, 15, 16):
        at = day + timedelta(hours=hours)
        update_record(module=tickets, key="T1", values={"title": str(hours)}, actor=None, at=at, clock="past")
    run_everything()
    assert sorted(Run.objects.values_list("record_key", flat=True)) == ["T1", "T1", "T2"]
    assert outcomes() == ["matched", "matched", "duplicate", "duplicate", "matched", "duplicate"]


def test_the_throttle_counts_a_window_that_moves(tickets: Module, alice: Any) -> None:
    live(alice, "record", module="tickets", on=["created"], throttle={"max": 2, "per": "PT1H"})
    begin = datetime(2026, 3, 2, 10, tzinfo=UTC)
    for index, minutes in enumerate((0, 10, 20, 59, 61, 62, 75)):
        at = begin + timedelta(minutes=minutes)
        create_record(module=tickets, key=f"T{index}", values={}, actor=None, at=at, clock="past")
        run_everything()
    assert outcomes() == ["matched", "matched", "throttled", "throttled", "matched", "throttled", "matched"]


def test_a_workflow_does_not_start_itself_unless_it_says_so(tickets: Module, alice: Any) -> None:
    for key, allowed in (("careful", False), ("bold", True)):
        trigger = node(
            "t1",
            "trigger.record",
            module="tickets",
            on=["field_changed"],
            field="amount",
            allow_self=allowed,
            filter={"field": "title", "op": "eq", "value": key},
        )
        raises = node("a1", "action.update_fields", values={"amount": "{{ event.id }}"})
        make_workflow(key, chain(trigger, raises), owner=alice)
    ticket(tickets, "T1", title="careful")
    ticket(tickets, "T2", title="bold")
    change(tickets, "T1", amount="1")
    assert Run.objects.filter(workflow__key="careful").count() == 1
    change(tickets, "T2", amount="1")
    bold = Run.objects.filter(workflow__key="bold").order_by("id")
    assert bold.count() == 9
    assert [run.status for run in bold] == ["succeeded"] * 8 + ["failed"]
    assert bold.last().failure_code == "chain-depth-exceeded"  # type: ignore[union-attr]


def test_an_end_of_another_run_starts_a_run_that_sees_it(tickets: Module, alice: Any) -> None:
    live(alice, "record", module="tickets", on=["created"])
    live(alice, "workflow", "watch", on=["succeeded"], workflows=["w"])
    ticket(tickets)
    run = Run.objects.get(workflow__key="watch")
    assert run.event is not None
    assert (run.record_key, run.event.snapshot["data"]["workflow"]) == ("T1", "w")
    assert ("workflow.ended.succeeded", "out_of_scope") in decisions(), "its own end starts nothing"


def test_a_workflow_that_is_not_published_decides_nothing(tickets: Module, alice: Any) -> None:

    workflow = create_workflow(name="Draft", actor=alice)
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    save_draft(workflow=workflow, document=chain(trigger, NOOP), revision=None, actor=alice)
    ticket(tickets)
    assert decisions() == []
    assert Event.objects.get().state == "matched"
    assert Event.objects.get().received_at <= timezone.now()
