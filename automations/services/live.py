"""What is live: the one place that changes which version of a workflow is, in which mode, and by which promotion."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from automations.models import Breaker, Consent, Mode, Promotion, Workflow, WorkflowVersion
from automations.runtime import activation
from automations.runtime.backtests.following import end_shadow
from automations.runtime.subscriptions import bump_activation

OPEN = (Consent.State.ASKED, Consent.State.GIVEN)


def lock_workflow(workflow: Workflow) -> Workflow:
    """The workflow anew, and nobody else's to release until the caller's transaction has ended."""
    rows = Workflow.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("active_version", "promotion").get(pk=workflow.pk)


def live_facts(workflow: Workflow) -> dict[str, Any]:
    """What the trail says of what is live."""
    version = workflow.active_version
    return {"version": version.number if version is not None else None, "mode": workflow.mode}


def make_live(
    workflow: Workflow,
    version: WorkflowVersion,
    *,
    promotion: Promotion | None = None,
    at: datetime | None = None,
    clock: str = "",
) -> None:
    """Make a version the live one, in execute by the `promotion` that let it, else in simulate. Consent to any other
    version is void from now on, and a shadow beside the former one ends. `at` and `clock` belong to replays."""
    now = timezone.now()
    _end_breaker(workflow, f"Version {version.number} became the live one.", now)
    _leave(workflow, f"Version {version.number} took its place.", now)
    void_consent(workflow, version=version)
    end_shadow(why=f"Version {version.number} became the live one.", workflow=workflow.pk)
    workflow.active_version = version
    _store(workflow, promotion, "active_version")
    activation.activate(workflow=workflow, version=version, now=at or now, clock=clock)


def void_consent(workflow: Workflow, *, version: WorkflowVersion | None = None) -> None:
    """End the consent that is asked for or given: what it was about is no more. With a version that becomes the live one,
    consent to that very one stays; without, the workflow's limits were changed."""
    rows, why = Consent.objects.filter(workflow=workflow, state__in=OPEN), "The limits were changed."
    if version is not None:
        rows, why = rows.exclude(version=version), f"Version {version.number} became the live one."
    rows.update(state=Consent.State.VOID, ended_at=timezone.now(), ended_why=why)


def set_promotion(workflow: Workflow, promotion: Promotion | None) -> None:
    """Let the live version act by this promotion, or, without one, only simulate."""
    now = timezone.now()
    _end_breaker(workflow, "Somebody has decided anew whether it acts.", now)
    _leave(workflow, "It only simulates again.", now)
    _store(workflow, promotion)
    bump_activation()


def _end_breaker(workflow: Workflow, why: str, now: datetime) -> None:
    """A breaker is about what was live when it tripped."""
    Breaker.objects.filter(workflow=workflow, closed_at=None).update(
        state=Breaker.State.CLOSED, closed_at=now, closed_why=why
    )


def _leave(workflow: Workflow, why: str, now: datetime) -> None:
    """A broken glass matters no longer once what it let act has stopped."""
    if workflow.promotion_id is not None:
        Promotion.objects.filter(
            pk=workflow.promotion_id, way=Promotion.Way.BREAK_GLASS, settled_at=None
        ).update(settled_at=now, settled_why=why)


def _store(workflow: Workflow, promotion: Promotion | None, *changed: str) -> None:
    workflow.promotion = promotion
    workflow.mode = Mode.SIMULATE if promotion is None else Mode.EXECUTE
    workflow.save(update_fields=[*changed, "promotion", "mode", "updated_at"])
