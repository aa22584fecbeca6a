from __future__ import annotations

from typing import Any

from django.utils import timezone

from automations.models import Run, Workflow
from automations.runtime.announce import announce_runs
from tests.integration.live.conftest import LiveServer, frame_of, start_run, write_lines


def ids_of(frame: dict[str, Any]) -> list[int]:
    return [run["id"] for run in frame["runs"]]


def test_new_run_appears_and_its_end_is_told(live: LiveServer, workflow: Workflow, alice: Any) -> None:
    with live.open(f"/ws/workflows/{workflow.pk}/?after=0", alice) as client:
        assert frame_of(client) == {"type": "nothing", "seq": 0}
        run = start_run(workflow, record_key="T-1")
        announce_runs([(run.pk, workflow.pk)])
        appeared = frame_of(client)
        assert (appeared["type"], appeared["seq"]) == ("news", run.pk)
        assert appeared["runs"][0]["status"] == "waiting"
        assert appeared["runs"][0]["record"] == "T-1"
        write_lines(run, 1, end="succeeded")
        assert frame_of(client)["runs"][0]["status"] == "succeeded"


def test_open_client_is_told_of_what_changed_while_it_was_away(
    live: LiveServer, workflow: Workflow, alice: Any
) -> None:
    run = start_run(workflow)
    with live.open(f"/ws/workflows/{workflow.pk}/?after=0", alice) as client:
        cursor = frame_of(client)["seq"]
    write_lines(run, 1, end="failed")
    newer = start_run(workflow)
    with live.open(f"/ws/workflows/{workflow.pk}/?after={cursor}", alice) as client:
        replay = frame_of(client)
    assert ids_of(replay) == [run.pk, newer.pk]
    assert replay["runs"][0]["status"] == "failed"


def test_client_that_missed_more_than_a_window_is_told_to_begin_again(
    live: LiveServer, workflow: Workflow, alice: Any
) -> None:
    first = start_run(workflow)
    newest = _many(workflow, 120)
    with live.open(f"/ws/workflows/{workflow.pk}/?after={first.pk}", alice) as client:
        assert frame_of(client) == {"type": "reset", "seq": newest}
    with live.open(f"/ws/workflows/{workflow.pk}/?after={newest + 1}", alice) as client:
        assert frame_of(client) == {"type": "reset", "seq": newest}


def test_run_that_changed_without_a_hint_comes_with_the_next_one(
    live: LiveServer, workflow: Workflow, alice: Any
) -> None:
    run, other = start_run(workflow), start_run(workflow)
    with live.open(f"/ws/workflows/{workflow.pk}/?after=0", alice) as client:
        frame_of(client)
        write_lines(run, 1, end="succeeded", announce=False)
        write_lines(other, 1)
        told: set[int] = set()
        while told != {run.pk, other.pk}:
            told.update(ids_of(frame_of(client)))


def test_runs_of_other_workflows_are_not_told(live: LiveServer, workflow: Workflow, alice: Any) -> None:
    stranger = Workflow.objects.create(key="other", name="Other")
    stranger.versions.create(number=1, digest="1" * 64, document={}, published_at=timezone.now())
    with live.open(f"/ws/workflows/{workflow.pk}/?after=0", alice) as client:
        frame_of(client)
        hidden = start_run(stranger)
        announce_runs([(hidden.pk, workflow.pk)])  # a hint that lies
        mine = start_run(workflow)
        announce_runs([(mine.pk, workflow.pk)])
        assert ids_of(frame_of(client)) == [mine.pk]


def test_run_payloads_are_never_part_of_the_list(live: LiveServer, workflow: Workflow, alice: Any) -> None:
    start_run(workflow, outcome={"status": "succeeded", "message": "private"}, input={"secret": "private"})
    with live.open(f"/ws/workflows/{workflow.pk}/?after=0", alice) as client:
        assert "private" not in str(frame_of(client))


def _many(workflow: Workflow, count: int) -> int:
    now = timezone.now()
    template = Run.objects.get(workflow=workflow)
    runs = Run.objects.bulk_create(
        Run(
            workflow=workflow,
            version_id=template.version_id,
            trigger_node="t1",
            dedupe_key=f"many{number}",
            mode="simulate",
            status="succeeded",
            due_at=template.due_at,
            created_at=now,
            finished_at=now,
        )
        for number in range(count)
    )
    return runs[-1].pk
