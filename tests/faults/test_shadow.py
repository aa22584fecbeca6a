"""A shadow beside a version that acts, with real workers: one of them is killed, and every event still counts once."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

from tests.faults.harness import SETUP, task_processes, world

PREPARE = f"""{SETUP}
from automations.services.backtests import start_shadow
from automations.services.drafts import save_draft
trigger = node("t1", "trigger.record", module="tickets", on=["created"])
def document(limit, state):
    over = node("c1", "condition.if", rule={{"field": "count", "op": "gte", "value": limit}})
    act = node("a1", "action.update_fields", values={{"state": state}})
    edges = [edge("t1", "c1"), edge("c1", "a1", "true")]
    return {{"schema": 1, "nodes": [trigger, over, act], "edges": edges}}
live = make_workflow("live", document(8, "live"), owner=owner)
save_draft(workflow=live, document=document(5, "shadow"), revision=None, actor=owner)
start_shadow(workflow=live, actor=owner)
"""
SEND = """
from django.contrib.auth import get_user_model
from rest_framework.test import APIClient
client = APIClient(SERVER_NAME="localhost")
root, _ = get_user_model().objects.get_or_create(username="root", is_superuser=True)
client.force_authenticate(root)
for number in range({first}, {last}):
    body = {{"key": f"T{{number}}", "values": {{"title": "x", "count": number % 10}}}}
    answer = client.post("/api/v1/modules/tickets/records/", body, format="json")
    assert answer.status_code == 201, answer.content
"""
COUNTS = "SELECT looked_at, same, newly_selected, other_effect FROM automations_backtest"


def test_live_events_raise_its_counts_while_the_live_version_acts_and_a_worker_dies(tmp_path: Path) -> None:
    with world(tmp_path) as it:
        it.script(PREPARE)
        worker = it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_until_working()

        it.script(SEND.format(first=0, last=20))
        it.wait_for(lambda: it.value("SELECT looked_at FROM automations_backtest") == 20, 30, "20 are judged")
        it.wait_until_ended(20, 60)
        # Of ten, 0 to 4 neither selects, 5 to 7 only the shadow, 8 and 9 both, each with a value of its own.
        assert it.query(COUNTS) == [(20, 10, 6, 4)]

        it.script(SEND.format(first=20, last=60))
        for process in [*task_processes(worker), psutil.Process(worker.pid)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        it.start("automations_worker")
        it.script(SEND.format(first=60, last=80))
        it.wait_for(lambda: it.value("SELECT looked_at FROM automations_backtest") == 80, 90, "80 are judged")
        it.wait_until_ended(80, 90)
        it.script("from automations.models import Backtest\nfrom automations.services.backtests import stop_shadow\n"
                  "stop_shadow(backtest=Backtest.objects.get(), actor=None)")  # fmt: skip
        it.wait_for(
            lambda: it.value("SELECT status FROM automations_backtest") == "succeeded", 30, "it has ended"
        )

        assert it.query(COUNTS) == [(80, 40, 24, 16)]
        assert it.value("SELECT count(*) FROM automations_backtestdifference") == 40
        assert it.value("SELECT count(DISTINCT event_id) FROM automations_backtestdifference") == 40
        # The live version has acted on each event once, and nothing of the shadow was written.
        assert it.query("SELECT status, mode, count(*) FROM automations_run GROUP BY 1, 2") == [
            ("succeeded", "execute", 80)
        ]
        assert it.query(
            "SELECT after, count(*) FROM automations_recordchange WHERE field = 'state' GROUP BY 1"
        ) == [("live", 16)]
        assert it.value("SELECT count(*) FROM automations_record WHERE data->>'state' = 'shadow'") == 0
