"""The whole diagnosis: of a workflow as it stands, or of one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from automations import alert_rights
from automations.engine.outcomes import NEEDS_REVIEW
from automations.engine.statuses import ACTIVE_RUN, RunStatus, StepStatus
from automations.insight.diagnosis.causes import (
    QUIET,
    failing,
    failure_of,
    read_episodes,
    read_similar,
    simulation,
)
from automations.insight.diagnosis.changes import read_changes
from automations.insight.diagnosis.parts import Diagnosis, Episode, Finding, Severity
from automations.insight.diagnosis.presses import read_presses
from automations.insight.diagnosis.scene import CLUES, Scene
from automations.insight.diagnosis.standing import (
    arrivals,
    kept_from_acting,
    lacking_rights,
    late_work,
    waiting_for_people,
    waiting_for_places,
)
from automations.insight.diagnosis.times import read_times
from automations.insight.places import standing_of
from automations.models import Alert, DeadLetter, Run, Step, Workflow

FIRST = ("run-failed", "failing", "simulation-fails", "identity-gone", "identity-lacks-right")
"""Of findings that are as bad as each other, these are told first: a breaker or a pause mostly follows from them."""

WAITS = {
    "approval": "it waits for people to answer",
    "delivery": "it waits for a call to be taken",
    NEEDS_REVIEW: "somebody has to say whether the call happened",
    "children": "it waits for runs that it has started",
    "timer": "its time has not come",
    "retry": "it is going to try again",
}


def diagnose_workflow(actor: Any, workflow: Workflow, *, now: datetime) -> Diagnosis:
    """What is wrong with a workflow that the actor may see; `workflow` comes with its live version and people."""
    scene = Scene(actor, workflow, now)
    episodes = read_episodes(scene)
    findings = [*failing(scene, episodes), *simulation(scene), *_standing(scene)]
    return _diagnosed(scene, findings, episodes)


def diagnose_run(actor: Any, run: Run, *, now: datetime) -> Diagnosis:
    """The same from one run's point of view: what it failed of, or waits for, comes first. `run` comes with its workflow as
    for `diagnose_workflow`, and annotated with `retried_as`."""
    scene = Scene(actor, run.workflow, now)
    letter = DeadLetter.objects.filter(run=run).values_list("fingerprint", flat=True).first()
    episodes = read_episodes(scene, letter) if letter is not None else []
    first: list[Finding] = []
    if run.status == RunStatus.FAILED:
        found = failure_of(scene, run, "run-failed", Severity.BROKEN)
        began = episodes[0].began_at if episodes else run.finished_at
        first = [replace(found, fingerprint=letter or "", since=began)]
    elif run.status in ACTIVE_RUN:
        first = _waits(scene, run)
    return _diagnosed(scene, [*first, *_standing(scene)], episodes, run)


def _standing(scene: Scene) -> list[Finding]:
    found = [
        *kept_from_acting(scene),
        *lacking_rights(scene),
        *arrivals(scene),
        *waiting_for_people(scene),
        *waiting_for_places(scene),
        *late_work(scene),
    ]
    for _, clues in CLUES.items():
        found += clues.findings(scene)
    return found


def _waits(scene: Scene, run: Run) -> list[Finding]:
    """What a run waits for that has not ended: a place among those of its workflow, or what its steps wait for."""
    found = []
    place = standing_of(run)
    if place is not None and place.waits:
        link = f"workflows/{scene.workflow.pk}/settings/"
        found.append(
            Finding("run-waits", Severity.NOTICE, place.sentence, since=run.created_at, run=run.pk, link=link)
        )
    for step in Step.objects.filter(run=run, status=StepStatus.WAITING).order_by("position"):
        wait, error = step.wait or {}, step.error or {}
        kind = str(wait.get("kind", ""))
        until = datetime.fromisoformat(wait["until"]) if wait.get("until") else None
        words = WAITS.get(kind, "it waits")
        when = f" until {until:%Y-%m-%d %H:%M:%S} UTC" if until is not None else ""
        why = f": {error['message']}" if error.get("message") else "."
        found.append(
            Finding(
                "run-retries" if kind == "retry" else "run-waits",
                Severity.WARNING if kind in ("retry", NEEDS_REVIEW) else Severity.NOTICE,
                f"{scene.label(step.node)} has not ended: {words}{when}{why}",
                since=step.started_at,
                node=step.node,
                run=run.pk,
                failure_code=str(error.get("code", "")),
                fault=str(error.get("fault", "")),
                next_attempt_at=until if kind == "retry" else None,
                things=scene.used_by(step.node),
                link=f"runs/{run.pk}/",
            )
        )
    return found


def reachable(scene: Scene, finding: Finding) -> Finding:
    """The finding without the page of a thing that the viewer can't open."""
    hidden = [thing for thing in finding.things if not scene.sees(thing)]
    if not any(thing.address and thing.address == finding.link for thing in hidden):
        return finding
    return replace(finding, link="")


def _diagnosed(
    scene: Scene, findings: Sequence[Finding], episodes: Sequence[Episode], run: Run | None = None
) -> Diagnosis:
    findings = [reachable(scene, one) for one in findings]
    ordered = sorted(findings, key=lambda one: (-one.severity, one.code not in FIRST, _place(one)))
    main = ordered[0] if ordered and ordered[0].severity > Severity.NOTICE else None
    episode = next(
        (one for one in episodes if main is not None and one.fingerprint == main.fingerprint), None
    )
    times = read_times(scene, _began(main, ordered), episode)
    changes = read_changes(scene, main, moment=times.moment or scene.now, success_before=times.success_before)
    causes = [one.fingerprint for one in ordered if one.fingerprint]
    alerts = alert_rights.visible_alerts(scene.actor).filter(workflow=scene.workflow, resolved_at=None)
    return Diagnosis(
        workflow=scene.workflow,
        now=scene.now,
        headline=main.sentence if main is not None else _well(times.last_success, run),
        findings=ordered,
        times=times,
        changes=changes,
        similar=read_similar(scene, causes),
        presses=read_presses(scene, ordered, changes, episodes, run),
        alerts=list[Alert](alerts.order_by("-pk")[:10]),
        run=run,
    )


def _place(finding: Finding) -> int:
    return FIRST.index(finding.code) if finding.code in FIRST else len(FIRST)


def _began(main: Finding | None, findings: Sequence[Finding]) -> datetime | None:
    """When the trouble began: a run gives up long after what it needs has broken, so that a finding about the same thing
    counts that is older."""
    if main is None or main.since is None:
        return None
    mine = {(thing.noun, thing.pk) for thing in main.things}
    others = [
        one.since
        for one in findings
        if one.since is not None and mine & {(thing.noun, thing.pk) for thing in one.things}
    ]
    return min([main.since, *(at for at in others if main.since - at < QUIET)])


def _well(last_success: Run | None, run: Run | None) -> str:
    if run is not None:
        return f"Run {run.pk} is {run.status}. Nothing is wrong with it that can be seen."
    if last_success is None or last_success.finished_at is None:
        return "Nothing is wrong that can be seen; no run has ended yet."
    return (
        f"Nothing is wrong that can be seen: run {last_success.pk} succeeded on"
        f" {last_success.finished_at:%Y-%m-%d at %H:%M} UTC."
    )
