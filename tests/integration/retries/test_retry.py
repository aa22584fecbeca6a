"""A retry repeats what it says it repeats, and nothing else: counted in the database."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connections
from django.utils import timezone

from automations.actions import ACTIONS
from automations.errors import ConflictError, InvalidError
from automations.models import (
    AuditEntry,
    DeadLetter,
    Hold,
    Mode,
    Module,
    Record,
    Run,
    RunSignal,
    RunUndo,
    Step,
)
from automations.runtime import subscriptions
from automations.runtime.claims import claim
from automations.runtime.execute import execute
from automations.services.records import create_record, update_record
from automations.services.releases import demote_workflow
from automations.services.retries import retry_run
from automations.services.runs import cancel_run, start_run
from automations.services.workflows import archive_workflow, pause_workflow
from automations.testing import chain, make_workflow, node, run_everything

from .world import ONCE, choice, document, done, failed_run, log, publish, refusal, retried, statuses

pytestmark = pytest.mark.django_db


def mend_record(tickets: Module) -> None:
    update_record(module=tickets, key="T1", values={"status": "pending"}, actor=None)


def test_from_the_failed_step_what_was_done_is_kept_and_not_done_again(
    run: Run, tickets: Module, bob: Any
) -> None:
    assert done() == ONCE
    mend_record(tickets)
    retry = retried(run, bob, reason="The ticket is pending now")
    assert retry.status == "succeeded"
    assert done() == {**ONCE, "errands": 1}
    kept = f"succeeded kept from {run.pk}"
    assert statuses(retry) == {
        "t1": kept,
        "c1": kept,
        "a1": kept,
        "a2": kept,
        "a3": "succeeded",
        "a4": "succeeded",
    }
    assert Record.objects.get(module__key="tickets").data["status"] == "solved"


def test_a_retried_step_keeps_its_key_also_in_the_retry_of_a_retry(
    run: Run, tickets: Module, bob: Any
) -> None:
    second = retried(run, bob)
    assert (second.status, statuses(second)["a3"]) == ("failed", "failed")
    mend_record(tickets)
    third = retried(second, bob)
    assert third.status == "succeeded"
    assert (second.keys_of, third.keys_of) == (run.pk, run.pk)
    assert Record.objects.get(module__key="errands").key == f"{run.pk}:a4"
    assert statuses(third)["a1"] == f"succeeded kept from {run.pk}", "kept from the run that did it"
    assert done() == {**ONCE, "errands": 1}


def test_from_the_start_everything_is_done_again_under_new_keys(run: Run, tickets: Module, bob: Any) -> None:
    mend_record(tickets)
    told = choice(run, "start")
    assert told.sentence == (
        "Every step is worked on again. “a1” and “a2” were done already and are done a second time: what the first did"
        " stands."
    )
    retry = retried(run, bob, start="start")
    assert (retry.status, retry.keys_of) == ("succeeded", None)
    assert done() == {"comments": 2, "messages": 2, "mails": 2, "errands": 1}
    assert Record.objects.get(module__key="errands").key == f"{retry.pk}:a4"
    assert not Step.objects.filter(run=retry).exclude(kept_from=None).exists()


def test_with_the_active_version_what_was_mended_in_it_holds(run: Run, alice: Any, bob: Any) -> None:
    publish(run.workflow, document(to="pending"), alice)
    retry = retried(run, bob, version="active")
    assert (retry.status, retry.version.number, run.version.number) == ("succeeded", 2, 1)
    assert Record.objects.get(module__key="tickets").data["status"] == "pending"
    assert done() == {**ONCE, "errands": 1}
    run.refresh_from_db()
    assert run.version.number == 1


def test_a_run_stays_on_its_version_unless_another_is_asked_for(run: Run, alice: Any, bob: Any) -> None:
    publish(run.workflow, document(to="pending"), alice)
    assert retried(run, bob).version.number == 1


def test_the_sentence_names_what_is_not_repeated_and_what_keeps_its_key(run: Run) -> None:
    told = choice(run)
    assert (list(told.kept), list(told.again)) == (["t1", "c1", "a1", "a2"], ["a3"])
    assert told.sentence == (
        "“t1”, “c1”, “a1” and “a2” are not repeated. “a3” keeps its key, so it can’t be done twice."
    )


def test_the_sentence_tells_a_step_that_the_other_version_lacks(run: Run, alice: Any) -> None:
    publish(run.workflow, {**document(), **without_close()}, alice)
    assert choice(run, version="active").sentence.endswith("“a3” is not in version 2, and not done.")


def without_close() -> dict[str, Any]:
    drawn = document()
    return {
        "nodes": [one for one in drawn["nodes"] if one["id"] != "a3"],
        "edges": [*drawn["edges"][:3], {"from": "a2", "to": "a4"}],
    }


def test_a_step_that_is_done_and_not_in_the_version_is_in_the_way(run: Run, alice: Any, bob: Any) -> None:
    drawn = document(a1=node("a1", "action.set_variable", values={"x": 1}))
    publish(run.workflow, drawn, alice)
    assert refusal(run, bob, version="active") == "step-in-the-way"
    told = choice(run, version="active").refusal
    assert told is not None
    assert told.detail == (
        "Version 2 can't go on with this run: “a1” is another kind of step in it (set_variable)."
    )
    assert told.facts == {"node": "a1"}
    assert retried(run, bob, version="active", start="start").version.number == 2


def test_the_trigger_must_be_in_the_version_also_from_the_start(run: Run, alice: Any, bob: Any) -> None:
    drawn = document(t1=node("t1", "trigger.manual", module="tickets"))
    publish(run.workflow, drawn, alice)
    for start in ("start", "failed_step"):
        assert refusal(run, bob, version="active", start=start) == "step-in-the-way"


def test_links_logs_audit_and_dead_letter_tell_of_the_retry(run: Run, bob: Any) -> None:
    letter = DeadLetter.objects.get(run=run)
    assert letter.state == "open"
    retry = retry_run(run=run, actor=bob, reason="Once more")
    letter.refresh_from_db()
    assert letter.state == "redriven"
    assert (retry.retry_of, run.retries.get()) == (run, retry)
    assert log(run)[-1] == (
        f"Retried as run {retry.pk}, from the failed step, with version 1, by bob: Once more."
    )
    assert log(retry)[:2] == [
        f"Retry of run {run.pk}, from the failed step, with version 1, by bob: Once more.",
        f"“t1” is kept from run {run.pk}: not repeated.",
    ]
    entry = AuditEntry.objects.get(action="run.retried")
    assert (entry.object_id, entry.actor, entry.reason) == (str(run.pk), bob, "Once more")
    assert entry.after == {
        "run": retry.pk,
        "start": "failed_step",
        "version": 1,
        "kept": ["t1", "c1", "a1", "a2"],
    }
    run_everything()
    assert DeadLetter.objects.get(run=retry).state == "open", "the retry failed too, and is work that gave up"


def test_what_a_kept_step_changed_is_told_once(alice: Any, bob: Any, tickets: Module) -> None:
    drawn = document(a1=node("a1", "action.update_fields", values={"title": "Large"}))
    run = failed_run(alice, drawn=drawn)
    retry = retried(run, bob)
    assert Step.objects.get(run=run, node="a1").changes != []
    kept = Step.objects.get(run=retry, node="a1")
    assert (kept.changes, kept.output) == ([], {"changed": ["title"]})


def test_later_steps_read_what_a_kept_step_gave(alice: Any, bob: Any, tickets: Module) -> None:
    drawn = document(
        a1=node("a1", "action.set_variable", values={"what": "a call"}),
        a4=node("a4", "action.create_record", module="errands", values={"title": "{{ variables.what }}"}),
    )
    run = failed_run(alice, drawn=drawn)
    mend_record(tickets)
    assert retried(run, bob).status == "succeeded"
    assert Record.objects.get(module__key="errands").data["title"] == "a call"


def test_a_cancelled_run_goes_on_and_waits_anew(alice: Any, bob: Any, tickets: Module) -> None:
    waiting = chain(
        node("t1", "trigger.manual", module="tickets"),
        node("a1", "action.comment", text="x"),
        node("w1", "action.wait", **{"for": "PT1H"}),
    )
    workflow = make_workflow("w", waiting, owner=alice)
    create_record(module=tickets, key="T1", values={"title": "x", "status": "open"}, actor=None)
    start_run(workflow=workflow, actor=alice, record_key="T1")
    run_everything()
    run = Run.objects.get()
    cancel_run(run=run, actor=bob)
    retry = retried(run, bob)
    assert (retry.status, retry.actor) == ("waiting", alice)
    assert statuses(retry)["a1"] == f"succeeded kept from {run.pk}"
    assert done()["comments"] == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_make_one_retry(run: Run, bob: Any) -> None:
    made: list[int] = []
    refused: list[ConflictError] = []
    together = threading.Barrier(4)

    def click() -> None:
        together.wait(timeout=30)
        try:
            made.append(retry_run(run=run, actor=bob).pk)
        except ConflictError as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Run.objects.filter(retry_of=run).count() == len(made) == 1
    assert [(error.code, error.facts) for error in refused] == [("already-retried", {"run": made[0]})] * 3
    run_everything()
    assert done() == ONCE


def test_the_database_itself_holds_a_run_to_one_retry(run: Run, bob: Any) -> None:
    retry_run(run=run, actor=bob)
    second = Run(
        workflow=run.workflow,
        version=run.version,
        trigger_node="t1",
        dedupe_key="another",
        mode="execute",
        retry_of=run,
        due_at=timezone.now(),
        created_at=timezone.now(),
    )
    with pytest.raises(IntegrityError, match="run_retried_once"):
        second.save()


def test_what_has_not_failed_is_not_retried(run: Run, tickets: Module, bob: Any) -> None:
    mend_record(tickets)
    retry = retry_run(run=run, actor=bob)
    assert refusal(retry, bob) == "not-ended"
    run_everything()
    retry.refresh_from_db()
    assert refusal(retry, bob) == "nothing-to-retry"
    assert refusal(run, bob) == "already-retried"


def test_a_paused_or_archived_workflow_is_not_retried(run: Run, alice: Any, bob: Any) -> None:
    pause_workflow(workflow=run.workflow, reason="Looking", actor=alice)
    assert refusal(run, bob) == "paused"
    archive_workflow(workflow=run.workflow, actor=alice)
    assert refusal(run, bob, start="start", version="active") == "archived"


def test_a_run_that_acted_is_not_retried_while_its_workflow_only_simulates(
    run: Run, alice: Any, bob: Any
) -> None:
    demote_workflow(workflow=run.workflow, actor=alice)
    assert refusal(run, bob) == "demoted"
    assert DeadLetter.objects.get(run=run).state == "open"


def test_the_retry_of_a_simulation_simulates_whatever_its_workflow_does_now(
    alice: Any, bob: Any, tickets: Module
) -> None:
    run = failed_run(alice, mode=Mode.SIMULATE)
    publish(run.workflow, document(to="pending"), alice, mode=Mode.EXECUTE)
    told = choice(run, version="active").sentence
    assert told.endswith("The run simulates: nothing is written.")
    retry = retried(run, bob, version="active")
    assert (retry.mode, retry.status) == ("simulate", "succeeded")
    assert done() == {"comments": 0, "messages": 0, "mails": 0, "errands": 0}
    assert Record.objects.get(module__key="tickets").data["status"] == "open"


def test_the_end_of_a_chain_of_runs_is_not_prolonged(run: Run, bob: Any) -> None:
    Run.objects.filter(pk=run.pk).update(depth=8)
    assert refusal(run, bob, start="start") == "chain-depth-exceeded"
    Run.objects.filter(pk=run.pk).update(depth=7)
    assert retry_run(run=run, actor=bob).depth == 7


def test_a_run_that_was_held_and_not_let_go_is_no_way_round_the_hold(run: Run, bob: Any) -> None:
    now = timezone.now()
    hold = Hold.objects.create(
        workflow=run.workflow,
        trigger_node="t1",
        firing="x",
        bound="firing",
        cap=1,
        state="rejected",
        opened_at=now,
        ended_at=now,
    )
    Run.objects.filter(pk=run.pk).update(hold=hold)
    assert refusal(run, bob, start="start") == "held"
    Hold.objects.update(state="released")
    assert choice(run).refusal is None


def test_what_was_undone_is_not_kept(run: Run, bob: Any) -> None:
    said = {"run": run, "actor": bob, "actor_name": "bob", "plan_hash": "0", "at": timezone.now()}
    undo = RunUndo.objects.create(**said)
    assert refusal(run, bob) == "undone"
    assert choice(run, "start").refusal is None
    RunUndo.objects.create(**said, takes_back=undo)
    assert choice(run).refusal is None, "the undo was taken back"


def test_whom_it_runs_as_is_held_to_its_rights_of_now(
    alice: Any, bob: Any, charlie: Any, tickets: Module
) -> None:
    run = failed_run(alice)
    type(run.workflow).objects.filter(pk=run.workflow_id).update(run_as=charlie)
    mend_record(tickets)
    retry = retried(run, bob)
    assert (retry.status, retry.failure_code) == ("failed", "permission-denied")


def test_a_retry_is_not_counted_as_a_start_of_its_trigger(alice: Any, bob: Any, tickets: Module) -> None:
    throttle = {"max": 2, "per": "PT1H"}
    drawn = document(t1=node("t1", "trigger.record", module="tickets", on=["created"], throttle=throttle))
    run = failed_run(alice, drawn=drawn)
    retried(run, bob)
    create_record(
        module=tickets, key="T2", values={"title": "x", "status": "open", "amount": "1"}, actor=None
    )
    run_everything()
    assert Run.objects.filter(record_key="T2").exists()


def test_a_version_that_cannot_be_worked_on_any_more_says_so(
    run: Run, bob: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriptions.forget()
    left = {key: kind for key, kind in ACTIONS.items() if key != "comment"}
    monkeypatch.setattr(ACTIONS, "_entries", left)
    assert refusal(run, bob) == "version-unusable"


@pytest.mark.parametrize("how", [{"start": "middle"}, {"version": "7"}, {"reason": "x" * 301}])
def test_what_is_no_choice_is_refused(run: Run, bob: Any, how: dict[str, str]) -> None:
    with pytest.raises(InvalidError):
        retry_run(run=run, actor=bob, **how)
    assert Run.objects.count() == 1


def test_a_worker_that_dies_in_a_retry_does_nothing_twice(run: Run, tickets: Module, bob: Any) -> None:
    """The claim that never commits is undone with all it did; the next one goes on from the kept steps."""
    mend_record(tickets)
    retry = retry_run(run=run, actor=bob)
    (lost,) = claim(limit=5)
    assert (lost.id, lost.journal_key) == (retry.pk, str(run.pk))
    Run.objects.filter(pk=retry.pk).update(due_at="2020-01-01T00:00:00Z")  # its lease is out
    run_everything()
    assert execute([lost]) == 0
    retry.refresh_from_db()
    assert retry.status == "succeeded"
    assert done() == {**ONCE, "errands": 1}
    assert not RunSignal.objects.exists()
