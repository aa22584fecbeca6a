"""Redrives: many runs that gave up, put back at a rate, one first; or foreseen without doing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from automations.engine.edits import Edit, edit_problems
from automations.engine.errors import Problem
from automations.engine.statuses import RunStatus
from automations.errors import ConflictError, InvalidError
from automations.models import AuditEntry, Redrive, RedriveItem, Run
from automations.runtime import queue
from automations.services.audit import write_audit
from automations.services.pacing import FASTEST, MOST_PARTS, RATE, out_of_range
from automations.services.redriving import edits
from automations.services.redriving.lane import TASK
from automations.services.redriving.work import REDRIVING
from automations.services.retries import STARTS, VERSIONS
from automations.services.texts import require_object, require_texts

FAILURES, AMONG = 3, 10
FROM = {
    "failed_step": (
        "Finished steps are kept and not repeated. The others keep their keys, so they can’t be done twice."
    ),
    "start": "Every step is worked on again: what was done already is done a second time.",
}


@dataclass(frozen=True, slots=True)
class RedrivePreview:
    """What a redrive would come to: of how many runs, how many of them start with something else, and how many of
    these would be refused, because what they would start with does not answer the trigger's form."""

    total: int
    edited: int
    unfit: int
    fields: Sequence[str]
    sentence: str
    problems: Sequence[Problem] = ()
    """What is wrong with the edit; it is refused with them, and told here as if it were not there."""


def preview_redrive(
    *,
    runs: QuerySet[Run],
    start: str = "failed_step",
    version: str = "active",
    rate: int = RATE,
    canary: bool = True,
    dry_run: bool = False,
    edit: Mapping[str, Any] | None = None,
) -> RedrivePreview:
    """What `start_redrive` would do with the same, as numbers and as a sentence; `fields` are those that an edit may name.
    Nothing is changed. Raises what that raises, but for problems of the edit, which are told."""
    _require_bounds(start, version, rate, FAILURES, AMONG)
    given = _given(runs)
    problems = _edit_problems(edit, given, version) if edit is not None else []
    change = Edit.of(edit) if edit is not None and not problems else None
    total, edited = len(given), sum(change is not None and change.changes(one.input) for one in given)
    unfit = edits.unfit(change, given, version) if change is not None else 0
    many = "1 run" if total == 1 else f"{total:,} runs"
    where = f"from {'the start' if start == 'start' else 'the failed step'}"
    by = f"with {'the active version' if version == 'active' else 'the version of each'}"
    if dry_run:
        sentences = [f"Nothing is done: it is foreseen what would come of {many}, {where}, {by}."]
    else:
        first = ", one first" if canary and total > 1 else ""
        sentences = [f"{many} {'is' if total == 1 else 'are'} retried {where}, {by}, {rate} a minute{first}."]
    sentences.append(FROM[start])
    if change is not None:
        sentences.append(f"The edit changes the input of {edited:,} of {many}.")
    if unfit:
        sentences.append(
            f"{unfit:,} of them would be refused: what they would start with does not answer the trigger’s form."
        )
    return RedrivePreview(
        total, edited, unfit, sorted(edits.known(given, version)), " ".join(sentences), problems
    )


@transaction.atomic
def start_redrive(
    *,
    runs: QuerySet[Run],
    asked: Mapping[str, Any],
    actor: Any,
    start: str = "failed_step",
    version: str = "active",
    rate: int = RATE,
    canary: bool = True,
    most_failures: int = FAILURES,
    among: int = AMONG,
    dry_run: bool = False,
    reason: str = "",
    edit: Mapping[str, Any] | None = None,
) -> Redrive:
    """Queue a redrive of those of these runs that failed or were cancelled and were not retried yet, oldest first; `asked`
    says for people by what they were chosen.

    With a canary, one is retried first and the rest once it has succeeded. It stops by itself when the canary, or
    `most_failures` of the last `among` that ended, did not succeed. `edit` sets fields of what each run starts with
    ({"set": {…}, "remove": […]}); each run's audit keeps both. Raises InvalidError for what is asked, ConflictError
    when there is no such run, there are too many, or the actor has too many unfinished redrives.
    """
    require_texts(AuditEntry, reason=reason)
    require_object(asked, "asked")
    _require_bounds(start, version, rate, most_failures, among)
    REDRIVING.require_few(actor)
    given = _given(runs)
    if edit is not None and (problems := _edit_problems(edit, given, version)):
        raise InvalidError(problems)
    change = Edit.of(edit) if edit is not None else None
    now = timezone.now()
    redrive = Redrive.objects.create(
        requested_by=actor,
        asked=dict(asked),
        start=start,
        version=version,
        rate=rate,
        canary=canary and len(given) > 1,
        most_failures=most_failures,
        among=among,
        is_dry_run=dry_run,
        reason=reason,
        edit=change.to_json() if change is not None else None,
        due_at=now,
        created_at=now,
    )
    RedriveItem.objects.bulk_create(
        (
            RedriveItem(
                redrive=redrive, run_id=one.pk, edited=change is not None and change.changes(one.input)
            )
            for one in given
        ),
        batch_size=1_000,
    )
    after = {
        "runs": len(given),
        "first": [one.pk for one in given[:20]],
        "asked": dict(asked),
        "start": start,
        "version": version,
        "rate": rate,
        "canary": canary,
        "dry_run": dry_run,
        **({"edit": change.to_json()} if change is not None else {}),
    }
    write_audit(actor=actor, action="redrive.started", obj=redrive, after=after, reason=reason)
    queue.wake_on_commit(TASK)
    return redrive


@transaction.atomic
def cancel_redrive(*, redrive: Redrive, actor: Any, reason: str = "") -> Redrive:
    """Begin no more of its runs; those that were begun go on. Raises ConflictError when it has ended."""
    return REDRIVING.cancel(redrive, actor=actor, reason=reason)


def _given(runs: QuerySet[Run]) -> list[edits.Given]:
    """Those of the runs that are meant, oldest first, with what they started with. Raises ConflictError."""
    ended = runs.filter(status__in=(RunStatus.FAILED, RunStatus.CANCELLED), retries=None)
    given = edits.given(ended, MOST_PARTS + 1)
    if not given:
        raise ConflictError(
            "None of these runs gave up and waits for a retry of yours.", code="nothing-to-redrive"
        )
    if len(given) > MOST_PARTS:
        detail = f"More than {MOST_PARTS:,} runs are meant. Narrow the filter, and redrive them in parts."
        raise ConflictError(detail, code="too-many-runs")
    return given


def _edit_problems(told: object, given: Sequence[edits.Given], version: str) -> list[Problem]:
    """What is wrong with an edit: also that a field is named that no form asks for and no run had."""
    try:
        require_object(told, "edit")
    except InvalidError as error:
        return list(error.problems)
    problems = edit_problems(told, "edit")
    return problems or edits.unknown(Edit.of(cast("Mapping[str, Any]", told)), given, version)


def _require_bounds(start: str, version: str, rate: int, most_failures: int, among: int) -> None:
    problems = [
        Problem("unknown-choice", name, f"There is no such {name}.", f"Use {' or '.join(known)}.")
        for name, value, known in (("start", start, STARTS), ("version", version, VERSIONS))
        if value not in known
    ]
    for name, value, most in (
        ("rate", rate, FASTEST),
        ("most_failures", most_failures, among),
        ("among", among, 100),
    ):
        problems += out_of_range(name, value, most)
    if problems:
        raise InvalidError(problems)
