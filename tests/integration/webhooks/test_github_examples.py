"""Every body that GitHub's own client library has as an example, signed as GitHub does, is taken in with its type."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from automations.models import Event
from tests.integration.webhooks.conftest import World
from webhooks.inbound.mapping import event_type
from webhooks.inbound.models import Receipt

EXAMPLES = Path(__file__).resolve().parents[3] / "frontend/node_modules/@octokit/webhooks-examples"


def examples() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(delivery, event, body)"""
    for path in sorted(EXAMPLES.glob("*/index.json")):
        for entry in json.loads(path.read_text(encoding="utf-8")):
            for number, body in enumerate(entry["examples"]):
                yield f"{path.parent.name.replace('.', '-')}-{entry['name']}-{number}", entry["name"], body


@pytest.mark.django_db(transaction=True)
def test_every_example_is_taken_in(world: World) -> None:
    given = list(examples())
    assert len(given) > 700, "npm ci in frontend/ installs them"
    sender = world.endpoint("github", scheme="github", rate_per_minute=600_000)

    def send(example: tuple[str, str, dict[str, Any]]) -> int:
        name, event, body = example
        return sender.send(json.dumps(body).encode(), id=name, type=event).status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(send, given))
    pings = [event for _, event, _ in given].count("ping")
    assert pings > 0
    assert statuses.count(202) == len(given) - pings
    assert statuses.count(200) == pings
    events = dict(Receipt.objects.filter(verdict="accepted").values_list("webhook_id", "event_id"))
    stored = {
        row.pk: (row.type, row.snapshot["data"]) for row in Event.objects.filter(type__startswith="webhook.")
    }
    for name, event, body in given:
        if event != "ping":
            action = body.get("action")
            expected = event_type("github", f"{event}.{action}" if isinstance(action, str) else event)
            assert stored[events[name]] == (expected, body), name
