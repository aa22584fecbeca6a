from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from automations.models import Run
from automations.runtime.claims import claim
from automations.runtime.execute import execute
from automations.runtime.matching import match_due
from automations.runtime.replay import Replay
from automations.services.records import create_record
from automations.testing import chain, make_module, make_workflow, node


@pytest.mark.django_db(transaction=True)
def test_settling_waits_for_a_run_that_a_worker_beside_the_replay_holds(alice: Any) -> None:
    module = make_module("tickets", {"title": "text"})
    document = chain(
        node("t1", "trigger.record", module="tickets", on=["created"]),
        node("a1", "action.comment", text="Seen."),
    )
    make_workflow("remarks", document, owner=alice)
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    create_record(module=module, key="T-1", values={"title": "a"}, actor=alice, at=at, clock="past")
    match_due(limit=10)
    held = claim(limit=10)
    assert [run.clock for run in held] == ["past"]

    def finish() -> None:
        time.sleep(0.3)
        execute(held)
        connection.close()

    worker = threading.Thread(target=finish)
    worker.start()
    Replay("past", inline=True, patience_seconds=30).settle()
    assert Run.objects.get().status == "succeeded"
    worker.join()
