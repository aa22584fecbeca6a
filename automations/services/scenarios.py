"""Scenarios: saved tests of a workflow. They are no part of its document: saving one leaves the digest as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from automations import permissions
from automations.engine.documents import Definition
from automations.engine.errors import Problem, quoted
from automations.engine.expectations import expectation_of, expectation_problems
from automations.errors import ConflictError, InvalidError, NotFoundError
from automations.models import Scenario, ScenarioResult, Workflow
from automations.services.audit import write_audit
from automations.services.scenario_givens import Given, checked_given, require_small
from automations.services.scenario_runs import identity_of, rehearse, run_scenarios
from automations.services.texts import require_object, require_texts
from automations.services.versions import load_definition, require_valid, validate_definition_of

MAX_SCENARIOS = 50
"""Of one workflow: all of them run whenever its draft has changed."""

EDITABLE = ("name", "kind", "given", "at", "as_user", "as_role", "expected")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a scenario would hold if the draft did right: to be looked at, changed and saved."""

    given: Mapping[str, Any]
    at: datetime
    origin: str
    kind: str
    expected: Mapping[str, Any]
    why_not: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the scenarios prove of one document. `limited` are those passed that act as somebody with limits: neither
    as an admin nor as an identity that may do anything."""

    positive: int
    negative: int
    passed: int
    failed: int
    not_run: int
    positive_passed: int
    negative_passed: int
    limited_passed: int
    failing: Sequence[str]


def propose_scenario(
    *, workflow: Workflow, given: Given, as_user: str = "", as_role: str = "", actor: Any = None
) -> Proposal:
    """What the draft does with what is given, as a scenario that it passes; nothing is written. Raises InvalidError when
    the draft is not valid or what is given can't be."""
    content = checked_given(given.content)
    _require_moment(given.at)
    definition = load_definition(workflow, "draft")
    require_valid(workflow, definition)
    identity = identity_of(as_user, as_role)
    seen = rehearse(
        workflow=workflow,
        definition=definition,
        given=content,
        at=given.at,
        identity=identity,
        publisher=actor,
    )
    kind = Scenario.Kind.POSITIVE if seen.fires else Scenario.Kind.NEGATIVE
    return Proposal(content, given.at, given.origin, kind, expectation_of(seen), seen.why_not)


@transaction.atomic
def save_scenario(
    *,
    workflow: Workflow,
    actor: Any,
    name: str,
    kind: str,
    given: Mapping[str, Any],
    at: datetime | None = None,
    as_user: str = "",
    as_role: str = "",
    expected: Mapping[str, Any] | None = None,
    origin: str = Scenario.Origin.HAND,
) -> Scenario:
    """A new scenario. Raises InvalidError with its problems, ConflictError for a name that is taken and where there are
    too many."""
    moment = timezone.now() if at is None else at
    values = {
        "name": name,
        "kind": kind,
        "given": given,
        "at": moment,
        "as_user": as_user,
        "as_role": as_role,
        "expected": {} if expected is None else expected,
    }
    require_texts(Scenario, origin=origin)
    values = _checked(values)
    Workflow.objects.select_for_update(no_key=True).get(pk=workflow.pk)
    if Scenario.objects.filter(workflow=workflow).count() >= MAX_SCENARIOS:
        message = f"A workflow has at most {MAX_SCENARIOS} scenarios. Delete one that proves nothing new."
        raise ConflictError(message, code="too-many-scenarios")
    now = timezone.now()
    scenario = Scenario(
        workflow=workflow, origin=origin, created_by=actor, created_at=now, updated_at=now, **values
    )
    _store(scenario)
    write_audit(actor=actor, action="scenario.saved", obj=scenario, after=_told(scenario))
    return scenario


@transaction.atomic
def edit_scenario(*, scenario: Scenario, changes: Mapping[str, Any], actor: Any) -> Scenario:
    """Change some of EDITABLE. Results stay only where nothing but the name is another: they spoke of what it was.

    Raises InvalidError with its problems, ConflictError for a name that is taken."""
    scenario = Scenario.objects.select_for_update(no_key=True).get(pk=scenario.pk)
    if not isinstance(changes, Mapping):
        message = "Changes are an object by field."
        raise InvalidError([Problem("wrong-value-type", "changes", message, 'Send {"name": "…"}.')])
    unknown = [name for name in changes if name not in EDITABLE]
    if unknown:
        message, hint = f"{quoted(unknown[0])} can't be changed.", f"Use {', '.join(EDITABLE)}."
        raise InvalidError([Problem("unknown-field", str(unknown[0])[:80], message, hint)])
    before = {name: getattr(scenario, name) for name in EDITABLE}
    values = _checked({**before, **changes})
    changed = [name for name in EDITABLE if values[name] != before[name]]
    if not changed:
        return scenario
    told = _told(scenario)
    for name in changed:
        setattr(scenario, name, values[name])
    scenario.updated_at = timezone.now()
    _store(scenario)
    if changed != ["name"]:
        ScenarioResult.objects.filter(scenario=scenario).delete()
    after = {**_told(scenario), "changed": changed}
    write_audit(actor=actor, action="scenario.changed", obj=scenario, before=told, after=after)
    return scenario


