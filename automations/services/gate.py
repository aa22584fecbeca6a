"""The promotion gate of a workflow's live version: its facts gathered, its lines with their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from automations.actions import ACTIONS
from automations.engine.documents import Definition
from automations.engine.errors import Problem
from automations.engine.gate import Line, is_green, judge_gate
from automations.engine.gate_facts import (
    ConsentFact,
    GateFacts,
    ShadowDemand,
    ShadowFacts,
    SimulatedFacts,
)
from automations.engine.kinds import Risk
from automations.errors import ConflictError, InvalidError
from automations.models import (
    Backtest,
    BacktestStatus,
    Consent,
    FirstRelease,
    Mode,
    ModePolicy,
    Promotion,
    Run,
    Workflow,
    WorkflowVersion,
)
from automations.models.promotion import GREEN
from automations.runtime.subscriptions import definition_of
from automations.services import scenarios
from automations.services.audit import write_audit
from automations.services.identities import identity_problems, preview_identity
from automations.services.live import OPEN, lock_workflow
from automations.services.mode_policies import policies_binding
from automations.services.outside import outside_facts
from automations.services.pins import limit_facts, start_facts
from automations.services.scenario_runs import run_scenarios
from automations.services.versions import require_valid, validate_definition_of


@dataclass(frozen=True, slots=True)
class Link:
    """A page where something can be looked at; `to` is its address below the app's own."""

    text: str
    to: str


@dataclass(frozen=True, slots=True)
class Gate:
    """How the gate stands for one version. `consent` is the open one on this very version, if there is one."""

    version: WorkflowVersion
    lines: Sequence[Line]
    evidence: Mapping[str, Sequence[Link]]
    consent: Consent | None

    @property
    def is_green(self) -> bool:
        return is_green(self.lines)

    @property
    def problems(self) -> list[Problem]:
        """The open lines, as problems of a request to promote."""
        return [
            Problem(line.key, f"gate.{line.key}", line.sentence, line.hint)
            for line in self.lines
            if line.is_open
        ]

    def to_json(self) -> list[dict[str, str]]:
        """The lines, to be kept with a promotion."""
        return [
            {"key": line.key, "state": line.state.value, "sentence": line.sentence} for line in self.lines
        ]


def read_gate(*, workflow: Workflow) -> Gate:
    """How the gate stands for the live version. Raises ConflictError when there is none."""
    version = workflow.active_version
    if version is None:
        raise ConflictError("Publish a version first.", code="nothing-published")
    definition = definition_of(version)
    consent = open_consent(workflow)
    shadow = _shadow(version)
    facts = _facts(workflow, version, definition, consent, shadow)
    return Gate(version, judge_gate(facts), _evidence(workflow, shadow), consent)


def open_consent(workflow: Workflow) -> Consent | None:
    """The consent that is asked for or given on the live version, if any."""
    version = workflow.active_version
    if version is None:
        return None
    rows = Consent.objects.select_related("asked_by", "given_by", "version", "workflow")
    return rows.filter(workflow=workflow, version=version, digest=version.digest, state__in=OPEN).first()


@transaction.atomic
def check_gate(*, workflow: Workflow, actor: Any) -> Gate:
    """Run every scenario on the live version and look at the gate anew; a broken glass is settled when it is green.

    Raises ConflictError when nothing is published.
    """
    workflow = lock_workflow(workflow)
    if workflow.active_version is not None:
        definition = definition_of(workflow.active_version)
        try:
            require_valid(workflow, definition)
        except InvalidError:
            pass  # nothing can be run on it; the gate says why
        else:
            run_scenarios(workflow=workflow, definition=definition, actor=actor)
    gate = read_gate(workflow=workflow)
    settle_glass(workflow=workflow, gate=gate, actor=actor)
    return gate


def settle_glass(*, workflow: Workflow, gate: Gate, actor: Any) -> bool:
    """End the alarm about a glass that was broken, when the gate is green by now. Returns whether it ended."""
    promotion = workflow.promotion
    if promotion is None or not promotion.is_loud or not gate.is_green:
        return False
    changed = Promotion.objects.filter(pk=promotion.pk, settled_at=None).update(
        settled_at=timezone.now(), settled_why=GREEN
    )
    if changed:
        after = {"version": gate.version.number, "gate": gate.to_json()}
        write_audit(actor=actor, action="workflow.glass_mended", obj=workflow, after=after)
        promotion.refresh_from_db()
    return bool(changed)


def sensitive_steps(definition: Definition) -> list[str]:
    """The steps that are sensitive actions, by their titles; disabled ones do nothing."""
    kinds = dict(ACTIONS.items())
    return [
        node.label
        for node in definition.nodes
        if node.family == "action"
        and not node.disabled
        and (kind := kinds.get(node.type.partition(".")[2])) is not None
        and kind.risk is Risk.SENSITIVE
    ]


def _facts(
    workflow: Workflow,
    version: WorkflowVersion,
    definition: Definition,
    consent: Consent | None,
    shadow: Backtest | None,
) -> GateFacts:
    problems = validate_definition_of(workflow, definition)
    proof = scenarios.evidence(workflow, version.digest)
    errors = [problem.message for problem in problems if problem.severity == "error"]
    release = FirstRelease.objects.filter(version=version).first()
    forbidden, four_eyes, shadow_demanded = _policies(workflow)
    return GateFacts(
        version=version.number,
        errors=errors,
        scenarios=proof.positive + proof.negative,
        positive_passed=proof.positive_passed,
        negative_passed=proof.negative_passed,
        limited_passed=proof.limited_passed,
        failing=proof.failing,
        earlier=_earlier(workflow, version),
        first_release_by=release.confirmed_by_name if release is not None else "",
        sensitive=sensitive_steps(definition),
        four_eyes_demanded=four_eyes,
        consent=ConsentFact(consent.asked_by_name, consent.given_by_name) if consent is not None else None,
        forbidden=forbidden,
        simulated=_simulated(version, shadow),
        denied=None if errors else _denied(workflow, version, definition),
        starts=start_facts(workflow, definition),
        limits=limit_facts(workflow, version),
        outside=outside_facts(version, definition),
        shadow_demanded=shadow_demanded,
    )


