"""Retrying a run that failed or was cancelled: by another run, linked to it, that repeats what it says it repeats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from automations.engine.documents import Definition, canonical_json
from automations.engine.errors import EngineError, Problem
from automations.engine.journal import StepState
from automations.engine.program import APPROVAL, Program
from automations.engine.resume import resume
from automations.engine.schemas import check_config, listed
from automations.engine.statuses import ACTIVE_RUN, RunStatus, StepStatus
from automations.errors import ConflictError, InvalidError
from automations.models import AuditEntry, Hold, Mode, Run, Workflow, WorkflowVersion
from automations.runtime import announce, places, retrying
from automations.runtime.matching import MAX_DEPTH
from automations.runtime.queue import wake_on_commit
from automations.runtime.subscriptions import definition_of, program_of
from automations.services.audit import write_audit
from automations.services.texts import require_object, require_texts

STARTS = ("failed_step", "start")
VERSIONS = ("run", "active")
MOST_NAMED = 6


@dataclass(frozen=True, slots=True)
class RetryChoice:
    """One way to retry a run: what of it would be kept, what worked on again, in a sentence; or why it can't be."""

    start: str
    version: str
    number: int | None
    refusal: ConflictError | None = None
    kept: Sequence[str] = ()
    again: Sequence[str] = ()
    sentence: str = ""
    states: Mapping[str, StepState] = field(default_factory=dict)
    chosen: WorkflowVersion | None = None
    program: Program | None = None


def retry_choices(*, run: Run) -> list[RetryChoice]:
    """Every way to retry the run, from the failed step or the start, with its own version or the active one."""
    run = _fresh().get(pk=run.pk)
    return [_choice(run, start, version, timezone.now()) for version in VERSIONS for start in STARTS]


def retry_choice(
    *, run: Run, start: str, version: str, user_input: Mapping[str, Any] | None = None
) -> RetryChoice:
    """One way to retry the run, with what it had or with other input, or why it can't be. Raises InvalidError for what is
    no way, and for input that does not answer the form of the trigger."""
    _require_choice("start", start, STARTS)
    _require_choice("version", version, VERSIONS)
    run = _fresh().get(pk=run.pk)
    if user_input is not None:
        run.input = dict(user_input)
    choice = _choice(run, start, version, timezone.now())
    if user_input is not None and choice.program is not None:
        _require_form(run, choice.program, user_input)
    return choice


def retry_run(
    *,
    run: Run,
    actor: Any,
    start: str = "failed_step",
    version: str = "run",
    reason: str = "",
    user_input: Mapping[str, Any] | None = None,
) -> Run:
    """Go on with a run that failed or was cancelled, by a new run that is linked to it, and give that run.

    From the failed step, finished steps are kept and the others keep the keys of their effects, so that nothing
    happens twice; from the start, everything is done again, under new keys. A run is retried once; its retry can be
    retried. `user_input` takes the place of the variables that the run started with; the audit keeps both. Raises
    InvalidError for what is asked, ConflictError with the reason where it can't be done.
    """
    _require_choice("start", start, STARTS)
    _require_choice("version", version, VERSIONS)
    require_texts(AuditEntry, reason=reason)
    if user_input is not None:
        require_object(user_input, "input")
    with transaction.atomic():
        # Held until the end, so that it is neither paused, demoted nor released meanwhile.
        Workflow.objects.select_for_update(of=("self",), no_key=True).get(pk=run.workflow_id)
        run = _fresh().select_for_update(of=("self",), no_key=True).get(pk=run.pk)
        now = timezone.now()
        original = run.input
        if user_input is not None:
            run.input = dict(user_input)
        choice = _choice(run, start, version, now)
        if choice.refusal is not None:
            raise choice.refusal
        assert choice.chosen is not None
        assert choice.program is not None
        if user_input is not None:
            _require_form(run, choice.program, user_input)
        who = f" by {actor.get_username()}{': ' + reason if reason else ''}."
        edited = canonical_json(run.input) != canonical_json(original)
        where = "the failed step" if start == "failed_step" else "the start"
        names = [(key, choice.program.by_id[key].label) for key in choice.states]
        retry = retrying.take_up(
            run=run,
            version=choice.chosen,
            program=choice.program,
            kept=choice.states,
            keys_of=(run.keys_of or run.pk) if start == "failed_step" else None,
            lines=[
                ("", f"Retry of run {run.pk}, from {where}, with version {choice.number},{who}"),
                *([("", "Its input was edited; the audit keeps both.")] if edited else []),
                *((key, f"“{name}” is kept from run {run.pk}: not repeated.") for key, name in names),
            ],
            now=now,
        )
        places.enter(run.workflow, [retry.pk], now=now)
        retrying.say(run, f"Retried as run {retry.pk}, from {where}, with version {choice.number},{who}", now)
        write_audit(
            actor=actor,
            action="run.retried",
            obj=run,
            before={"input": original} if edited else None,
            after={
                "run": retry.pk,
                "start": start,
                "version": choice.number,
                "kept": [key for key, _ in names],
                **({"input": run.input} if edited else {}),
            },
            reason=reason,
        )
        wake_on_commit()
    announce.announce_runs([(run.pk, run.workflow_id), (retry.pk, run.workflow_id)])
    return retry


