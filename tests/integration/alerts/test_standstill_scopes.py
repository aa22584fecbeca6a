"""A standstill of a module, a team or a workflow holds that and nothing else, and what waits for its end is judged then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from automations import permissions
from automations.errors import InvalidError
from automations.models import Alert, Decision, Event, Module, Run, Standstill, Workflow
from automations.runtime.drain import drain_once, work_is_due
from automations.runtime.leftovers import sweep
from automations.runtime.standstills import look
from automations.services.alerts import make_rule
from automations.services.records import create_record
from automations.services.runs import start_run
from automations.services.standstills import lift_standstill, set_standstill
from automations.services.workflows import archive_workflow, update_workflow
from automations.testing import chain, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(workflow: Workflow, alice: Any) -> Workflow:
    """It hears of tickets, too, and belongs to a team."""
    document = chain(
        node("t1", "trigger.record", module="tickets", on=["created"]),
        node("a1", "action.comment", text="Seen"),
    )
    made = make_workflow("other", document, owner=alice)
    return update_workflow(workflow=made, changes={"team": "support"}, actor=alice)


def ticket(key: str, root: Any) -> None:
    create_record(
        module=Module.objects.get(key="tickets"), key=key, values={"subject": key, "state": "new"}, actor=root
    )


def ran(workflow: Workflow) -> list[str]:
    return list(
        Run.objects.filter(workflow=workflow).order_by("record_key").values_list("record_key", flat=True)
    )


def hold(root: Any, now: datetime, **scope: Any) -> Standstill:
    row = set_standstill(reason="The shop moves", actor=root, **scope)
    Standstill.objects.filter(pk=row.pk).update(starts_at=now - timedelta(minutes=1))
    return row


def client_of(person: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


@pytest.mark.parametrize("scope", ["workflow", "team", "module"])
def test_only_what_it_is_of_waits_and_is_judged_when_it_is_lifted(
    workflow: Workflow, other: Workflow, alice: Any, root: Any, now: datetime, scope: str
) -> None:
    module = make_module("parcels", {"total": "number"})
    Workflow.objects.filter(pk=other.pk).update(module=module)
    update_workflow(workflow=other, changes={"description": "of parcels"}, actor=alice)
    row = hold(root, now, **{scope: {"workflow": other, "team": "support", "module": module}[scope]})
    for key in ("T1", "T2"):
        ticket(key, root)
    run_everything()
    assert (ran(workflow), ran(other)) == (["T1", "T2"], [])
    assert not Event.objects.filter(state="pending").exists()
    waiting = Decision.objects.filter(workflow=other)
    assert set(waiting.values_list("outcome", flat=True)) == {"standstill"}
    assert waiting[0].reason == {
        "standstill": row.pk,
        "why": f"{row.subject} stands still: The shop moves",
        "until": None,
    }
    assert not work_is_due(), "nothing can be done before it is over"
    lift_standstill(standstill=row, actor=root)
    assert work_is_due()
    run_everything()
    assert ran(other) == ["T1", "T2"]
    assert set(Decision.objects.values_list("outcome", flat=True)) == {"matched"}
    assert Decision.objects.count() == 4
    assert not work_is_due()


def test_a_module_holds_the_triggers_that_are_about_it(
    workflow: Workflow, alice: Any, root: Any, now: datetime
) -> None:
    assert workflow.module_id is None
    hold(root, now, module=Module.objects.get(key="tickets"))
    ticket("T1", root)
    run_everything()
    assert ran(workflow) == []
    assert look().among([workflow]).keys() == {workflow.pk}


def test_the_one_that_lasts_longest_is_told_and_all_have_to_be_over(
    workflow: Workflow, root: Any, now: datetime
) -> None:
    short = hold(root, now, workflow=workflow, ends_at=now + timedelta(hours=1))
    long = hold(root, now, module=Module.objects.get(key="tickets"), ends_at=now + timedelta(hours=2))
    held = look().among([workflow])[workflow.pk]
    assert (held.standstill, held.until) == (long, now + timedelta(hours=2))
    ticket("T1", root)
    run_everything()
    lift_standstill(standstill=long, actor=root)
    run_everything()
    assert ran(workflow) == []
    lift_standstill(standstill=short, actor=root)
    run_everything()
    assert ran(workflow) == ["T1"]


def test_what_waits_is_judged_in_batches_oldest_first_and_once(
    workflow: Workflow, other: Workflow, root: Any, now: datetime, settings: Any
) -> None:
    settings.AUTOMATIONS_BATCH_SIZE = 2
    row = hold(root, now, workflow=workflow)
    for number in range(5):
        ticket(f"T{number}", root)
    run_everything()
    lift_standstill(standstill=row, actor=root)
    ticket("T9", root)
    drain_once()
    assert ran(workflow) == ["T0", "T1"]
    run_everything()
    assert ran(workflow) == ["T0", "T1", "T2", "T3", "T4", "T9"]
    assert len(ran(other)) == 6


def test_a_trigger_that_is_gone_meanwhile_says_so(
    workflow: Workflow, alice: Any, root: Any, now: datetime
) -> None:
    row = hold(root, now, workflow=workflow)
    ticket("T1", root)
    run_everything()
    archive_workflow(workflow=workflow, actor=alice)
    lift_standstill(standstill=row, actor=root)
    run_everything()
    decision = Decision.objects.get()
    assert decision.outcome == "out_of_scope"
    assert "did not listen any more" in decision.reason["why"]
    assert not work_is_due()


def test_a_start_by_hand_waits_and_a_caller_waits_with_it(
    workflow: Workflow, alice: Any, root: Any, now: datetime
) -> None:
    child = make_workflow(
        "child",
        chain(node("t1", "trigger.manual"), node("a1", "action.stop", outcome="succeeded", message="x")),
        owner=alice,
    )
    caller = make_workflow(
        "caller",
        chain(node("t1", "trigger.manual"), node("a1", "action.start_workflow", workflow="child", wait=True)),
        owner=alice,
    )
    row = hold(root, now, workflow=child, ends_at=now + timedelta(days=1))
    start_run(workflow=caller, actor=alice)
    run_everything()
    run = Run.objects.get()
    assert run.status == "waiting"
    told = client_of(alice).get(f"/api/v1/runs/{run.pk}/").json()["standstill"]
    assert told["waits"] is True
    assert told["until"] is not None
    assert told["sentence"].startswith(
        "It waits for a workflow that it has started to begin. “child” stands still"
    )
    lift_standstill(standstill=row, actor=root)
    run_everything()
    assert {(one.workflow.key, one.status) for one in Run.objects.select_related("workflow")} == {
        ("caller", "succeeded"),
        ("child", "succeeded"),
    }
    everything = hold(root, now)
    start_run(workflow=caller, actor=alice)
    run_everything()
    assert Run.objects.count() == 2
    lift_standstill(standstill=everything, actor=root)
    run_everything()
    assert Run.objects.count() == 4


def test_events_that_wait_are_not_swept(workflow: Workflow, root: Any, now: datetime, settings: Any) -> None:
    settings.AUTOMATIONS_EVENTS_KEPT_DAYS = 1
    row = hold(root, now, workflow=workflow)
    ticket("T1", root)
    run_everything()
    Event.objects.update(received_at=now - timedelta(days=9))
    sweep(now=now)
    lift_standstill(standstill=row, actor=root)
    run_everything()
    assert ran(workflow) == ["T1"]


def test_what_stands_still_is_not_silent_and_silence_counts_anew_afterwards(
    workflow: Workflow, alerts: Callable[..., list[Alert]], alice: Any, root: Any, now: datetime
) -> None:
    make_rule(kind="silence", name="Daily", raise_at=60, clear_at=59, workflow=workflow, actor=alice)
    Standstill.objects.create(
        workflow=workflow,
        reason="The shop moves",
        starts_at=now + timedelta(minutes=30),
        ends_at=now + timedelta(minutes=90),
    )
    Standstill.objects.create(team="others", reason="x", starts_at=now, ends_at=now + timedelta(minutes=149))
    assert alerts(after=80) == [], "it stands still"
    assert alerts(after=140) == [], "it has stood still until 50 minutes ago"
    assert [alert.kind for alert in alerts(after=151)] == ["silence"]


def test_nothing_is_asked_event_by_event_or_run_by_run(
    workflow: Workflow, other: Workflow, root: Any, now: datetime
) -> None:
    def cost(number: int) -> int:
        for _ in range(number):
            ticket(f"T{Event.objects.count()}", root)
        with CaptureQueriesContext(connection) as queries:
            drain_once()
        run_everything()  # what the runs have changed is an event, too
        return len(queries)

    cost(1)  # what is compiled stays so
    few, many = cost(1), cost(9)
    assert many == few
    row = hold(root, now, workflow=other)
    cost(1)
    few, many = cost(1), cost(9)
    assert many == few
    lift_standstill(standstill=row, actor=root)
    run_everything()
    with CaptureQueriesContext(connection) as queries:
        assert not work_is_due()
    assert len(queries) == 2, "one look at what stands still, one at what is due"


def test_who_may_pause_a_workflow_lets_it_stand_still_and_the_rest_is_for_admins(
    workflow: Workflow, other: Workflow, alice: Any, bob: Any, charlie: Any, root: Any
) -> None:
    permissions.share(workflow, "Operator")
    body = {"reason": "The shop moves", "workflow": workflow.pk}
    assert client_of(charlie).post("/api/v1/standstills/", body, format="json").status_code == 404
    made = client_of(alice).post("/api/v1/standstills/", body, format="json")
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["subject"], told["workflow"]["id"], told["may_lift"]) == (
        "“watch-tickets”",
        workflow.pk,
        True,
    )
    for scope in ({"team": "support"}, {"module": "tickets"}, {}):
        refused = client_of(alice).post("/api/v1/standstills/", {"reason": "x", **scope}, format="json")
        assert refused.status_code == 403
        assert (
            client_of(root).post("/api/v1/standstills/", {"reason": "x", **scope}, format="json").status_code
            == 201
        )
    seen = client_of(charlie).get("/api/v1/standstills/").json()["results"]
    assert {(one["team"], one["module"]) for one in seen} == {("support", None), ("", None)}
    assert not any(one["may_lift"] for one in seen)
    assert (
        client_of(charlie).post(f"/api/v1/standstills/{told['id']}/lift/", {}, format="json").status_code
        == 404
    )
    mine = client_of(alice).get(f"/api/v1/standstills/?workflow={other.pk}").json()["results"]
    assert [one["subject"] for one in mine] == ["Everything", "The module Tickets", "The team support"]
    assert [one["may_lift"] for one in mine] == [False, False, False]
    assert (
        client_of(alice).post(f"/api/v1/standstills/{told['id']}/lift/", {}, format="json").status_code == 200
    )


def test_two_scopes_and_unknown_ones_are_refused(workflow: Workflow, root: Any) -> None:
    with pytest.raises(InvalidError, match="of one of them"):
        set_standstill(reason="x", actor=root, team="support", workflow=workflow)
    with pytest.raises(InvalidError, match="No workflow has the team"):
        set_standstill(reason="x", actor=root, team="nobodys")
    refused = client_of(root).post("/api/v1/standstills/", {"reason": "x", "module": "no"}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (404, "unknown-module")
    assert Standstill.objects.count() == 0


def test_a_workflow_and_its_runs_say_what_holds_them(
    workflow: Workflow, other: Workflow, alice: Any, root: Any, now: datetime
) -> None:
    ticket("T1", root)
    drain_once()
    run = Run.objects.filter(workflow=workflow).get()
    Run.objects.filter(pk=run.pk).update(status="queued", finished_at=None)
    api = client_of(alice)
    assert api.get(f"/api/v1/runs/{run.pk}/").json()["standstill"] is None
    hold(root, now, workflow=workflow, ends_at=now + timedelta(hours=1))
    told = api.get(f"/api/v1/workflows/{workflow.pk}/").json()["standstill"]
    assert told["sentence"].startswith("“watch-tickets” stands still until")
    told = api.get(f"/api/v1/runs/{run.pk}/").json()["standstill"]
    assert told["waits"] is False
    assert told["sentence"].endswith("The shop moves. This run goes on; what comes meanwhile waits.")
    listed = {one["key"]: one["standstill"] for one in api.get("/api/v1/workflows/").json()["results"]}
    assert listed["other"] is None
    assert listed["watch-tickets"]["reason"] == "The shop moves"
