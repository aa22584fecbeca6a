"""Where everything is measured: a database of its own on the embedded server, the product's settings, one worker."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the report: what was measured, the figure with its unit, the goal, and what it stands beside."""

    what: str
    figure: str
    goal: str = ""
    beside: str = ""


@contextmanager
def product(**settings: str) -> Iterator[object]:
    """A migrated database that this process and the processes started on it share; Django is set up on it."""
    from tests.faults.harness import World
    from tests.postgres_plugin import own_database

    url = own_database("bench")
    os.environ["DATABASE_URL"] = url
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    with tempfile.TemporaryDirectory() as folder:
        world = World(
            Path(folder),
            url,
            DJANGO_SETTINGS_MODULE="config.settings",
            AUTOMATIONS_WORKERS="1",
            AUTOMATIONS_LEASE_SECONDS="60",
            AUTOMATIONS_SLICE_SECONDS="5",
            AUTOMATIONS_SILENCE_SECONDS="30",
            **settings,
        )
        import django

        django.setup()
        try:
            yield world
        finally:
            world.stop()


def timed(call: Callable[[], object], times: int) -> list[float]:
    """Seconds of each of so many calls, after one that is not counted."""
    call()
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return seconds


def median(values: Sequence[float]) -> float:
    return statistics.median(values)


def p95(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=20)[-1] if len(values) > 1 else values[0]


def milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def machine() -> str:
    """What the figures were measured on, in a line."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores ({cpu}), {memory:.0f} GB, Python {platform.python_version()}, {platform.system()}"


def revision() -> str:
    """The commit that was measured, with a mark when the tree held more than that."""
    words = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(words, capture_output=True, text=True, check=False)
    return found.stdout.strip() or "unknown"
