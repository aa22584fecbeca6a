"""The go-live checklist of a workflow's live version: six chapters, each check filled from what was kept, and signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Q

from automations.engine.documents import Definition
from automations.engine.errors import Problem
from automations.errors import ConflictError, InvalidError
from automations.models import (
    AuditEntry,
    DeadLetter,
    Decision,
    LogEntry,
    Run,
    RunTestMark,
    Scenario,
    ScenarioResult,
    SignOff,
    Step,
    Workflow,
    WorkflowVersion,
)
from automations.runtime.subscriptions import definition_of
from automations.services.audit import write_audit
from automations.services.gate import Gate, Link, read_gate
from automations.services.live import lock_workflow
from automations.services.texts import require_texts

MIN_NOTE = 10
"""Characters of the note with which somebody signs a checklist that has open checks."""

PROVEN, OPEN, NOT_USED = "proven", "open", "not_used"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a chapter asks for: `proven`, `open`, or `not_used` where the workflow has nothing of it."""

    key: str
    title: str
    state: str
    sentence: str
    evidence: Sequence[Link] = ()


@dataclass(frozen=True, slots=True)
class Chapter:
    key: str
    title: str
    checks: Sequence[Check]


@dataclass(frozen=True, slots=True)
class Checklist:
    """`signed` is the newest sign-off of this very version, if there is one."""

    workflow: Workflow
    version: WorkflowVersion
    chapters: Sequence[Chapter]
    signed: SignOff | None

    @property
    def open_checks(self) -> list[Check]:
        return [check for chapter in self.chapters for check in chapter.checks if check.state == OPEN]

    def to_json(self) -> list[dict[str, Any]]:
        """The chapters as they stand."""
        return [
            {**asdict(chapter), "checks": [asdict(check) for check in chapter.checks]}
            for chapter in self.chapters
        ]


CHECKS: Mapping[str, str] = {
    "page": "Validated by page",
    "run-test": "Validated by run-test",
    "positive": "Positive scenario",
    "negative": "Negative scenario",
    "non-admin": "Behaviour for who is no admin",
    "audit-and-log": "Audit and log seen",
    "rollback": "A way back",
}
CHAPTERS: Mapping[str, str] = {
    "builder": "Workflow builder",
    "triggers": "Triggers",
    "conditions": "Conditions",
    "actions": "Actions",
    "webhooks": "Webhooks",
    "recovery": "Logs, retry, dead letters",
}
FAMILIES = {"triggers": "trigger", "conditions": "condition", "actions": "action"}


def note_run_test(*, workflow: Workflow, digest: str, candidates: int, actor: Any, now: datetime) -> None:
    """Remember that this document was run-tested, by whom and when."""
    require_texts(RunTestMark, digest=digest)
    RunTestMark.objects.update_or_create(
        workflow=workflow,
        digest=digest,
        defaults={
            "tested_by": actor,
            "tested_by_name": actor.get_username(),
            "tested_at": now,
            "candidates": candidates,
        },
    )


def read_checklist(*, workflow: Workflow) -> Checklist:
    """The checklist of the live version, as it stands. Raises ConflictError when nothing is published."""
    gate = read_gate(workflow=workflow)
    facts = _gather(workflow, gate)
    signed = SignOff.objects.filter(version=gate.version, digest=gate.version.digest).first()
    chapters = [
        Chapter(key, title, [_check(facts, key, check) for check in CHECKS])
        for key, title in CHAPTERS.items()
    ]
    return Checklist(workflow, gate.version, chapters, signed)


def printable(*, checklist: Checklist, now: datetime) -> dict[str, Any]:
    """What stands on paper, as plain data, with the moment at which it was printed."""
    workflow, version, signed = checklist.workflow, checklist.version, checklist.signed
    return {
        "workflow": {"id": workflow.pk, "name": workflow.name},
        "version": version.number,
        "digest": version.digest,
        "mode": workflow.mode,
        "printed_at": f"{now:%Y-%m-%d %H:%M} UTC",
        "open_checks": len(checklist.open_checks),
        "signed": None
        if signed is None
        else {
            "signed_by": signed.signed_by_name,
            "at": f"{signed.at:%Y-%m-%d %H:%M} UTC",
            "note": signed.note,
        },
        "chapters": checklist.to_json(),
    }


