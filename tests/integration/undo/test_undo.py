"""What a run did to records goes back where nobody changed it since; the rest is told."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from guardian.shortcuts import assign_perm

from automations.errors import ConflictError
from automations.models import (
    AuditEntry,
    Deadline,
    Event,
    Module,
    Record,
    RecordChange,
    Run,
    RunUndo,
    UndoneField,
    Workflow,
)
from automations.modules.adapter import adapter_for
from automations.services.modules import update_module
from automations.services.records import comment_record, create_record
from automations.services.runs import start_run
from automations.services.undo import take_back_undo, undo_run, what_stays
from automations.services.undo_plans import plan_take_back, plan_undo
from automations.services.workflows import archive_workflow
from automations.testing import chain, edge, make_module, make_workflow, node, run_everything
from config.demo.models import Order

from ..kinds.scene import let_its_time_come
from .world import CLOSE, change, lines, played, tickets_module, undo, values

pytestmark = pytest.mark.django_db


@pytest.fixture
def tickets(db: None) -> Module:
    return tickets_module()


@pytest.fixture
def alice(alice: Any) -> Any:
    for right in ("use_module", "add_event"):
        assign_perm(f"automations.{right}", alice)
    return get_user_model().objects.get(pk=alice.pk)


def test_what_nobody_touched_goes_back_and_the_rest_is_told_by_name(
    tickets: Module, alice: Any, bob: Any
) -> None:
    run = played(alice, CLOSE)
    assert values(tickets)["state"] == "closed"
    change(tickets, bob, owner="third line")
    plan = plan_undo(run=run, actor=alice)
    assert lines(plan) == {"T-1.owner": "changed-since", "T-1.state": ""}
    assert plan.left[0].said == "It was changed by bob since."
    assert plan.restored[0].overrides, (
        "closed → open is no transition of the module, and is undone all the same"
    )
    done = undo(run, alice, reason="Wrong queue")
    assert (values(tickets)["state"], values(tickets)["owner"]) == ("open", "third line")
    assert [(row.field, row.restored, row.why) for row in done.fields.all()] == [
        ("owner", False, "changed-since"),
        ("state", True, ""),
    ]
    entry = AuditEntry.objects.get(action="run.undone")
    assert (entry.object_id, entry.reason) == (str(run.pk), "Wrong queue")
    assert entry.before == {"tickets/T-1.state": "closed"}
    assert entry.after["tickets/T-1.state"] == "open"
    assert run.logs.latest("seq").message.startswith("Undone by alice: 1 field restored, 1 left")
    run.refresh_from_db()
    assert run.last_seq == run.logs.latest("seq").seq


def test_there_and_back_by_somebody_else_counts_as_changed(tickets: Module, alice: Any, bob: Any) -> None:
    run = played(alice, CLOSE)
    change(tickets, bob, owner="nobody")
    change(tickets, bob, owner="second line")
    assert lines(plan_undo(run=run, actor=alice)) == {"T-1.owner": "changed-since", "T-1.state": ""}


def test_somebody_between_two_writes_of_the_run_counts_too(tickets: Module, alice: Any, bob: Any) -> None:
    again = node("a2", "action.update_fields", values={"owner": "last"})
    document_wait = node("w1", "action.wait", **{"for": "PT1H"})
    run = played(alice, CLOSE, document_wait, again)
    assert run.status == "waiting"
    change(tickets, bob, owner="between")
    let_its_time_come(run)
    run_everything()
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert values(tickets)["owner"] == "last"
    assert lines(plan_undo(run=run, actor=alice))["T-1.owner"] == "changed-since"


def test_a_change_that_kept_no_history_counts_too(tickets: Module, alice: Any) -> None:
    run = played(alice, CLOSE)
    record = Record.objects.get(key="T-1")
    Record.objects.filter(pk=record.pk).update(data={**record.data, "owner": "by SQL"})
    plan = plan_undo(run=run, actor=alice)
    assert lines(plan)["T-1.owner"] == "changed-since"
    assert "keeps no history" in plan.left[0].said


def test_an_undo_is_an_event_that_its_own_workflow_does_not_answer(tickets: Module, alice: Any) -> None:
    trigger = node("t1", "trigger.record", module="tickets", on=["updated"])
    watcher = make_workflow("watch", chain(trigger, node("a1", "action.comment", text="Seen")), owner=alice)
    own = {
        "schema": 1,
        "nodes": [node("t1", "trigger.manual", module="tickets"), trigger | {"id": "t2"}, CLOSE],
        "edges": [edge("t1", "a1"), edge("t2", "a1")],
    }
    workflow = make_workflow("loop", own, owner=alice)
    start_run(workflow=workflow, actor=alice, record_key="T-1")
    run_everything()
    run = Run.objects.get(workflow=workflow)
    undo(run, alice)
    run_everything()
    event = Event.objects.filter(type="record.updated").latest("pk")
    assert (event.cause_run_id, event.cause_workflow_id, event.depth) == (run.pk, workflow.pk, 1)
    assert (event.actor, event.snapshot["after"]["state"]) == (alice, "open")
    assert Run.objects.filter(workflow=workflow).count() == 1, "its own change back starts it no more"
    assert Run.objects.filter(workflow=watcher).count() == 2
    row = RecordChange.objects.latest("pk")
    assert (row.run, row.actor, row.undo) == (None, alice, RunUndo.objects.get())


def test_an_undo_is_taken_back_and_done_again(tickets: Module, alice: Any) -> None:
    run = played(alice, CLOSE)
    first = undo(run, alice)
    assert lines(plan_undo(run=run, actor=alice)) == {"T-1.owner": "already-so", "T-1.state": "already-so"}
    with pytest.raises(ConflictError) as refused:
        undo(run, alice)
    assert refused.value.code == "nothing-to-undo"
    plan = plan_take_back(undo=first, actor=alice)
    taken = take_back_undo(undo=first, actor=alice, plan_hash=plan.digest())
    assert (taken.takes_back, values(tickets)["state"]) == (first, "closed")
    with pytest.raises(ConflictError) as refused:
        take_back_undo(undo=first, actor=alice, plan_hash=plan.digest())
    assert refused.value.code == "nothing-to-undo"
    undo(run, alice)
    assert values(tickets)["state"] == "open"
    assert RunUndo.objects.count() == 3


def test_taking_back_leaves_what_was_changed_meanwhile(tickets: Module, alice: Any, bob: Any) -> None:
    run = played(alice, CLOSE)
    first = undo(run, alice)
    change(tickets, bob, owner="bob")
    plan = plan_take_back(undo=first, actor=alice)
    assert lines(plan) == {"T-1.owner": "changed-since", "T-1.state": ""}


def test_runs_are_undone_newest_first(tickets: Module, alice: Any) -> None:
    older = played(alice, CLOSE)
    newer = played(alice, node("a1", "action.update_fields", values={"owner": "third"}), key="third")
    plan = plan_undo(run=older, actor=alice)
    assert lines(plan)["T-1.owner"] == "changed-since"
    assert plan.left[0].said == f"It was changed by run {newer.pk} of “third” since."
    undo(newer, alice)
    assert lines(plan_undo(run=older, actor=alice)) == {"T-1.owner": "", "T-1.state": ""}
    undo(older, alice)
    assert values(tickets).get("owner") is None


def test_what_was_shown_is_what_is_done(tickets: Module, alice: Any, bob: Any) -> None:
    run = played(alice, CLOSE)
    shown = plan_undo(run=run, actor=alice).digest()
    change(tickets, bob, owner="bob")
    with pytest.raises(ConflictError) as refused:
        undo_run(run=run, actor=alice, plan_hash=shown)
    assert refused.value.code == "plan-changed"
    assert (values(tickets)["state"], RunUndo.objects.count()) == ("closed", 0)


def test_a_simulated_run_and_one_that_goes_on_are_not_undone(tickets: Module, alice: Any) -> None:
    simulated = played(alice, CLOSE, mode="simulate")
    with pytest.raises(ConflictError) as refused:
        undo(simulated, alice)
    assert refused.value.code == "nothing-to-undo"
    waiting = played(alice, CLOSE, node("w1", "action.wait", **{"for": "PT1H"}), key="waits")
    with pytest.raises(ConflictError) as refused:
        undo(waiting, alice)
    assert refused.value.code == "still-active"


def test_a_created_record_is_removed_with_its_alarms_and_made_again(tickets: Module, alice: Any) -> None:
    make_workflow(
        "remind",
        chain(
            node("t1", "trigger.deadline", module="tickets", field="due", when="before", offset="PT1H"),
            node("a1", "action.comment", text="Late"),
        ),
        owner=alice,
    )
    create = node(
        "a1",
        "action.create_record",
        module="tickets",
        key="T-9",
        values={"title": "Follow-up", "state": "open", "due": "2099-01-01T00:00:00Z"},
    )
    run = played(alice, create)
    assert Deadline.objects.filter(record_key="T-9").count() == 1
    held = values(tickets, "T-9")
    first = undo(run, alice)
    assert not Record.objects.filter(key="T-9").exists()
    assert Deadline.objects.filter(record_key="T-9").count() == 0
    assert RecordChange.objects.filter(record_key="T-9", undo=first).count() == len(held)
    event = Event.objects.latest("pk")
    assert (event.type, event.snapshot["before"]["title"], event.snapshot["after"]) == (
        "record.removed",
        "Follow-up",
        None,
    )
    plan = plan_take_back(undo=first, actor=alice)
    take_back_undo(undo=first, actor=alice, plan_hash=plan.digest())
    assert values(tickets, "T-9") == held
    assert Deadline.objects.filter(record_key="T-9").count() == 1


@pytest.mark.parametrize("how", ["changed", "commented", "at work"])
def test_a_created_record_that_is_in_use_stays(how: str, tickets: Module, alice: Any, bob: Any) -> None:
    create = node("a1", "action.create_record", module="tickets", key="T-9", values={"title": "Follow-up"})
    run = played(alice, create)
    if how == "changed":
        change(tickets, bob, key="T-9", owner="bob")
    elif how == "commented":
        comment_record(module=tickets, key="T-9", text="On it", actor=bob)
    else:
        played(alice, node("w1", "action.wait", **{"for": "PT1H"}), record="T-9", key="waits")
    assert lines(plan_undo(run=run, actor=alice)) == {
        "T-9": "changed-since" if how == "changed" else "in-use"
    }


def test_a_module_that_moved_on_takes_nothing_back_that_it_would_refuse(tickets: Module, alice: Any) -> None:
    run = played(alice, CLOSE)
    fields = [
        {"key": "title", "type": "text"},
        {"key": "state", "type": "choice", "choices": ["new", "closed"]},
        {"key": "due", "type": "datetime"},
    ]
    archive_workflow(workflow=run.workflow, actor=alice)
    update_module(module=tickets, actor=None, fields=fields, transitions={"new": ["closed"]})
    tickets.refresh_from_db()
    assert lines(plan_undo(run=run, actor=alice)) == {"T-1.owner": "field-gone", "T-1.state": "not-taken"}


def test_only_those_who_may_use_the_module_change_it_back(tickets: Module, alice: Any, bob: Any) -> None:
    run = played(alice, CLOSE)
    assert set(lines(plan_undo(run=run, actor=bob)).values()) == {"permission-denied"}


def test_what_was_started_is_undone_with_it_if_asked_and_what_stays_is_told(
    tickets: Module, alice: Any
) -> None:
    make_workflow("child", chain(node("t1", "trigger.manual", module="tickets"), CLOSE), owner=alice)
    told = node("a3", "action.notify", users=["alice"], channels=["app", "email"], title="Hi", body="")
    run = played(
        alice,
        node("a1", "action.start_workflow", workflow="child"),
        node("a2", "action.comment", text="Started"),
        told,
        key="parent",
    )
    plan = plan_undo(run=run, actor=alice)
    assert plan.pieces == ()
    assert {stay.what: stay.count for stay in what_stays(plan)} == {
        "comments": 1,
        "notifications": 1,
        "mails": 1,
        "started": 1,
    }
    child = Run.objects.get(workflow=Workflow.objects.get(key="child"))
    undo(run, alice, children=True)
    assert values(tickets)["state"] == "open"
    assert set(UndoneField.objects.values_list("run", flat=True)) == {child.pk}


# Native modules: the host's own model.


@pytest.fixture
def order(db: None) -> Order:
    return Order.objects.create(number="O-1", customer="Ada", amount="10.00", status="paid")


def test_a_native_record_goes_back_through_its_own_save(order: Order, alice: Any) -> None:
    ship = node("a1", "action.update_fields", values={"status": "shipped", "amount": "12.50"})
    run = played(alice, ship, record="O-1", module="orders")
    order.refresh_from_db()
    assert (order.status, str(order.amount)) == ("shipped", "12.50")
    Order.objects.filter(pk=order.pk).update(amount="13.00")  # the host's own code, which tells nobody
    assert lines(plan_undo(run=run, actor=alice)) == {"O-1.amount": "changed-since", "O-1.status": ""}
    undo(run, alice)
    order.refresh_from_db()
    assert (order.status, str(order.amount)) == ("paid", "13.00")


def test_a_created_native_record_is_removed_and_made_again(order: Order, alice: Any) -> None:
    create = node(
        "a1", "action.create_record", module="orders", key="O-2", values={"customer": "Eve", "amount": "5"}
    )
    run = played(alice, create, record="O-1", module="orders")
    assert Order.objects.get(number="O-2").customer == "Eve"
    first = undo(run, alice)
    assert not Order.objects.filter(number="O-2").exists()
    plan = plan_take_back(undo=first, actor=alice)
    take_back_undo(undo=first, actor=alice, plan_hash=plan.digest())
    assert Order.objects.get(number="O-2").customer == "Eve"


def test_a_plan_costs_the_same_however_many_records_it_is_about(
    tickets: Module, alice: Any, django_assert_max_num_queries: Any
) -> None:
    make_workflow("child", chain(node("t1", "trigger.manual", module="tickets"), CLOSE), owner=alice)
    big = make_module("big", {"lines": "list"})
    create_record(module=big, key="B", values={"lines": [str(n) for n in range(30)]}, actor=None)
    create = node(
        "a1",
        "action.create_record",
        module="tickets",
        values={"title": "{{ variables.item }}"},
    )
    make_workflow("makes", chain(node("t1", "trigger.manual", module="big"), create), owner=alice)
    run = played(
        alice,
        node("a1", "action.start_workflow", workflow="makes", for_each={"ref": "record.lines"}),
        record="B",
        module="big",
        key="fan",
    )
    assert adapter_for(tickets).all().count() == 31
    with django_assert_max_num_queries(25):
        plan = plan_undo(run=run, actor=alice, children=True)
    assert len(plan.restored) == 30
