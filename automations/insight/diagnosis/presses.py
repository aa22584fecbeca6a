"""What to press: mend the cause, let it act again, then redrive what has failed; each with whether the viewer may."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from automations import alert_rights
from automations.engine.statuses import RunStatus
from automations.insight.diagnosis.parts import Change, Episode, Finding, Press, Severity, Thing
from automations.insight.diagnosis.scene import Scene
from automations.insight.failures import Where, address_of, remedy_of
from automations.models import Mode, Run, Triage, WorkflowVersion
from automations.runtime.standstills import Held

WAYS = {
    "run": "to start and pause runs",
    "retry": "to retry runs",
    "edit": "to edit the draft",
    "publish": "to publish",
    "promote": "to promote",
    "rollback": "to roll back",
    "approve": "to answer",
}
RELEASES = ("workflow.published", "workflow.promoted", "workflow.glass_broken")
LIKELY = 0.7
"""From this weight on a release is suspect enough to go back behind it."""


def read_presses(
    scene: Scene,
    findings: Sequence[Finding],
    changes: Sequence[Change],
    episodes: Sequence[Episode],
    run: Run | None = None,
) -> list[Press]:
    """In the order in which they help, each once."""
    found: dict[tuple[str, str], Press] = {}
    known = {episode.fingerprint: episode for episode in episodes}
    for press in (
        *_to_know_of(scene, findings, known),
        *_to_mend(scene, findings, changes),
        *_to_go_on(scene, findings),
        *_to_redrive(scene, findings, known),
        *(_to_retry(scene, run) if run is not None else ()),
    ):
        found.setdefault((press.code, press.link), press)
    return list(found.values())


def _why_not(scene: Scene, right: str) -> str:
    if scene.rights(right):
        return ""
    owner = scene.workflow.owner or "An admin"
    return f"You lack the right {WAYS[right]} on “{scene.workflow.name}”. {owner} can give it to you."


def _why_not_again(scene: Scene) -> str:
    """Why the viewer can't have runs done again."""
    if (why_not := _why_not(scene, "retry")) or scene.sees_all:
        return why_not
    owner = scene.workflow.owner or "An admin"
    return f"You don't see everything that “{scene.workflow.name}” uses. {owner} can share it with you."


def _post(address: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"method": "POST", "address": address, "body": dict(body or {})}


def _to_know_of(scene: Scene, findings: Sequence[Finding], known: Mapping[str, Episode]) -> Iterator[Press]:
    """Say that somebody looks, where nobody does."""
    for finding in findings:
        episode = known.get(finding.fingerprint)
        if episode is None or episode.triage is None or finding.code != "failing":
            continue
        if episode.triage.state == Triage.State.NEW and episode.triage.assignee_id is None:
            body = {"workflow": scene.workflow.pk, "state": "looking", "assignee": scene.actor.get_username()}
            yield Press(
                "take",
                "Say that you look into it",
                "Nobody does yet.",
                f"{finding.link}?open=triage",
                _why_not(scene, "retry"),
                _post(f"dead-letters/{finding.fingerprint}/triage/", body),
            )
            return


def _to_mend(scene: Scene, findings: Sequence[Finding], changes: Sequence[Change]) -> Iterator[Press]:
    rolled = False
    for finding in findings:
        mended = [
            press
            for thing in finding.things
            if thing.noun in MENDERS
            for press in MENDERS[thing.noun](scene, finding, thing)
        ]
        yield from mended
        if finding.code in ("failing", "simulation-fails", "run-failed") and not mended:
            yield from _by_remedy(scene, finding)
        if finding.code == "failing" and not rolled:
            rolled = True
            yield from _roll_back(scene, changes)
        if finding.code == "identity-gone":
            yield _settings(scene, "Say whom the workflow acts as.")


def _by_remedy(scene: Scene, finding: Finding) -> Iterator[Press]:
    """What the code's entry says, on the page that it names."""
    remedy = remedy_of(finding.failure_code, finding.fault)
    workflow = scene.workflow
    if finding.failure_code == "permission-denied":
        for thing in finding.things:
            yield _give_right(scene, finding, thing)
        yield _settings(scene, "Or let the workflow act as somebody who may.")
    elif "workflow" in remedy.about:
        yield Press(
            "fix-workflow",
            f"Mend {scene.label(finding.node)} and publish"
            if finding.node
            else "Mend the workflow and publish",
            remedy.what_to_do,
            f"workflows/{workflow.pk}/",
            _why_not(scene, "edit"),
        )
    else:
        where = Where(workflow.pk, finding.run)
        yield Press(
            "look", "Look at the run", remedy.what_to_do, address_of(remedy.place, where) or finding.link
        )


def _give_right(scene: Scene, finding: Finding, thing: Thing) -> Press:
    may = scene.holds("share", thing)
    owner = getattr(thing.row, "owner", None) or "An admin"
    return Press(
        "give-right",
        f"Share “{thing.name}”",
        finding.sentence,
        thing.address,
        "" if may else f"You may not decide who may do what with “{thing.name}”. {owner} can.",
    )


def _settings(scene: Scene, why: str) -> Press:
    address = f"workflows/{scene.workflow.pk}/settings/"
    return Press("set-identity", "Open the settings", why, address, _why_not(scene, "publish"))