@transaction.atomic
def sign_off(*, workflow: Workflow, digest: str, actor: Any, now: datetime, note: str = "") -> SignOff:
    """Sign the checklist of the live version, which `digest` names as it was shown.

    Raises ConflictError when nothing is published or another version is live (“version-changed”), InvalidError when
    checks are open and the note does not say, in MIN_NOTE characters, why that is good enough.
    """
    require_texts(SignOff, digest=digest, note=note)
    workflow = lock_workflow(workflow)
    checklist = read_checklist(workflow=workflow)
    version = checklist.version
    if version.digest != digest:
        raise ConflictError("Another version is live by now. Look at its checklist.", code="version-changed")
    left = len(checklist.open_checks)
    if left and len(note.strip()) < MIN_NOTE:
        message = f"{left} checks are open. Who signs all the same says why."
        hint = f"Write at least {MIN_NOTE} characters."
        raise InvalidError([Problem("note-too-short", "note", message, hint)])
    signed = SignOff.objects.create(
        workflow=workflow,
        version=version,
        digest=digest,
        signed_by=actor,
        signed_by_name=actor.get_username(),
        note=note,
        checklist=checklist.to_json(),
        at=now,
    )
    after = {"version": version.number, "digest": digest, "open": left}
    write_audit(actor=actor, action="workflow.signed_off", obj=workflow, after=after, reason=note)
    return signed


@dataclass(frozen=True, slots=True)
class Facts:
    """What the checks look at, read once for all of them."""

    workflow: Workflow
    version: WorkflowVersion
    definition: Definition
    gate: Gate
    tested: RunTestMark | None
    passed: Sequence[Scenario]
    runs: Mapping[str, int]
    steps: Mapping[str, int]
    decisions: int
    lines: int
    entries: int
    letters: int

    def nodes(self, family: str) -> list[str]:
        return [node.label for node in self.definition.nodes if node.family == family and not node.disabled]

    @property
    def webhooks(self) -> list[str]:
        return [node.label for node in self.definition.nodes if "webhook" in node.type]

    def line(self, key: str) -> tuple[str, str]:
        """Whether a line of the gate is proven, and its sentence."""
        found = next(line for line in self.gate.lines if line.key == key)
        return (OPEN if found.is_open else PROVEN), found.sentence


def _gather(workflow: Workflow, gate: Gate) -> Facts:
    version = gate.version
    runs = Run.objects.filter(workflow=workflow, version=version)
    results = ScenarioResult.objects.filter(
        scenario__workflow=workflow, digest=version.digest, status=ScenarioResult.Status.PASSED
    )
    newest = runs.order_by("-pk").values_list("pk", flat=True)[:RECENT]
    families = Step.objects.filter(run_id__in=list(newest)).values_list("kind")
    return Facts(
        workflow=workflow,
        version=version,
        definition=definition_of(version),
        gate=gate,
        tested=RunTestMark.objects.filter(workflow=workflow, digest=version.digest).first(),
        passed=[result.scenario for result in results.select_related("scenario")],
        runs=runs.aggregate(
            simulated=Count("pk", filter=Q(mode="simulate")),
            executed=Count("pk", filter=Q(mode="execute")),
            succeeded=Count("pk", filter=Q(status="succeeded")),
            failed=Count("pk", filter=Q(status="failed")),
        ),
        steps=_by_family(families.annotate(number=Count("pk")).order_by()),
        decisions=Decision.objects.filter(workflow=workflow, version=version).count(),
        lines=LogEntry.objects.filter(run_id__in=list(newest)).count(),
        entries=AuditEntry.objects.filter(object_type="workflow", object_id=str(workflow.pk)).count(),
        letters=DeadLetter.objects.filter(run__workflow=workflow).count(),
    )


RECENT = 200
"""Of how many runs, the newest, steps and lines are counted."""


