from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from automations.engine.errors import Problem
from automations.engine.schemas import check_config
from automations.errors import ConflictError, InvalidError, NotFoundError
from automations.models import ActiveTrigger, AuditEntry, Event, Run, TriggerSource, Workflow
from automations.modules.adapter import adapter_for
from automations.runtime import announce, intake, queue
from automations.runtime.cancelling import cancel
from automations.services.audit import write_audit
from automations.services.texts import require_object, require_texts, text_problems

MAX_RECORDS = 10_000


@transaction.atomic
def start_run(
    *,
    workflow: Workflow,
    actor: Any,
    record_key: str = "",
    user_input: Mapping[str, Any] | None = None,
    idempotency_key: str | None = None,
    at: datetime | None = None,
    clock: str = "",
) -> intake.Accepted:
    """Start the workflow by hand, through its manual trigger; the event's run appears once a worker has judged it.
    `at` and `clock` are those of a replay.

    Raises ConflictError without a live manual trigger or when paused, NotFoundError for an unknown record, and
    InvalidError when a record is needed and none is named, or the input does not answer the trigger's form.
    """
    own_key = f"{actor.pk}:{idempotency_key}" if idempotency_key else None
    require_texts(Event, idempotency_key=idempotency_key)
    require_texts(Event, record_key=record_key, idempotency_key=own_key)
    trigger = _manual_trigger(workflow, user_input)
    if trigger.module is not None and not record_key:
        message = f"“{workflow.name}” is started on a record of {trigger.module.name}."
        raise InvalidError([Problem("missing-record", "record", message, "Name the record.")])
    keys = [record_key] if trigger.module is not None else []
    event = _manual_event(
        _manual_source(), trigger, actor, user_input, record_key, _values(trigger, keys).get(record_key)
    )
    event = replace(event, idempotency_key=own_key, occurred_at=at or event.occurred_at, clock=clock)
    accepted = _accepted([event])[0]
    if not accepted.duplicate:
        write_audit(
            actor=actor,
            action="run.started",
            obj=workflow,
            after={"event": accepted.event_id, "record": record_key},
        )
    return accepted


@transaction.atomic
def start_runs(
    *,
    workflow: Workflow,
    actor: Any,
    record_keys: Sequence[str],
    user_input: Mapping[str, Any] | None = None,
) -> list[intake.Accepted]:
    """Start the workflow by hand on each of these records, as one firing: above the workflow's blast radius its runs
    wait for approval.

    Raises like `start_run`, InvalidError for no record or more than MAX_RECORDS and for what is no key, and
    ConflictError for a workflow whose manual trigger is about no record. One audit entry stands for the whole call.
    """
    keys = _named(record_keys)
    if not 1 <= len(keys) <= MAX_RECORDS:
        message = f"{len(keys)} records are named."
        raise InvalidError([Problem("bad-records", "records", message, f"Name 1 to {MAX_RECORDS:,}.")])
    trigger = _manual_trigger(workflow, user_input)
    if trigger.module is None:
        raise ConflictError(f"“{workflow.name}” is not started on records.", code="no-record-wanted")
    values, firing, source = _values(trigger, keys), f"manual:{uuid.uuid4()}", _manual_source()
    accepted = _accepted(
        [
            _manual_event(source, trigger, actor, user_input, key, values[key], firing=firing, size=len(keys))
            for key in keys
        ]
    )
    write_audit(
        actor=actor,
        action="runs.started",
        obj=workflow,
        after={"records": len(keys), "firing": firing, "first": keys[:20]},
    )
    return accepted


def _named(record_keys: Sequence[str]) -> list[str]:
    """The keys, each once, if all are texts that a record's key could be."""
    if not isinstance(record_keys, list | tuple):
        message = "Records are a list of keys."
        raise InvalidError([Problem("wrong-value-type", "records", message, 'Send ["…"].')])
    for index, key in enumerate(record_keys):
        if problems := text_problems(Event, record_key=key):
            raise InvalidError([replace(problem, path=f"records[{index}]") for problem in problems])
    return list(dict.fromkeys(record_keys))


def _manual_trigger(workflow: Workflow, user_input: Mapping[str, Any] | None) -> ActiveTrigger:
    """The live manual trigger, if it can be used with this input."""
    require_object({} if user_input is None else user_input, "input")
    trigger = (
        ActiveTrigger.objects.filter(workflow=workflow, kind="trigger.manual")
        .select_related("module", "workflow")
        .first()
    )
    if trigger is None:
        raise ConflictError(
            f"“{workflow.name}” has no live manual trigger. Add one and publish.", code="no-manual-trigger"
        )
    if trigger.workflow.paused_at is not None:
        raise ConflictError(f"“{workflow.name}” is paused. Resume it first.", code="paused")
    problems = check_config(dict(user_input or {}), trigger.config.get("form", {}), "input")
    if problems:
        raise InvalidError(problems)
    return trigger


def _values(trigger: ActiveTrigger, keys: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    if trigger.module is None:
        return {}
    states = adapter_for(trigger.module).load(keys, lock=False)
    unknown = next((key for key in keys if key not in states), None)
    if unknown is not None:
        raise NotFoundError(f"{trigger.module.name} have no record “{unknown[:120]}”.")
    return {key: dict(state.values) for key, state in states.items()}


def _manual_source() -> TriggerSource:
    source, _ = TriggerSource.objects.get_or_create(
        key="manual", defaults={"kind": TriggerSource.Kind.MANUAL, "name": "People and API clients"}
    )
    return source


def _manual_event(
    source: TriggerSource,
    trigger: ActiveTrigger,
    actor: Any,
    user_input: Mapping[str, Any] | None,
    record_key: str,
    after: Mapping[str, Any] | None,
    **together: Any,
) -> intake.NewEvent:
    return intake.NewEvent(
        source=source,
        type="manual",
        occurred_at=timezone.now(),
        module=trigger.module,
        record_key=record_key,
        data=dict(user_input or {}),
        after=after,
        actor_id=actor.pk,
        actor_name=actor.get_username(),
        target={
            "workflow": trigger.workflow_id,
            "node": trigger.node,
            "input": dict(user_input or {}),
            **together,
        },
    )


def _accepted(events: Sequence[intake.NewEvent]) -> list[intake.Accepted]:
    try:
        return intake.accept(events)
    except intake.KeyReusedError as error:
        raise ConflictError(str(error), code="idempotency-key-reused") from error


def cancel_run(*, run: Run, actor: Any, reason: str = "") -> Run:
    """End a run that has not ended; what it did stands. A worker that holds it finds its lease gone, and a run that waits
    for it hears of it.

    Raises InvalidError for the reason, ConflictError when the run has ended already.
    """
    require_texts(AuditEntry, reason=reason)
    with transaction.atomic():
        now = timezone.now()
        cancelled = cancel(
            run.pk,
            code="cancelled",
            message=reason or "Cancelled by hand.",
            said=f"Cancelled by {actor.get_username()}{': ' + reason if reason else ''}.",
            asked="Its run was cancelled.",
            now=now,
        )
        if not cancelled:
            raise ConflictError("The run has ended already.", code="already-ended")
        queue.wake_on_commit()
        write_audit(actor=actor, action="run.cancelled", obj=run, reason=reason)
    announce.announce_runs([(run.pk, run.workflow_id)])
    run.refresh_from_db()
    return run
