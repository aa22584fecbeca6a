"""Calls that may have arrived, to a receiver that knows no repeats: nothing is sent until somebody says what happened."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from automations.errors import ConflictError, InvalidError
from automations.insight.metrics import METRICS
from automations.models import AuditEntry, LogEntry, Mode, Notification, Run, Step
from automations.services.retries import retry_run
from automations.services.runs import cancel_run
from automations.testing import chain, edge, make_workflow, node, run_everything
from tests.receiver import Receiver, hang_up, silence, status
from webhooks.models import Attempt, Delivery, Destination, UnknownOutcome
from webhooks.outbound.answering import answer_unknown
from webhooks.outbound.claims import claim
from webhooks.outbound.destinations import disable_destination, update_destination
from webhooks.outbound.lane import deliver
from webhooks.outbound.redelivery import resend_delivery
from webhooks.outbound.subscriptions import create_subscription

from .conftest import make_delivery, make_destination
from .test_delivering import let_time_pass

pytestmark = pytest.mark.django_db
NOTE = "Refund 991 stands in the CRM."


@pytest.fixture
def bank(alice: Any, peer: Receiver) -> Destination:
    """A receiver that knows no repeats."""
    return make_destination(alice, peer.url, key="bank", retry_safe=False)


@pytest.fixture
def pays(alice: Any, bank: Destination) -> Any:
    call = node("a1", "action.call_webhook", destination="bank", data={"n": "7"})
    after = node("a2", "action.set_variable", values={"got": {"ref": "steps.a1.output.body.id"}})
    failed = node("a3", "action.set_variable", values={"went": "wrong"})
    document = chain(node("t1", "trigger.manual"), call, after)
    document["nodes"].append(failed)
    document["edges"].append(edge("a1", "a3", "failed"))
    return make_workflow("w", document, owner=alice, mode=Mode.EXECUTE)


def start(workflow: Any, actor: Any) -> Run:
    from automations.services.runs import start_run

    start_run(workflow=workflow, actor=actor)
    run_everything()
    return Run.objects.filter(workflow=workflow).latest("id")


def in_doubt(workflow: Any, actor: Any, peer: Receiver) -> tuple[Run, UnknownOutcome]:
    """A run whose call was taken and never answered."""
    peer.scripts = [hang_up, status(200, b'{"id": "R-7"}')]
    run = start(workflow, actor)
    deliver()
    run_everything()
    return run, UnknownOutcome.objects.latest("id")


def said(run: Run) -> str:
    return "\n".join(LogEntry.objects.filter(run=run).values_list("message", flat=True))


def steps(run: Run) -> dict[str, str]:
    return dict(Step.objects.filter(run=run).values_list("node", "status"))


def test_a_run_in_doubt_waits_for_a_word_and_nothing_is_sent(peer: Receiver, pays: Any, alice: Any) -> None:
    run, unknown = in_doubt(pays, alice, peer)
    assert (unknown.error, unknown.attempt, unknown.reply) == ("bad-answer", 1, "")
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.finished_at, delivery.attempt) == ("needs_review", None, 1)
    assert Attempt.objects.get().unknown
    run.refresh_from_db()
    assert run.status == "waiting"
    assert Step.objects.get(run=run, node="a1").wait == {"kind": "needs_review", "until": None}
    assert "Needs review: nobody knows whether attempt 1 arrived." in said(run)
    let_time_pass(delivery)
    Delivery.objects.update(due_at=timezone.now() - (timezone.now() - run.created_at) * 100)
    assert deliver() == 0
    assert len(peer.requests) == 1
    (told,) = Notification.objects.filter(user=alice)
    assert (told.title, told.address) == ("w: did the call to BANK happen?", f"runs/{run.pk}/")


def test_it_happened_goes_on_with_what_is_known_of_the_answer(peer: Receiver, pays: Any, alice: Any) -> None:
    run, unknown = in_doubt(pays, alice, peer)
    answer_unknown(
        unknown=unknown, reply="happened", note=NOTE, status=201, body='{"id": "R-9"}', actor=alice
    )
    run_everything()
    run.refresh_from_db()
    assert (run.status, len(peer.requests)) == ("succeeded", 1)
    output = Step.objects.get(run=run, node="a1").output
    assert output == {
        "delivery": unknown.delivery_id,
        "status": 201,
        "attempts": 1,
        "body": {"id": "R-9"},
    }
    assert f"alice said that it happened: {NOTE}" in said(run)
    assert Delivery.objects.get().state == "succeeded"
    (entry,) = AuditEntry.objects.filter(action="delivery.outcome_told")
    assert (entry.actor, entry.reason, entry.after["reply"]) == (alice, NOTE, "happened")


def test_it_did_not_happen_sends_it_once_more_under_the_same_id(
    peer: Receiver, pays: Any, alice: Any
) -> None:
    run, unknown = in_doubt(pays, alice, peer)
    answer_unknown(unknown=unknown, reply="resend", note="Not there.", actor=alice)
    run_everything()
    assert Step.objects.get(run=run, node="a1").wait["kind"] == "delivery"
    deliver()
    run_everything()
    run.refresh_from_db()
    assert run.status == "succeeded"
    first, second = peer.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert Step.objects.get(run=run, node="a2").output == {"got": "R-7"}
    assert "alice said that it did not happen: Not there. It is sent again" in said(run)


def test_it_did_not_happen_and_is_left_takes_the_failed_way(peer: Receiver, pays: Any, alice: Any) -> None:
    run, unknown = in_doubt(pays, alice, peer)
    answer_unknown(unknown=unknown, reply="fail", note="Refused by phone.", actor=alice)
    run_everything()
    run.refresh_from_db()
    assert (run.status, steps(run)["a3"], steps(run)["a2"]) == ("succeeded", "succeeded", "skipped")
    assert (Delivery.objects.get().state, len(peer.requests)) == ("failed", 1)


def test_a_second_doubt_is_a_question_of_its_own(peer: Receiver, pays: Any, alice: Any) -> None:
    run, first = in_doubt(pays, alice, peer)
    peer.scripts = [hang_up]
    answer_unknown(unknown=first, reply="resend", note="Not there.", actor=alice)
    deliver()  # before the run has heard the answer
    run_everything()
    second = UnknownOutcome.objects.latest("id")
    assert second.attempt == 2
    assert Step.objects.get(run=run, node="a1").wait["kind"] == "needs_review"
    with pytest.raises(ConflictError, match="That stands"):
        answer_unknown(unknown=first, reply="happened", note=NOTE, actor=alice)
    answer_unknown(unknown=second, reply="happened", note=NOTE, actor=alice)
    run_everything()
    run.refresh_from_db()
    assert run.status == "succeeded"


def test_the_first_answer_stands_and_the_same_again_is_one(
    peer: Receiver, pays: Any, alice: Any, bob: Any
) -> None:
    _, unknown = in_doubt(pays, alice, peer)
    for _ in range(2):
        answer_unknown(unknown=unknown, reply="happened", note=NOTE, actor=alice)
    for actor, reply, note in ((alice, "resend", NOTE), (alice, "happened", "x"), (bob, "happened", NOTE)):
        with pytest.raises(ConflictError, match="alice has answered already: It happened"):
            answer_unknown(unknown=unknown, reply=reply, note=note, actor=actor)
    assert AuditEntry.objects.filter(action="delivery.outcome_told").count() == 1
    assert deliver() == 0


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"reply": "perhaps"}, "reply"),
        ({"reply": ""}, "reply"),
        ({"note": " "}, "note"),
        ({"note": "x" * 301}, "note"),
        ({"note": "a\0b"}, "note"),
        ({"status": 500}, "status"),
        ({"status": True}, "status"),
        ({"reply": "resend", "status": 200}, "status"),
        ({"reply": "fail", "body": "x"}, "status"),
        ({"body": "x" * 20_001}, "body"),
        ({"body": "a\0b"}, "body"),
    ],
)
def test_what_is_no_answer_is_refused(
    peer: Receiver, pays: Any, alice: Any, given: dict[str, Any], path: str
) -> None:
    _, unknown = in_doubt(pays, alice, peer)
    with pytest.raises(InvalidError) as caught:
        answer_unknown(**{"unknown": unknown, "reply": "happened", "note": NOTE, "actor": alice, **given})
    assert caught.value.problems[0].path == path
    unknown.refresh_from_db()
    assert unknown.answered_at is None


def test_a_lost_worker_s_call_is_not_repeated(
    peer: Receiver, bank: Destination, pays: Any, alice: Any
) -> None:
    run = start(pays, alice)
    assert len(claim(limit=1)) == 1  # and its worker is gone
    let_time_pass(Delivery.objects.get())
    assert deliver() == 1  # claimed, and not sent
    run_everything()
    assert (UnknownOutcome.objects.get().error, peer.requests) == ("lost", [])
    assert [(row.number, row.error, row.unknown) for row in Attempt.objects.all()] == [(1, "lost", True)]
    assert Delivery.objects.get().attempt == 1
    assert Step.objects.get(run=run, node="a1").wait["kind"] == "needs_review"
    answer_unknown(unknown=UnknownOutcome.objects.get(), reply="resend", note="Not there.", actor=alice)
    deliver()
    assert len(peer.requests) == 1
    assert [row.number for row in Attempt.objects.order_by("number")] == [1, 2]


@pytest.mark.parametrize(
    ("script", "error"), [(silence, "timeout"), (hang_up, "bad-answer"), (status(504), "status-504")]
)
def test_no_answer_after_the_request_went_out_is_a_doubt(
    peer: Receiver, bank: Destination, pays: Any, alice: Any, settings: Any, script: Any, error: str
) -> None:
    settings.WEBHOOKS_TOTAL_SECONDS = 0.4
    peer.scripts = [script]
    start(pays, alice)
    deliver()
    assert UnknownOutcome.objects.get().error == error


@pytest.mark.parametrize("code", [500, 503, 429, 422])
def test_a_receiver_that_says_no_leaves_no_doubt(peer: Receiver, pays: Any, alice: Any, code: int) -> None:
    peer.scripts = [status(code)]
    start(pays, alice)
    deliver()
    assert not UnknownOutcome.objects.exists()
    assert Delivery.objects.get().state == ("failed" if code == 422 else "pending")


def test_a_call_that_nobody_took_is_tried_again(pays: Any, alice: Any, bank: Destination) -> None:
    Destination.objects.update(url="http://127.0.0.1:9/")
    start(pays, alice)
    deliver()
    assert Attempt.objects.get().error == "connection-failed"
    assert (Delivery.objects.get().state, UnknownOutcome.objects.count()) == ("pending", 0)


@pytest.mark.parametrize(
    ("of_destination", "of_step", "asked"),
    [(True, None, False), (True, "ask", True), (False, "repeat", False), (False, None, True)],
)
def test_the_step_decides_over_the_destination(
    peer: Receiver, alice: Any, of_destination: bool, of_step: str | None, asked: bool
) -> None:
    make_destination(alice, peer.url, key="bank", retry_safe=of_destination)
    own = {"if_unknown": of_step} if of_step else {}
    call = node("a1", "action.call_webhook", destination="bank", **own)
    peer.scripts = [hang_up]
    workflow = make_workflow("w", chain(node("t1", "trigger.manual"), call), owner=alice, mode=Mode.EXECUTE)
    start(workflow, alice)
    deliver()
    assert UnknownOutcome.objects.exists() is asked
    assert Delivery.objects.get().state == ("needs_review" if asked else "pending")


def test_a_retry_of_a_cancelled_run_takes_the_doubt_over(peer: Receiver, pays: Any, alice: Any) -> None:
    run, unknown = in_doubt(pays, alice, peer)
    cancel_run(run=run, actor=alice)
    retry = retry_run(run=run, actor=alice)
    run_everything()
    assert Step.objects.get(run=retry, node="a1").wait["kind"] == "needs_review"
    assert deliver() == 0
    answer_unknown(unknown=unknown, reply="happened", note=NOTE, body='{"id": 1}', actor=alice)
    run_everything()
    retry.refresh_from_db()
    assert (retry.status, len(peer.requests)) == ("succeeded", 1)


def test_a_doubt_that_was_none_then_is_one_for_a_retry(peer: Receiver, alice: Any) -> None:
    """It was given up while repeats were safe there; they are not any more when the run is retried."""
    bank = make_destination(alice, peer.url, key="bank", max_attempts=1)
    call = node("a1", "action.call_webhook", destination="bank")
    workflow = make_workflow("w", chain(node("t1", "trigger.manual"), call), owner=alice, mode=Mode.EXECUTE)
    peer.scripts = [hang_up, status(200)]
    run = start(workflow, alice)
    deliver()
    run_everything()
    run.refresh_from_db()
    assert run.status == "failed"
    update_destination(destination=bank, changes={"retry_safe": False}, actor=alice)
    retry = retry_run(run=run, actor=alice)
    run_everything()
    assert deliver() == 0
    assert Step.objects.get(run=retry, node="a1").wait["kind"] == "needs_review"
    answer_unknown(unknown=UnknownOutcome.objects.get(), reply="fail", note="Not there.", actor=alice)
    run_everything()
    again = retry_run(run=retry, actor=alice)
    run_everything()
    assert deliver() == 1  # somebody has said that it did not happen
    run_everything()
    again.refresh_from_db()
    assert (again.status, len(peer.requests)) == ("succeeded", 2)


def test_a_run_that_does_not_wait_leaves_its_doubt_with_the_delivery(peer: Receiver, alice: Any) -> None:
    make_destination(alice, peer.url, key="bank", retry_safe=False)
    call = node("a1", "action.call_webhook", destination="bank", wait=False)
    workflow = make_workflow("w", chain(node("t1", "trigger.manual"), call), owner=alice, mode=Mode.EXECUTE)
    run, unknown = in_doubt(workflow, alice, peer)
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert Notification.objects.get(user=alice).address == f"webhooks/deliveries/{unknown.delivery_id}/"
    answer_unknown(unknown=unknown, reply="resend", note="Not there.", actor=alice)
    assert deliver() == 1
    assert Delivery.objects.get().state == "succeeded"


def test_what_needs_review_is_not_sent_anew_and_holds_back_what_is_ordered(
    peer: Receiver, alice: Any, pays: Any, bank: Destination
) -> None:
    update_destination(destination=bank, changes={"ordered": True}, actor=alice)
    _, unknown = in_doubt(pays, alice, peer)
    delivery = unknown.delivery
    with pytest.raises(ConflictError) as caught:
        resend_delivery(delivery=delivery, actor=alice)
    assert caught.value.code == "needs-review"
    make_delivery(bank, "later", about=delivery.about)
    assert deliver() == 0
    answer_unknown(unknown=unknown, reply="happened", note=NOTE, actor=alice)
    assert deliver() == 1


def test_nothing_is_sent_again_to_a_destination_that_is_disabled(
    peer: Receiver, alice: Any, pays: Any, bank: Destination
) -> None:
    _, unknown = in_doubt(pays, alice, peer)
    disable_destination(destination=bank, actor=alice)
    with pytest.raises(ConflictError, match="Enable it first"):
        answer_unknown(unknown=unknown, reply="resend", note="Not there.", actor=alice)
    unknown.refresh_from_db()
    assert unknown.answered_at is None
    answer_unknown(unknown=unknown, reply="fail", note="Not there.", actor=alice)


def test_others_are_told_that_a_run_needs_review(peer: Receiver, alice: Any, pays: Any) -> None:
    log = make_destination(alice, peer.url, key="log")
    create_subscription(destination=log, kinds=["run.needs_review"], actor=alice)
    run, _ = in_doubt(pays, alice, peer)
    told = Delivery.objects.get(type="run.needs_review")
    assert f'"subject":{{"kind":"run","id":{run.pk}}}' in told.body.replace(", ", ",").replace(": ", ":")
    assert '"error":"bad-answer"' in told.body.replace(": ", ":")


def test_an_outage_writes_to_nobody_a_hundred_times(peer: Receiver, alice: Any, pays: Any) -> None:
    peer.scripts = [hang_up]
    for _ in range(3):
        start(pays, alice)
    deliver()
    let_time_pass(Delivery.objects.latest("id"))
    deliver()
    assert UnknownOutcome.objects.count() == 3
    assert Notification.objects.filter(user=alice, title__contains="did the call").count() == 1


def test_metrics_count_what_waits_for_a_word(peer: Receiver, alice: Any, pays: Any) -> None:
    from django.db import connection

    _, unknown = in_doubt(pays, alice, peer)

    def count() -> float:
        source = METRICS.get("webhooks")
        with connection.cursor() as cursor:
            cursor.execute(source.sql, source.parameters)
            return next(
                row[2] for row in cursor.fetchall() if row[0] == "automations_deliveries_needing_review"
            )

    assert count() == 1
    answer_unknown(unknown=unknown, reply="happened", note=NOTE, actor=alice)
    assert count() == 0
