"""A redrive as work in the background: each of its runs is retried in a transaction of its own (see `services.pacing`).

That transaction makes the retry and says so in the item; and a run is retried once whoever tries it again. What was
asked for is done with the rights that who asked has at that moment.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from automations import masking, permissions
from automations.engine.edits import Edit
from automations.engine.statuses import ACTIVE_RUN, RunStatus
from automations.errors import InvalidError, ServiceError
from automations.models import PacedStatus, Redrive, RedriveItem, Run
from automations.runtime import retrying
from automations.runtime.foresight import described
from automations.services.pacing import LONG_PAUSE, PAUSE, Paced
from automations.services.retries import retry_choice, retry_run

SOON = timedelta(minutes=1)
"""How long after its last start a redrive looks every second whether the runs have ended; then less often."""
MOST_CHANGES = 20
State = RedriveItem.State


class Redriving(Paced[Redrive]):
    model = Redrive
    noun = "redrive"

    def go_on(self, job: Redrive, ends: float) -> None:
        why = _why_stop(job)
        if why:
            self.end(job, PacedStatus.STOPPED, why)
            return
        # A dry run does nothing, so that nothing has to be spared.
        allowed = None if job.is_dry_run else max(1, job.rate // 60)
        done = 0
        while time.monotonic() < ends and (allowed is None or done < allowed):
            if not job.is_dry_run and _waits_for_canary(job):
                break
            if not self.do_next(job):
                break
            done += 1
        self._rest(job, done)

    def skip_rest(self, job: Redrive) -> None:
        RedriveItem.objects.filter(redrive=job, state=State.WAITING).update(state=State.SKIPPED)

    def do_next(self, redrive: Redrive) -> bool:
        """Go on with the next item, if the redrive is still ours. Returns whether there was one."""
        items = RedriveItem.objects.filter(redrive=redrive, state=State.WAITING)
        item = items.select_related("run__workflow").order_by("pk").first()
        if item is None:
            return False
        if redrive.is_dry_run:
            _foresee(redrive, item, redrive.requested_by)
        with transaction.atomic():
            if not self.holds(redrive):
                return False
            if not redrive.is_dry_run:
                _start(redrive, item, redrive.requested_by)
            item.save(update_fields=["state", "retry", "outcome", "code", "message", "changes"])
            self.keep(redrive)
        return True

    def _rest(self, redrive: Redrive, done: int) -> None:
        """End it when nothing is left, else say when it is due again: by its rate, or to see whether its runs have ended."""
        items = RedriveItem.objects.filter(redrive=redrive)
        waiting = items.filter(state=State.WAITING).exists()
        if not waiting and not items.filter(state=State.STARTED, retry__status__in=ACTIVE_RUN).exists():
            self.end(redrive, PacedStatus.DONE, _why_stop(redrive) if not redrive.is_dry_run else "")
        elif redrive.is_dry_run:
            self.pause(redrive, timedelta(0))
        elif done:
            self.pause(redrive, timedelta(seconds=60 * done / redrive.rate))
        else:
            self.pause(redrive, PAUSE if _is_fresh(redrive, timezone.now()) else LONG_PAUSE)


def _why_stop(redrive: Redrive) -> str:
    """Why it goes no further, as a sentence; "" when it may."""
    actor = redrive.requested_by
    if actor is None or not actor.is_active:
        return "Whoever asked for it has no active account any more."
    started = RedriveItem.objects.filter(redrive=redrive, state=State.STARTED).exclude(
        retry__status__in=ACTIVE_RUN
    )
    rows = started.order_by("-retry__finished_at").values_list("retry_id", "retry__status")[: redrive.among]
    ended = list(rows)
    bad = [(pk, status) for pk, status in ended if status != RunStatus.SUCCEEDED]
    if bad and redrive.canary and len(ended) == 1:
        return f"The canary did not succeed: run {bad[0][0]} {bad[0][1]}."
    if len(bad) >= redrive.most_failures:
        return f"{len(bad)} of the last {len(ended)} did not succeed, the last of them run {bad[0][0]}."
    return ""


def _waits_for_canary(redrive: Redrive) -> bool:
    """Whether one was started and has not shown yet that it succeeds."""
    started = RedriveItem.objects.filter(redrive=redrive, state=State.STARTED)
    return (
        redrive.canary and started.exists() and not started.filter(retry__status=RunStatus.SUCCEEDED).exists()
    )


def _start(redrive: Redrive, item: RedriveItem, actor: Any) -> None:
    try:
        _require_rights(redrive, item, actor)
        with transaction.atomic():
            item.retry = retry_run(
                run=item.run,
                actor=actor,
                start=redrive.start,
                version=redrive.version,
                reason=redrive.reason or f"Redrive {redrive.pk}",
                user_input=_edited(redrive, item),
            )
        item.state = State.STARTED
    except ServiceError as error:
        _refuse(item, error)


def _require_rights(redrive: Redrive, item: RedriveItem, actor: Any) -> None:
    permissions.require(actor, "retry", item.run.workflow)
    if redrive.edit is not None:
        permissions.require(actor, "view_payloads", item.run.workflow)


def _edited(redrive: Redrive, item: RedriveItem) -> dict[str, Any] | None:
    """What the run starts with where the redrive's edit changes it; None where it starts with what it had."""
    return Edit.of(redrive.edit).applied(item.run.input) if redrive.edit is not None and item.edited else None


def _refuse(item: RedriveItem, error: ServiceError) -> None:
    detail = error.problems[0].message if isinstance(error, InvalidError) else error.detail
    item.state, item.code, item.message = State.REFUSED, error.code, detail


def _foresee(redrive: Redrive, item: RedriveItem, actor: Any) -> None:
    """What the retry would come to now, previewed in a read-only transaction that is rolled back."""
    try:
        _require_rights(redrive, item, actor)
        edited = _edited(redrive, item)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            how: dict[str, Any] = {"start": redrive.start, "version": redrive.version, "user_input": edited}
            choice = retry_choice(run=item.run, **how)
            if choice.refusal is not None:
                raise choice.refusal
            assert choice.chosen is not None
            assert choice.program is not None
            run = Run.objects.select_related("workflow__run_as", "module", "event").get(pk=item.run_id)
            run.input = run.input if edited is None else edited
            worked = retrying.foresee_retry(run, choice.chosen, choice.program, choice.states, timezone.now())
            transaction.set_rollback(True)
    except ServiceError as error:
        _refuse(item, error)
        return
    masking.refresh()
    failure = worked.decision.failure or {}
    plan = [entry for entry in described(worked) if entry["node"] in worked.changed]
    item.state = State.FORESEEN
    item.outcome = (
        "fails"
        if worked.decision.status == RunStatus.FAILED
        else "asks"
        if worked.decision.status == RunStatus.WAITING
        else "inconclusive"
        if worked.inconclusive
        else "succeeds"
    )
    item.code = str(failure.get("code", ""))[:64]
    item.message = masking.masked_text(str(failure.get("message", "")))
    changes = [change for entry in plan for change in entry["changes"]]
    item.changes = masking.masked(changes[:MOST_CHANGES])


def _is_fresh(redrive: Redrive, now: datetime) -> bool:
    newest = RedriveItem.objects.filter(redrive=redrive, state=State.STARTED).order_by("-retry_id")
    at = newest.values_list("retry__created_at", flat=True).first()
    return at is None or now - at < SOON


REDRIVING = Redriving()
work, is_due = REDRIVING.work, REDRIVING.is_due
