"""What the reader behind the search costs the worker, how fast it reads by itself, and how long a search takes.

`python -m tests.benchmarks.run_texts` measures it alone.
"""

from __future__ import annotations

import itertools
import sys
import time
from typing import Any

from tests.benchmarks import end_to_end
from tests.benchmarks.setting import Figure, median, milliseconds, p95, product, timed

BACKLOG = 4_000
PAIRS = 4
SEARCHES = 20

READER = """
import time
from django.utils import timezone
from automations.runtime import run_texts
while True:
    run_texts.catch_up(now=timezone.now())
    time.sleep(1)
"""
"""What the ticker does each second."""


def measure(world: Any) -> list[Figure]:
    """Figures of a worker that drains backlogs in turn without and with a reader behind it, in one run; a worker has started."""
    _read_all()
    without: list[float] = []
    beside: list[float] = []
    behind: list[int] = []
    for number in range(PAIRS):
        # Turn about, so that what grows meanwhile weighs on both alike.
        for is_read in (number % 2 == 0, number % 2 == 1):
            if is_read:
                rate, read = _with_reader(world)
                beside.append(rate)
                behind.append(read)
            else:
                without.append(end_to_end.drained(world, "written", BACKLOG))
            _read_all()
    ratios = sorted(one / other for one, other in zip(beside, without, strict=True))
    alone, texts = _alone()
    found = timed(_search, SEARCHES)
    return [
        Figure(
            "a worker draining backlogs with the search's reader behind it, against the same without; records changed and commented on,"
            f" {BACKLOG:,} runs each, {PAIRS} times in turn",
            f"ratio {median(ratios):.2f} (median)",
            "≥ 0.9",
            f"{', '.join(f'{ratio:.2f}' for ratio in ratios)}; with it {median(beside):,.0f} runs/s, without {median(without):,.0f};"
            f" the reader kept {sum(behind) / len(behind):,.0f} of them meanwhile",
        ),
        Figure(
            "the same reader by itself: record, error, values, log lines and outputs of the same runs to words, and those kept",
            f"{alone:,.0f} runs/s",
            "",
            texts,
        ),
        Figure(
            "a search for three words of a log line among them, first page of 50 with the places where the words stand",
            f"p50 {milliseconds(median(found))}, p95 {milliseconds(p95(found))}",
        ),
    ]


def _read_all() -> int:
    from django.utils import timezone

    from automations.runtime import run_texts

    return run_texts.catch_up(now=timezone.now(), seconds=None)


def _with_reader(world: Any) -> tuple[float, int]:
    """Runs a second of the worker, and how many of them a reader had kept when the last was done."""
    before = world.value("SELECT count(*) FROM automations_runtext WHERE is_final")
    reader = world.start("shell", "--verbosity", "0", "-c", READER)
    try:
        time.sleep(3)  # until it has started: that is no reading
        rate = end_to_end.drained(world, "written", BACKLOG)
        if reader.poll() is not None:
            raise RuntimeError(f"The reader has ended.\n{world.logs()}")
        kept = world.value("SELECT count(*) FROM automations_runtext WHERE is_final") - before
    finally:
        reader.kill()
        reader.wait()
    return rate, kept


def _alone() -> tuple[float, str]:
    """Runs a second when nothing else happens, and what that is in lines, steps and words."""
    from django.db import connection

    from automations.models import LogEntry, RunText, Step

    RunText.objects.all().delete()
    began = time.perf_counter()
    read = _read_all()
    seconds = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT avg(length(everything)), pg_total_relation_size('automations_runtext') FROM automations_runtext"
        )
        words, size = cursor.fetchone()
    lines, steps = LogEntry.objects.count() / read, Step.objects.count() / read
    return read / seconds, (
        f"{read:,} runs of {steps:.1f} steps and {lines:.1f} log lines; {words:.0f} words and {size / read:,.0f} bytes a run,"
        " indexes included"
    )


_numbers = itertools.count(1)


def _search() -> None:
    """As the API answers it; every time other words, each of a few runs of the hundreds of one ticket."""
    from django.contrib.auth import get_user_model

    from automations.api.runs import visible
    from automations.insight.run_matches import matches
    from automations.insight.run_search import in_bounded_time, matching

    actor = get_user_model().objects.get(username="alice")
    text = f"Seen: Ticket {next(_numbers) * 7 % end_to_end.RECORDS}"
    with in_bounded_time():
        found = list(matching(visible(actor), text, actor).order_by("-pk")[:50])
    if not found or not all(matches(found, text, actor).values()):
        raise RuntimeError(f"“{text}” was not found, or not where it stands.")


def main() -> int:
    with product() as world:
        end_to_end.set_up()
        world.start("automations_worker")
        world.wait_until_working()
        end_to_end.drained(world, "written", 500)
        for figure in measure(world):
            sys.stdout.write(f"{figure.figure:32} {figure.what}\n{'':32} {figure.beside}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
