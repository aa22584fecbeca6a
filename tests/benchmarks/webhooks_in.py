"""Webhooks taken in: how many a second one web process accepts, beside endpoints that do the least there is to do: one that
commits each request by itself, and one whose requests share commits, as ours do."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import psycopg

from tests.benchmarks.bare_endpoint import TABLE
from tests.benchmarks.setting import Figure, median, milliseconds, p95

COUNT = 6_000
CONNECTIONS = 32
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Load:
    rate: float
    latencies: list[float]


def measure(world: Any) -> list[Figure]:
    """The endpoints in turn, three rounds each, so that none has the machine's better moments; the best of each."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from webhooks.inbound.services import create_endpoint

    owner, _ = get_user_model().objects.get_or_create(username="alice")
    made = create_endpoint(
        key="bench", name="Bench", actor=owner, now=timezone.now(), rate_per_minute=600_000
    )
    with psycopg.connect(world.url, autocommit=True) as connection:
        connection.execute(TABLE)
    environment = {**world.environment, "BARE_SECRET": made.secret}
    ours = _serve(world, "config.asgi:application", environment)
    bare = _serve(world, "tests.benchmarks.bare_endpoint:application", environment)
    grouped = _serve(
        world, "tests.benchmarks.bare_endpoint:application", {**environment, "BARE_GROUPED": "1"}
    )
    path = f"/hooks/{made.token}/"
    for port in (ours, bare, grouped):
        _load(port, path, 200, environment)
    alone = _load(ours, path, 300, environment, connections=1)
    rounds = [
        [_load(port, path, COUNT, environment) for port in (ours, bare, grouped)] for _ in range(ROUNDS)
    ]
    mine, least, shared = (max(loads, key=lambda load: load.rate) for loads in zip(*rounds, strict=True))
    stored = world.value(
        "SELECT count(*) FROM webhooks_receipt WHERE verdict = 'accepted' AND event_id IS NOT NULL"
    )
    assert stored == 200 + 300 + ROUNDS * COUNT, "what was answered 202 is not all there"
    return [
        Figure(
            f"webhooks accepted by one web process: signature, receipt and event, each durable before its answer;"
            f" {CONNECTIONS} connections",
            f"{mine.rate:,.0f} a second, p95 {milliseconds(p95(mine.latencies))}",
            "≥ 80 % of the bare one",
            f"{mine.rate / least.rate:.0%} of a bare “verify + insert” endpoint in the same run:"
            f" {least.rate:,.0f} a second, p95 {milliseconds(p95(least.latencies))};"
            f" {mine.rate / shared.rate:.0%} of one that shares commits: {shared.rate:,.0f} a second,"
            f" p95 {milliseconds(p95(shared.latencies))}",
        ),
        Figure(
            "one webhook at a time, sent → answered",
            f"p50 {milliseconds(median(alone.latencies))}, p95 {milliseconds(p95(alone.latencies))}",
        ),
    ]


def _serve(world: Any, application: str, environment: dict[str, str]) -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", application, "--port", str(port), "--log-level", "warning"]
    world.processes.append(subprocess.Popen(command, env=environment))

    def listens() -> bool:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        return False

    world.wait_for(listens, 30, f"{application} serves")
    return port


def _load(
    port: int, path: str, count: int, environment: dict[str, str], connections: int = CONNECTIONS
) -> Load:
    words = [sys.executable, "-m", "tests.benchmarks.sender", str(port), path, str(count), str(connections)]
    outcome = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    found = json.loads(outcome.stdout)
    return Load(count / found["seconds"], found["latencies"])
