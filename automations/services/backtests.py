"""Backtests and shadows: asked for, ended, and worked on here and now for those who wait."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from automations.engine.differences import difference
from automations.engine.documents import Definition, Node
from automations.engine.errors import Problem
from automations.errors import ConflictError, InvalidError, NotFoundError
from automations.models import (
    UNFINISHED,
    AuditEntry,
    Backtest,
    BacktestAlarm,
    BacktestStatus,
    Workflow,
    WorkflowVersion,
)
from automations.runtime import queue
from automations.runtime.backtests import work
from automations.runtime.backtests.following import beginning, end_shadow
from automations.runtime.subscriptions import definition_of
from automations.services.audit import write_audit
from automations.services.texts import require_texts
from automations.services.versions import load_definition, require_valid

DAYS = 7
MOST_DAYS = 366
SHADOW_DAYS = 14
MOST_SHADOW_DAYS = 90
MOST_UNFINISHED = 5
"""Of one workflow at a time."""
KEPT = 50
"""Of one workflow, and as many shadows; older ones go when another is asked for."""


@transaction.atomic
def start_backtest(
    *,
    workflow: Workflow,
    actor: Any,
    version: str | int = "draft",
    against: int | None = None,
    days: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Backtest:
    """Queue a backtest of the draft or a version over the events of the last `days`, or of a range, beside the version
    `against` (the live one where none is named; before the first release there is nothing to compare with).

    Raises InvalidError when a side does not validate or the range is none, NotFoundError for an unknown version,
    ConflictError when the workflow has too many unfinished ones.
    """
    since, until = _range(days, since, until)
    workflow = Workflow.objects.select_for_update(of=("self",), no_key=True).get(pk=workflow.pk)
    tried = load_definition(workflow, version)
    require_valid(workflow, tried)
    beside = _beside(workflow, against)
    unfinished = Backtest.objects.filter(workflow=workflow, is_shadow=False, status__in=UNFINISHED)
    if unfinished.count() >= MOST_UNFINISHED:
        raise ConflictError(
            f"{MOST_UNFINISHED} backtests of “{workflow.name}” are not finished. Wait for one, or cancel it.",
            code="too-many-backtests",
        )
    now = timezone.now()
    backtest = Backtest.objects.create(
        workflow=workflow,
        version=_version_row(workflow, version),
        digest=tried.digest(),
        document=tried.to_document(),
        against=beside,
        since=since,
        until=until,
        notes=list(_notes(tried, definition_of(beside) if beside is not None else None)),
        requested_by=actor,
        due_at=now,
        created_at=now,
    )
    _forget_old(workflow, shadows=False)
    after = {
        "version": version,
        "against": beside.number if beside is not None else None,
        "since": since.isoformat(),
        "until": until.isoformat(),
        "backtest": backtest.pk,
    }
    write_audit(actor=actor, action="workflow.backtest_started", obj=workflow, after=after)
    queue.wake_on_commit()
    return backtest


@transaction.atomic
def start_shadow(
    *, workflow: Workflow, actor: Any, version: str | int = "draft", days: int | None = None
) -> Backtest:
    """Let the draft or a version be judged on every live event from now on, for so many days, beside the version that is
    live. Nothing is written but what is counted, and the live version is not touched.

    Raises InvalidError when it does not validate or the days are none, NotFoundError for an unknown version,
    ConflictError when nothing is live, it is what is live, the workflow is archived or has a shadow.
    """
    days = SHADOW_DAYS if days is None else days
    if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_SHADOW_DAYS:
        message = f"“days” is a number from 1 to {MOST_SHADOW_DAYS}."
        raise InvalidError([Problem("out-of-range", "days", message, "A shadow can be started again.")])
    rows = Workflow.objects.select_for_update(of=("self",), no_key=True)
    workflow = rows.select_related("active_version").get(pk=workflow.pk)
    live = workflow.active_version
    if workflow.archived_at is not None:
        raise ConflictError(f"“{workflow.name}” is archived.", code="archived")
    if live is None:
        raise ConflictError("Publish a version first.", code="nothing-published")
    tried = load_definition(workflow, version)
    require_valid(workflow, tried)
    if tried.digest() == live.digest:
        message = f"This is version {live.number}, which is live. Change the draft first."
        raise ConflictError(message, code="already-live")
    if Backtest.objects.filter(
        workflow=workflow, is_shadow=True, status__in=UNFINISHED, ended_why=""
    ).exists():
        message = f"“{workflow.name}” has a shadow already. Stop it first."
        raise ConflictError(message, code="shadow-exists")
    since, position = beginning()
    shadow = Backtest.objects.create(
        workflow=workflow,
        version=_version_row(workflow, version),
        digest=tried.digest(),
        document=tried.to_document(),
        against=live,
        is_shadow=True,
        since=since,
        until=since + timedelta(days=days),
        position=position,
        notes=list(_notes(tried, definition_of(live))),
        requested_by=actor,
        due_at=since,
        created_at=since,
    )
    _forget_old(workflow, shadows=True)
    after = {"version": version, "against": live.number, "days": days, "backtest": shadow.pk}
    write_audit(actor=actor, action="workflow.shadow_started", obj=workflow, after=after)
    queue.wake_on_commit()
    return shadow


@transaction.atomic
def cancel_backtest(*, backtest: Backtest, actor: Any, reason: str = "") -> Backtest:
    """End a backtest or shadow that has not ended; what it counted so far stands, but proves nothing. Raises ConflictError
    when it has."""
    require_texts(AuditEntry, reason=reason)
    now = timezone.now()
    changed = Backtest.objects.filter(pk=backtest.pk, status__in=UNFINISHED).update(
        status=BacktestStatus.CANCELLED, lease_token=None, due_at=now, finished_at=now
    )
    if not changed:
        raise ConflictError("The backtest has ended already.", code="already-ended")
    BacktestAlarm.objects.filter(backtest=backtest).delete()
    write_audit(actor=actor, action="backtest.cancelled", obj=backtest, reason=reason)
    backtest.refresh_from_db()
    return backtest


@transaction.atomic
def stop_shadow(*, backtest: Backtest, actor: Any, reason: str = "") -> Backtest:
    """End a shadow now: what came before is still judged, then its counts stand. Raises ConflictError when it has ended or
    is no shadow."""
    require_texts(AuditEntry, reason=reason)
    if not backtest.is_shadow:
        raise ConflictError("This is no shadow. Cancel it instead.", code="no-shadow")
    name = actor.get_username() if actor is not None else "Somebody"
    if not end_shadow(why=f"{name} stopped it.", backtest=backtest.pk):
        raise ConflictError("The shadow has ended already.", code="already-ended")
    write_audit(actor=actor, action="backtest.shadow_stopped", obj=backtest, reason=reason)
    queue.wake_on_commit()
    backtest.refresh_from_db()
    return backtest


def work_on(backtest: Backtest, *, watch: Callable[[Backtest], None]) -> Backtest:
    """Work on one backtest in this process until it has ended, beside any workers, and show each step to `watch`."""
    while backtest.status in UNFINISHED:
        if not work.work(seconds=0.5, give_way=lambda: False, only=backtest.pk):
            time.sleep(0.1)  # a worker holds it
        backtest.refresh_from_db()
        watch(backtest)
    return backtest


def _range(days: int | None, since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    if days is not None and (since is not None or until is not None):
        message = "Send either “days” or “since” and “until”."
        raise InvalidError([Problem("unclear-range", "days", message, "Leave one of them out.")])
    until = until or timezone.now()
    if days is not None and (
        isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS
    ):
        message = f"“days” is a number from 1 to {MOST_DAYS}."
        raise InvalidError([Problem("out-of-range", "days", message, "Send fewer days.")])
    since = since or until - timedelta(days=days or DAYS)
    if since >= until:
        message = "“since” is not before “until”."
        raise InvalidError([Problem("empty-range", "since", message, "Begin earlier.")])
    return since, until


def _beside(workflow: Workflow, against: int | None) -> WorkflowVersion | None:
    if against is None:
        return workflow.active_version
    found = WorkflowVersion.objects.filter(workflow=workflow, number=against).first()
    if found is None:
        raise NotFoundError(f"“{workflow.name}” has no version {against}.")
    return found


def _version_row(workflow: Workflow, version: str | int) -> WorkflowVersion | None:
    """The row of a version that was found by its number; None for the draft."""
    return (
        WorkflowVersion.objects.get(workflow=workflow, number=version) if isinstance(version, int) else None
    )


def _notes(tried: Definition, beside: Definition | None) -> Iterator[dict[str, str]]:
    """What the result will not cover, known from the two definitions."""
    triggers = [
        node
        for definition in (tried, beside)
        if definition is not None
        for node in definition.nodes
        if node.family == "trigger"
    ]
    if any(_is_rated(node) for node in triggers):
        yield _note(
            "rates",
            "Each event is judged by itself: “at most … per …”, “once per record” and dedupe keys are not looked at, so"
            " that more is selected here than would have been.",
        )
    if any(node.type == "trigger.deadline" for node in triggers):
        yield _note(
            "deadlines",
            "Alarms are reckoned from what the records were: by their events, or as they are now where nothing has"
            " happened to them since. Records that are gone and left no event are not covered, nor are alarms that only"
            " one side has had yet, because the other's is still to come.",
        )
    if any(node.type == "trigger.schedule" for node in triggers):
        yield _note("schedules", "Slots are those of the calendar, whether or not a ticker was there then.")
    if any(node.type == "trigger.manual" for node in triggers):
        yield _note("manual", "Of runs by hand only those of this workflow's own trigger are covered.")
    if beside is not None and difference(beside, tried).workflows:
        yield _note(
            "started",
            "The two start workflows at different versions. That they start them is compared, not what those do then.",
        )


def _is_rated(node: Node) -> bool:
    return any(node.config.get(name) for name in ("throttle", "dedupe", "once_per_record"))


def _note(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message}


def _forget_old(workflow: Workflow, *, shadows: bool) -> None:
    rows = Backtest.objects.filter(workflow=workflow, is_shadow=shadows)
    old = rows.exclude(status__in=UNFINISHED).order_by("-pk").values_list("pk", flat=True)[KEPT:]
    rows.filter(pk__in=list(old)).delete()