def _require_form(run: Run, program: Program, user_input: Mapping[str, Any]) -> None:
    """Raise InvalidError where the input does not answer the form of the trigger that started the run by hand."""
    trigger = program.graph.nodes[run.trigger_node]
    if trigger.type == "trigger.manual" and run.parent_id is None:
        problems = check_config(dict(user_input), trigger.config.get("form", {}), "input")
        if problems:
            raise InvalidError(problems)


def _fresh() -> Any:
    return Run.objects.select_related(
        "workflow__run_as", "workflow__active_version", "version", "module", "hold", "event"
    )


def _require_choice(name: str, value: object, known: Sequence[str]) -> None:
    if value not in known:
        message, hint = f"There is no such {name}.", f"Use {listed(known)}."
        raise InvalidError([Problem("unknown-choice", name, message, hint)])


def _choice(run: Run, start: str, version: str, now: datetime) -> RetryChoice:
    chosen = run.version if version == "run" else run.workflow.active_version
    number = chosen.number if chosen is not None else None
    try:
        _require_retryable(run)
        if chosen is None:
            raise ConflictError(f"“{run.workflow.name}” has no active version.", code="nothing-published")
        before, program = _compiled(run.version, chosen)
        _require_trigger(run, before, program, chosen)
        if start == "failed_step":
            return _from_failed_step(run, before, program, chosen, version, now)
        return _from_start(run, before, program, chosen, version)
    except ConflictError as refusal:
        return RetryChoice(start, version, number, refusal)


def _require_retryable(run: Run) -> None:
    """Raise ConflictError where the run can't be retried in any way."""
    workflow = run.workflow
    later = Run.objects.filter(retry_of=run).values_list("pk", flat=True).first()
    if run.status in ACTIVE_RUN:
        raise ConflictError("The run has not ended. Wait for it, or cancel it first.", code="not-ended")
    if run.status == RunStatus.SUCCEEDED:
        raise ConflictError("The run has succeeded: there is nothing to retry.", code="nothing-to-retry")
    if later is not None:
        detail = f"Run {run.pk} was retried as run {later} already. Retry that one, if it failed."
        raise ConflictError(detail, code="already-retried", facts={"run": later})
    if workflow.archived_at is not None:
        raise ConflictError(f"“{workflow.name}” is archived.", code="archived")
    if workflow.paused_at is not None:
        raise ConflictError(f"“{workflow.name}” is paused. Resume it first.", code="paused")
    if run.mode == Mode.EXECUTE and workflow.mode == Mode.SIMULATE:
        detail = f"“{workflow.name}” only simulates since, and a retry of this run would act. Promote the workflow first."
        raise ConflictError(detail, code="demoted")
    if run.hold is not None and run.hold.state != Hold.State.RELEASED:
        detail = "The blast radius held this run, and nobody let it go. Start the workflow anew: people are asked again."
        raise ConflictError(detail, code="held")
    if run.depth >= MAX_DEPTH:
        detail = f"{run.depth} runs stand between this one and its origin: a retry would go on with a loop."
        raise ConflictError(detail, code="chain-depth-exceeded")


def _compiled(own: WorkflowVersion, chosen: WorkflowVersion) -> tuple[Definition, Program]:
    try:
        return definition_of(own), program_of(chosen)
    except (EngineError, KeyError, ValueError, TypeError) as error:
        detail = f"Version {chosen.number} can't be worked on here any more: {error}."
        raise ConflictError(detail, code="version-unusable") from error


def _require_trigger(run: Run, before: Definition, program: Program, chosen: WorkflowVersion) -> None:
    started = next((node for node in before.nodes if node.id == run.trigger_node), None)
    there = program.graph.nodes.get(run.trigger_node)
    if there is None or (started is not None and there.type != started.type):
        name = started.label if started is not None else run.trigger_node
        raise _in_the_way(chosen, run.trigger_node, name, "is not in it")


