"""The main job, end to end, as its own process with its own database and a real worker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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
