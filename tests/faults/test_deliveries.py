"""Deliveries by real workers that are killed while the receiver has the call in hand."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import psutil

from tests.faults.harness import SETUP, World, task_processes, world
from tests.receiver import Receiver, receiver, silence, status


def send_one(it: World, peer: Receiver) -> None:
    it.script(
        f"{SETUP}\nfrom webhooks.outbound.destinations import create_destination\n"
        f"create_destination(key='crm', name='CRM', url='{peer.url}', actor=owner)\n"
        "workflow('w', node('s1', 'action.call_webhook', destination='crm', data={'n': '1'}))\ntickets(1, 1)"
    )


def kill_whole(worker: subprocess.Popen[bytes]) -> None:
    doomed = [*task_processes(worker), psutil.Process(worker.pid)]
    for process in doomed:
        process.send_signal(signal.SIGKILL)


def test_a_real_worker_sends_and_the_run_goes_on(tmp_path: Path) -> None:
    with receiver(status(200, b"thanks")) as peer, world(tmp_path) as it:
        send_one(it, peer)
        it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_until_ended(1, 60)
        assert it.query("SELECT status FROM automations_run") == [("succeeded",)]
        assert it.query("SELECT state, attempt FROM webhooks_delivery") == [("succeeded", 1)]
        assert len(peer.requests) == 1


def test_a_worker_killed_in_a_call_is_followed_under_the_same_id(tmp_path: Path) -> None:
    with receiver(silence, status(200)) as peer, world(tmp_path) as it:
        send_one(it, peer)
        worker = it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_for(lambda: len(peer.requests) == 1, 60, "the receiver has the call in hand")
        kill_whole(worker)
        it.start("automations_worker")
        it.wait_until_ended(1, 90)
        assert it.query("SELECT status FROM automations_run") == [("succeeded",)]
        first, second = peer.requests
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body
        assert it.query("SELECT number, error FROM webhooks_attempt ORDER BY number") == [
            (1, "lost"),
            (2, ""),
        ]
        assert it.value("SELECT count(*) FROM webhooks_delivery") == 1
