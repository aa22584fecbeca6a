"""What happens in the product is announced once, in the transaction that makes it happen, and costs nothing where nothing
happens."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from automations.models import Approval, Mode, Run
from automations.registry import Registry, UnknownKeyError
from automations.runtime import approvals, drain, execute, product_events
from automations.runtime.claims import claim
from automations.runtime.product_events import Listener, ProductEvent, announce
from automations.services.approvals import decide_approval
from automations.services.records import create_record
from automations.services.workflows import pause_workflow, resume_workflow
from automations.testing import chain, make_module, make_workflow, node, run_everything
from tests.integration.approvals.world import FIELDS, gate, order, person
from tests.integration.retries.world import failed_run, make_tickets

pytestmark = pytest.mark.django_db(transaction=True)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Heard(list[ProductEvent]):
    """All that was announced, and in how many calls."""

    calls = 0

    def listen(self, events: Sequence[ProductEvent]) -> None:
        assert connection.in_atomic_block
        self.calls += 1
        self.extend(events)

    def kinds(self) -> list[str]:
        return [event.kind for event in self]

    def only(self, kind: str) -> ProductEvent:
        (found,) = (event for event in self if event.kind == kind)
        return found


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> Heard:
    made = Heard()
    listeners: Registry[Listener] = Registry("listener")
    listeners.register("test", made.listen)
    monkeypatch.setattr(product_events, "LISTENERS", listeners)
    return made


def test_a_run_that_fails_is_told_of_with_its_dead_letter_and_without_a_word_of_the_record(
    alice: Any, heard: Heard
) -> None:
    make_tickets()
    run = failed_run(alice)
    assert heard.kinds() == ["workflow.published", "run.failed", "dead_letter.created"]
    told = heard.only("run.failed")
    assert (told.workflow, told.subject, told.address) == (
        run.workflow_id,
        ("run", run.pk),
        f"runs/{run.pk}/",
    )
    assert told.facts == {
        "code": run.failure_code,
        "node": "a3",
        "fault": run.failure["fault"],
        "retryable": run.failure["retryable"],
        "attempts": 1,
    }
    assert told.private == {"message": run.failure["message"]}
    assert heard.only("dead_letter.created").subject == ("run", run.pk)


def test_a_simulated_run_that_fails_is_no_news(alice: Any, heard: Heard) -> None:
    make_tickets()
    failed_run(alice, mode=Mode.SIMULATE)
    assert heard.kinds() == ["workflow.published"]


def test_a_run_that_was_stopped_as_failed_is_told_of_without_a_dead_letter(alice: Any, heard: Heard) -> None:
    make_module("tickets", {"title": "text"})
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    make_workflow(
        "stop", chain(trigger, node("a1", "action.stop", outcome="failed", message="No.")), owner=alice
    )
    _create(1)
    assert heard.kinds() == ["workflow.published", "run.failed"]
    assert heard.only("run.failed").facts["code"] == "stopped"


def test_a_run_whose_worker_keeps_dying_is_told_of(
    alice: Any, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    _commenting(alice)
    monkeypatch.setattr(execute, "execute", lambda runs: 0)
    monkeypatch.setattr(drain, "execute", lambda runs: 0)
    _create(1)
    for _ in range(4):
        Run.objects.update(due_at="2026-01-01T00:00Z")
        drain._work(claim(limit=1, suspects=True))
    assert heard.kinds()[1:] == ["run.failed", "dead_letter.created"]
    assert heard.only("run.failed").facts == {
        "code": "attempts-spent",
        "node": "",
        "fault": "engine",
        "retryable": True,
        "attempts": 3,
    }


def test_the_runs_of_a_batch_are_told_of_in_one_call(alice: Any, heard: Heard) -> None:
    make_module("tickets", {"title": "text"})
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    make_workflow(
        "stop", chain(trigger, node("a1", "action.stop", outcome="failed", message="No.")), owner=alice
    )
    before = heard.calls
    _create(7)
    assert heard.kinds().count("run.failed") == 7
    assert heard.calls == before + 1


def test_runs_that_succeed_cost_no_query_and_no_call(
    alice: Any, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    _commenting(alice)
    _create(3, "W")  # fills the caches
    before = heard.calls
    with CaptureQueriesContext(connection) as listened:
        _create(3, "M")
    monkeypatch.setattr(product_events, "LISTENERS", Registry("listener"))
    with CaptureQueriesContext(connection) as alone:
        _create(3, "N")
    assert heard.calls == before
    assert len(listened) == len(alone)


def test_what_is_rolled_back_was_never_told(alice: Any, heard: Heard) -> None:
    workflow = _commenting(alice)
    del heard[:]
    kept: list[str] = []
    with transaction.atomic():
        pause_workflow(workflow=workflow, reason="Too loud", actor=alice)
        kept += heard.kinds()
        transaction.set_rollback(True)
    assert kept == ["workflow.paused"]  # a listener writes in the same transaction, so its rows are gone too
    workflow.refresh_from_db()
    assert workflow.paused_at is None


def test_people_who_pause_and_resume_are_told_of_and_their_reason_is_private(
    alice: Any, heard: Heard
) -> None:
    workflow = _commenting(alice)
    pause_workflow(workflow=workflow, reason="Too loud", actor=alice)
    resume_workflow(workflow=workflow, actor=alice)
    assert heard.kinds() == ["workflow.published", "workflow.paused", "workflow.resumed"]
    published, paused = heard.only("workflow.published"), heard.only("workflow.paused")
    assert (published.facts["version"], published.facts["by"]) == (1, "alice")
    assert (dict(paused.facts), dict(paused.private)) == ({"by": "alice"}, {"reason": "Too loud"})


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_a_question_and_its_answer_are_told_of(verdict: str, alice: Any, heard: Heard) -> None:
    refunds, sam = make_module("refunds", FIELDS), person("sam", "Leads")
    gate(refunds, alice, [sam])
    order(refunds)
    asked = Approval.objects.get()
    told = heard.only("approval.asked")
    assert (told.subject, told.workflow) == (("approval", asked.pk), asked.workflow_id)
    assert told.facts["run"] == asked.run_id
    assert "Chair" not in str(told.facts)
    assert told.private["title"] == "Refund 380.00 on Chair?"
    decide_approval(
        approval=asked, actor=sam, verdict=verdict, plan_hash=asked.plan_hash, reason="Seen Chair"
    )
    decided = heard.only("approval.decided")
    assert (decided.facts["verdict"], decided.facts["by"]) == (
        "approved" if verdict == "approve" else "rejected",
        ["sam"],
    )
    assert "Seen Chair" not in str(decided.facts)
    assert decided.private["reason"] == "Seen Chair"


def test_a_question_that_expires_is_decided_by_nobody(alice: Any, heard: Heard) -> None:
    refunds, sam = make_module("refunds", FIELDS), person("sam", "Leads")
    gate(refunds, alice, [sam], expires_after="PT1H")
    order(refunds)
    asked = Approval.objects.get()
    assert asked.expires_at is not None
    approvals.attend(now=asked.expires_at)
    decided = heard.only("approval.decided")
    assert (decided.facts["verdict"], decided.facts["by"]) == ("expired", [])


def test_an_event_of_no_kind_and_one_outside_of_a_transaction_are_refused(db: None) -> None:
    def tell(kind: str) -> None:
        announce(kind, workflow=None, subject=("run", 1), facts={}, now=NOW)

    with pytest.raises(RuntimeError, match="in the transaction"):
        tell("run.failed")
    with pytest.raises(UnknownKeyError, match=r"no kind of product event “run.flew”"), transaction.atomic():
        tell("run.flew")


def _commenting(alice: Any) -> Any:
    make_module("tickets", {"title": "text"})
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    return make_workflow("greet", chain(trigger, node("a1", "action.comment", text="Hello")), owner=alice)


def _create(count: int, prefix: str = "T") -> None:
    from automations.models import Module

    module = Module.objects.get(key="tickets")
    for number in range(count):
        create_record(module=module, key=f"{prefix}{number}", values={"title": "Ink"}, actor=None)
    run_everything()
