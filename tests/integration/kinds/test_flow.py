"""What actions do over time and in numbers: turns, waits, children, caps, versions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from automations.models import (
    Module,
    OutgoingEmail,
    RecordComment,
    Run,
    Workflow,
)
from automations.modules.adapter import adapter_for
from automations.runtime import subscriptions
from automations.runtime.mail import send_due
from automations.services.drafts import save_draft
from automations.services.records import create_record, update_record
from automations.services.runs import start_run
from automations.services.versions import publish_version
from automations.testing import chain, make_workflow, node, run_everything

from .scene import children, comments, let_its_time_come, play

pytestmark = pytest.mark.django_db


@pytest.mark.usefixtures("scene")
def test_taking_turns_goes_round_and_every_turn_counts_once(tickets: Module, alice: Any) -> None:
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    turn = node("a1", "action.assign", field="owner", strategy="round_robin", group="Support")
    make_workflow("w", chain(trigger, turn), owner=alice)
    for index in range(5):
        create_record(module=tickets, key=f"R{index}", values={"title": "x"}, actor=None)
    run_everything()
    found = adapter_for(tickets).load([f"R{index}" for index in range(5)], lock=False)
    assert [found[f"R{index}"].values["owner"] for index in range(5)] == ["alice", "bob"] * 2 + ["alice"]


@pytest.mark.usefixtures("scene")
def test_the_least_loaded_is_chosen_anew_for_each_of_a_batch(tickets: Module, alice: Any) -> None:
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    least = node("a1", "action.assign", field="owner", strategy="least_loaded", group="Support")
    make_workflow("w", chain(trigger, least), owner=alice)
    for index in range(4):
        create_record(module=tickets, key=f"R{index}", values={"status": "open"}, actor=None)
    run_everything()  # alice has T0, so that bob comes first
    found = adapter_for(tickets).load([f"R{index}" for index in range(4)], lock=False)
    owners = [state.values["owner"] for state in found.values()]
    assert sorted(owners) == ["alice", "bob", "bob", "bob"] or sorted(owners) == [
        "alice",
        "alice",
        "bob",
        "bob",
    ]
    assert found["R0"].values["owner"] == "bob"


@pytest.mark.usefixtures("scene")
def test_a_mail_leaves_once(tickets: Module, alice: Any) -> None:
    run = play(
        tickets,
        alice,
        "execute",
        node("a1", "action.notify", users=["bob"], channels=["email"], title="Hello"),
    )
    assert send_due(now=timezone.now()) == 1
    assert send_due(now=timezone.now()) == 0
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["bob@example.org"], "Hello")
    assert OutgoingEmail.objects.get(run=run).state == "sent"


@pytest.mark.usefixtures("scene")
def test_a_variable_is_seen_by_later_steps_only(tickets: Module, alice: Any) -> None:
    run = play(
        tickets,
        alice,
        "execute",
        node("a1", "action.comment", text="Before: {{ variables.tier }}"),
        node("a2", "action.set_variable", values={"tier": "gold"}),
        node("a3", "action.comment", text="After: {{ variables.tier }}"),
    )
    assert run.status == "succeeded"
    assert comments() == ["Before: ", "After: gold"]


@pytest.mark.usefixtures("scene")
def test_a_wait_parks_the_run_until_its_time(tickets: Module, alice: Any) -> None:
    before = timezone.now()
    run = play(
        tickets,
        alice,
        "execute",
        node("w1", "action.wait", **{"for": "PT1H"}),
        node("a1", "action.comment", text="x"),
    )
    assert run.status == "waiting"
    assert timedelta(minutes=59) < run.due_at - before < timedelta(minutes=61)
    let_its_time_come(run)
    run_everything()
    run.refresh_from_db()
    assert (run.status, comments()) == ("succeeded", ["x"])


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize(("outcome", "status"), [("succeeded", "succeeded"), ("failed", "failed")])
def test_a_run_that_waits_for_its_children_goes_on_with_their_outcome(
    outcome: str, status: str, tickets: Module, alice: Any
) -> None:
    stop = node("s1", "action.stop", outcome=outcome, message="So be it")
    make_workflow("ends", chain(node("t1", "trigger.manual"), stop), owner=alice)
    start = node("a1", "action.start_workflow", workflow="ends", for_each={"ref": "record.lines"}, wait=True)
    run = play(tickets, alice, "execute", start, node("a2", "action.comment", text="All done"))
    run.refresh_from_db()
    assert run.status == status
    assert Run.objects.filter(parent=run).count() == 2
    assert comments() == (["All done"] if status == "succeeded" else [])
    if status == "failed":
        assert run.failure_code == "child-failed"


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize(("count", "status"), [(3, "succeeded"), (4, "waiting")])
def test_the_blast_radius_is_a_border_not_a_guess(
    count: int, status: str, tickets: Module, alice: Any
) -> None:
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    start = node("a1", "action.start_workflow", workflow="child", for_each={"ref": "record.lines"})
    workflow = make_workflow("w", chain(trigger, start), owner=alice)
    Workflow.objects.filter(pk=workflow.pk).update(limits={"blast_radius": 3})

    subscriptions.forget()
    create_record(module=tickets, key="T1", values={"lines": [str(n) for n in range(count)]}, actor=None)
    run_everything()
    run = Run.objects.get(workflow=workflow)
    assert run.status == status
    assert len(children()) == (count if status == "succeeded" else 0)
    if status == "waiting":
        assert run.approvals.get().kind == "blast_radius"
        assert "4 runs at once; 3 are allowed" in run.steps.get(node="a1").run.logs.latest("seq").message


def test_a_chain_of_workflows_ends_at_its_cap(alice: Any) -> None:
    trigger = node("t1", "trigger.manual", allow_self=True)
    workflow = make_workflow(
        "again", chain(trigger, node("a1", "action.set_variable", values={"x": 1})), owner=alice
    )
    again = chain(trigger, node("a1", "action.start_workflow", workflow="again"))
    save_draft(workflow=workflow, document=again, revision=None, actor=alice)
    publish_version(workflow=workflow, actor=alice, mode="execute")
    start_run(workflow=workflow, actor=alice)
    run_everything()
    depths = list(Run.objects.order_by("id").values_list("depth", "status", "failure_code"))
    assert depths == [(n, "succeeded", "") for n in range(8)] + [(8, "failed", "chain-depth-exceeded")]


@pytest.mark.usefixtures("scene")
def test_a_run_in_flight_keeps_the_version_that_it_began_with(tickets: Module, alice: Any) -> None:
    run = play(
        tickets,
        alice,
        "execute",
        node("w1", "action.wait", **{"for": "PT1H"}),
        node("a1", "action.comment", text="Old"),
    )

    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    workflow = run.workflow
    newer = chain(trigger, node("a1", "action.comment", text="New"))
    save_draft(workflow=workflow, document=newer, revision=None, actor=alice)
    publish_version(workflow=workflow, actor=alice, mode="execute")
    let_its_time_come(run)
    create_record(module=tickets, key="T2", values={"title": "x"}, actor=None)
    run_everything()
    said = dict(RecordComment.objects.values_list("record_key", "text"))
    assert said == {"T1": "Old", "T2": "New"}
    versions = dict(Run.objects.filter(workflow=workflow).values_list("record_key", "version__number"))
    assert versions == {"T1": 1, "T2": 2}


@pytest.mark.usefixtures("scene")
def test_a_change_that_was_made_meanwhile_is_seen_by_the_next_step(tickets: Module, alice: Any) -> None:
    run = play(
        tickets,
        alice,
        "execute",
        node("w1", "action.wait", **{"for": "PT1H"}),
        node("a1", "action.comment", text="Now {{ record.title }}"),
    )
    update_record(module=tickets, key="T1", values={"title": "Paper"}, actor=None)
    let_its_time_come(run)
    run_everything()
    assert comments() == ["Now Paper"]


@pytest.mark.usefixtures("scene")
@pytest.mark.parametrize("mode", ["simulate", "execute"])
def test_a_disabled_step_does_nothing_says_so_and_the_next_one_runs(
    tickets: Module, alice: Any, mode: str
) -> None:
    disabled = {**node("a1", "action.comment", text="Never said."), "disabled": True}
    run = play(tickets, alice, mode, disabled, node("a2", "action.comment", text="Said."))
    assert run.status == "succeeded"
    assert comments() == (["Said."] if mode == "execute" else [])
    step, following = run.steps.get(node="a1"), run.steps.get(node="a2")
    assert (step.status, step.branches, step.error["code"]) == ("skipped", [""], "disabled")
    assert following.status == "succeeded"
    assert run.logs.filter(node="a1", message__contains="is disabled").count() == 1