def _denied(workflow: Workflow, version: WorkflowVersion, definition: Definition) -> list[str]:
    """What whom the version acts as may not do: in general, and for the records that it would take now."""
    publisher = version.published_by
    found = [row.message.rstrip(".") for row in identity_problems(workflow, definition, publisher=publisher)]
    if found:
        return found
    preview = preview_identity(workflow=workflow, definition=definition, publisher=publisher)
    return [
        f"{row['title']}, for {row['denied']} of {row['candidates']} candidates ({row['why']})"
        for row in preview["actions"]
        if row["denied"]
    ]


def _earlier(workflow: Workflow, version: WorkflowVersion) -> int | None:
    """The newest other version that has acted, so that it can be rolled back to."""
    rows = Promotion.objects.filter(workflow=workflow).exclude(version=version)
    return rows.order_by("-version__number").values_list("version__number", flat=True).first()


def _policies(workflow: Workflow) -> tuple[str, str, ShadowDemand | None]:
    """What policies say of this workflow: why nothing may act, and why a second person has to agree, "" for neither; and
    what they ask of a shadow, of several of them all that any asks for."""
    rows = list(policies_binding(workflow))
    said = {row.rule: row for row in rows}
    asking = [row for row in rows if row.rule == ModePolicy.Rule.SHADOW]
    demand = None
    if asking:
        demand = ShadowDemand(
            events=max(row.min_events or 1 for row in asking),
            hours=max(row.min_hours or 0 for row in asking),
            agreement=max(row.min_agreement or Decimal(0) for row in asking),
            said="; ".join(_told(row) for row in asking),
        )
    return (
        _told(said.get(ModePolicy.Rule.SIMULATE_ONLY)),
        _told(said.get(ModePolicy.Rule.FOUR_EYES)),
        demand,
    )


def _told(policy: ModePolicy | None) -> str:
    if policy is None:
        return ""
    where = policy.module.name if policy.module else "everything"
    return f"{policy.set_by_name} has set {where} to “{policy.get_rule_display()}”: {policy.reason}"


def _shadow(version: WorkflowVersion) -> Backtest | None:
    """The newest shadow of this very digest, beside another, that has judged anything and was not given up."""
    rows = Backtest.objects.filter(
        workflow=version.workflow_id,
        digest=version.digest,
        is_shadow=True,
        status__in=(BacktestStatus.RUNNING, BacktestStatus.SUCCEEDED),
        looked_at__gt=0,
    )
    return rows.exclude(against=version).select_related("against").defer("document").first()


def _shadow_facts(shadow: Backtest) -> ShadowFacts:
    assert shadow.against is not None
    return ShadowFacts(
        judged=shadow.looked_at,
        agreed=shadow.same,
        newly_selected=shadow.newly_selected,
        no_longer_selected=shadow.no_longer_selected,
        other=shadow.other_effect + shadow.other_branch,
        against=shadow.against.number,
        since=shadow.since,
        until=shadow.until if shadow.ended_why else None,
        hours=((shadow.judged_until or shadow.since) - shadow.since).total_seconds() / 3600,
    )


def _simulated(version: WorkflowVersion, shadow: Backtest | None) -> SimulatedFacts:
    """What became of the version's simulated runs; those of a replay are not of live events."""
    found = Run.objects.filter(
        workflow=version.workflow_id, version=version, mode=Mode.SIMULATE, clock="", event__isnull=False
    ).aggregate(
        runs=Count("pk"),
        failed=Count("pk", filter=Q(status="failed")),
        inconclusive=Count("pk", filter=Q(inconclusive=True)),
    )
    rows = Backtest.objects.filter(
        workflow=version.workflow_id,
        digest=version.digest,
        is_shadow=False,
        status=BacktestStatus.SUCCEEDED,
        against__isnull=False,
    )
    last = rows.exclude(against=version).values_list("looked_at", "same", "against__number").first()
    compared, agreed, against = last or (0, 0, 0)
    told = _shadow_facts(shadow) if shadow is not None else None
    return SimulatedFacts(**found, compared=compared, agreed=agreed, against=against, shadow=told)


def _evidence(workflow: Workflow, shadow: Backtest | None) -> dict[str, list[Link]]:
    here = f"workflows/{workflow.pk}/"
    proofs = [Link("Scenarios", f"{here}?show=scenarios")]
    runs = [Link("Runs", f"{here}runs/"), Link("Backtests", f"{here}backtests/")]
    if shadow is not None:
        runs.append(Link("Shadow", f"{here}backtests/?backtest={shadow.pk}"))
    return {
        "valid": [Link("Design", here)],
        "positive-scenario": proofs,
        "negative-scenario": proofs,
        "no-scenario-fails": proofs,
        "non-admin-scenario": proofs,
        "simulated": runs,
        "shadow": runs[1:],
        "identity": [Link("Design", here)],
        "outside": [Link("Versions", f"{here}versions/")],
        "started": [Link("Versions", f"{here}versions/")],
        "rollback": [Link("Versions", f"{here}versions/")],
    }