def _in_the_way(version: WorkflowVersion, node: str, name: str, why: str) -> ConflictError:
    detail = f"Version {version.number} can't go on with this run: “{name}” {why}."
    return ConflictError(detail, code="step-in-the-way", facts={"node": node})


def _from_failed_step(
    run: Run, before: Definition, program: Program, chosen: WorkflowVersion, version: str, now: datetime
) -> RetryChoice:
    labels = {node.id: node.label for node in before.nodes}
    steps, waiting = retrying.with_children(run, retrying.steps_of(run), before)
    for node, why in waiting:
        detail = f"“{labels[node]}” can't be gone on with: {why}."
        raise ConflictError(detail, code="children-open", facts={"node": node})
    found = resume(steps, before=before, after=program)
    if found.kept and (undone := retrying.undone(run)):
        detail = f"What run {undone} did was undone, so that it can't be kept. Retry from the start."
        raise ConflictError(detail, code="undone", facts={"run": undone})
    for obstacle in found.obstacles:
        raise _in_the_way(chosen, obstacle.node, obstacle.label, obstacle.why)
    for node in retrying.void_consents(
        run, before=before, version=chosen, program=program, kept=found.kept, now=now
    ):
        detail = (
            f"What was agreed to at “{labels[node]}” is no longer what would be done."
            " Retry from the start: people are asked anew."
        )
        raise ConflictError(detail, code="consent-void", facts={"node": node})
    sentences = []
    if found.kept:
        sentences.append(f"{_named(labels[key] for key in found.kept)} {_are(found.kept)} not repeated.")
    else:
        sentences.append("Nothing was finished, so that nothing is kept.")
    asked = [key for key in found.again if program.by_id[key].type == APPROVAL]
    acting = [key for key in found.again if program.by_id[key].perform is not None and key not in asked]
    if acting:
        keys = "keeps its key, so it" if len(acting) == 1 else "keep their keys, so they"
        sentences.append(f"{_named(program.by_id[key].label for key in acting)} {keys} can’t be done twice.")
    if asked:
        sentences.append(f"People are asked anew at {_named(labels[key] for key in asked)}.")
    if found.gone:
        lost = _named(node.label for node in found.gone)
        sentences.append(f"{lost} {_are(found.gone)} not in version {chosen.number}, and not done.")
    return RetryChoice(
        start="failed_step",
        version=version,
        number=chosen.number,
        kept=list(found.kept),
        again=list(found.again),
        sentence=" ".join([*sentences, *_simulated(run)]),
        states=found.kept,
        chosen=chosen,
        program=program,
    )


def _from_start(
    run: Run, before: Definition, program: Program, chosen: WorkflowVersion, version: str
) -> RetryChoice:
    steps = retrying.steps_of(run)
    begun = [node for node in before.nodes if _has_begun(steps.get(node.id)) and node.id in program.by_id]
    done = [
        node
        for node in before.nodes
        if node.family == "action"
        and (state := steps.get(node.id)) is not None
        and state.status is StepStatus.SUCCEEDED
    ]
    twice = [node.label for node in done if node.type != APPROVAL and node.id in program.by_id]
    sentences = ["Every step is worked on again."]
    if twice:
        was = (
            "was done already and is done a second time"
            if len(twice) == 1
            else "were done already and are done a second time"
        )
        sentences.append(f"{_named(twice)} {was}: what the first did stands.")
    else:
        sentences.append("No action was finished, so that nothing is done twice.")
    if any(node.type == APPROVAL for node in done):
        sentences.append("People are asked anew.")
    return RetryChoice(
        start="start",
        version=version,
        number=chosen.number,
        again=[node.id for node in begun],
        sentence=" ".join([*sentences, *_simulated(run)]),
        chosen=chosen,
        program=program,
    )


def _has_begun(state: StepState | None) -> bool:
    return state is not None and state.status is not StepStatus.SKIPPED


def _simulated(run: Run) -> list[str]:
    return ["The run simulates: nothing is written."] if run.mode == Mode.SIMULATE else []


def _named(labels: Iterable[str]) -> str:
    """“A”, “B” and “C”; of many the first, and how many more."""
    names = [f"“{label}”" for label in labels]
    if len(names) > MOST_NAMED:
        return f"{', '.join(names[:MOST_NAMED])} and {len(names) - MOST_NAMED} more"
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def _are(things: Any) -> str:
    return "is" if len(things) == 1 else "are"
