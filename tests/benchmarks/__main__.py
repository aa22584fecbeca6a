"""`make bench`: measure everything and write docs/performance.md."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import backtests, end_to_end, rules, run_tests, run_texts, webhooks_in
from tests.benchmarks.setting import Figure, machine, product, revision

REPORT = Path(__file__).resolve().parents[2] / "docs" / "performance.md"
HEAD = """# Performance

Written by `make bench`; nobody edits it. Ratios within one run carry over to other machines, absolute figures don't.

- measured on {date} at revision `{revision}`
- {machine}
- PostgreSQL {postgres} with its default durability (`fsync` and `synchronous_commit` on)

| what | figure | goal | beside |
|---|---|---|---|
"""


def main() -> int:
    with product() as world:
        figures: list[Figure] = []
        for name, measure in (
            ("rules in memory", rules.measure),
            ("end to end", lambda: end_to_end.measure(world)),
            ("search", lambda: run_texts.measure(world)),
            ("run-test", lambda: run_tests.measure(world)),
            ("backtest", lambda: backtests.measure(world)),
            ("webhooks in", lambda: webhooks_in.measure(world)),
        ):
            sys.stderr.write(f"Measuring: {name} …\n")
            for figure in measure():
                figures.append(figure)
                sys.stdout.write(f"{figure.figure:32} {figure.what}\n")
                if figure.beside:
                    sys.stdout.write(f"{'':32} {figure.beside}\n")
        postgres = world.value("SHOW server_version")
    head = HEAD.format(
        date=f"{datetime.now(UTC):%Y-%m-%d}", revision=revision(), machine=machine(), postgres=postgres
    )
    rows = "".join(f"| {one.what} | {one.figure} | {one.goal} | {one.beside} |\n" for one in figures)
    REPORT.write_text(head + rows)
    sys.stdout.write(f"Written to {REPORT.relative_to(REPORT.parents[1])}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
