"""The tutorial, typed in from top to bottom at a product that was started as the tutorial says."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.launching import Launch
from tests.postgres_plugin import own_database

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs" / "tutorial.md"
ADDRESS = "BASE=http://127.0.0.1:8000"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"DATABASE_URL": own_database("tutorial"), "VAR_DIR": str(tmp_path / "var")}


@pytest.fixture
def launch(tmp_path: Path, environment: dict[str, str]) -> Iterator[Launch]:
    started = Launch(tmp_path, **environment)
    try:
        started.wait_until_ready(180)
        yield started
        started.stop()
    finally:
        started.clean_up()


def test_the_tutorial_works_as_it_is_written(
    launch: Launch, environment: dict[str, str], tmp_path: Path
) -> None:
    text = TUTORIAL.read_text(encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert blocks[0].startswith(ADDRESS)
    script = "\n".join(["set -euo pipefail", *blocks, 'echo; echo "run $RUN"']).replace(
        ADDRESS, f"BASE=http://127.0.0.1:{launch.port}"
    )
    typed = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path), **environment},
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert typed.returncode == 0, typed.stderr[-3_000:]
    said = typed.stdout
    for promised in (
        '"username": "priya"',
        '"valid":true,"problems":[]',
        "\n2\nDid you mean “amount”?\n3\n",
        "'branch': 'true'",
        '"before": false',
        "\nsimulate\nFalse\n",
        "\npositive\nnegative\nFalse\nTrue\n",
        "execute\n",
        "True\n",
        "Set: is_priority: False → True.",
        "Comment: Paid 900.00: priority.",
        "filtered\nThe change does not hold: ",
    ):
        assert promised in said, promised
    run = said.rstrip().rpartition("run ")[2]
    assert f"run {run} succeeded" in said
