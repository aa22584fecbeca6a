"""The senders of the how-to, run as they are printed, against the running product."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from automations.models import Event, Run
from automations.testing import chain, make_workflow, node, run_everything
from tests.integration.webhooks.conftest import World

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "receive-webhooks.md"
RUNNERS = {
    "bash": ["bash", "-euo", "pipefail", "-c"],
    "python": [sys.executable, "-c"],
    "javascript": ["node", "--input-type=module", "-e"],
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("language", RUNNERS)
def test_a_printed_sender_starts_a_workflow(world: World, language: str) -> None:
    (code,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    sender = world.endpoint()
    trigger = node(
        "t1",
        "trigger.webhook",
        endpoint="shop",
        events=["order.*"],
        filter={"field": "data.order.number", "op": "eq", "value": 17},
    )
    make_workflow("w", chain(trigger, node("a1", "action.stop", outcome="succeeded")), owner=world.actor)
    address = f"http://127.0.0.1:{sender.port}/hooks/{sender.token}/"
    outcome = subprocess.run(
        [*RUNNERS[language], code],
        env={**os.environ, "ADDRESS": address, "SECRET": sender.secret},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stderr
    assert '"duplicate": false' in outcome.stdout
    run_everything()
    event = Event.objects.get(type="webhook.shop.order.paid")
    run = Run.objects.get()
    assert (run.event_id, run.status) == (event.pk, "succeeded")
