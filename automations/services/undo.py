"""Taking back what a run did to records, and taking that back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from automations.actions import ACTIONS
from automations.engine.statuses import TERMINAL_RUN
from automations.errors import ConflictError
from automations.models import (
    Event,
    LogEntry,
    Mode,
    Notification,
    OutgoingEmail,
    RecordComment,
    Run,
    RunUndo,
    Step,
    UndoneField,
)
from automations.runtime import announce
from automations.runtime.writes import Cause, WriteBatch
from automations.services.audit import write_audit
from automations.services.texts import require_texts
from automations.services.undo_plans import UndoPlan, plan_take_back, plan_undo

AUDITED = 50
"""Fields whose values stand in the audit entry itself; all of them stand with the undo."""
TOLD = {"action.comment", "action.notify", "action.start_workflow"}
"""Kinds whose traces are counted, so that their steps need not be named."""


def why_not_undo(run: Run) -> str:
    """Why nothing of this run can be undone now, whatever it did; "" when something might."""
    if run.mode != Mode.EXECUTE:
        return "A simulated run has changed nothing."
    if run.status not in TERMINAL_RUN:
        return "The run has not ended. Cancel it first."
    return ""


def undo_run(*, run: Run, actor: Any, plan_hash: str, children: bool = False, reason: str = "") -> RunUndo:
    """Put back what the run changed, where nobody has changed it since; `plan_hash` names what was shown.

    Each record that is put back makes an event, caused by the run. A status goes back whatever the transition table
    says. Raises ConflictError while the run goes on (“still-active”), when nothing is left to undo
    (“nothing-to-undo”), when something else would be done than was shown (“plan-changed”), and when a module
    refuses a value (“refused”); then nothing is done.
    """
    require_texts(RunUndo, reason=reason, plan_hash=plan_hash)
    with transaction.atomic():
        held = _held(run)
        why = why_not_undo(held)
        if why:
            code = "still-active" if held.status not in TERMINAL_RUN else "nothing-to-undo"
            raise ConflictError(why, code=code)
        plan = plan_undo(run=held, actor=actor, children=children, lock=True)
        undo = _do(plan, actor, plan_hash, reason, children=children)
    announce.announce_runs([(run.pk, run.workflow_id)])
    return undo


def take_back_undo(*, undo: RunUndo, actor: Any, plan_hash: str, reason: str = "") -> RunUndo:
    """Make an undo undone: its fields become again what the run had made of them, where nobody changed them since.

    Raises ConflictError like `undo_run`, and when it was taken back already.
    """
    require_texts(RunUndo, reason=reason, plan_hash=plan_hash)
    with transaction.atomic():
        _held(undo.run)
        if undo.takes_back_id is not None or RunUndo.objects.filter(takes_back=undo).exists():
            raise ConflictError(
                "It was taken back already. Undo the run again instead.", code="nothing-to-undo"
            )
        plan = plan_take_back(undo=undo, actor=actor, lock=True)
        taken = _do(plan, actor, plan_hash, reason, children=undo.children)
    announce.announce_runs([(undo.run_id, undo.run.workflow_id)])
    return taken


def _held(run: Run) -> Run:
    """The run, locked: what is undone of it is undone once."""
    return Run.objects.select_for_update(of=("self",), no_key=True).select_related("workflow").get(pk=run.pk)


def _do(plan: UndoPlan, actor: Any, plan_hash: str, reason: str, *, children: bool) -> RunUndo:
    if not plan.restored:
        said = f" {plan.left[0].said}" if plan.left else ""
        raise ConflictError(f"There is nothing that can be put back.{said}", code="nothing-to-undo")
    if plan.digest() != plan_hash:
        raise ConflictError(
            "Something has changed since you looked. Look again at what would be put back.",
            code="plan-changed",
        )
    now = timezone.now()
    undo = RunUndo.objects.create(
        run=plan.run,
        takes_back=plan.takes_back,
        actor=actor,
        actor_name=actor.get_username(),
        reason=reason,
        children=children,
        plan_hash=plan_hash,
        at=now,
    )
    _write(plan, undo, actor)
    UndoneField.objects.bulk_create(
        [
            UndoneField(
                undo=undo,
                run_id=piece.run,
                module=piece.module,
                record_key=piece.record,
                field=piece.field,
                before=piece.found,
                after=piece.found if piece.why else piece.back_to,
                restored=not piece.why,
                why=piece.why,
                said=piece.said,
            )
            for piece in plan.pieces
        ]
    )
    _log(plan, undo, actor)
    return undo


def _write(plan: UndoPlan, undo: RunUndo, actor: Any) -> None:
    cause = Cause(
        now=undo.at,
        actor_id=actor.pk,
        actor_name=actor.get_username(),
        run_id=plan.run.pk,
        workflow_id=plan.run.workflow_id,
        depth=plan.run.depth + 1,
        undo_id=undo.pk,
    )
    batch = WriteBatch()
    values: dict[tuple[int, str], dict[str, Any]] = defaultdict(dict)
    for piece in plan.restored:
        if piece.field:
            values[piece.place][piece.field] = piece.back_to
        elif piece.back_to is None:
            batch.remove(plan.states[piece.place], cause)
        else:
            batch.create(piece.module, piece.record, piece.back_to, cause)
    for place, wanted in values.items():
        batch.change(plan.states[place], wanted, cause)
    try:
        batch.flush()
    except (IntegrityError, ValidationError) as error:
        raise ConflictError(
            f"The records were refused as they were before: {error}"[:300], code="refused"
        ) from error


def _log(plan: UndoPlan, undo: RunUndo, actor: Any) -> None:
    verb = "Taken back by" if plan.takes_back is not None else "Undone by"
    message = f"{verb} {undo.actor_name}: {summary_of(plan)}"
    run = Run.objects.only("last_seq").get(pk=plan.run.pk)
    LogEntry.objects.create(
        run=plan.run,
        seq=run.last_seq + 1,
        at=undo.at,
        level="warning",
        message=message,
        data={"undo": undo.pk},
    )
    Run.objects.filter(pk=run.pk).update(last_seq=run.last_seq + 1)

    def values(what: Callable[[Any], Any]) -> dict[str, Any]:
        return {
            f"{piece.module.key}/{piece.record}{'.' + piece.field if piece.field else ''}": what(piece)
            for piece in plan.restored[:AUDITED]
        }

    write_audit(
        actor=actor,
        action="run.undone" if plan.takes_back is None else "run.undo_taken_back",
        obj=plan.run if plan.takes_back is None else plan.takes_back,
        before=values(lambda piece: piece.found),
        after={
            **values(lambda piece: piece.back_to),
            "undo": undo.pk,
            "restored": len(plan.restored),
            "left": len(plan.left),
        },
        reason=undo.reason,
    )


def summary_of(plan: UndoPlan) -> str:
    """“3 fields restored, 1 left: status of T-1 was changed by noor since.”"""
    restored, left = len(plan.restored), plan.left
    said = f"{restored} {'field' if restored == 1 else 'fields'} restored"
    if not left:
        return f"{said}."
    first = left[0]
    what = f"{first.field} of {first.record}" if first.field else first.record
    return f"{said}, {len(left)} left; {what}: {first.said}"


@dataclass(frozen=True, slots=True)
class Stays:
    """Something that a run did and that no undo takes back."""

    what: str
    count: int
    said: str


def what_stays(plan: UndoPlan) -> list[Stays]:
    """What the runs of a plan did beside changing records, and what came of it: it stays as it is."""
    runs = list(plan.runs)
    found: list[Stays] = []

    def add(what: str, count: int, one: str, many: str) -> None:
        if count:
            found.append(Stays(what, count, one if count == 1 else many.format(count)))

    comments = RecordComment.objects.filter(run__in=runs).count()
    add("comments", comments, "1 comment stays on its record.", "{} comments stay on their records.")
    notes = Notification.objects.filter(run__in=runs).count()
    add("notifications", notes, "1 person was told and stays told.", "{} messages to people stay with them.")
    mails = OutgoingEmail.objects.filter(run__in=runs).count()
    add("mails", mails, "1 mail stays sent.", "{} mails stay sent.")
    caused = Event.objects.filter(cause_run__in=runs)
    children = set(
        Run.objects.filter(event__in=caused.filter(type="workflow.started")).values_list("pk", flat=True)
    ) - set(runs)
    add(
        "started",
        len(children),
        "1 run that it started is not undone with it.",
        "{} runs that it started are not undone with it.",
    )
    others = (
        Run.objects.filter(event__in=caused.exclude(type="workflow.started")).exclude(pk__in=runs).count()
    )
    add(
        "consequences",
        others,
        "1 run began because of these changes and is not undone with them.",
        "{} runs began because of these changes and are not undone with them.",
    )
    return [*found, *_steps_that_stay(runs)]


def _steps_that_stay(runs: list[int]) -> list[Stays]:
    rows = Step.objects.filter(run__in=runs, status="succeeded", kind__startswith="action.").exclude(
        kind__in=TOLD
    )
    counts: dict[str, int] = defaultdict(int)
    for kind in rows.values_list("kind", flat=True):
        counts[kind] += 1
    known = dict(ACTIONS.items())
    found = []
    for kind, count in sorted(counts.items()):
        action = known.get(kind.partition(".")[2])
        if action is None or action.undo == "none":
            label = action.label if action is not None else kind
            found.append(
                Stays(kind, count, f"What “{label}” did stays ({count} {'step' if count == 1 else 'steps'}).")
            )
    return found
