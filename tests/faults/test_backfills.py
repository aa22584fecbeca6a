"""A backfill whose worker is killed in the middle goes on in another, and judges nothing twice."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil

from tests.faults.harness import SETUP, task_processes, world

MISSED = 40
MAKE = f"""{SETUP}
from datetime import timedelta
from django.utils import timezone
from automations.services.backfills import Window, start_backfill
tickets(1, {MISSED})
run_everything()  # nobody listens yet
now = timezone.now()
late = workflow("w", node("a1", "action.comment", text="Looked at."))
window = Window(now - timedelta(hours=1), now, "UTC")
start_backfill(workflow=late, window=window, actor=owner, rate=600)
"""


def test_a_backfill_whose_worker_is_killed_goes_on_and_judges_each_event_once(tmp_path: Path) -> None:
    judged = "SELECT count(*) FROM automations_backfillitem WHERE state = 'judged'"
    with world(tmp_path) as it:
        it.script(MAKE)
        assert it.value("SELECT count(*) FROM automations_run") == 0
        worker = it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_for(lambda: it.value(judged) >= 5, 60, "the backfill is under way")
        for process in [*task_processes(worker), psutil.Process(worker.pid)]:
            process.send_signal(signal.SIGKILL)
        assert it.value(judged) < MISSED
        it.start("automations_worker")
        status = "SELECT status FROM automations_backfill"
        it.wait_for(lambda: it.value(status) not in ("queued", "running"), 90, "the backfill has ended")
        assert it.query("SELECT status, ended_why FROM automations_backfill") == [("done", "")]
        it.wait_until_ended(MISSED, 60)
        assert it.query("SELECT state, count(*) FROM automations_backfillitem GROUP BY 1") == [
            ("judged", MISSED)
        ]
        assert it.query(
            "SELECT status, count(*), count(DISTINCT event_id) FROM automations_run GROUP BY 1"
        ) == [("succeeded", MISSED, MISSED)]
        assert it.value("SELECT count(*) FROM automations_decision WHERE outcome = 'matched'") == MISSED
        assert it.value("SELECT count(*) FROM automations_recordcomment") == MISSED
