"""Breakers: a workflow that goes wrong is taken back to simulate, tried with one run, and let act again.

It keeps evaluating meanwhile, so that what comes is kept and seen. Whatever else decides what is live (a release, a
promotion, a demotion) ends its breaker.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from automations import permissions
from automations.engine.statuses import ACTIVE_RUN, RunStatus
from automations.errors import ConflictError
from automations.models import Alert, AuditEntry, Breaker, Mode, Workflow
from automations.runtime import canaries
from automations.runtime.messages import tell
from automations.runtime.product_events import announce
from automations.services.audit import write_audit
from automations.services.live import live_facts, lock_workflow, set_promotion
from automations.services.releases import promoted_again
from automations.services.texts import require_texts

logger = logging.getLogger(__name__)

OPEN, HALF_OPEN = Breaker.State.OPEN, Breaker.State.HALF_OPEN


def open_breaker(workflow: Workflow) -> Breaker | None:
    """The breaker that keeps the workflow from acting, if any."""
    return Breaker.objects.select_related("canary").filter(workflow=workflow, closed_at=None).first()


@transaction.atomic
def trip_breaker(
    *,
    workflow: Workflow,
    reason: str,
    now: datetime,
    actor: Any = None,
    alert: Alert | None = None,
    retry_minutes: int | None = None,
) -> Breaker | None:
    """Take a workflow that acts back to simulate, and runs that nobody has begun with it; None where it does not act.
    `actor` is None where a rule does it."""
    require_texts(Breaker, reason=reason)
    workflow = lock_workflow(workflow)
    promotion = workflow.promotion
    if workflow.mode != Mode.EXECUTE or promotion is None:
        return None
    before = live_facts(workflow)
    set_promotion(workflow, None)
    held = canaries.simulate_waiting(workflow.pk, now=now)
    breaker = Breaker.objects.create(
        workflow=workflow,
        alert=alert,
        promotion=promotion,
        reason=reason,
        tripped_at=now,
        retry_minutes=retry_minutes,
        retry_at=_retry_at(retry_minutes, now),
    )
    after = {**live_facts(workflow), "simulated_instead": held}
    _note(actor, "workflow.breaker_tripped", workflow, reason=reason, before=before, after=after)
    _announce(breaker, "workflow.breaker_tripped", now)
    return breaker


@transaction.atomic
def try_breaker(*, workflow: Workflow, actor: Any, reason: str = "") -> Breaker:
    """Let one run act, to try: the newest that was only simulated since, or the next. How it ends decides.

    Raises ConflictError when no breaker is open, or one tries already.
    """
    require_texts(AuditEntry, reason=reason)
    changed = Breaker.objects.filter(workflow=workflow, closed_at=None, state=OPEN).update(
        state=HALF_OPEN, tries=F("tries") + 1, canary=None, retry_at=None
    )
    if not changed:
        raise ConflictError(f"No breaker of “{workflow.name}” waits to be tried.", code="breaker-not-open")
    breaker = Breaker.objects.select_related("workflow").get(workflow=workflow, closed_at=None)
    _note(actor, "workflow.breaker_tried", workflow, reason=reason, after={"try": breaker.tries})
    _start(breaker, timezone.now())
    return breaker


@transaction.atomic
def close_breaker(*, workflow: Workflow, actor: Any, reason: str) -> Workflow:
    """Let the workflow act again without a try, as it did before. Raises ConflictError when no breaker is open."""
    require_texts(AuditEntry, reason=reason)
    breaker = open_breaker(workflow)
    if breaker is None or not _close(breaker, actor, reason, timezone.now()):
        raise ConflictError(f"No breaker of “{workflow.name}” is open.", code="breaker-not-open")
    workflow.refresh_from_db()
    return workflow


def attend_breakers(*, now: datetime) -> int:
    """Go on with every breaker whose time has come, or whose try has begun; returns how many moved. One query where none
    has."""
    rows = Breaker.objects.filter(closed_at=None).select_related("workflow__owner", "canary")
    return sum(_attended(breaker, now) for breaker in rows)


def _attended(breaker: Breaker, now: datetime) -> bool:
    """Whether a breaker has moved; one that can't be keeps no other from it."""
    try:
        return _attend(breaker, now)
    except Exception:
        logger.exception(
            "The breaker of workflow %s could not be moved; the others go on", breaker.workflow_id
        )
        return False