@transaction.atomic
def delete_scenario(*, scenario: Scenario, actor: Any) -> None:
    """Take a scenario away, with its results."""
    write_audit(actor=actor, action="scenario.deleted", obj=scenario, before=_told(scenario))
    scenario.delete()


def run_one(*, scenario: Scenario, actor: Any, version: str | int = "draft") -> ScenarioResult:
    """Run one scenario on the draft or a version. Raises InvalidError when that is not valid."""
    definition = _valid(scenario.workflow, version)
    results = run_scenarios(
        workflow=scenario.workflow, definition=definition, actor=actor, scenarios=[scenario.pk]
    )
    if not results:
        raise NotFoundError("There is no such scenario any more.")
    return results[0]


def run_all(
    *, workflow: Workflow, actor: Any, version: str | int = "draft", scenarios: Sequence[int] | None = None
) -> list[ScenarioResult]:
    """Run every scenario, or those of these ids, on the draft or a version. Raises InvalidError when that is not
    valid."""
    return run_scenarios(
        workflow=workflow, definition=_valid(workflow, version), actor=actor, scenarios=scenarios
    )


def run_missing(*, workflow: Workflow, definition: Definition, actor: Any) -> list[ScenarioResult]:
    """Run the scenarios that have no result on this definition yet, if it is valid: what follows a save."""
    digest = definition.digest()
    missing = Scenario.objects.filter(workflow=workflow).exclude(results__digest=digest)
    keys = list(missing.values_list("pk", flat=True))
    if not keys or any(p.severity == "error" for p in validate_definition_of(workflow, definition)):
        return []
    return run_scenarios(workflow=workflow, definition=definition, actor=actor, scenarios=keys)


def evidence(workflow: Workflow, digest: str) -> Evidence:
    """What the workflow's scenarios prove of the document with this digest. Three queries."""
    rows = list(Scenario.objects.filter(workflow=workflow))
    found = ScenarioResult.objects.filter(scenario__workflow=workflow, digest=digest)
    status = dict(found.values_list("scenario_id", "status"))
    passed = [row for row in rows if status.get(row.pk) == ScenarioResult.Status.PASSED]
    failed = [row for row in rows if status.get(row.pk) == ScenarioResult.Status.FAILED]
    positive = [row for row in rows if row.kind == Scenario.Kind.POSITIVE]
    positive_passed = [row for row in passed if row.kind == Scenario.Kind.POSITIVE]
    return Evidence(
        positive=len(positive),
        negative=len(rows) - len(positive),
        passed=len(passed),
        failed=len(failed),
        not_run=len(rows) - len(passed) - len(failed),
        positive_passed=len(positive_passed),
        negative_passed=len(passed) - len(positive_passed),
        limited_passed=sum(_is_limited(row, workflow) for row in passed),
        failing=[row.name for row in failed],
    )


def _is_limited(scenario: Scenario, workflow: Workflow) -> bool:
    try:
        identity = identity_of(scenario.as_user, scenario.as_role) or workflow.run_as
    except NotFoundError:
        return False
    return identity is not None and not permissions.may_do_all(identity)


def _valid(workflow: Workflow, version: str | int) -> Definition:
    definition = load_definition(workflow, version)
    require_valid(workflow, definition)
    return definition


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that a scenario can hold. Raises InvalidError."""
    require_texts(Scenario, **{name: values[name] for name in ("name", "kind", "as_user", "as_role")})
    _require_moment(values["at"])
    if values["as_user"] and values["as_role"]:
        message = "A scenario acts as a person or as a role, not as both."
        raise InvalidError([Problem("wrong-value", "as_role", message, "Leave one of them empty.")])
    require_object(values["expected"], "expected")
    require_small(values["expected"], "expected")
    problems = expectation_problems(values["expected"])
    if problems:
        raise InvalidError(problems)
    return {**values, "given": checked_given(values["given"]), "expected": dict(values["expected"])}


def _require_moment(at: object) -> None:
    if not isinstance(at, datetime) or at.tzinfo is None:
        message = f"{quoted(at)} is no moment with a zone."
        raise InvalidError([Problem("wrong-value-type", "at", message, "Send “2026-03-29T14:30:00Z”.")])


def _store(scenario: Scenario) -> None:
    try:
        with transaction.atomic():
            scenario.save()
    except IntegrityError as error:
        message = f"This workflow has a scenario “{scenario.name}” already. Choose another name."
        raise ConflictError(message, code="name-taken") from error


def _told(scenario: Scenario) -> dict[str, Any]:
    """What the trail says of a scenario: no values of records."""
    return {
        "workflow": scenario.workflow_id,
        "name": scenario.name,
        "kind": scenario.kind,
        "as": scenario.as_user or scenario.as_role,
    }
