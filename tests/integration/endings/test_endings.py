"""A workflow starts when a run of another one has ended, in whatever way it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from guardian.shortcuts import assign_perm, remove_perm

from automations import permissions
from automations.errors import InvalidError
from automations.models import Approval, Decision, Event, Module, RecordComment, Run, Workflow
from automations.runtime import claims, saving
from automations.runtime.subscriptions import DEFAULT_MAX_ATTEMPTS, bump_activation
from automations.services.approvals import decide_approval
from automations.services.records import create_record
from automations.services.runs import cancel_run, start_run, start_runs
from automations.services.workflows import pause_workflow, update_workflow
from automations.testing import chain, give_modules, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db

MANUAL = node("t1", "trigger.manual", module="tickets")
STOP = node("a1", "action.stop", outcome="failed", message="The shop is shut: S-1")
WAIT = node("w1", "action.wait", **{"for": "PT1H"})
TELL = node("a1", "action.comment", text="{{ event.data.code }}: {{ event.data.message }}")


@pytest.fixture
def tickets(db: None) -> Module:
    module = make_module("tickets", {"title": "text"})
    for number in range(3):
        create_record(module=module, key=f"T-{number}", values={"title": str(number)}, actor=None)
    run_everything()
    return module


@pytest.fixture
def alice(alice: Any) -> Any:
    return give_modules(alice)


def watching(owner: Any, key: str = "errors", *actions: Any, **config: Any) -> Workflow:
    trigger = node("t1", "trigger.workflow", **{"on": ["failed"], "module": "tickets", **config})
    return make_workflow(key, chain(trigger, *(actions or (TELL,))), owner=owner)


def begin(workflow: Workflow, actor: Any, record: str = "T-0") -> Run:
    start_run(workflow=workflow, actor=actor, record_key=record)
    run_everything()
    return Run.objects.filter(workflow=workflow).order_by("pk").last() or Run()


def told(workflow: Workflow) -> list[tuple[str, str]]:
    rows = Decision.objects.filter(workflow=workflow, event__type__startswith="workflow.ended")
    return [(row.outcome, str(row.reason.get("why", ""))) for row in rows.order_by("pk")]


def test_a_failed_run_starts_the_error_workflow_on_its_record(tickets: Module, alice: Any) -> None:
    errors = watching(alice)
    failed = begin(make_workflow("w", chain(MANUAL, STOP), owner=alice), alice, "T-1")
    run = Run.objects.get(workflow=errors)
    assert (run.status, run.record_key, run.depth, run.correlation_id) == (
        "succeeded",
        "T-1",
        1,
        failed.correlation_id,
    )
    comment = RecordComment.objects.get()
    assert comment.text == "stopped: The shop is shut: S-1"
    event = Event.objects.get(type="workflow.ended.failed")
    assert event.snapshot["data"] | {"link": "", "run": 0} == {
        "run": 0,
        "workflow": "w",
        "workflow_name": "w",
        "version": 1,
        "mode": "execute",
        "status": "failed",
        "code": "stopped",
        "message": "The shop is shut: S-1",
        "fault": "user",
        "retryable": False,
        "node": "",
        "link": "",
    }
    assert event.snapshot["after"] == {"title": "1"}
    assert event.cause_run == failed


def _dies(run: Run, alice: Any) -> None:
    Run.objects.filter(pk=run.pk).update(due_at="2026-01-01T00:00:00Z")
    (claimed,) = claims.claim(limit=1)
    saving.give_up(claimed, code="attempts-spent", message="It died.", attempts=DEFAULT_MAX_ATTEMPTS)


def _cancelled(run: Run, alice: Any) -> None:
    cancel_run(run=run, actor=alice, reason="Enough.")


def _replaced(run: Run, alice: Any) -> None:
    limits = {"at_once": 1, "when_full": "cancel_oldest"}
    update_workflow(workflow=run.workflow, changes={"limits": limits}, actor=alice)
    begin(run.workflow, alice)
    begin(run.workflow, alice)
    assert Run.objects.filter(failure_code="place-taken").count() == 1


@pytest.mark.parametrize(
    ("end", "ending", "code"),
    [
        (_dies, "failed", "attempts-spent"),
        (_cancelled, "cancelled", "cancelled"),
        (_replaced, "cancelled", "place-taken"),
    ],
)
def test_however_a_run_ends_it_is_told(
    tickets: Module, alice: Any, end: Callable[[Run, Any], None], ending: str, code: str
) -> None:
    errors = watching(alice, on=["failed", "cancelled"])
    run = begin(make_workflow("w", chain(MANUAL, WAIT), owner=alice), alice)
    end(run, alice)
    run_everything()
    assert Event.objects.get(type__startswith="workflow.ended").type == f"workflow.ended.{ending}"
    assert RecordComment.objects.get().text.startswith(code)
    assert Run.objects.get(workflow=errors).status == "succeeded"


def test_runs_that_a_hold_ends_are_told(tickets: Module, alice: Any, bob: Any) -> None:
    watching(alice, on=["cancelled"], codes=["blast-radius-rejected"])
    workflow = make_workflow("w", chain(MANUAL, WAIT), owner=alice)
    update_workflow(workflow=workflow, changes={"limits": {"blast_radius": 1}}, actor=alice)
    for right in ("view", "approve"):
        assign_perm(permissions.codename(right), bob, workflow)
    start_runs(workflow=workflow, actor=alice, record_keys=["T-0", "T-1"])
    run_everything()
    asked = Approval.objects.get()
    decide_approval(
        approval=asked, actor=bob, verdict="reject", plan_hash=asked.plan_hash, reason="Too many."
    )
    run_everything()
    assert RecordComment.objects.count() == 2


def test_success_is_told_to_who_watches_it_and_to_nobody_else(tickets: Module, alice: Any) -> None:
    quiet = node("a1", "action.set_variable", values={"x": 1})
    workflow = make_workflow("w", chain(MANUAL, quiet), owner=alice)
    failures, done = watching(alice), watching(alice, "done", on=["succeeded"], workflows=["w"])
    begin(workflow, alice)
    assert not Run.objects.filter(workflow=failures).exists()
    assert Run.objects.get(workflow=done).status == "succeeded"
    assert Event.objects.filter(type="workflow.ended.succeeded").count() == 2, (
        "its own is told, and starts nothing"
    )
    own = "The change was made by this workflow itself."
    assert [outcome for outcome, _ in told(done)] == ["matched", "out_of_scope"]
    assert told(done)[1][1] == own
    assert Run.objects.filter(workflow=done).count() == 1


def test_a_simulated_failure_is_told_only_where_it_is_asked_for(tickets: Module, alice: Any) -> None:
    watching(alice)
    watching(alice, "all", mode="any")
    begin(make_workflow("w", chain(MANUAL, STOP), owner=alice, mode="simulate"), alice)
    assert RecordComment.objects.count() == 1


def test_an_error_workflow_that_fails_does_not_start_itself(tickets: Module, alice: Any) -> None:
    errors = watching(alice, "errors", STOP)
    begin(make_workflow("w", chain(MANUAL, STOP), owner=alice), alice)
    assert Run.objects.filter(workflow=errors).count() == 1
    assert told(errors)[1] == ("out_of_scope", "The change was made by this workflow itself.")


def test_error_workflows_that_watch_each_other_come_to_an_end(tickets: Module, alice: Any) -> None:
    first, second = watching(alice, "one", STOP), watching(alice, "two", STOP)
    begin(make_workflow("w", chain(MANUAL, STOP), owner=alice), alice)
    assert Run.objects.filter(workflow__in=[first, second]).count() < 40
    assert Run.objects.order_by("-depth").values_list("depth", flat=True)[0] == 8
    assert not Event.objects.filter(state="pending").exists()


def test_a_paused_workflow_that_fails_is_told_still(tickets: Module, alice: Any) -> None:
    watching(alice)
    workflow = make_workflow("w", chain(MANUAL, WAIT, STOP), owner=alice)
    run = begin(workflow, alice)
    pause_workflow(workflow=workflow, reason="Broken.", actor=alice)
    _dies(run, alice)
    run_everything()
    assert RecordComment.objects.count() == 1


def test_who_may_not_see_a_workflow_does_not_hear_of_it(tickets: Module, alice: Any, bob: Any) -> None:
    bob = give_modules(bob)
    workflow = make_workflow("w", chain(MANUAL, STOP), owner=alice)
    with pytest.raises(InvalidError) as refused:
        watching(bob, "named", workflows=["w"])
    assert [problem.code for problem in refused.value.problems] == ["publisher-may-not"]
    errors = watching(bob)
    begin(workflow, alice)
    assert told(errors) == [
        ("out_of_scope", "Whom this workflow runs as may not see the workflow whose run has ended.")
    ]
    assign_perm(permissions.codename("view"), bob, workflow)
    begin(workflow, alice)
    assert told(errors)[1][0] == "matched"
    remove_perm(permissions.codename("view"), bob, workflow)
    begin(workflow, alice)
    assert told(errors)[2][0] == "out_of_scope"


def test_a_caller_reads_which_started_run_failed(tickets: Module, alice: Any) -> None:
    child = make_workflow("w", chain(MANUAL, STOP), owner=alice)
    parent = make_workflow(
        "p", chain(MANUAL, node("s1", "action.start_workflow", workflow="w", wait=True)), owner=alice
    )
    begin(parent, alice)
    Run.objects.filter(workflow=parent, signals__isnull=False).update(due_at="2026-01-01T00:00:00Z")
    run_everything()
    failed = Run.objects.get(workflow=child)
    assert (
        Run.objects.get(workflow=parent)
        .failure["message"]
        .startswith(f"1 of 1 started runs did not succeed: run {failed.pk}:")
    )


def test_where_nobody_watches_an_end_costs_one_look(tickets: Module, alice: Any) -> None:
    workflow = make_workflow("w", chain(MANUAL, STOP), owner=alice)
    bump_activation()
    begin(workflow, alice)
    with CaptureQueriesContext(connection) as queries:
        begin(workflow, alice)
    looks = [query["sql"] for query in queries if "automations_activation" in query["sql"]]
    assert len(looks) <= 3
    assert not Event.objects.filter(type__startswith="workflow.ended").exists()