@transaction.atomic
def _attend(breaker: Breaker, now: datetime) -> bool:
    workflow, canary = breaker.workflow, breaker.canary
    if workflow.archived_at is not None:
        Breaker.objects.filter(pk=breaker.pk, closed_at=None).update(
            state=Breaker.State.CLOSED, closed_at=now, closed_why="The workflow was archived."
        )
        return True
    if workflow.paused_at is not None:
        return False
    if breaker.state == OPEN:
        return breaker.retry_at is not None and breaker.retry_at <= now and _half_open(breaker, now)
    if canary is None:
        return _start(breaker, now)
    if canary.status in ACTIVE_RUN:
        return False
    if canary.status == RunStatus.SUCCEEDED:
        return _close(breaker, None, f"Run {canary.pk} acted, and succeeded.", now)
    return _open_again(breaker, now)


def _half_open(breaker: Breaker, now: datetime) -> bool:
    changed = Breaker.objects.filter(pk=breaker.pk, state=OPEN).update(
        state=HALF_OPEN, tries=F("tries") + 1, canary=None, retry_at=None
    )
    breaker.refresh_from_db(fields=("state", "tries"))
    _note(None, "workflow.breaker_tried", breaker.workflow, after={"try": breaker.tries})
    _start(breaker, now)
    return bool(changed)


def _start(breaker: Breaker, now: datetime) -> bool:
    """Begin the try, if anything has come to try with."""
    run = canaries.start_canary(breaker, now=now)
    if run is None:
        return False
    breaker.canary = run
    breaker.save(update_fields=["canary"])
    return True


def _open_again(breaker: Breaker, now: datetime) -> bool:
    canary = breaker.canary
    assert canary is not None
    changed = Breaker.objects.filter(pk=breaker.pk, state=HALF_OPEN).update(
        state=OPEN, canary=None, retry_at=_retry_at(breaker.retry_minutes, now)
    )
    why = f"Run {canary.pk} acted to try, and {canary.status}."
    _note(None, "workflow.breaker_stays_open", breaker.workflow, reason=why)
    _tell(breaker, f"“{breaker.workflow.name}” does not work yet", why, now)
    return bool(changed)


def _close(breaker: Breaker, actor: Any, why: str, now: datetime) -> bool:
    changed = Breaker.objects.filter(pk=breaker.pk, closed_at=None).update(
        state=Breaker.State.CLOSED,
        closed_at=now,
        closed_by=actor.get_username() if actor is not None else "system",
        closed_why=why[:300],
    )
    if not changed:
        return False
    workflow = lock_workflow(breaker.workflow)
    before = live_facts(workflow)
    version = breaker.promotion.version
    set_promotion(
        workflow,
        promoted_again(
            workflow=workflow, version=version, actor=actor, reason=f"The breaker closed. {why}"[:300]
        ),
    )
    _note(actor, "workflow.breaker_closed", workflow, reason=why, before=before, after=live_facts(workflow))
    _announce(breaker, "workflow.breaker_closed", now)
    if actor is None:
        _tell(breaker, f"“{workflow.name}” acts again", why, now)
    return True


def _retry_at(minutes: int | None, now: datetime) -> datetime | None:
    return now + timedelta(minutes=minutes) if minutes is not None else None


def _note(actor: Any, action: str, workflow: Workflow, **told: Any) -> None:
    write_audit(actor=actor, action=action, obj=workflow, **told)


def _announce(breaker: Breaker, kind: str, now: datetime) -> None:
    workflow = breaker.workflow
    announce(
        kind,
        workflow=workflow.pk,
        subject=("breaker", breaker.pk),
        facts={"workflow": workflow.key, "tries": breaker.tries},
        now=now,
        address=f"workflows/{workflow.pk}/",
    )


def _tell(breaker: Breaker, title: str, body: str, now: datetime) -> None:
    owner = breaker.workflow.owner
    people = [owner] if owner is not None and owner.is_active else permissions.admins()
    key = f"breaker:{breaker.pk}:{breaker.tries}:{breaker.state}"
    tell(people, key=key, title=title, body=body, address=f"workflows/{breaker.workflow_id}/", now=now)
