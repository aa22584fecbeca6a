"""A redrive whose worker is killed in the middle goes on in another, and repeats nothing."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil

from tests.faults.harness import SETUP, task_processes, world

LETTERS = 40
MAKE = f"""{SETUP}
from django.contrib.auth.models import Group
from automations.models import Run
from automations.services.redrives import start_redrive
leads = Group.objects.create(name="Leads")
workflow("w", node("a1", "action.comment", text="Looked at."),
         node("a2", "action.notify", groups=["Leads"], channels=["app"], title="Look"))
tickets(1, {LETTERS})
run_everything()
assert Run.objects.filter(status="failed").count() == {LETTERS}
owner.groups.add(leads)
start_redrive(runs=Run.objects.all(), asked={{}}, actor=owner, version="run", rate=600)
"""


def test_a_redrive_whose_worker_is_killed_goes_on_and_repeats_no_effect(tmp_path: Path) -> None:
    begun = "SELECT count(*) FROM automations_redriveitem WHERE state = 'started'"
    with world(tmp_path) as it:
        it.script(MAKE)
        worker = it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_for(lambda: it.value(begun) >= 5, 60, "the redrive is under way")
        for process in [*task_processes(worker), psutil.Process(worker.pid)]:
            process.send_signal(signal.SIGKILL)
        assert it.value(begun) < LETTERS
        it.start("automations_worker")
        status = "SELECT status FROM automations_redrive"
        it.wait_for(lambda: it.value(status) not in ("queued", "running"), 90, "the redrive has ended")
        assert it.query("SELECT status, ended_why FROM automations_redrive") == [("done", "")]
        assert it.query(
            "SELECT r.status, count(*), count(DISTINCT i.run_id) FROM automations_redriveitem i"
            " JOIN automations_run r ON r.id = i.retry_id GROUP BY 1"
        ) == [("succeeded", LETTERS, LETTERS)]
        assert it.value("SELECT count(*) FROM automations_run WHERE retry_of_id IS NOT NULL") == LETTERS
        assert it.value("SELECT count(*) FROM automations_recordcomment") == LETTERS
        assert it.value("SELECT count(*) FROM automations_notification") == LETTERS
