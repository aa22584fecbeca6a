"""The numbers of the home page, of the list of workflows, and the grid of steps and runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations.models import DeadLetter, Module, Notification, Run, Step, Workflow, WorkflowVersion
from automations.services.drafts import save_draft
from automations.services.workflows import create_workflow

from .conftest import DOCUMENT, client_of

pytestmark = pytest.mark.django_db


class Past:
    """Makes runs of workflows as they ended at some time."""

    def __init__(self) -> None:
        self.count = 0

    def version(self, workflow: Workflow, number: int = 1, document: Any = None) -> WorkflowVersion:
        return WorkflowVersion.objects.get_or_create(
            workflow=workflow,
            number=number,
            defaults={
                "digest": "0" * 64,
                "document": document or {key: DOCUMENT[key] for key in ("schema", "nodes", "edges")},
                "published_at": timezone.now(),
            },
        )[0]

    def run(self, workflow: Workflow, status: str = "succeeded", *, days: float = 0, number: int = 1) -> Run:
        self.count += 1
        at = timezone.now() - timedelta(days=days)
        return Run.objects.create(
            workflow=workflow,
            version=self.version(workflow, number),
            trigger_node="t1",
            dedupe_key=f"k{self.count}",
            mode="execute",
            status=status,
            failure={"message": "It broke.", "node": "a1"} if status == "failed" else {},
            due_at=at,
            lease_token=uuid4() if status == "running" else None,
            created_at=at,
            started_at=at,
            finished_at=at if status in ("succeeded", "failed", "cancelled") else None,
        )


@pytest.fixture
def past() -> Past:
    return Past()


@pytest.fixture
def secret(db: None) -> Workflow:
    """A workflow that is shared with nobody."""
    return Workflow.objects.create(key="secret", name="Secret")


def test_the_overview_counts_what_one_sees(
    owner: APIClient, alice: Any, workflow: Workflow, secret: Workflow, past: Past
) -> None:
    for status in ("succeeded", "succeeded", "failed", "cancelled", "waiting"):
        past.run(workflow, status, days=1)
    past.run(workflow, "running", days=6.9)
    past.run(workflow, "queued", days=9)
    past.run(workflow, "succeeded", days=8)
    past.run(secret, "failed")
    past.run(secret, "waiting")
    Notification.objects.create(user=alice, key="1", title="x", created_at=timezone.now())
    for count, (flow, state) in enumerate(
        ((workflow, "open"), (workflow, "open"), (workflow, "redriven"), (secret, "open"))
    ):
        failed = past.run(flow, "failed", days=8)
        DeadLetter.objects.create(
            run=failed,
            workflow=flow,
            state=state,
            code="x",
            fingerprint="0" * 16,
            message=str(count),
            attempts=1,
            created_at=timezone.now(),
        )
    answer = owner.get("/api/v1/overview/").json()
    assert answer["dead_letters"] == 2
    assert answer["unread_notifications"] == 1
    assert answer["active"] == {"queued": 1, "running": 1, "waiting": 1}
    assert answer["week"] == {
        **{"succeeded": 2, "failed": 1, "cancelled": 1},
        **{"queued": 0, "running": 1, "waiting": 1},
    }


def test_a_workflow_is_failing_while_the_last_run_that_ended_failed(
    owner: APIClient, workflow: Workflow, secret: Workflow, past: Past
) -> None:
    past.run(secret, "failed")
    past.run(workflow, "succeeded")
    failed = past.run(workflow, "failed")
    past.run(workflow, "waiting")
    failing = owner.get("/api/v1/overview/").json()["failing"]
    assert [(run["id"], run["failure"]["message"]) for run in failing] == [(failed.pk, "It broke.")]
    past.run(workflow, "succeeded")
    assert owner.get("/api/v1/overview/").json()["failing"] == []


def test_an_archived_workflow_is_failing_no_more(owner: APIClient, workflow: Workflow, past: Past) -> None:
    past.run(workflow, "failed")
    Workflow.objects.update(archived_at=timezone.now())
    assert owner.get("/api/v1/overview/").json()["failing"] == []
    assert owner.get("/api/v1/workflows/activity/").json()["results"] == []


def test_activity_is_fourteen_days_and_the_newest_run(
    owner: APIClient, workflow: Workflow, secret: Workflow, past: Past
) -> None:
    past.run(workflow, "failed", days=20)
    past.run(workflow, "succeeded", days=13)
    past.run(workflow, "failed", days=1)
    newest = past.run(workflow, "waiting", days=1)
    past.run(secret, "failed")
    (row,) = owner.get("/api/v1/workflows/activity/").json()["results"]
    assert (row["workflow"], row["last_run"]["id"]) == (workflow.pk, newest.pk)
    assert len(row["days"]) == 14
    today = timezone.localdate()
    assert row["days"][0] == {
        "day": (today - timedelta(days=13)).isoformat(),
        **{"succeeded": 1, "failed": 0, "other": 0},
    }
    assert row["days"][-2] == {
        "day": (today - timedelta(days=1)).isoformat(),
        **{"succeeded": 0, "failed": 1, "other": 1},
    }
    assert row["days"][-1]["day"] == today.isoformat()


def test_a_workflow_without_runs_has_quiet_days(owner: APIClient, workflow: Workflow) -> None:
    (row,) = owner.get("/api/v1/workflows/activity/").json()["results"]
    assert row["last_run"] is None
    assert {(day["succeeded"], day["failed"], day["other"]) for day in row["days"]} == {(0, 0, 0)}


def test_the_median_is_of_the_runs_that_ended(owner: APIClient, workflow: Workflow, past: Past) -> None:
    for seconds, status, days in (
        (2, "succeeded", 1),
        (4, "failed", 1),
        (90, "succeeded", 2),
        (9, "waiting", 1),
    ):
        run = past.run(workflow, status, days=days)
        if status != "waiting":
            Run.objects.filter(pk=run.pk).update(finished_at=run.created_at + timedelta(seconds=seconds))
    old = past.run(workflow, "succeeded", days=20)
    Run.objects.filter(pk=old.pk).update(finished_at=timezone.now())
    (row,) = owner.get("/api/v1/workflows/activity/").json()["results"]
    assert row["median"] == 4.0


def test_activity_says_what_one_may_pause(owner: APIClient, bob: Any, workflow: Workflow) -> None:
    assign_perm("automations.view_workflow", bob, workflow)
    for client, may in ((owner, True), (client_of(bob), False)):
        (row,) = client.get("/api/v1/workflows/activity/").json()["results"]
        assert (row["may_pause"], row["median"]) == (may, None)


def test_the_problems_of_the_list_are_those_of_the_editor(
    owner: APIClient, alice: Any, workflow: Workflow, tickets: Module
) -> None:
    broken = {
        **DOCUMENT,
        "nodes": [*DOCUMENT["nodes"][:2], {"id": "a1", "type": "action.stop", "config": {"x": 1}}],
    }
    ready = create_workflow(name="Ready", module=tickets, actor=alice, document=DOCUMENT)
    wrong = create_workflow(name="Wrong", module=tickets, actor=alice, document=broken)
    begun = {
        **DOCUMENT,
        "nodes": [*DOCUMENT["nodes"][:2], {"id": "a1", "type": "action.assign", "config": {}}],
    }
    unfinished = create_workflow(name="Unfinished", module=tickets, actor=alice, document=begun)
    create_workflow(name="Archived", module=tickets, actor=alice, document=broken)
    Workflow.objects.filter(name="Archived").update(archived_at=timezone.now())
    told = {one["workflow"]: one for one in owner.get("/api/v1/workflows/problems/").json()["results"]}
    assert set(told) == {ready.pk, wrong.pk, unfinished.pk}, "an empty draft has nothing that could be wrong"
    for pk, count in told.items():
        problems = owner.post(f"/api/v1/workflows/{pk}/validate/").json()["problems"]
        found = [problem["severity"] for problem in problems]
        assert (count["problems"], count["warnings"]) == (found.count("error"), found.count("warning"))
    assert told[wrong.pk]["problems"] > 0
    assert told[unfinished.pk]["problems"] > 0
    assert told[ready.pk]["problems"] == 0


def test_the_grid_has_steps_in_the_order_of_the_graph(
    owner: APIClient, workflow: Workflow, past: Past
) -> None:
    old = past.run(workflow, "succeeded", number=2)
    Step.objects.create(run=old, node="gone", position=1, kind="action.stop", status="succeeded")
    past.version(workflow, 1, {**DOCUMENT, "nodes": list(reversed(DOCUMENT["nodes"]))})
    new = past.run(workflow, "failed")
    for position, (node, status) in enumerate([("t1", "succeeded"), ("c1", "succeeded"), ("a1", "failed")]):
        Step.objects.create(run=new, node=node, position=position, kind="x", status=status)
    grid = owner.get(f"/api/v1/workflows/{workflow.pk}/grid/").json()
    assert [row["node"] for row in grid["rows"]] == ["t1", "c1", "a1", "gone"]
    assert [run["id"] for run in grid["runs"]] == [new.pk, old.pk]
    assert grid["runs"][0]["steps"] == {"t1": "succeeded", "c1": "succeeded", "a1": "failed"}
    assert grid["runs"][1]["steps"] == {"gone": "succeeded"}
    assert len(owner.get(f"/api/v1/workflows/{workflow.pk}/grid/?limit=1").json()["runs"]) == 1
    for refused in ("0", "x"):
        assert owner.get(f"/api/v1/workflows/{workflow.pk}/grid/?limit={refused}").status_code == 400


def test_the_traffic_counts_the_ways_that_the_runs_of_a_version_took(
    owner: APIClient, workflow: Workflow, past: Past
) -> None:
    past.run(workflow, "succeeded", number=2)
    one = past.version(workflow, 1, DOCUMENT)
    for branch in ("true", "true", "false"):
        run = past.run(workflow, "succeeded")
        for position, (node, branches) in enumerate([("t1", [""]), ("c1", [branch]), ("a1", [])]):
            Step.objects.create(
                run=run, node=node, position=position, kind="x", status="succeeded", branches=branches
            )
    address = f"/api/v1/workflows/{workflow.pk}/versions/{one.number}/traffic/"
    assert owner.get(address).json() == {
        "runs": 3,
        "ways": [
            {"node": "c1", "branch": "false", "runs": 1},
            {"node": "c1", "branch": "true", "runs": 2},
            {"node": "t1", "branch": "", "runs": 3},
        ],
    }
    newest = owner.get(f"{address}?limit=1").json()
    assert newest == {
        "runs": 1,
        "ways": [{"node": "c1", "branch": "false", "runs": 1}, {"node": "t1", "branch": "", "runs": 1}],
    }
    with CaptureQueriesContext(connection) as few:
        owner.get(f"{address}?limit=1")
    with CaptureQueriesContext(connection) as many:
        owner.get(address)
    assert len(many) == len(few)
    assert owner.get(f"/api/v1/workflows/{workflow.pk}/versions/9/traffic/").status_code == 404


def test_the_grid_of_a_workflow_that_never_was_published_is_empty(
    owner: APIClient, workflow: Workflow
) -> None:
    assert owner.get(f"/api/v1/workflows/{workflow.pk}/grid/").json() == {"rows": [], "runs": []}


def test_the_grid_is_for_those_who_see_the_workflow(
    outsider: APIClient, bob: Any, workflow: Workflow, past: Past
) -> None:
    past.run(workflow)
    assert outsider.get(f"/api/v1/workflows/{workflow.pk}/grid/").status_code == 404
    assign_perm("automations.view_workflow", bob, workflow)
    assert len(client_of(bob).get(f"/api/v1/workflows/{workflow.pk}/grid/").json()["runs"]) == 1


def test_one_and_twenty_workflows_cost_the_same(owner: APIClient, alice: Any, past: Past) -> None:
    addresses = ("overview/", "workflows/activity/", "workflows/problems/", "workflows/{workflow}/grid/")
    counts: dict[str, list[int]] = {address: [] for address in addresses}
    made: list[Workflow] = []
    for size in (1, 20):
        while len(made) < size:
            number = len(made)
            made.append(Workflow.objects.create(key=f"w{number}", name=f"W{number}", owner=alice))
            assign_perm("automations.view_workflow", alice, made[-1])
            save_draft(workflow=made[-1], document=DOCUMENT, revision=None, actor=alice)
            past.run(made[-1], "failed")
            run = past.run(made[0], "failed", number=number + 1)
            Step.objects.create(run=run, node=f"n{number}", position=0, kind="x", status="failed")
        owner.get("/api/v1/me/")
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                answer = owner.get("/api/v1/" + address.format(workflow=made[0].pk))
            assert answer.status_code == 200
            counts[address].append(len(queries))
    assert {address: pair for address, pair in counts.items() if pair[0] != pair[1]} == {}
    assert max(pair[1] for pair in counts.values()) <= 20, counts
    assert len(owner.get("/api/v1/overview/").json()["failing"]) == 20