def _by_family(rows: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for kind, number in rows:
        family = kind.partition(".")[0]
        found[family] = found.get(family, 0) + number
    return found


def _check(facts: Facts, chapter: str, key: str) -> Check:
    """One check of a chapter. A chapter that the workflow has nothing of says so."""
    title = CHECKS[key]
    if chapter == "webhooks" and not facts.webhooks:
        return Check(key, title, NOT_USED, "Not used by this workflow.")
    family = FAMILIES.get(chapter)
    if family is not None and not facts.nodes(family):
        return Check(key, title, NOT_USED, f"It has no {chapter}.")
    state, sentence = (_recovery if chapter == "recovery" else _drawn)(facts, chapter, key)
    return Check(key, title, state, sentence, _links(facts.workflow, chapter, key))


def _drawn(facts: Facts, chapter: str, key: str) -> tuple[str, str]:
    """A check of what stands on the graph."""
    family = FAMILIES.get(chapter)
    match key:
        case "page":
            state, sentence = facts.line("valid")
            by = facts.version.published_by or "nobody"
            what = (
                _named(facts.webhooks if chapter == "webhooks" else facts.nodes(family or ""))
                if family
                else ""
            )
            published = f"{by} published it on {facts.version.published_at:%Y-%m-%d}."
            told = [what, sentence, published]
            if chapter in ("builder", "actions"):
                pinned, starts = facts.line("started")
                state, told = (OPEN if OPEN in (state, pinned) else state), [*told, starts]
            if chapter in ("builder", "webhooks"):
                kept, outside = facts.line("outside")
                state, told = (OPEN if OPEN in (state, kept) else state), [*told, outside]
            if chapter == "builder":
                told.append(facts.line("limits")[1])
            return state, " ".join(part for part in told if part)
        case "run-test":
            return _run_tested(facts)
        case "positive" | "negative":
            return _scenarios(facts, chapter, key)
        case "non-admin":
            return facts.line("non-admin-scenario")
        case "audit-and-log":
            return _seen(facts, chapter)
        case _:
            return facts.line("rollback")


def _recovery(facts: Facts, chapter: str, key: str) -> tuple[str, str]:
    """A check of what is kept of runs, and of what failed."""
    runs = facts.runs
    match key:
        case "page" | "audit-and-log":
            sentence = f"{_count(runs['simulated'] + runs['executed'], 'run')} of this version, {_count(facts.lines, 'line')} of their logs."
            return (PROVEN if facts.lines else OPEN), sentence
        case "run-test":
            return (PROVEN if runs["simulated"] else OPEN), f"{_count(runs['simulated'], 'run')} simulated."
        case "positive":
            return (PROVEN if runs["succeeded"] else OPEN), f"{_count(runs['succeeded'], 'run')} succeeded."
        case "negative":
            failed = f"{_count(runs['failed'], 'run')} failed, {_count(facts.letters, 'dead letter')} kept."
            return (PROVEN if runs["failed"] or facts.letters else NOT_USED), failed
        case "non-admin":
            return facts.line("non-admin-scenario")
        case _:
            return facts.line("rollback")


def _run_tested(facts: Facts) -> tuple[str, str]:
    mark = facts.tested
    if mark is None:
        return OPEN, "Nobody has run-tested this very version."
    found = _count(mark.candidates, "candidate")
    return PROVEN, f"{mark.tested_by_name} tested it on {mark.tested_at:%Y-%m-%d %H:%M} UTC: {found}."


def _scenarios(facts: Facts, chapter: str, key: str) -> tuple[str, str]:
    """Passing scenarios of a kind; those of conditions name the way, those of actions what is done."""
    rows = [row for row in facts.passed if row.kind == key]
    if key == "positive" and chapter == "conditions":
        rows = [row for row in rows if row.expected.get("path")]
    if key == "positive" and chapter == "actions":
        rows = [row for row in rows if row.expected.get("effects") or row.expected.get("fields")]
    if not rows:
        which = {"conditions": " that names its way", "actions": " that names what is done"}.get(chapter, "")
        return OPEN, f"No passing {key} scenario{which if key == 'positive' else ''} on this very version."
    return PROVEN, f"Passing on this very version: {_named([row.name for row in rows])}"


def _seen(facts: Facts, chapter: str) -> tuple[str, str]:
    if chapter == "builder":
        return (
            PROVEN if facts.entries else OPEN
        ), f"{_count(facts.entries, 'audit entry', 'audit entries')} about it."
    if chapter == "triggers":
        return (PROVEN if facts.decisions else OPEN), f"{_count(facts.decisions, 'decision')} kept."
    family = FAMILIES.get(chapter, "action")
    number = facts.steps.get(family, 0)
    return (PROVEN if number else OPEN), f"{_count(number, 'step')} in the newest runs' logs."


def _links(workflow: Workflow, chapter: str, key: str) -> list[Link]:
    here = f"workflows/{workflow.pk}/"
    runs = Link("Runs", f"{here}runs/")
    scenarios = Link("Scenarios", f"{here}?show=scenarios")
    if chapter == "recovery" and key in ("page", "audit-and-log", "run-test", "positive", "negative"):
        return [runs]
    if key == "audit-and-log":
        if chapter == "triggers":
            return [Link("Decisions", f"decisions/?workflow={workflow.pk}")]
        return [runs] if chapter != "builder" else [Link("Versions", f"{here}versions/")]
    return {
        "page": [Link("Design", here)],
        "run-test": [Link("Design", here)],
        "rollback": [Link("Versions", f"{here}versions/")],
    }.get(key, [scenarios])


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:3])
    return f"{shown}{f' and {len(names) - 3} more' if len(names) > 3 else ''}."


def _count(number: int, noun: str, many: str = "") -> str:
    return f"{number} {noun if number == 1 else many or noun + 's'}"
