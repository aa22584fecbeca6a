"""Values above a size are kept once, beside the rows that refer to them; who needs one whole gets it whole."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations.models import Event, LargeValue, Run, Step, TriggerSource, Workflow
from automations.models.event import whole_snapshot
from automations.runtime import large_values, retention
from automations.runtime.drain import drain
from automations.services.retention import lift_legal_hold, set_legal_hold, set_retention
from automations.services.retries import retry_run
from automations.services.sources import create_source, send_event
from automations.testing import edge, make_workflow, node

LONG = "All that a customer wrote. " * 100


@pytest.fixture
def workflow(db: None, alice: Any, settings: Any) -> Workflow:
    settings.AUTOMATIONS_LARGE_VALUE_BYTES = 1_000
    create_source(key="letters", name="Letters", actor=alice)
    nodes = [
        node("t1", "trigger.event", source="letters"),
        node("a1", "action.set_variable", values={"text": {"ref": "event.data.text"}}),
        node("w1", "action.wait", **{"for": "PT1H"}),
        node("a2", "action.set_variable", values={"text": {"ref": "steps.a1.output.text"}}),
        node("a3", "action.set_variable", values={"size": "{{ event.data.text }}!"}),
    ]
    edges = [edge("t1", "a1"), edge("a1", "w1"), edge("w1", "a2"), edge("a2", "a3")]
    made: Workflow = make_workflow("letters", {"schema": 1, "nodes": nodes, "edges": edges}, owner=alice)
    return made


def send(data: dict[str, Any], key: str | None = None) -> Event:
    source = TriggerSource.objects.get(key="letters")
    owner = Workflow.objects.get(key="letters").owner
    sent = send_event(source=source, data=data, idempotency_key=key, actor=owner)
    return Event.objects.get(pk=sent.event_id)


def worked(data: dict[str, Any]) -> Run:
    event = send(data)
    for _ in range(3):
        drain()
        past = timezone.now() - timedelta(hours=2)
        Step.objects.filter(status="waiting").update(wait={"kind": "timer", "until": past.isoformat()})
        Run.objects.filter(status="waiting").update(due_at=past)
    return Run.objects.get(event=event)


def test_a_large_value_is_kept_once_and_read_whole_by_every_step(workflow: Workflow) -> None:
    run = worked({"text": LONG})
    assert run.status == "succeeded", run.failure
    event = run.event
    assert event is not None
    assert event.large is not None
    assert event.snapshot is None
    assert event.value["data"] == {"text": LONG}
    first, again = (Step.objects.get(run=run, node=name) for name in ("a1", "a2"))
    assert first.output is None
    assert first.large_id == again.large_id
    assert first.whole_output == {"text": LONG}
    assert Step.objects.get(run=run, node="w1").large_id is None
    kept = first.large
    assert kept is not None
    assert (kept.size, kept.preview) == (len(LONG) + len('{"text":""}'), ('{"text":"' + LONG)[:1_000])
    assert list(Event.objects.values_list(whole_snapshot("data"), flat=True)) == [{"text": LONG}]


def test_what_only_looks_like_a_reference_is_none(workflow: Workflow) -> None:
    kept = worked({"text": LONG}).event.large  # type: ignore[union-attr]
    assert kept is not None
    forged = {"text": {"large": kept.pk, "large_id": kept.pk, "size": kept.size, "preview": kept.preview[:9]}}
    run = worked(forged)
    assert run.event is not None
    assert (run.event.large, run.event.snapshot["data"]) == (None, forged)
    assert Step.objects.get(run=run, node="a1").output == forged


def test_an_event_that_is_sent_again_leaves_no_second_value(workflow: Workflow) -> None:
    first = send({"text": LONG}, "k1")
    assert send({"text": LONG}, "k1").pk == first.pk
    assert LargeValue.objects.count() == 1


def test_pages_get_the_beginning_and_who_may_see_payloads_all_of_it(workflow: Workflow, bob: Any) -> None:
    run = worked({"text": LONG})
    reader = APIClient()
    reader.force_authenticate(workflow.owner)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        steps = {step["node"]: step for step in reader.get(f"/api/v1/runs/{run.pk}/steps/").json()["results"]}
    assert not [one for one in queries if '"body"' in one["sql"]]
    assert steps["a1"]["output"] is None
    assert steps["a1"]["large"]["size"] > len(LONG)
    assert steps["a1"]["large"]["preview"].startswith('{"text":"All that')
    assert steps["w1"]["large"] is None
    whole = reader.get(f"/api/v1/runs/{run.pk}/steps/a1/output/").json()
    assert whole == {"value": {"text": LONG}}
    event = reader.get(f"/api/v1/events/{run.event_id}/").json()
    assert (event["snapshot"], event["large"]["size"] > len(LONG)) == (None, True)
    told = reader.get(f"/api/v1/events/{run.event_id}/snapshot/").json()["value"]
    assert told["data"] == {"text": LONG}

    assign_perm("automations.view_workflow", bob, workflow)
    other = APIClient()
    other.force_authenticate(bob)
    shown = other.get(f"/api/v1/runs/{run.pk}/steps/").json()["results"]
    assert [(step["output"], step["large"]) for step in shown] == [(None, None)] * len(shown)
    assert other.get(f"/api/v1/runs/{run.pk}/steps/a1/output/").status_code == 403
    assert other.get(f"/api/v1/events/{run.event_id}/").json()["large"] is None
    assert other.get(f"/api/v1/events/{run.event_id}/snapshot/").status_code == 404


def test_a_retry_keeps_a_large_output(workflow: Workflow, alice: Any) -> None:
    run = worked({"text": LONG})
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(status="failed", failure_code="x", finished_at=now)
    Step.objects.filter(run=run, node="a3").update(status="failed", error={"code": "x", "message": "x"})
    run.refresh_from_db()
    again = retry_run(run=run, actor=alice, start="failed_step")
    kept = Step.objects.get(run=again, node="a1")
    assert kept.output is None
    assert kept.whole_output == {"text": LONG}
    drain()
    again.refresh_from_db()
    assert again.status == "succeeded"


def test_a_value_goes_with_the_last_row_that_refers_to_it_unless_held(workflow: Workflow, alice: Any) -> None:
    first, second = worked({"text": LONG}), worked({"text": LONG})
    now = timezone.now()
    LargeValue.objects.update(touched_at=now - timedelta(days=1))
    set_retention(workflow=workflow, days=90, actor=alice)
    old = now - timedelta(days=365)
    Run.objects.filter(pk=first.pk).update(finished_at=old)
    shared = Step.objects.get(run=second, node="a1").large_id
    assert retention.sweep(now=now) == 1
    assert LargeValue.objects.filter(pk=shared).exists()

    set_legal_hold(workflow=workflow, reason="A lawsuit", actor=alice)
    Run.objects.update(finished_at=old)
    assert retention.sweep(now=now) == 0
    assert LargeValue.objects.filter(pk=shared).exists()
    lift_legal_hold(workflow=workflow, actor=alice)
    assert retention.sweep(now=now) == 1
    assert not LargeValue.objects.exists()


def test_what_a_step_no_longer_gives_is_found_after_a_while(workflow: Workflow) -> None:
    run = worked({"text": LONG})
    count = LargeValue.objects.count()
    forgotten = Step.objects.get(run=run, node="a3").large_id
    Step.objects.filter(run=run, node="a3").update(large=None, output={})
    now = timezone.now()
    retention.sweep(now=now)
    assert LargeValue.objects.count() == count
    later = now + large_values.LOOKED_AT_AGAIN + timedelta(minutes=1)
    retention.sweep(now=later)
    assert LargeValue.objects.count() == count - 1
    assert not LargeValue.objects.filter(pk=forgotten).exists()


@pytest.mark.django_db(transaction=True)
def test_a_value_is_not_dropped_under_who_refers_to_it_meanwhile(settings: Any) -> None:
    settings.AUTOMATIONS_LARGE_VALUE_BYTES = 1_000
    key = _keep(LONG)
    LargeValue.objects.update(touched_at=timezone.now() - timedelta(days=1))
    begun, go_on = threading.Event(), threading.Event()

    def refers() -> None:
        with transaction.atomic():
            _keep(LONG)
            begun.set()
            go_on.wait(10)
        connection.close()

    other = threading.Thread(target=refers)
    other.start()
    assert begun.wait(10)
    with transaction.atomic():
        assert large_values.drop_unused([key]) == 0  # somebody holds it
    go_on.set()
    other.join(10)
    with transaction.atomic():
        assert large_values.drop_unused([key]) == 0  # it was touched just now
    assert LargeValue.objects.filter(pk=key).exists()


@pytest.mark.django_db(transaction=True)
def test_a_value_that_goes_meanwhile_is_kept_anew(settings: Any) -> None:
    settings.AUTOMATIONS_LARGE_VALUE_BYTES = 1_000
    key = _keep(LONG)
    LargeValue.objects.update(touched_at=timezone.now() - timedelta(days=1))

    def refers() -> None:
        _keep(LONG)
        connection.close()

    other = threading.Thread(target=refers)
    with transaction.atomic():
        assert large_values.drop_unused([key]) == 1
        other.start()
        other.join(0.3)
        assert other.is_alive()  # it waits for this transaction
    other.join(10)
    assert LargeValue.objects.get(pk=key).body == LONG


def _keep(value: Any) -> str:
    keeper = large_values.Keeper()
    key = keeper.take(value, len(value))
    assert key is not None
    with transaction.atomic():
        keeper.keep()
    return key
