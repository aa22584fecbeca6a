"""News for a run that a worker has in hand: it is heard when the run is saved, never passed by."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from automations.models import NEVER, Run, RunSignal
from automations.runtime.signals import signal_parent
from automations.testing import chain, make_workflow, node, run_everything


@pytest.mark.django_db(transaction=True)
def test_news_that_comes_while_a_run_is_saved_wakes_it(alice: Any) -> None:
    from automations.services.runs import start_run

    step = node("a1", "action.set_variable", values={"x": 1})
    workflow = make_workflow("w", chain(node("t1", "trigger.manual"), step), owner=alice)
    start_run(workflow=workflow, actor=alice)
    run_everything()
    run = Run.objects.get(workflow=workflow)
    token = "00000000-0000-0000-0000-000000000001"
    Run.objects.filter(pk=run.pk).update(status="running", lease_token=token, finished_at=None)
    now, done = timezone.now(), threading.Event()

    def tell() -> None:
        with transaction.atomic():
            signal_parent(parent_id=run.pk, node="a1", key="k", outcome={}, now=now)
        done.set()
        connection.close()

    with transaction.atomic():
        Run.objects.select_for_update().get(pk=run.pk)
        assert not RunSignal.objects.exists()  # it has read its news
        teller = threading.Thread(target=tell)
        teller.start()
        time.sleep(0.3)
        assert not done.is_set()
        Run.objects.filter(pk=run.pk).update(status="waiting", lease_token=None, due_at=NEVER)
    teller.join(10)
    run.refresh_from_db()
    assert (run.status, run.due_at) == ("waiting", now)
