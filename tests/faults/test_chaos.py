"""Three drainers, a kill each fifth of a second for half a minute, and not one effect lost or doubled."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from itertools import groupby
from pathlib import Path

import psutil
import psycopg

from tests.faults.harness import ROOT, SETUP, World, world

RUNS, PROCESSES, SECONDS, KILL_EVERY = 200, 3, 30.0, 0.2
MOST_ATTEMPTS = 3

WATCH_CLAIMS = """
CREATE TABLE seen (id bigserial PRIMARY KEY, run bigint, what text, attempt int, token uuid);
CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF NEW.lease_token IS DISTINCT FROM OLD.lease_token THEN
    INSERT INTO seen (run, what, attempt, token) VALUES (NEW.id,
      CASE WHEN NEW.lease_token IS NULL THEN 'commit' ELSE 'claim' END,
      NEW.attempt, COALESCE(NEW.lease_token, OLD.lease_token));
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER see AFTER INSERT OR UPDATE ON automations_run FOR EACH ROW EXECUTE FUNCTION see();
"""
"""The database itself writes down who took and who gave back each lease: a witness apart from the engine."""

STEPS = """
workflow("chaos",
    node("s01", "action.comment", text="s01"),
    node("s02", "action.update_fields", values={"f02": "done"}),
    node("s03", "action.wait", **{"for": "PT1S"}),
    node("s04", "action.update_fields", values={"f04": "done"}),
    node("s05", "action.comment", text="s05"),
    node("s06", "action.misbehave", how="sleep", file=CALLS, seconds=0.04),
    node("s07", "action.create_record", module="children", values={"title": "{{ record.title }}"}),
    node("s08", "action.wait", **{"for": "PT1S"}),
    node("s09", "action.comment", text="s09"),
    node("s10", "action.update_fields", values={"f10": "done"}))
"""
COMMENTS = ("s01", "s05", "s09")
CHANGES = {"s02": "f02", "s04": "f04", "s10": "f10"}

FEED = """
import time
from automations.models import Module
from automations.services.records import create_record
module = Module.objects.get(key="tickets")
for number in range({runs}):
    create_record(module=module, key=f"T{{number}}", values={{"title": f"child of T{{number}}"}}, actor=None)
    time.sleep({pause})
"""


def kill_at_random(nursery: subprocess.Popen[bytes], seconds: float) -> int:
    dice = random.Random(37)
    kills = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(KILL_EVERY)
        drainers = psutil.Process(nursery.pid).children()
        if drainers:
            dice.choice(drainers).kill()
            kills += 1
    return kills


def prepare(it: World, calls: Path) -> None:
    fields = {"title": "text", "f02": "text", "f04": "text", "f10": "text"}
    setup = SETUP.replace('{"title": "text", "count": "number", "state": "text"}', repr(fields))
    assert setup != SETUP
    it.script(f"{setup}\nmake_module('children', {{'title': 'text'}})\nCALLS = {str(calls)!r}\n{STEPS}")
    with psycopg.connect(it.url) as connection:
        connection.execute(WATCH_CLAIMS)


def test_random_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    with world(tmp_path, AUTOMATIONS_BATCH_SIZE="5", AUTOMATIONS_LEASE_SECONDS="2") as it:
        prepare(it, calls)
        nursery = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery", str(PROCESSES)], cwd=ROOT, env=it.environment
        )
        it.processes.append(nursery)
        it.wait_for(lambda: len(psutil.Process(nursery.pid).children()) == PROCESSES, 30, "drainers start")
        feed = FEED.format(runs=RUNS, pause=(SECONDS - 5) / RUNS)
        it.start("shell", "--verbosity", "0", "-c", feed)
        kills = kill_at_random(nursery, SECONDS)
        took = it.wait_until_ended(RUNS, 60)
        assert kills >= 0.6 * SECONDS / KILL_EVERY
        assert took < 60
        assert_every_run_ended(it)
        assert_every_effect_once(it)
        assert_attempts_are_claims(it)


def assert_every_run_ended(it: World) -> None:
    assert it.value("SELECT count(*) FROM automations_run") == RUNS
    assert it.value("SELECT count(DISTINCT record_key) FROM automations_run") == RUNS
    assert it.query(
        "SELECT DISTINCT lease_token FROM automations_run WHERE status IN ('succeeded', 'failed')"
    ) == [(None,)]
    assert it.value("SELECT count(*) FROM automations_run WHERE finished_at IS NULL") == 0
    # A run may fail for one reason only: it was at work in three kills on end. Then it stands among the dead letters.
    failed = it.query("SELECT id, failure_code FROM automations_run WHERE status <> 'succeeded' ORDER BY id")
    assert {code for _, code in failed} <= {"attempts-spent"}
    assert len(failed) <= RUNS * 0.2
    assert it.query("SELECT run_id, attempts FROM automations_deadletter ORDER BY run_id") == [
        (run, MOST_ATTEMPTS) for run, _ in failed
    ]


def assert_every_effect_once(it: World) -> None:
    """Each step that says it succeeded has its one effect; no other effect exists."""
    done = set(it.query("SELECT run_id, node FROM automations_step WHERE status = 'succeeded'"))
    assert len(done) >= RUNS * 8
    steps = sorted(done)
    comments = it.query("SELECT run_id, text FROM automations_recordcomment ORDER BY 1, 2")
    assert comments == [(run, node) for run, node in steps if node in COMMENTS]
    changes = it.query(
        "SELECT run_id, field FROM automations_recordchange WHERE field LIKE 'f%%' ORDER BY 1, 2"
    )
    assert changes == [(run, CHANGES[node]) for run, node in steps if node in CHANGES]
    created = it.query(
        "SELECT c.run_id FROM automations_recordchange c JOIN automations_module m ON m.id = c.module_id"
        " WHERE m.key = 'children' AND c.field = 'title' ORDER BY 1"
    )
    assert created == [(run,) for run, node in steps if node == "s07"]
    children = "SELECT count(*) FROM automations_record r JOIN automations_module m ON m.id = r.module_id WHERE m.key = 'children'"
    assert it.value(children) == len(created)
    logs = it.query("SELECT run_id, count(*), max(seq) FROM automations_logentry GROUP BY run_id")
    assert all(count == last for _, count, last in logs)


def assert_attempts_are_claims(it: World) -> None:
    """Each claim counted one attempt, from 1 after each commit; only the newest lease committed."""
    seen = it.query("SELECT run, what, attempt, token FROM seen ORDER BY run, id")
    claims = commits = 0
    for _, entries in groupby(seen, key=lambda entry: entry[0]):
        since_commit, holder = 0, None
        for _, what, attempt, token in entries:
            if what == "claim":
                since_commit += 1
                claims += 1
                assert attempt == since_commit
                holder = token
            else:
                commits += 1
                assert token == holder
                since_commit, holder = 0, None
        assert holder is None
    killed = claims - commits
    assert commits >= 2 * RUNS  # a run comes to rest three times: at its waits and at its end
    assert killed >= 10, "the kills hit hardly any work: the test proves nothing"
    # Beyond the most, claims only find that the attempts are spent; such a one may be killed as well.
    assert max(entry[2] for entry in seen) <= MOST_ATTEMPTS + 3
