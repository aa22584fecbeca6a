"""What admins let nothing act on: read where runs are made, and again, under a lock, where they would act."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from automations.models import LogEntry, ModePolicy
from automations.runtime.claims import ClaimedRun

LOCK = 0x6D6F6465
"""The advisory lock's number: "mode" in ASCII. Who acts shares it, who changes a policy holds it alone."""

HELD_SECONDS = 60
"""How soon a run that is held back is looked at again."""

HELD = "Held back: a policy lets nothing act here. It goes on when an admin lifts it."
SIMULATED = "A policy lets nothing act here, so that this run only simulates."


@dataclass(frozen=True, slots=True)
class SimulateOnly:
    """Where nothing may act: everywhere, or on these modules."""

    everywhere: bool = False
    modules: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return self.everywhere or bool(self.modules)

    def covers(self, *modules: int | None) -> bool:
        """Whether nothing may act that has to do with one of these modules."""
        return self.everywhere or any(module in self.modules for module in modules)


def read_simulate_only() -> SimulateOnly:
    """The policies as they stand. One query."""
    rows = ModePolicy.objects.filter(rule=ModePolicy.Rule.SIMULATE_ONLY).values_list("module_id", flat=True)
    found = set(rows)
    return SimulateOnly(None in found, frozenset(key for key in found if key is not None))


def read_before_acting() -> SimulateOnly:
    """The policies as they will stand until the caller's transaction has ended: who sets one waits for us."""
    _lock("pg_advisory_xact_lock_shared")
    return read_simulate_only()


def hold_actions() -> None:
    """Wait until the transactions that act have ended, and keep new ones waiting until the caller's has: what is set in
    it binds everything that acts afterwards."""
    _lock("pg_advisory_xact_lock")


def _lock(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [LOCK])


SIMULATE = """
UPDATE automations_run SET mode = 'simulate', status = 'queued', due_at = now(), attempt = attempt - 1,
  lease_token = NULL, last_seq = last_seq + 1
WHERE id = ANY(%s) RETURNING id, last_seq
"""
WAIT = """
UPDATE automations_run SET status = 'waiting', due_at = now() + make_interval(secs => %s), attempt = attempt - 1,
  lease_token = NULL, last_seq = last_seq + CASE WHEN id = ANY(%s) THEN 0 ELSE 1 END
WHERE id = ANY(%s) RETURNING id, last_seq
"""
LOG = """
INSERT INTO automations_logentry (run_id, seq, at, level, node, message)
SELECT l.run, l.seq, now(), 'warning', '', l.message
FROM json_to_recordset(%s) AS l (run bigint, seq int, message text)
"""


def hold_back(runs: Sequence[ClaimedRun]) -> None:
    """Let fenced runs that may not act go, in the caller's transaction: one that has not begun simulates instead; one
    that has done something already waits until it may act again."""
    fresh = [run.id for run in runs if run.last_seq == 0]
    begun = [run.id for run in runs if run.last_seq > 0]
    told = set(LogEntry.objects.filter(run_id__in=begun, message=HELD).values_list("run_id", flat=True))
    lines = []
    with connection.cursor() as cursor:
        cursor.execute(SIMULATE, [fresh])
        lines += [{"run": key, "seq": seq, "message": SIMULATED} for key, seq in cursor.fetchall()]
        cursor.execute(WAIT, [HELD_SECONDS, list(told), begun])
        lines += [
            {"run": key, "seq": seq, "message": HELD} for key, seq in cursor.fetchall() if key not in told
        ]
        cursor.execute(LOG, [json.dumps(lines)])
