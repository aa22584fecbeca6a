"""Steps that send: the run waits for what comes of it, and goes on with the answer or by its failed branch."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from guardian.shortcuts import remove_perm

from automations.errors import InvalidError
from automations.models import DeadLetter, LogEntry, Mode, Run, Step
from automations.services.retries import retry_run
from automations.services.runs import cancel_run
from automations.services.scenario_givens import checked_given
from automations.services.scenario_runs import walk_given
from automations.services.versions import load_definition
from automations.testing import chain, edge, make_workflow, node, run_everything
from tests.receiver import Receiver, status
from webhooks.models import Delivery, Destination
from webhooks.outbound.lane import deliver

from .conftest import make_destination

pytestmark = pytest.mark.django_db


def start(workflow: Any, actor: Any) -> Run:
    from automations.services.runs import start_run

    start_run(workflow=workflow, actor=actor)
    run_everything()
    return Run.objects.filter(workflow=workflow).latest("id")


@pytest.fixture
def calls(alice: Any, crm: Destination) -> Any:
    call = node("a1", "action.call_webhook", destination="crm", type="order.refunded", data={"n": "7"})
    after = node("a2", "action.set_variable", values={"got": {"ref": "steps.a1.output.body.id"}})
    failed = node("a3", "action.set_variable", values={"went": "wrong"})
    document = chain(node("t1", "trigger.manual"), call, after)
    document["nodes"].append(failed)
    document["edges"].append(edge("a1", "a3", "failed"))
    return make_workflow("w", document, owner=alice, mode=Mode.EXECUTE)


def outputs(run: Run) -> dict[str, Any]:
    return {row.node: row.output for row in Step.objects.filter(run=run, status="succeeded")}


def test_the_run_waits_and_goes_on_with_the_answer(peer: Receiver, calls: Any, alice: Any) -> None:
    peer.scripts = [status(201, b'{"id": "R-7"}', Content_Type="application/json")]
    run = start(calls, alice)
    assert run.status == "waiting"
    assert peer.requests == []

    deliver()
    run_everything()
    run.refresh_from_db()
    assert run.status == "succeeded", run.failure
    assert outputs(run)["a1"] == {
        "delivery": Delivery.objects.get().pk,
        "status": 201,
        "attempts": 1,
        "body": {"id": "R-7"},
    }
    assert outputs(run)["a2"] == {"got": "R-7"}
    said = json.loads(peer.requests[0].body)
    assert (said["type"], said["data"]) == ("order.refunded", {"n": "7"})
    assert said["timestamp"].endswith("+00:00")


def test_what_nobody_takes_goes_by_the_failed_branch(peer: Receiver, calls: Any, alice: Any) -> None:
    peer.scripts = [status(422, b"no")]
    run = start(calls, alice)
    deliver()
    run_everything()
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert outputs(run)["a3"] == {"went": "wrong"}
    error = Step.objects.get(run=run, node="a1").error
    assert error["code"] == "delivery-failed"
    assert "422" in error["message"]


def test_a_disabled_destination_fails_at_once(
    peer: Receiver, calls: Any, crm: Destination, alice: Any
) -> None:
    peer.scripts = [status(410)]
    first = start(calls, alice)
    deliver()
    run_everything()
    second = start(calls, alice)
    for run in (first, second):
        run.refresh_from_db()
        assert run.status == "succeeded"
        assert outputs(run)["a3"] == {"went": "wrong"}
    assert Step.objects.get(run=second, node="a1").error["code"] == "destination-disabled"
    assert len(peer.requests) == 1


def test_a_retried_run_brings_the_same_message_again(peer: Receiver, alice: Any, crm: Destination) -> None:
    call = node("a1", "action.call_webhook", destination="crm", data={"n": "7"})
    workflow = make_workflow("w", chain(node("t1", "trigger.manual"), call), owner=alice, mode=Mode.EXECUTE)
    peer.scripts = [status(400), status(200)]
    run = start(workflow, alice)
    deliver()
    run_everything()
    run.refresh_from_db()
    assert run.status == "failed"
    assert DeadLetter.objects.filter(run=run).exists()

    retry_run(run=run, actor=alice)
    run_everything()
    deliver()
    run_everything()
    again = Run.objects.get(retry_of=run)
    assert again.status == "succeeded", again.failure
    delivery = Delivery.objects.get()
    assert (delivery.run_id, delivery.attempt) == (again.pk, 2)
    assert {request.headers["webhook-id"] for request in peer.requests} == {delivery.message_id}


def test_a_cancelled_run_sends_nothing_more(peer: Receiver, calls: Any, alice: Any) -> None:
    run = start(calls, alice)
    cancel_run(run=run, actor=alice)
    deliver()
    assert peer.requests == []
    assert Delivery.objects.get().state == "cancelled"


def test_a_step_that_does_not_wait_goes_on(peer: Receiver, alice: Any, crm: Destination) -> None:
    call = node("a1", "action.call_webhook", destination="crm", wait=False)
    workflow = make_workflow("w", chain(node("t1", "trigger.manual"), call), owner=alice, mode=Mode.EXECUTE)
    run = start(workflow, alice)
    assert run.status == "succeeded"
    deliver()
    assert Delivery.objects.get().state == "succeeded"


def test_a_chat_message_is_what_slack_takes(peer: Receiver, alice: Any) -> None:
    make_destination(alice, peer.url, "channel", format="slack")
    say = node("a1", "action.chat_message", destination="channel", text="*Refund* <!channel>")
    workflow = make_workflow("w", chain(node("t1", "trigger.manual"), say), owner=alice, mode=Mode.EXECUTE)
    start(workflow, alice)
    deliver()
    (request,) = peer.requests
    assert json.loads(request.body) == {"text": "*Refund* &lt;!channel&gt;"}
    assert "webhook-signature" not in request.headers


def test_simulate_shows_the_plan_and_sends_nothing(peer: Receiver, alice: Any, crm: Destination) -> None:
    call = node("a1", "action.call_webhook", destination="crm", data={"n": "7"})
    workflow = make_workflow("w", chain(node("t1", "trigger.manual"), call), owner=alice, mode=Mode.SIMULATE)
    run = start(workflow, alice)
    assert (run.mode, run.status, run.inconclusive) == ("simulate", "succeeded", False)
    said = " ".join(LogEntry.objects.filter(run=run, node="a1").values_list("message", flat=True))
    assert "POST to 127.0.0.1 (CRM)" in said
    assert '"n":"7"' in said
    assert not Delivery.objects.exists()
    assert deliver() == 0
    assert peer.connections == 0


def test_who_loses_the_right_on_the_destination_sends_no_more(
    peer: Receiver, calls: Any, crm: Destination, alice: Any
) -> None:
    for right in ("use", "view", "change"):
        remove_perm(f"webhooks.{right}_destination", alice, crm)
    run = start(calls, alice)
    assert Step.objects.get(run=run, node="a1").error["code"] == "permission-denied"
    assert deliver() == 0
    assert not Delivery.objects.exists()


def test_a_wait_ends_once_however_often_it_is_told(peer: Receiver, calls: Any, alice: Any) -> None:
    run = start(calls, alice)
    deliver()
    Delivery.objects.update(due_at=timezone.now() - timedelta(days=1))
    deliver()
    run_everything()
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("ends", "way", "went"),
    [
        (None, "a2", "succeeded"),
        ("201", "a2", "succeeded"),
        ("500", "a3", "failed"),
        ("timeout", "a3", "failed"),
    ],
)
def test_a_scenario_says_what_a_call_comes_to(calls: Any, alice: Any, ends: Any, way: str, went: str) -> None:
    given = checked_given({"calls": {"a1": ends}} if ends else {})
    definition = load_definition(calls, "draft")
    walked = walk_given(
        workflow=calls, definition=definition, given=given, at=timezone.now(), publisher=alice
    )
    assert walked.worked is not None
    steps = walked.worked.decision.journal.steps
    assert steps["a1"].status == went
    assert steps[way].status == "succeeded"
    assert not Delivery.objects.exists()


def test_a_scenario_says_no_other_end_of_a_call() -> None:
    with pytest.raises(InvalidError):
        checked_given({"calls": {"a1": "perhaps"}})
