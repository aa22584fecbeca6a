"""What a rolled-back transaction leaves behind, and what two schedulers make of the same slots."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone
from django_q.models import OrmQ

from automations.models import ActiveTrigger, Decision, Event, Record, RecordChange, Run, ScheduleSlot
from automations.runtime import schedules
from automations.services.records import create_record
from automations.testing import chain, make_module, make_workflow, node, run_everything

SLOTS = 1_000


@pytest.mark.django_db(transaction=True)
def test_a_record_of_a_rolled_back_transaction_makes_no_event_no_run_and_no_message(alice: Any) -> None:
    module = make_module("tickets", {"title": "text"})
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    make_workflow("w", chain(trigger, node("a1", "action.comment", text="Hello")), owner=alice)
    OrmQ.objects.all().delete()
    with transaction.atomic():
        create_record(module=module, key="T1", values={"title": "x"}, actor=alice)
        transaction.set_rollback(True)
    run_everything()
    left = [rows.count() for rows in (Record.objects, RecordChange.objects, Event.objects, Run.objects)]
    assert left == [0, 0, 0, 0]
    assert OrmQ.objects.count() == 0
    create_record(module=module, key="T1", values={"title": "x"}, actor=alice)
    assert OrmQ.objects.count() == 1
    run_everything()
    assert Run.objects.get().status == "succeeded"


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_fire_each_of_a_thousand_slots_once(alice: Any) -> None:
    trigger = node("t1", "trigger.schedule", cron="* * * * *", missed="all", max_missed=100)
    make_workflow("w", chain(trigger, node("a1", "action.set_variable", values={"x": 1})), owner=alice)
    now = timezone.now()
    started = now - timedelta(minutes=SLOTS) + timedelta(seconds=1)
    ActiveTrigger.objects.update(next_slot_at=started.replace(second=0, microsecond=0) + timedelta(minutes=1))
    fired: list[int] = []
    together = threading.Barrier(2)

    def scheduler() -> None:
        for step in range(0, SLOTS + 1, 50):  # now rises, so that both have something to win each time
            together.wait(timeout=60)
            fired.append(schedules.fire_due(now=started + timedelta(minutes=step)))
        connections.close_all()

    threads = [threading.Thread(target=scheduler) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    slots = ScheduleSlot.objects.filter(fired_at__isnull=False).count()
    assert slots == sum(fired) == Event.objects.filter(type="schedule").count()
    assert slots >= SLOTS - 1
    run_everything()
    assert Counter(Run.objects.values_list("status", flat=True)) == {"succeeded": slots}


@pytest.mark.django_db
def test_a_malformed_schedule_is_shown_as_broken_and_the_others_fire(alice: Any) -> None:
    action = node("a1", "action.set_variable", values={"x": 1})
    for key in ("bad", "good"):
        make_workflow(key, chain(node("t1", "trigger.schedule", cron="* * * * *"), action), owner=alice)
    slot = timezone.now().replace(second=0, microsecond=0)
    ActiveTrigger.objects.update(next_slot_at=slot)
    ActiveTrigger.objects.filter(workflow__key="bad").update(config={"cron": "61 * * * *"})
    assert schedules.fire_due(now=slot + timedelta(seconds=5)) == 1
    assert "61 * * * *" in ActiveTrigger.objects.get(workflow__key="bad").problem
    assert ActiveTrigger.objects.get(workflow__key="good").problem == ""
    run_everything()
    assert Run.objects.get().workflow.key == "good"
    assert schedules.fire_due(now=slot + timedelta(seconds=6)) == 0


@pytest.mark.django_db
def test_workflows_that_start_each_other_stop_at_the_depth_cap_and_say_why(alice: Any) -> None:
    module = make_module("tickets", {"ping": "number", "pong": "number"})
    for key, watched, written in (("a", "ping", "pong"), ("b", "pong", "ping")):
        trigger = node("t1", "trigger.record", module="tickets", on=["field_changed"], field=watched)
        change = node("a1", "action.update_fields", values={written: {"ref": "event.id"}})
        make_workflow(key, chain(trigger, change), owner=alice)
    create_record(module=module, key="T1", values={"ping": 0, "pong": 0}, actor=alice)
    from automations.services.records import update_record

    update_record(module=module, key="T1", values={"ping": 1}, actor=alice)
    run_everything()
    runs = list(Run.objects.order_by("id").values_list("workflow__key", "depth", "status", "failure_code"))
    assert [depth for _, depth, *_ in runs] == list(range(9))
    assert [key for key, *_ in runs] == ["a", "b"] * 4 + ["a"]
    assert {status for *_, status, _ in runs[:-1]} == {"succeeded"}
    last = Run.objects.order_by("id").last()
    assert last is not None
    assert last.status == "failed"
    assert "8 runs stand between" in last.failure["message"]
    decision = Decision.objects.get(outcome="loop")
    assert decision.run == last
    assert "the limit is 8" in decision.reason["why"]


@pytest.mark.django_db
def test_a_workflow_is_not_started_by_its_own_change_unless_it_says_so(alice: Any) -> None:
    module = make_module("tickets", {"count": "number"})
    for key, more in (("shy", {}), ("bold", {"allow_self": True})):
        rule = {"field": "count", "op": "lt", "value": "3"}
        trigger = node(
            "t1", "trigger.record", module="tickets", on=["updated", "created"], filter=rule, **more
        )
        change = node("a1", "action.comment", text="Seen")
        make_workflow(key, chain(trigger, change), owner=alice)
    create_record(module=module, key="T1", values={"count": 1}, actor=alice)
    run_everything()
    assert Counter(Run.objects.values_list("workflow__key", flat=True)) == {"shy": 1, "bold": 1}


@pytest.mark.django_db
def test_simulate_writes_nothing_but_its_run(alice: Any, mailoutbox: list[Any]) -> None:
    module = make_module("tickets", {"title": "text", "state": "text", "who": "text"})
    actions = [
        node("a1", "action.update_fields", values={"state": "done"}),
        node("a2", "action.assign", field="who", strategy="fixed", value="bob"),
        node("a3", "action.comment", text="Hello {{ record.state }}"),
        node("a4", "action.create_record", module="tickets", values={"title": "child"}),
        node("a5", "action.notify", users=["alice"], channels=["app", "email"], title="Hi", body="There"),
        node("a6", "action.set_variable", values={"x": 1}),
        node("a7", "action.wait", **{"for": "P3D"}),
        node("a8", "action.stop", outcome="succeeded", message="Done."),
    ]
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    make_workflow("w", chain(trigger, *actions), owner=alice, mode="simulate")
    create_record(module=module, key="T1", values={"title": "x"}, actor=alice)
    before = _contents()
    run_everything()
    after = _contents()
    run = Run.objects.get()
    assert (run.status, run.mode, run.inconclusive) == ("succeeded", "simulate", False)
    changed = {table for table in before if before[table] != after[table]}
    assert changed == {
        "automations_run",
        "automations_step",
        "automations_logentry",
        "automations_decision",
        "automations_event",  # only the mark that it was judged
    }
    assert Event.objects.count() == 1
    planned = {step.node: step.changes for step in run.steps.all()}
    assert [(one["field"], one["after"]) for one in planned["a1"]] == [("state", "done")]
    assert [(one["field"], one["after"]) for one in planned["a2"]] == [("who", "bob")]
    assert run.logs.filter(message__contains="Hello done").exists()
    assert mailoutbox == []


def _contents() -> dict[str, list[Any]]:
    """Every row of every table."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        contents = {}
        for table in tables:
            cursor.execute(f'SELECT md5(t::text) FROM "{table}" t ORDER BY 1')  # noqa: S608 - names from the catalogue
            contents[table] = cursor.fetchall()
    return contents
