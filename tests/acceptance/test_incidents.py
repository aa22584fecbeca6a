"""The main job, end to end, as its own process with its own database and a real worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.acceptance.plain_counts import expected
from tests.postgres_plugin import own_database

ROOT = Path(__file__).resolve().parents[2]
REAL_LOG = ROOT.parent / "shared" / "data" / "incidents.csv"


@pytest.fixture
def database() -> dict[str, str]:
    """The environment of a process with an empty, migrated database."""
    environment = {**os.environ, "DATABASE_URL": own_database("incidents"), "LOG_LEVEL": "ERROR"}
    subprocess.run(
        [sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=ROOT, env=environment, check=True
    )
    return environment


def demo(environment: dict[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "manage.py", "demo_incidents", *words]
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)


def assert_counts(result: dict[str, Any], path: Path) -> None:
    plain = expected(path)
    assert result["events"] == plain["events"]
    assert result["records"] == plain["records"]
    assert result["simulate"] == result["execute"]
    half = result["execute"]
    assert half["route-by-category"] == {
        name: plain["route"].get(name, 0) for name in ("network", "hardware", "otherwise")
    }
    assert half["urgent-unresolved"] == plain["urgent"]
    assert half["missed-sla"] == plain["missed"]
    assert half["runs"] == {"succeeded": plain["records"] + plain["urgent"] + plain["missed"]}
    assert half["changes"] == {"assignment_group": plain["records"], "review": plain["missed"]}


def test_the_real_log_gives_the_counts_that_plain_csv_code_gives(database: dict[str, str]) -> None:
    if not REAL_LOG.exists():
        pytest.skip(f"{REAL_LOG} is not here; the generated log is tested instead.")
    outcome = demo(database, str(REAL_LOG), "--json")
    assert outcome.returncode == 0, outcome.stderr
    assert_counts(json.loads(outcome.stdout.splitlines()[-1]), REAL_LOG)
    assert_reviews_equal_plain_sql(database)


REVIEWS = """
import json
from datetime import timedelta
from zoneinfo import ZoneInfo
from django.contrib.auth import get_user_model
from django.utils import timezone
from automations.insight.review.facts import facts_of
from automations.insight.review.figures import read_review, read_weeks
who, now, utc = get_user_model().objects.create_superuser("reviewer"), timezone.now(), ZoneInfo("UTC")
weeks = read_weeks(who, utc, since=now - timedelta(days=10_000))
print(json.dumps([facts_of(read_review(who, week, now=now), now=now) for week, _ in weeks]))
"""
SPAN = "extract(epoch FROM finished_at - started_at)"
PLAIN = f"""
SELECT to_char(finished_at AT TIME ZONE 'UTC', 'IYYY-"W"IW') AS week, {{group}},
       count(*) FILTER (WHERE status = 'succeeded'), count(*) FILTER (WHERE status = 'failed'),
       percentile_cont(0.5) WITHIN GROUP (ORDER BY {SPAN}), percentile_cont(0.95) WITHIN GROUP (ORDER BY {SPAN})
  FROM automations_run WHERE finished_at IS NOT NULL GROUP BY 1, 2 ORDER BY 1 DESC, 2
"""  # noqa: S608 - nobody's words but ours


def assert_reviews_equal_plain_sql(environment: dict[str, str]) -> None:
    """Runs of a replay end in its own time, so there are as many weeks as in the log: every figure is counted again."""
    told = subprocess.run(
        [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", REVIEWS],
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    reviews = json.loads(told.stdout)
    with psycopg.connect(environment["DATABASE_URL"]) as connection:
        weeks = connection.execute(PLAIN.format(group="0")).fetchall()
        workflows = connection.execute(PLAIN.format(group="workflow_id")).fetchall()
        days = connection.execute(PLAIN.format(group="(finished_at AT TIME ZONE 'UTC')::date")).fetchall()
    assert [review["week"] for review in reviews] == [row[0] for row in weeks]
    counted = {row[0]: (row[2], row[3]) for row in weeks}
    for review, (week, _, succeeded, failed, median, p95) in zip(reviews, weeks, strict=True):
        start = date.fromisocalendar(int(week[:4]), int(week[-2:]), 1)
        before = (start - timedelta(days=7)).strftime("%G-W%V")
        was = (review["before"]["succeeded"], review["before"]["failed"])
        assert was == counted.get(before, (0, 0))
        now = review["now"]
        assert (now["succeeded"], now["failed"]) == (succeeded, failed)
        assert now["succeeded"] > 0
        assert (now["median"], now["p95"]) == (pytest.approx(float(median)), pytest.approx(float(p95)))
        by_workflow = {one["workflow"]["id"]: one for one in review["workflows"]}
        plain = {row[1]: row for row in workflows if row[0] == week}
        assert by_workflow.keys() == plain.keys()
        for pk, row in plain.items():
            assert (by_workflow[pk]["succeeded"], by_workflow[pk]["failed"]) == (row[2], row[3])
            assert by_workflow[pk]["p95"] == pytest.approx(float(row[5]))
        by_day = {one["day"]: one["succeeded"] for one in review["days"] if one["succeeded"]}
        assert by_day == {row[1].isoformat(): row[2] for row in days if row[0] == week}
