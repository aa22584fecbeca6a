"""A failure as every part of the API tells it: what, whose fault, whether it is tried again and when, what to do and where.

Other apps register what helps against the codes that their kinds make in `REMEDIES`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote

from automations.engine import remedies
from automations.engine.remedies import Place, Remedy, remedy_for
from automations.models import Run, Step
from automations.registry import Registry

REMEDIES: Registry[Remedy] = Registry("remedy")
for _code, _remedy in remedies.REMEDIES.items():
    REMEDIES.register(_code, _remedy)


@dataclass(frozen=True, slots=True)
class Where:
    """What a failure is about, so that its link leads there."""

    workflow: int | None = None
    run: int | None = None
    module: str = ""
    record: str = ""


def remedy_of(code: str, fault: str = "user") -> Remedy:
    """What helps against failures of this code."""
    return remedy_for(code, fault, dict(REMEDIES.items()))


def failure_json(
    code: str,
    message: str,
    *,
    fault: str = "user",
    retryable: bool = False,
    next_attempt_at: datetime | None = None,
    where: Where,
    link: str = "",
) -> dict[str, Any]:
    """The one shape of a failure. `fault` and `retryable` are what who failed said; whose fault it is the entry of the code
    knows better. `link` is the page where something is done about it, below the app's own address."""
    remedy = remedy_of(code, fault)
    return {
        "code": code,
        "message": message,
        "whose_fault": remedy.fault,
        "retryable": retryable or next_attempt_at is not None,
        "next_attempt_at": iso(next_attempt_at),
        "what_to_do": remedy.what_to_do,
        "link": link or address_of(remedy.place, where),
    }


def address_of(place: Place, where: Where) -> str:
    """The address of a page below the app's own; of what stands there as near as it is known."""
    workflow, run = where.workflow, where.run
    if place is Place.RECORD and where.module:
        record = f"{quote(where.record, safe='')}/" if where.record else ""
        return f"records/{where.module}/{record}"
    if place is Place.RUN and run is not None:
        return f"runs/{run}/"
    plain = {
        Place.MODE_POLICIES: "mode-policies/",
        Place.APPROVALS: "approvals/",
        Place.DESTINATIONS: "webhooks/destinations/",
        Place.SECRETS: "webhooks/secrets/",
    }
    if place in plain:
        return plain[place]
    if workflow is None:
        return f"runs/{run}/" if run is not None else ""
    if place is Place.SETTINGS:
        return f"workflows/{workflow}/settings/"
    if place is Place.WORKFLOW:
        return f"workflows/{workflow}/"
    return f"diagnosis/{workflow}/"


def iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")


def said_failure(failure: Mapping[str, Any]) -> tuple[str, bool, str]:
    """(fault, retryable, message) of what a run or a step keeps of its failure."""
    fault = "engine" if failure.get("fault") == "engine" else "user"
    return fault, bool(failure.get("retryable")), str(failure.get("message", ""))


def run_failure(run: Run) -> dict[str, Any]:
    """Why a run failed or was cancelled: {} unless it was. With the run's module at hand it costs no query."""
    if not run.failure_code:
        return dict(run.failure)
    fault, retryable, message = said_failure(run.failure)
    where = Where(run.workflow_id, run.pk, run.module.key if run.module is not None else "", run.record_key)
    told = failure_json(run.failure_code, message, fault=fault, retryable=retryable, where=where)
    return {**run.failure, **told}


def step_failure(step: Step, workflow: int) -> dict[str, Any] | None:
    """Why a step failed, or is going to be tried again; None where neither is so."""
    if step.error is None:
        return None
    fault, retryable, message = said_failure(step.error)
    wait = step.wait or {}
    again = wait.get("until") if wait.get("kind") == "retry" else None
    told = failure_json(
        str(step.error.get("code", "")),
        message,
        fault=fault,
        retryable=retryable,
        next_attempt_at=datetime.fromisoformat(again) if again else None,
        where=Where(workflow, step.run_id),
    )
    return {**step.error, **told}
