"""Workers that die, freeze and come back: real processes, real signals."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import psutil

from tests.faults.harness import LEASE_SECONDS, SETUP, task_processes, world


def misbehave(how: str, file: Path, seconds: float = 0) -> str:
    return f'node("m1", "action.misbehave", how="{how}", file="{file}", seconds={seconds})'


def test_worker_killed_mid_step_is_followed_with_the_same_key_and_one_outcome(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    with world(tmp_path) as it:
        it.script(f"{SETUP}\nworkflow('w', {misbehave('kill_once', calls)})\ntickets(1, 1)")
        it.start("automations_worker")
        it.start("automations_ticker")
        took = it.wait_until_ended(1, 90)
        keys = [line.split()[0] for line in calls.read_text().splitlines()]
        assert len(keys) == 2
        assert len(set(keys)) == 1
        assert took < 90
        assert it.query("SELECT status FROM automations_run") == [("succeeded",)]
        assert it.query("SELECT node, status FROM automations_step ORDER BY position") == [
            ("t1", "succeeded"),
            ("m1", "succeeded"),
        ]


def test_record_change_before_the_kill_is_rolled_back_and_then_made_exactly_once(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    change = 'node("u1", "action.update_fields", values={"state": "done"})'
    with world(tmp_path) as it:
        it.script(f"{SETUP}\nworkflow('w', {change}, {misbehave('kill_once', calls)})\ntickets(1, 1)")
        it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_until_ended(1, 90)
        assert len(calls.read_text().splitlines()) == 2
        assert it.query("SELECT before, after FROM automations_recordchange WHERE field = 'state'") == [
            (None, "done")
        ]
        assert it.query("SELECT data->>'state', version FROM automations_record") == [("done", 2)]


def test_idle_workers_killed_are_replaced_without_a_human(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        it.script(f"{SETUP}\nworkflow('w', node('c1', 'action.comment', text='Hello'))")
        worker = it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_until_working()
        time.sleep(1)
        names = {process.pid: " ".join(process.cmdline()) for process in task_processes(worker)}
        idle = sorted(names)[1:]  # all but the cluster's own main process
        assert len(idle) >= 4
        for pid in idle:
            os.kill(pid, signal.SIGKILL)
        it.script(f"{SETUP.split('owner =')[0]}\nfrom automations.models import Module\n"
                  "module = Module.objects.get(key='tickets')\n"
                  "for n in range(20): create_record(module=module, key=f'T{n}', values={}, actor=None)")  # fmt: skip
        it.wait_until_ended(20, 120)
        assert it.value("SELECT count(*) FROM automations_recordcomment") == 20


def test_step_that_always_kills_spends_three_attempts_and_harms_no_other_run(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    with world(tmp_path) as it:
        it.script(
            f"{SETUP}\nworkflow('bad', {misbehave('kill', calls)})\n"
            "workflow('good', node('c1', 'action.comment', text='Hello'))\ntickets(1, 1)"
        )
        it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_until_ended(2, 120)
        assert len(calls.read_text().splitlines()) == 3
        status = "SELECT r.status, r.failure_code FROM automations_run r JOIN automations_workflow w ON w.id = r.workflow_id"
        assert it.query(f"{status} WHERE w.key = 'bad'") == [("failed", "attempts-spent")]
        assert it.query(f"{status} WHERE w.key = 'good'") == [("succeeded", "")]
        assert it.query("SELECT code, attempts FROM automations_deadletter") == [("attempts-spent", 3)]


def test_every_message_delivered_five_times_runs_every_step_once(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        it.start("automations_worker")
        it.start("automations_worker")
        it.wait_until_working(2)
        it.script(
            f"{SETUP}\nfrom automations.runtime import queue\nfrom django_q.tasks import async_task\n"
            "workflow('w', node('c1', 'action.comment', text='Hello'))\n"
            "for n in range(1, 41):\n    tickets(n, n)\n    for _ in range(5): async_task(queue.DRAIN_TASK)"
        )
        it.wait_until_ended(40, 60)
        assert it.value("SELECT count(*) FROM automations_recordcomment") == 40
        assert it.query("SELECT DISTINCT attempt FROM automations_step WHERE node = 'c1'") == [(1,)]


def test_losing_every_queue_row_loses_no_work(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        it.script(f"{SETUP}\nworkflow('w', node('c1', 'action.comment', text='Hello'))\ntickets(1, 100)")
        it.query("DELETE FROM django_q_ormq RETURNING id")
        it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_until_ended(100, 60)
        assert it.query("SELECT DISTINCT status FROM automations_run") == [("succeeded",)]


def test_frozen_worker_loses_its_lease_and_its_late_result_is_refused(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    with world(tmp_path) as it:
        change = 'node("u1", "action.update_fields", values={"state": "done"})'
        it.script(f"{SETUP}\nworkflow('w', {misbehave('sleep', calls, 1.0)}, {change})\ntickets(1, 1)")
        first = it.start("automations_worker", AUTOMATIONS_SILENCE_SECONDS="600")
        it.wait_for(calls.exists, 30, "the step starts")
        frozen = task_processes(first)
        for process in frozen:
            process.suspend()
        time.sleep(LEASE_SECONDS + 1)
        it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_until_ended(1, 60)
        for process in frozen:
            process.resume()
        it.wait_for(lambda: "lease_lost" in it.logs(), 30, "the late result is refused")
        assert it.query("SELECT status FROM automations_run") == [("succeeded",)]
        assert it.value("SELECT count(*) FROM automations_recordchange WHERE field = 'state'") == 1


def test_a_batch_of_slow_steps_is_cut_short_before_its_lease_is_over(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    seconds, runs = 1.0, 2 * LEASE_SECONDS  # together twice as long as a lease
    with world(tmp_path) as it:
        it.script(f"{SETUP}\nworkflow('w', {misbehave('sleep', calls, seconds)})\ntickets(1, {runs})")
        it.start("automations_worker", AUTOMATIONS_WORKERS="1", AUTOMATIONS_SILENCE_SECONDS="60")
        it.start("automations_ticker")
        it.wait_until_ended(runs, 60)
        keys = [line.split()[0] for line in calls.read_text().splitlines()]
        assert len(keys) == len(set(keys)) == runs
        assert it.query("SELECT DISTINCT status, attempt FROM automations_run") == [("succeeded", 0)]
        assert "lease_lost" not in it.logs()


def test_waiting_hints_are_not_handed_out_twice(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    with world(
        tmp_path, AUTOMATIONS_BATCH_SIZE="1", AUTOMATIONS_LEASE_SECONDS="60", AUTOMATIONS_SILENCE_SECONDS="60"
    ) as it:
        it.start("automations_worker")
        it.wait_until_working()
        it.script(f"{SETUP}\nworkflow('w', {misbehave('sleep', calls, 3.0)})\ntickets(1, 6)")
        it.wait_until_ended(6, 60)
        keys = [line.split()[0] for line in calls.read_text().splitlines()]
        assert len(keys) == len(set(keys)) == 6


def test_terminated_worker_finishes_what_it_holds_and_exits_with_0(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    with world(tmp_path, AUTOMATIONS_LEASE_SECONDS="60") as it:
        worker = it.start("automations_worker")
        it.wait_until_working()
        it.script(f"{SETUP}\nworkflow('w', {misbehave('sleep', calls, 2.0)})\ntickets(1, 1)")
        it.wait_for(calls.exists, 30, "the step starts")
        children = task_processes(worker)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0
        assert not psutil.wait_procs(children, timeout=5)[1]
        assert it.query("SELECT status, lease_token FROM automations_run") == [("succeeded", None)]


def test_run_that_waits_for_others_goes_on_when_one_is_cancelled_and_one_kills_its_worker(
    tmp_path: Path,
) -> None:
    calls = tmp_path / "calls"
    started = (
        "def started(key, *actions):\n"
        "    return make_workflow(key, chain(node('t1', 'trigger.manual'), *actions), owner=owner)\n"
        "started('slow', node('w1', 'action.wait', **{'for': 'PT1H'}))\n"
        f"started('bad', {misbehave('kill', calls)})\n"
        "for key in ('slow', 'bad'):\n"
        "    workflow(f'waits-{key}', node('a1', 'action.start_workflow', workflow=key, wait=True))\n"
        "tickets(1, 1)"
    )
    cancel = (
        "from django.contrib.auth import get_user_model\n"
        "from automations.models import Run\n"
        "from automations.services.runs import cancel_run\n"
        "cancel_run(run=Run.objects.get(workflow__key='slow'), actor=get_user_model().objects.get(username='alice'), reason='No')"
    )
    waiting = (
        "SELECT count(*) FROM automations_run r JOIN automations_workflow w ON w.id = r.workflow_id"
        " WHERE w.key = 'slow' AND r.status = 'waiting'"
    )
    with world(tmp_path) as it:
        it.script(f"{SETUP}\n{started}")
        it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_for(lambda: bool(it.value(waiting)), 60, "the slow one waits")
        it.script(cancel)
        it.wait_until_ended(4, 120)
        ended = (
            "SELECT w.key, r.status, r.failure_code FROM automations_run r"
            " JOIN automations_workflow w ON w.id = r.workflow_id ORDER BY w.key"
        )
        assert it.query(ended) == [
            ("bad", "failed", "attempts-spent"),
            ("slow", "cancelled", "cancelled"),
            ("waits-bad", "failed", "child-failed"),
            ("waits-slow", "failed", "child-failed"),
        ]
