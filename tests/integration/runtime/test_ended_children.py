"""Who waits for a run hears of it however that one ends: by itself, by people's hand, or given up."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from automations.models import DeadLetter, Module, RecordComment, Run, RunSignal
from automations.services.records import create_record
from automations.services.runs import cancel_run
from automations.testing import edge, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db
PAST = "2020-01-01T00:00:00+00:00"


@pytest.fixture
def family(alice: Any) -> tuple[Run, list[Run]]:
    """A run that waits for two others, which wait for their time; what fails is remarked on by its own way."""
    batches: Module = make_module("batches", {"title": "text", "lines": "list"})
    slow = {
        "schema": 1,
        "nodes": [node("t1", "trigger.manual"), node("w1", "action.wait", **{"for": "PT1H"})],
        "edges": [edge("t1", "w1")],
    }
    make_workflow("slow", slow, owner=alice)
    lines = {"ref": "record.lines"}
    waits = {
        "schema": 1,
        "nodes": [
            node("t1", "trigger.record", module="batches", on=["created"]),
            node("a1", "action.start_workflow", workflow="slow", for_each=lines, wait=True),
            node("a2", "action.comment", text="Went wrong"),
        ],
        "edges": [edge("t1", "a1"), edge("a1", "a2", "failed")],
    }
    workflow = make_workflow("batch", waits, owner=alice)
    create_record(module=batches, key="B1", values={"lines": ["x", "y"]}, actor=None)
    run_everything()
    run = Run.objects.get(workflow=workflow)
    children = list(Run.objects.filter(parent=run).order_by("pk"))
    assert [one.status for one in (run, *children)] == ["waiting"] * 3
    return run, children


def let_the_time_come(run: Run, **changes: Any) -> None:
    step = run.steps.get(status="waiting")
    step.wait = {**(step.wait or {}), "until": PAST}
    step.save(update_fields=["wait"])
    Run.objects.filter(pk=run.pk).update(due_at=PAST, **changes)


def news(run: Run) -> list[tuple[str, int, str]]:
    rows = RunSignal.objects.filter(run=run).order_by("pk").values_list("outcome", flat=True)
    return [(row["status"], row["run"], row["message"]) for row in rows]


def test_a_cancelled_run_tells_who_waits_for_it(family: tuple[Run, list[Run]], alice: Any) -> None:
    run, (first, second) = family
    cancel_run(run=first, actor=alice, reason="Not wanted")
    assert news(run) == [("cancelled", first.pk, "Not wanted")]
    run_everything()
    run.refresh_from_db()
    assert run.status == "waiting"  # for the other one
    let_the_time_come(second)
    run_everything()
    run.refresh_from_db()
    assert run.status == "succeeded"
    step = run.steps.get(node="a1")
    assert step.error is not None
    assert (step.status, step.error["code"]) == ("failed", "child-failed")
    assert re.search(r"1 of 2 started runs did not succeed: run \d+: Not wanted", step.error["message"])
    assert RecordComment.objects.get().text == "Went wrong"


def test_all_are_cancelled_and_the_run_goes_on_at_once(family: tuple[Run, list[Run]], alice: Any) -> None:
    run, children = family
    for child in children:
        cancel_run(run=child, actor=alice)
    assert {status for status, _, _ in news(run)} == {"cancelled"}
    run.refresh_from_db()
    assert run.due_at <= timezone.now()
    Run.objects.filter(pk=run.pk).update(due_at=PAST)  # the transaction's clock stands still
    run_everything()
    run.refresh_from_db()
    assert run.status == "succeeded"


def test_word_is_left_in_the_transaction_that_cancels(family: tuple[Run, list[Run]], alice: Any) -> None:
    run, (first, _) = family
    due = Run.objects.get(pk=run.pk).due_at
    with transaction.atomic():
        cancel_run(run=first, actor=alice)
        assert len(news(run)) == 1
        transaction.set_rollback(True)
    assert news(run) == []
    first.refresh_from_db()
    run.refresh_from_db()
    assert (first.status, run.due_at) == ("waiting", due)


def test_a_run_that_is_given_up_tells_who_waits_for_it(family: tuple[Run, list[Run]], alice: Any) -> None:
    """Its worker died each time: nobody is left to end it but the one who finds its attempts spent."""
    run, (first, second) = family
    let_the_time_come(first, attempt=3)
    cancel_run(run=second, actor=alice)
    run_everything()
    assert DeadLetter.objects.get().run == first
    first.refresh_from_db()
    run.refresh_from_db()
    assert (first.status, first.failure_code, run.status) == ("failed", "attempts-spent", "succeeded")
    step = run.steps.get(node="a1")
    assert step.error is not None
    assert step.error["message"].startswith("2 of 2 started runs did not succeed")