def _roll_back(scene: Scene, changes: Sequence[Change]) -> Iterator[Press]:
    """Where a release is the most suspect, the version before it."""
    top = changes[0] if changes else None
    version = scene.version
    if top is None or version is None or top.entry.action not in RELEASES or top.weight < LIKELY:
        return
    earlier = WorkflowVersion.objects.filter(workflow=scene.workflow, number__lt=version.number)
    if scene.workflow.mode == Mode.EXECUTE:
        earlier = earlier.filter(promotions__isnull=False)  # another has never acted, and would be refused
    number = earlier.order_by("-number").values_list("number", flat=True).first()
    if number is not None:
        body = {"version": number, "reason": "It fails since the release."}
        yield Press(
            "roll-back",
            f"Roll back to version {number}",
            f"{top.sentence} What newer runs did stands.",
            f"workflows/{scene.workflow.pk}/versions/",
            _why_not(scene, "rollback"),
            _post(f"workflows/{scene.workflow.pk}/rollback/", body),
        )


def _to_go_on(scene: Scene, findings: Sequence[Finding]) -> Iterator[Press]:
    """What lets it start, judge and act again."""
    workflow = scene.workflow
    codes = {finding.code: finding for finding in findings if finding.severity > Severity.NOTICE}
    address = f"workflows/{workflow.pk}/"
    if "no-worker" in codes or "no-ticker" in codes:
        gone = [finding for code, finding in codes.items() if code in ("no-worker", "no-ticker")]
        yield Press("start-processes", "Start what is missing", " ".join(one.sentence for one in gone), "")
    if scene.held is not None:
        yield _lift(scene, scene.held)
    if "needs-review" in codes:
        finding = codes["needs-review"]
        yield Press(
            "review", "Say whether it happened", finding.sentence, finding.link, _why_not(scene, "retry")
        )
    if "held" in codes or "approvals-overdue" in codes:
        for finding in (codes[code] for code in ("held", "approvals-overdue") if code in codes):
            yield Press("answer", "Answer", finding.sentence, finding.link, _why_not(scene, "approve"))
    if "trigger-broken" in codes:
        yield Press(
            "fix-workflow",
            "Mend the trigger and publish",
            codes["trigger-broken"].sentence,
            address,
            _why_not(scene, "edit"),
        )
    if "nothing-arrives" in codes or "nothing-matches" in codes:
        finding = codes.get("nothing-matches") or codes["nothing-arrives"]
        yield Press(
            "look-at-decisions", "Look at what came, and why nothing followed", finding.sentence, finding.link
        )
    if "identity-lacks-right" in codes:
        for thing in codes["identity-lacks-right"].things:
            yield _give_right(scene, codes["identity-lacks-right"], thing)
    if "archived" in codes:
        yield Press(
            "restore",
            "Take it out of the archive",
            codes["archived"].sentence,
            f"{address}settings/",
            _why_not(scene, "publish"),
            _post(f"{address}restore/"),
        )
    if "paused" in codes:
        yield Press(
            "resume",
            "Resume",
            codes["paused"].sentence,
            f"{address}settings/",
            _why_not(scene, "run"),
            _post(f"{address}resume/"),
        )
    if "breaker-open" in codes:
        yield Press(
            "try-breaker",
            "Let one run act, to try",
            codes["breaker-open"].sentence,
            address,
            _why_not(scene, "promote"),
            _post(f"{address}breaker/try/"),
        )


def _lift(scene: Scene, held: Held) -> Press:
    still = held.standstill
    subject = still.subject[0].lower() + still.subject[1:]
    if alert_rights.may_stand_still(scene.actor, still.workflow):
        why_not = ""
    elif still.workflow is not None:
        why_not = _why_not(scene, "run")
    else:
        why_not = f"Only an admin may let {subject} go on."
    address = f"standstills/{still.pk}/lift/"
    return Press("lift-standstill", f"Let {subject} go on", held.sentence, "alerts/", why_not, _post(address))


def _to_redrive(scene: Scene, findings: Sequence[Finding], known: Mapping[str, Episode]) -> Iterator[Press]:
    for finding in findings:
        episode = known.get(finding.fingerprint)
        if episode is None or not episode.open:
            continue
        what = {"fingerprint": episode.fingerprint, "workflow": scene.workflow.pk}
        many = "1 dead letter" if episode.open == 1 else f"{episode.open} dead letters"
        why_not = _why_not_again(scene)
        yield Press(
            "dry-run",
            f"Foresee the redrive of {many}",
            "Once it is mended: says how many would pass and how many fail again, and does nothing.",
            f"{finding.link}?open=dry-run",
            why_not,
            _post("redrives/", {**what, "dry_run": True}),
        )
        yield Press(
            "redrive",
            f"Redrive {many}",
            "One first, to try; then all at a rate; it stops by itself when they fail again.",
            f"{finding.link}?open=redrive",
            why_not,
            _post("redrives/", what),
        )


def _to_retry(scene: Scene, run: Run) -> Iterator[Press]:
    if run.status in (RunStatus.FAILED, RunStatus.CANCELLED) and run.retried_as is None:  # type: ignore[attr-defined]
        yield Press(
            "retry",
            "Retry this run",
            "Once it is mended: it goes on where it failed, and repeats nothing that was done.",
            f"runs/{run.pk}/",
            _why_not_again(scene),
            _post(f"runs/{run.pk}/retry/"),
        )


Mender = Callable[[Scene, Finding, Thing], Sequence[Press]]
MENDERS: dict[str, Mender] = {}
"""How a thing of another app is mended where a finding is about it, by its kind."""
