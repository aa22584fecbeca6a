"""What a retry makes of consent that was given, and of runs that were started by the one that failed."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from guardian.shortcuts import assign_perm

from automations import permissions
from automations.models import (
    Approval,
    Module,
    Record,
    RecordComment,
    Run,
    RunSignal,
    Step,
    Workflow,
)
from automations.services.approvals import decide_approval
from automations.services.records import create_record, update_record
from automations.services.runs import cancel_run, start_run
from automations.services.workflows import pause_workflow
from automations.testing import chain, edge, make_module, make_workflow, node, run_everything
from tests.integration.letters import keep_letter

from .world import choice, log, publish, refusal, retried, statuses

pytestmark = pytest.mark.django_db

ASK = node("p1", "action.approval", title="Go on?", groups=["Leads"])


START_ERRAND: dict[str, Any] = chain(
    node("t1", "trigger.manual"), node("a1", "action.stop", outcome="succeeded", message="Done")
)


def asking(**other: dict[str, Any]) -> dict[str, Any]:
    """Ticket created → people agree → say so, close it."""
    nodes = {
        "t1": node("t1", "trigger.record", module="tickets", on=["created"]),
        "p1": ASK,
        "a1": node("a1", "action.comment", text="Agreed."),
        "a2": node("a2", "action.change_status", to="solved"),
    } | other
    ways = [edge("t1", "p1"), edge("p1", "a1", "approved"), edge("a1", "a2")]
    return {"schema": 1, "nodes": list(nodes.values()), "edges": ways}


@pytest.fixture
def sam(charlie: Any) -> Any:
    charlie.groups.add(Group.objects.create(name="Leads"))
    for right in ("view", "approve"):
        assign_perm(permissions.codename(right), charlie)
    return charlie


@pytest.fixture
def agreed(tickets: Module, alice: Any, sam: Any) -> Run:
    """Sam agreed to closing a pending ticket; then it was busy."""
    workflow = make_workflow("close", asking(), owner=alice)
    values = {"title": "Ink", "status": "pending", "amount": "250.00"}
    create_record(module=tickets, key="T1", values=values, actor=None)
    run_everything()
    approval = Approval.objects.get()
    decide_approval(approval=approval, actor=sam, verdict="approve", plan_hash=approval.plan_hash)
    Run.objects.update(due_at="2020-01-01T00:00:00Z")  # the transaction's clock stands still
    run_everything()
    run = Run.objects.get(workflow=workflow)
    # As if the last step had failed after the consent was looked at, and changed nothing.
    Record.objects.filter(module=tickets, key="T1").update(data=values)
    failure = {"code": "busy", "message": "It was busy.", "fault": "user", "retryable": True}
    Step.objects.filter(run=run, node="a2").update(status="failed", branches=["failed"], error=failure)
    Run.objects.filter(pk=run.pk).update(
        status="failed", failure_code="busy", failure={**failure, "node": "a2"}
    )
    keep_letter(run, "", code="busy")
    run.refresh_from_db()
    return run


def test_consent_stands_for_what_was_agreed_to(agreed: Run, bob: Any, tickets: Module) -> None:
    retry = retried(agreed, bob)
    assert (retry.status, statuses(retry)["p1"]) == ("succeeded", f"succeeded kept from {agreed.pk}")
    assert Record.objects.get(key="T1").data["status"] == "solved"
    assert (Approval.objects.count(), RecordComment.objects.count()) == (1, 1)


def test_consent_to_something_else_is_void(agreed: Run, bob: Any, tickets: Module) -> None:
    update_record(module=tickets, key="T1", values={"title": "Toner"}, actor=None)
    assert choice(agreed).refusal is None, "another field, which the plan does not touch"
    Record.objects.filter(key="T1").update(data={"title": "Ink", "status": "open", "amount": "250"})
    assert choice(agreed).refusal is None, "it fails on paper too: nothing would be done"
    publish(
        agreed.workflow, asking(a2=node("a2", "action.change_status", to="pending")), agreed.workflow.owner
    )
    assert refusal(agreed, bob, version="active") == "consent-void"
    detail = choice(agreed, version="active").refusal
    assert detail is not None
    assert detail.detail.startswith("What was agreed to at “p1” is no longer what would be done.")
    again = retried(agreed, bob, start="start", version="active")
    assert again.status == "waiting"
    assert Approval.objects.filter(run=again, state="pending").exists(), "people are asked anew"


def test_consent_to_start_one_version_is_none_to_start_another(
    tickets: Module, alice: Any, sam: Any, bob: Any
) -> None:
    errand = make_workflow("errand", START_ERRAND, owner=alice)
    asks = asking(a2=node("a2", "action.start_workflow", workflow="errand"))
    workflow = make_workflow("close", asks, owner=alice)
    create_record(module=tickets, key="T1", values={"title": "Ink", "status": "pending"}, actor=None)
    run_everything()
    approval = Approval.objects.get()
    decide_approval(approval=approval, actor=sam, verdict="approve", plan_hash=approval.plan_hash)
    run = Run.objects.get(workflow=workflow)
    Step.objects.filter(run=run, node="p1").update(
        status="succeeded", branches=["approved"], wait=None, output={"approval": approval.pk}
    )
    cancel_run(run=run, actor=bob)
    assert choice(run).refusal is None
    publish(
        errand,
        chain(START_ERRAND["nodes"][0], node("a1", "action.stop", outcome="succeeded", message="Another")),
        alice,
    )
    publish(workflow, asks, alice)
    assert choice(run).refusal is None, "its own version starts what was agreed to"
    assert refusal(run, bob, version="active") == "consent-void"


def test_other_words_after_a_consent_are_something_else_too(
    agreed: Run, bob: Any, alice: Any, tickets: Module
) -> None:
    more = asking(a2=node("a2", "action.comment", text="Something nobody saw."))
    publish(agreed.workflow, more, alice)
    assert refusal(agreed, bob, version="active") == "consent-void"


def test_a_question_that_nobody_answered_is_asked_anew(
    tickets: Module, alice: Any, sam: Any, bob: Any
) -> None:
    make_workflow("close", asking(), owner=alice)
    create_record(module=tickets, key="T1", values={"title": "Ink", "status": "pending"}, actor=None)
    run_everything()
    run = Run.objects.get()
    cancel_run(run=run, actor=bob)
    assert choice(run).sentence == "“t1” is not repeated. People are asked anew at “p1”."
    retry = retried(run, bob)
    assert (retry.status, Approval.objects.get(run=retry).state) == ("waiting", "pending")
    assert Approval.objects.get(run=run).state == "cancelled"


@pytest.fixture
def family(tickets: Module, alice: Any) -> tuple[Run, list[Run]]:
    """A run that started one errand for each of two lines and waits; each is made, and ends as failed."""
    make_module("batches", {"title": "text", "lines": "list"})
    child = {
        "schema": 1,
        "nodes": [
            node("t1", "trigger.manual"),
            node("a1", "action.create_record", module="errands", values={"title": "{{ variables.item }}"}),
            node("s1", "action.stop", outcome="failed", message="Bad."),
        ],
        "edges": [edge("t1", "a1"), edge("a1", "s1")],
    }
    make_workflow("errand", child, owner=alice)
    parent = {
        "schema": 1,
        "nodes": [
            node("t1", "trigger.record", module="batches", on=["created"]),
            node(
                "a1", "action.start_workflow", workflow="errand", for_each={"ref": "record.lines"}, wait=True
            ),
            node("a2", "action.comment", text="All done."),
        ],
        "edges": [edge("t1", "a1"), edge("a1", "a2")],
    }
    workflow = make_workflow("batches", parent, owner=alice)
    create_record(
        module=Module.objects.get(key="batches"), key="O1", values={"lines": ["x", "y"]}, actor=None
    )
    run_everything()
    run = Run.objects.get(workflow=workflow)
    assert (run.status, run.failure_code) == ("failed", "child-failed"), log(run)
    return run, list(Run.objects.filter(parent=run).order_by("pk"))


def mend_child(alice: Any) -> None:
    """A version of the child that does not stop."""
    mended = {
        "schema": 1,
        "nodes": [
            node("t1", "trigger.manual"),
            node("a1", "action.create_record", module="errands", values={"title": "x"}),
        ],
        "edges": [edge("t1", "a1")],
    }
    publish(Workflow.objects.get(key="errand"), mended, alice)


def test_a_run_whose_children_failed_goes_on_once_they_were_retried(
    family: tuple[Run, list[Run]], alice: Any, bob: Any
) -> None:
    run, children = family
    assert Record.objects.filter(module__key="errands").count() == 2
    assert refusal(run, bob) == "children-open"
    assert choice(run).refusal.detail == (  # type: ignore[union-attr]
        f"“a1” can't be gone on with: it waits for run {children[0].pk}, which failed: retry that one first."
    )
    mend_child(alice)
    again = [retried(child, bob, version="active") for child in children]
    assert {child.status for child in again} == {"succeeded"}
    retry = retried(run, bob)
    assert retry.status == "succeeded"
    assert statuses(retry)["a1"] == f"succeeded kept from {run.pk}"
    assert Record.objects.filter(module__key="errands").count() == 2, "no errand is made twice"
    assert RecordComment.objects.count() == 1


def test_children_that_have_not_ended_are_waited_for_first(
    family: tuple[Run, list[Run]], alice: Any, bob: Any
) -> None:
    run, children = family
    Run.objects.filter(pk=children[0].pk).update(status="queued", finished_at=None)
    assert choice(run).refusal.detail.endswith(  # type: ignore[union-attr]
        f"it waits for run {children[0].pk}, which has not ended: wait for it first."
    )


def test_children_that_never_started_are_in_the_way(tickets: Module, alice: Any, bob: Any) -> None:
    make_module("batches", {"title": "text", "lines": "list"})
    child = make_workflow(
        "errand",
        {
            "schema": 1,
            "nodes": [node("t1", "trigger.manual"), node("a1", "action.set_variable", values={"x": 1})],
            "edges": [edge("t1", "a1")],
        },
        owner=alice,
    )
    parent = {
        "schema": 1,
        "nodes": [
            node("t1", "trigger.manual", module="batches"),
            node("a1", "action.start_workflow", workflow="errand", wait=True),
        ],
        "edges": [edge("t1", "a1")],
    }
    workflow = make_workflow("batches", parent, owner=alice)
    create_record(module=Module.objects.get(key="batches"), key="O1", values={}, actor=None)
    pause_workflow(workflow=child, reason="", actor=alice)
    start_run(workflow=workflow, actor=alice, record_key="O1")
    run_everything()
    run = Run.objects.get(workflow=workflow)
    assert refusal(run, bob) == "children-open"
    assert "of the 1 runs that it waits for 1 never started" in choice(run).refusal.detail  # type: ignore[union-attr]


def test_a_caller_that_still_waits_hears_of_the_retry(
    family: tuple[Run, list[Run]], alice: Any, bob: Any
) -> None:
    run, (first, second) = family
    # As it was before the second child ended: the caller waits, and has heard of the first one's failure.
    Run.objects.filter(pk=run.pk).update(status="waiting", finished_at=None, failure={}, failure_code="")
    Step.objects.filter(run=run, node="a1").update(
        status="waiting", branches=[], error=None, wait={"kind": "children", "until": None}
    )
    for child, status in ((first, "failed"), (second, "succeeded")):
        RunSignal.objects.create(
            run=run,
            node="a1",
            key=f"event:{child.event_id}",
            outcome={"status": status, "run": child.pk},
            created_at=run.created_at,
        )
    mend_child(alice)
    retry = retried(first, bob, version="active")
    assert retry.status == "succeeded"
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert Step.objects.get(run=run, node="a1").output["runs"] == [second.pk, retry.pk]
