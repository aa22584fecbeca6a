"""What a waiting run would do next if people agreed: the plan that an approval binds to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from automations.actions import ACTIONS
from automations.engine.documents import digest_of
from automations.engine.effects import Effect, RequestApproval
from automations.engine.outcomes import Outcome, Succeeded, Wait
from automations.engine.statuses import StepStatus
from automations.runtime import handlers
from automations.runtime.unit import Batch, Unit
from automations.runtime.walking import Worked, walk_on

Plan = list[dict[str, Any]]


def foresee(unit: Unit, node: str) -> Plan:
    """What would follow if the approval at `node` were given now, up to the next approval: [{node, kind, risk,
    allowed, changes, preview}]. The rest of the run is previewed on a copy of what it knows; nothing is written.
    """
    agreed = Succeeded({"verdict": "approved"}, branch="approved", assumed=True)
    return [entry for entry in foresee_from(unit, {node: agreed}) if entry["node"] != node]


def foresee_from(unit: Unit, signals: Mapping[str, Outcome]) -> Plan:
    """What would follow now, with this news, up to the next approval."""
    worked = walk_ahead(unit, signals)
    return [entry for entry in described(worked) if entry["node"] in worked.changed]


def walk_ahead(unit: Unit, signals: Mapping[str, Outcome]) -> Worked:
    """The run walked on with this news up to the next approval, on a copy of what it knows; nothing is written."""
    batch = Batch(
        writes=False,
        modules=unit.batch.modules,
        workflows=unit.batch.workflows,
        acting=unit.batch.acting,
    )
    copy = Unit(unit.run, batch, unit.zone, program=unit.program, event=unit.event, journal=unit.journal)
    copy.record, copy.now = unit.record, unit.now
    return walk_on(copy, unit.journal, signals, _preview, elapse=True)


def hash_of(plan: Plan) -> str:
    """SHA-256 (hex) of what a plan does: its steps and their changes, not its wording."""
    bound = [{key: entry[key] for key in ("node", "kind", "allowed", "status", "changes")} for entry in plan]
    return digest_of(bound)


def _preview(effect: Effect, unit: Unit) -> Outcome:
    """A further approval ends the plan: it will show its own."""
    return Wait("approval") if isinstance(effect, RequestApproval) else handlers.preview(effect, unit)


def described(worked: Worked) -> Plan:
    """What each action of a walk would do: [{node, kind, risk, allowed, status, assumed, changes, preview}]."""
    messages = {line.node: line.message for _, line in worked.logs}
    plan: Plan = []
    for node in worked.program.walk:
        state = worked.decision.journal.steps.get(node.id)
        if not node.type.startswith("action.") or state is None or state.status is StepStatus.SKIPPED:
            continue
        plan.append(
            {
                "node": node.id,
                "kind": node.type,
                "risk": ACTIONS.get(node.type.partition(".")[2]).risk.value,
                "allowed": (state.error or {}).get("code") != handlers.PERMISSION_DENIED,
                "status": state.status.value,
                "assumed": state.assumed,
                "changes": [change.to_json() for change in state.changes],
                "preview": messages.get(node.id, ""),
            }
        )
    return plan
