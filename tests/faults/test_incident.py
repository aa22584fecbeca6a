"""The drill: a destination breaks, somebody is told, finds the cause and the change, mends it, foresees, redrives, reviews."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

from tests.faults.harness import ROOT, SETUP, world
from tests.faults.launching import free_port
from tests.receiver import Request, receiver, status

TUTORIAL = ROOT / "docs" / "tutorial-incident.md"
MAKE = """
from django.utils import timezone
from automations.services.tokens import create_token
from webhooks.outbound.destinations import create_destination
crm, _ = create_destination(key="crm", name="CRM", url="{crm}/v1", actor=owner, max_attempts=1)
module.fields = [*module.fields, {{"key": "status", "label": "Status", "type": "text"}}]
module.save()
made = workflow("order-sync", node("s1", "action.call_webhook", destination="crm", data={{"n": "1"}}))
_, secret = create_token(actor=owner, name="Drill", scope="write", days=1, now=timezone.now())
print(made.pk, secret)
"""


def by_path(wire: socket.socket, request: Request) -> None:
    """The CRM: it takes what comes to /v1, and knows nobody at /v2."""
    status(200 if "/v1" in request.line else 401)(wire, request)


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_drill_goes_as_the_tutorial_says(tmp_path: Path) -> None:
    blocks = re.findall(r"^```bash\n(.*?)^```$", TUTORIAL.read_text(), re.DOTALL | re.MULTILINE)
    with receiver(by_path) as crm, world(tmp_path, AUTOMATIONS_SILENCE_SECONDS="60") as it:
        place = f"http://127.0.0.1:{crm.port}"
        identity, token = it.script(SETUP + MAKE.format(crm=place)).split()
        port = free_port()
        with (tmp_path / "web.log").open("wb") as log:
            web = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
            it.processes.append(subprocess.Popen(web, cwd=ROOT, env=it.environment, stdout=log, stderr=log))
        it.start("automations_worker")
        it.start("automations_ticker")
        it.wait_for(lambda: is_open(port), 60, "the web process answers")
        values = {"BASE": f"http://127.0.0.1:{port}", "TOKEN": token, "ID": identity, "CRM": place}
        typed = subprocess.run(
            ["bash", "-c", "\n".join(["set -euo pipefail", *blocks])],
            cwd=tmp_path,
            env={**os.environ, **values},
            check=False,
            capture_output=True,
            text=True,
            timeout=200,
        )
        said = typed.stdout
        assert typed.returncode == 0, said[-2_000:] + typed.stderr[-2_000:] + it.logs()[-2_000:]
        told_after = int(re.search(r"told after (\d+) seconds", said)[1])  # type: ignore[index]
        assert told_after <= 60
        for promised in (
            "3 runs failed in 15 minutes",
            "“s1” fails: Given up after … attempt: The answer was 401.",
            "alice changed the destination “CRM”: url.",
            "The step that fails sends there, and this came less than a minute before.",
            "Look at what the destination answers",
            "\nlooking\n",
            "/v1\n",
            "\n3\n3\n",
            "\nfixed\nfixed\n3\n",
        ):
            assert promised in said, (promised, said)
        redriven = (
            "SELECT count(*) FROM automations_run WHERE retry_of_id IS NOT NULL AND status = 'succeeded'"
        )
        assert it.value(redriven) == 3
        assert (
            it.value(
                "SELECT count(*) FROM webhooks_delivery WHERE state = 'succeeded' AND workflow_id IS NOT NULL"
            )
            == 4
        )
