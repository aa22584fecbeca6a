"""Scenarios, run: each is rehearsed on a definition as runs are, and what came of it is kept by the digest."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from time import perf_counter
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from automations import grants
from automations.engine.documents import Definition
from automations.engine.expectations import (
    Difference,
    Seen,
    SeenEffect,
    compare,
    is_settled,
    target_of,
)
from automations.errors import NotFoundError, ServiceError
from automations.models import Module, Scenario, ScenarioResult, Workflow, WorkflowVersion
from automations.modules.adapter import RecordState
from automations.runtime.foresight import described
from automations.runtime.rehearsal import Rehearsal, Rehearsed

logger = logging.getLogger(__name__)

KEPT = 20
"""Digests whose results are kept beside those of published versions; older ones were drafts for a moment."""

BRANCHING = ("condition.", "action.approval")


@transaction.atomic
def run_scenarios(
    *, workflow: Workflow, definition: Definition, actor: Any, scenarios: Iterable[int] | None = None
) -> list[ScenarioResult]:
    """Run the workflow's scenarios (all, or those of these ids) on a valid definition, and keep what came of it.
    Nothing else is written."""
    rows = Scenario.objects.filter(workflow=workflow)
    if scenarios is not None:
        rows = rows.filter(pk__in=list(scenarios))
    results = [
        _run(workflow, definition, row, actor)
        for row in rows.order_by("name", "pk").select_for_update(of=("self",), no_key=True)
    ]
    if results:
        ScenarioResult.objects.bulk_create(
            results,
            update_conflicts=True,
            unique_fields=("scenario", "digest"),
            update_fields=("status", "differences", "duration_ms", "run_by", "run_at"),
        )
        _forget_old(workflow)
    return results


def rehearse(
    *,
    workflow: Workflow,
    definition: Definition,
    given: Mapping[str, Any],
    at: Any,
    identity: Any = None,
    publisher: Any = None,
) -> Seen:
    """What a valid definition does with what is given, at that moment, as somebody, in a scenario's words. Raises
    NotFoundError as `walk_given` does."""
    walked = walk_given(
        workflow=workflow,
        definition=definition,
        given=given,
        at=at,
        identity=identity,
        publisher=publisher,
    )
    return _seen(walked, given)


def walk_given(
    *,
    workflow: Workflow,
    definition: Definition,
    given: Mapping[str, Any],
    at: Any,
    identity: Any = None,
    publisher: Any = None,
) -> Rehearsed:
    """A valid definition walked over what is given, at that moment, as somebody; where neither the scenario nor the
    workflow says whom, as its publisher. Raises NotFoundError for a trigger or a
    module that is not there."""
    triggers = [node.id for node in definition.nodes if node.family == "trigger"]
    trigger = given["trigger"] or triggers[0]
    if trigger not in triggers:
        raise NotFoundError(f"There is no trigger “{trigger}” any more.")
    rehearsal = Rehearsal(
        workflow=workflow,
        definition=definition,
        trigger=trigger,
        now=at,
        identity=identity,
        publisher=publisher,
        answers=given["answers"],
        calls=given.get("calls"),
    )
    state = _state(rehearsal.module, given["record"])
    if given["event"] is None and state is not None:
        return rehearsal.walk_records([state], given["input"])[0]
    return rehearsal.walk_event(_event(rehearsal, given, state), state, given["input"])


def identity_of(as_user: str, as_role: str) -> Any:
    """Whom a scenario acts as; None for whom the workflow runs as. Raises NotFoundError for nobody of that name."""
    if as_user:
        users = get_user_model()
        found = users.objects.filter(**{users.USERNAME_FIELD: as_user}, is_active=True).first()
        if found is None:
            raise NotFoundError(f"There is no active user “{as_user}”.", code="unknown-user")
        return found
    if as_role:
        role = Group.objects.filter(name=as_role).first()
        if role is None:
            raise NotFoundError(f"There is no role “{as_role}”.", code="unknown-role")
        return grants.RoleHolder(role)
    return None


def _run(workflow: Workflow, definition: Definition, scenario: Scenario, actor: Any) -> ScenarioResult:
    began = perf_counter()
    try:
        differences = _differences(workflow, definition, scenario, actor)
    except ServiceError as error:
        differences = [Difference("given", "", error.detail)]
    except Exception as error:
        logger.error("Scenario %s could not be run", scenario.pk, exc_info=error)
        message = f"It could not be run: {type(error).__name__}. The server's log says more."
        differences = [Difference("given", "", message)]
    return ScenarioResult(
        scenario=scenario,
        digest=definition.digest(),
        status=ScenarioResult.Status.FAILED if differences else ScenarioResult.Status.PASSED,
        differences=[difference.to_json() for difference in differences],
        duration_ms=round((perf_counter() - began) * 1_000),
        run_by=actor,
        run_at=timezone.now(),
    )


def _differences(
    workflow: Workflow, definition: Definition, scenario: Scenario, actor: Any
) -> list[Difference]:
    seen = rehearse(
        workflow=workflow,
        definition=definition,
        given=scenario.given,
        at=scenario.at,
        identity=identity_of(scenario.as_user, scenario.as_role),
        publisher=actor,
    )
    return compare(
        fires=scenario.kind == Scenario.Kind.POSITIVE,
        expected=scenario.expected,
        seen=seen,
        titles={node.id: node.title or node.id for node in definition.nodes},
    )


def _state(module: Module | None, record: Mapping[str, Any] | None) -> RecordState | None:
    if record is None:
        return None
    if module is None or module.key != record["module"]:
        about = f"about {module.name}" if module is not None else "about no records"
        raise NotFoundError(f"Its record is one of “{record['module']}”, and the workflow is {about}.")
    return RecordState(module, record["key"], dict(record["values"]), version=1, handle=None)


def _event(rehearsal: Rehearsal, given: Mapping[str, Any], state: RecordState | None) -> dict[str, Any]:
    """The event that is given, with what every event has."""
    kind = rehearsal.trigger.type.partition(".")[2]
    usual = {
        "id": 0,
        "type": kind,
        "module": state.module.key if state is not None else None,
        "record": state.key if state is not None else None,
        "occurred_at": rehearsal.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "data": {},
        "before": None,
        "after": dict(state.values) if state is not None else None,
        "changed": [],
        "actor": None,
    }
    return {**usual, **(given["event"] or {})}


def _seen(walked: Rehearsed, given: Mapping[str, Any]) -> Seen:
    worked = walked.worked
    if worked is None:
        return Seen(fires=False, why_not=str(walked.match.reason.get("why") or walked.match.outcome))
    plan = {entry["node"]: entry for entry in described(worked)}
    steps = worked.decision.journal.steps
    record = given["record"]
    key = record["key"] if record is not None else ""
    effects = [
        SeenEffect(
            node=node,
            kind=plan[node]["kind"],
            target=target_of(effect, key),
            changes=plan[node]["changes"],
            settled=is_settled(effect),
        )
        for node, effect in walked.effects.items()
        if node in plan
    ]
    fields = dict(record["values"]) if record is not None else {}
    for effect in effects:
        fields.update({c["field"]: c["after"] for c in effect.changes if c["record"] == key})
    failed = any(
        entry["status"] == "failed" for entry in plan.values()
    )  # a step that fails before it asks for anything did begin to act
    return Seen(
        fires=bool(effects) or failed,
        path={
            node.id: [branch for branch in steps[node.id].branches if branch]
            for node in worked.program.walk
            if node.type.startswith(BRANCHING) and node.id in steps and steps[node.id].branches
        },
        effects=effects,
        fields=fields,
        outcome=worked.decision.status.value,
        failure=str((worked.decision.failure or {}).get("message", "")),
        unplanned=worked.inconclusive,
    )


def _forget_old(workflow: Workflow) -> None:
    rows = ScenarioResult.objects.filter(scenario__workflow=workflow)
    versions = WorkflowVersion.objects.filter(workflow=workflow).values("digest")
    drafts = rows.exclude(digest__in=versions).order_by().values("digest").annotate(last=Max("pk"))
    old = [row["digest"] for row in drafts.order_by("-last")[KEPT:]]
    if old:
        rows.filter(digest__in=old).delete()
