"""Deliveries by real workers that are killed while the receiver has the call in hand."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import psutil

from tests.faults.harness import LEASE_SECONDS, SETUP, World, task_processes, world
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


def test_an_event_of_the_product_is_told_once_though_its_worker_is_killed(tmp_path: Path) -> None:
    """The run fails and its event is written in one transaction; who tells of it is killed, and followed under the same id."""
    with receiver(silence, status(200)) as peer, world(tmp_path) as it:
        it.script(
            f"{SETUP}\nfrom webhooks.outbound.destinations import create_destination\n"
            "from webhooks.outbound.subscriptions import create_subscription\n"
            f"crm, _ = create_destination(key='crm', name='CRM', url='{peer.url}', actor=owner)\n"
            "create_subscription(destination=crm, kinds=['run.failed'], actor=owner)\n"
            "workflow('w', node('s1', 'action.stop', outcome='failed', message='No.'))\ntickets(1, 1)"
        )
        worker = it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_for(lambda: len(peer.requests) == 1, 60, "the receiver has the call in hand")
        kill_whole(worker)
        it.start("automations_worker")
        it.wait_for(
            lambda: it.query("SELECT state, type FROM webhooks_delivery") == [("succeeded", "run.failed")],
            90,
            "the event is told",
        )
        first, second = peer.requests
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.body == second.body
        assert it.query("SELECT status FROM automations_run") == [("failed",)]


def test_calls_in_doubt_are_sent_again_by_nobody_but_who_says_so(tmp_path: Path) -> None:
    """The receiver knows no repeats. It has read two requests when the worker is killed; of one somebody says that it
    happened, of the other that it did not."""
    with receiver(silence, silence, status(200)) as peer, world(tmp_path) as it:
        it.script(
            f"{SETUP}\nfrom webhooks.outbound.destinations import create_destination\n"
            f"create_destination(key='bank', name='Bank', url='{peer.url}', actor=owner, retry_safe=False)\n"
            "workflow('w', node('s1', 'action.call_webhook', destination='bank', data={'n': '1'}))\ntickets(1, 2)"
        )
        worker = it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_for(lambda: len(peer.requests) == 2, 60, "the receiver has both calls in hand")
        kill_whole(worker)
        it.start("automations_worker")
        it.wait_for(lambda: waits_of(it) == [("waiting", "needs_review")] * 2, 90, "both runs need review")
        assert it.query("SELECT status FROM automations_run") == [("waiting",)] * 2
        assert it.query("SELECT state, attempt FROM webhooks_delivery") == [("needs_review", 1)] * 2
        # For as long as a lease, though they were due long ago, nothing goes out by itself.
        it.query("UPDATE webhooks_delivery SET due_at = now() - interval '1 day' RETURNING id")
        time.sleep(LEASE_SECONDS)
        assert len(peer.requests) == 2

        it.script(
            "from django.contrib.auth import get_user_model\n"
            "from webhooks.models import UnknownOutcome\n"
            "from webhooks.outbound.answering import answer_unknown\n"
            "alice = get_user_model().objects.get(username='alice')\n"
            "for unknown, reply in zip(UnknownOutcome.objects.order_by('delivery_id'), ('happened', 'resend')):\n"
            "    answer_unknown(unknown=unknown, reply=reply, note='Looked there.', actor=alice)"
        )
        it.wait_until_ended(2, 60)
        assert it.query("SELECT status FROM automations_run") == [("succeeded",)] * 2
        happened, sent = it.query("SELECT message_id, state, attempt FROM webhooks_delivery ORDER BY id")
        assert (happened[1:], sent[1:]) == (("succeeded", 1), ("succeeded", 2))
        ids = [request.headers["webhook-id"] for request in peer.requests]
        assert sorted(ids) == sorted([happened[0], sent[0], sent[0]])
        assert ids[-1] == sent[0]


def waits_of(it: World) -> list[tuple[str, str]]:
    return it.query("SELECT status, wait->>'kind' FROM automations_step WHERE node = 's1'")
