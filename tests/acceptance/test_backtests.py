"""A changed threshold, tried on the incident log by the command that git and CI use, and counted by plain csv code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.plain_counts import expected_of_changes
from tests.acceptance.test_incident_inputs import made_up, migrated, save
from tests.acceptance.test_incidents import REAL_LOG, ROOT

HOURS, REASSIGNED = 30, 2
REPLAY = """
import sys
from pathlib import Path
import django
django.setup()
from automations.models import Mode
from config.demo.incident_log import read_log
from config.demo.incidents import IncidentDemo
demo = IncidentDemo(read_log(Path(sys.argv[1])), Mode.SIMULATE, inline=True)
demo.run(lambda _: None)
print(demo.log.digest)
"""


FOLLOW = """
import json
import sys
from copy import deepcopy
from pathlib import Path
import django
django.setup()
from automations.models import BacktestDifference, Mode, Workflow
from automations.services.backtests import start_backtest, start_shadow, stop_shadow, work_on
from automations.services.drafts import save_draft
from config.demo.incident_log import read_log
from config.demo.incidents import MISSED, IncidentDemo, documents

demo = IncidentDemo(read_log(Path(sys.argv[1])), Mode.EXECUTE, inline=True)
module = demo._module()
demo._workflows(module)
workflow = Workflow.objects.get(key=f"{MISSED}-{demo.log.digest}-execute")
changed = deepcopy(documents(module.key)[MISSED])
config = changed["nodes"][0]["config"]
config["filter"] = {"all": [config["filter"], {"field": "reassignment_count", "op": "gte", "value": %d}]}
save_draft(workflow=workflow, document=changed, revision=None, actor=demo.owner)
shadow = start_shadow(workflow=workflow, actor=demo.owner)
demo.run(lambda _: None)
stop_shadow(backtest=shadow, actor=demo.owner)
wide = {"since": "1990-01-01T00:00:00+00:00", "until": "2090-01-01T00:00:00+00:00"}
from datetime import datetime
past = start_backtest(workflow=workflow, actor=demo.owner, **{k: datetime.fromisoformat(v) for k, v in wide.items()})
names = ("looked_at", "same", "newly_selected", "no_longer_selected", "other_effect", "other_branch")
for done in (work_on(shadow, watch=lambda _: None), work_on(past, watch=lambda _: None)):
    rows = BacktestDifference.objects.filter(backtest=done).order_by("event_id")
    told = {name: getattr(done, name) for name in ("status", *names)}
    print(json.dumps({**told, "events": list(rows.values_list("event_id", "kind"))}))
"""


def manage(environment: dict[str, str], *words: str) -> str:
    return done(environment, "manage.py", *words)


def done(environment: dict[str, str], *words: str) -> str:
    outcome = subprocess.run(
        [sys.executable, *words], cwd=ROOT, env=environment, check=False, capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stderr
    return outcome.stdout


def changed(environment: dict[str, str], key: str, file: Path, before: str, after: str) -> dict[str, Any]:
    """A backtest of the live version with one text of its file changed, beside the live version."""
    manage(environment, "workflow", "export", key, "--file", str(file))
    text = file.read_text()
    assert text.count(before) == 1, text
    file.write_text(text.replace(before, after))
    manage(environment, "workflow", "import", str(file))
    words = ("workflow", "backtest", key, "--since", "1990-01-01", "--until", "2090-01-01", "--json")
    told: dict[str, Any] = json.loads(manage(environment, *words))
    assert told["status"] == "succeeded"
    assert told["looked_at"] == sum(told["counts"].values())
    assert told["assumed"] == 0
    return told


def assert_counted(log: Path, folder: Path) -> None:
    environment = migrated("backtests") | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    digest = done(environment, "-c", REPLAY, str(log)).split()[-1]
    plain = expected_of_changes(log, HOURS, REASSIGNED)
    assert set(plain["alarm"]) > {"same", "no_longer_selected"}  # else it would prove little

    alarm = changed(
        environment, f"urgent-unresolved-{digest}-simulate", folder / "a.yaml", "PT4H", f"PT{HOURS}H"
    )
    assert {kind: count for kind, count in alarm["counts"].items() if count} == plain["alarm"]

    rule = "        field: made_sla\n        op: is_false\n"
    both = (
        "        all:\n        - field: made_sla\n          op: is_false\n"
        f"        - field: reassignment_count\n          op: gte\n          value: {REASSIGNED}\n"
    )
    key = f"missed-sla-{digest}-simulate"
    file = folder / "b.yaml"
    manage(environment, "workflow", "export", key, "--file", str(file))
    indent = next(line for line in file.read_text().splitlines() if "field: made_sla" in line)
    spaces = " " * (len(indent) - len(indent.lstrip()))
    old, new = ("".join(spaces + line[8:] + "\n" for line in part.splitlines()) for part in (rule, both))
    review = changed(environment, key, file, old, new)
    assert {kind: count for kind, count in review["counts"].items() if count} == plain["review"]


def test_generated_log_gives_the_counts_that_plain_csv_code_gives(tmp_path: Path) -> None:
    assert_counted(save(tmp_path / "log.csv", made_up(40)), tmp_path)


def test_real_log_gives_the_counts_that_plain_csv_code_gives(tmp_path: Path) -> None:
    if not REAL_LOG.exists():
        pytest.skip(f"{REAL_LOG} is not here; the generated log is tested instead.")
    assert_counted(REAL_LOG, tmp_path)


def test_shadow_over_a_replayed_log_gives_the_counts_of_a_backtest_afterwards(tmp_path: Path) -> None:
    log = save(tmp_path / "log.csv", made_up(40))
    environment = migrated("shadows") | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    shadow, past = (
        json.loads(line) for line in done(environment, "-c", FOLLOW % REASSIGNED, str(log)).splitlines()
    )
    assert shadow["status"] == past["status"] == "succeeded"
    assert shadow == past
    # What the workflows themselves change comes on top of the log; it is the same for both sides.
    plain = expected_of_changes(log, HOURS, REASSIGNED)["review"]
    own = shadow["same"] - plain.pop("same")
    assert {kind: shadow[kind] for kind in plain} == plain
    assert shadow["looked_at"] == shadow["same"] + sum(plain.values())
    assert own > 0
