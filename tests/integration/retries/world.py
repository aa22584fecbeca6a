"""A ticket that is commented, told of, and can't be closed; and what the database holds of all that."""

from __future__ import annotations

from typing import Any

import pytest

from automations.errors import ServiceError
from automations.models import (
    LogEntry,
    Mode,
    Module,
    Notification,
    OutgoingEmail,
    Record,
    RecordComment,
    Run,
    Step,
    Workflow,
)
from automations.services.drafts import save_draft
from automations.services.records import create_record
from automations.services.retries import RetryChoice, retry_choices, retry_run
from automations.services.versions import publish_version
from automations.testing import edge, make_module, make_workflow, node, run_everything

FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "status", "type": "choice", "choices": ["open", "pending", "solved"]},
    {"key": "amount", "type": "money"},
]
MOVES = {"open": ["pending"], "pending": ["solved"]}


def make_tickets() -> Module:
    make_module("errands", {"title": "text"})
    return make_module("tickets", FIELDS, title_field="title", status_field="status", transitions=MOVES)


def document(*, to: str = "solved", **other: dict[str, Any]) -> dict[str, Any]:
    """Ticket created → is it large? → comment, tell Alice, close (which an open ticket refuses), make an errand.

    `other` puts another node in the place of one, or takes it away (None)."""
    nodes = {
        "t1": node("t1", "trigger.record", module="tickets", on=["created"]),
        "c1": node("c1", "condition.if", rule={"field": "amount", "op": "gt", "value": "100"}),
        "a1": node("a1", "action.comment", text="Looked at."),
        "a2": node("a2", "action.notify", users=["alice"], channels=["app", "email"], title="A large one"),
        "a3": node("a3", "action.change_status", to=to),
        "a4": node("a4", "action.create_record", module="errands", values={"title": "Call"}),
    } | other
    ways = [
        edge("t1", "c1"),
        edge("c1", "a1", "true"),
        *(edge(a, b) for a, b in (("a1", "a2"), ("a2", "a3"), ("a3", "a4"))),
    ]
    return {"schema": 1, "nodes": [one for one in nodes.values() if one], "edges": ways}


def failed_run(owner: Any, mode: str = Mode.EXECUTE, drawn: dict[str, Any] | None = None) -> Run:
    """A run that commented T1, told Alice and could not close the ticket."""
    workflow = make_workflow("large", drawn or document(), owner=owner, mode=mode)
    values = {"title": "Ink", "status": "open", "amount": "250"}
    create_record(module=Module.objects.get(key="tickets"), key="T1", values=values, actor=None)
    run_everything()
    run = Run.objects.get(workflow=workflow)
    assert run.status == "failed", list(LogEntry.objects.values_list("message", flat=True))
    return run


def publish(workflow: Workflow, drawn: dict[str, Any], actor: Any, mode: str = Mode.EXECUTE) -> None:
    workflow.refresh_from_db()
    save_draft(workflow=workflow, document=drawn, revision=workflow.draft_revision, actor=actor)
    publish_version(workflow=workflow, actor=actor, mode=mode)


def retried(run: Run, actor: Any, **how: str) -> Run:
    """The retry, worked on until nothing is due."""
    retry = retry_run(run=run, actor=actor, **how)
    run_everything()
    retry.refresh_from_db()
    return retry


def refusal(run: Run, actor: Any, **how: str) -> str:
    """The code with which a retry is refused; nothing is made then, and the preview says the same."""
    before = Run.objects.count()
    with pytest.raises(ServiceError) as error:
        retry_run(run=run, actor=actor, **how)
    assert Run.objects.count() == before
    told = choice(run, **how).refusal
    assert told is not None
    assert (told.code, told.detail) == (error.value.code, error.value.detail)
    return told.code


def choice(run: Run, start: str = "failed_step", version: str = "run") -> RetryChoice:
    return next(one for one in retry_choices(run=run) if (one.start, one.version) == (start, version))


def done() -> dict[str, int]:
    """How often each of the effects is in the database."""
    return {
        "comments": RecordComment.objects.count(),
        "messages": Notification.objects.count(),
        "mails": OutgoingEmail.objects.count(),
        "errands": Record.objects.filter(module__key="errands").count(),
    }


ONCE = {"comments": 1, "messages": 1, "mails": 1, "errands": 0}


def statuses(run: Run) -> dict[str, str]:
    """By node; what was kept is marked so."""
    return {
        step.node: f"{step.status} kept from {step.kept_from}" if step.kept_from else step.status
        for step in Step.objects.filter(run=run)
    }


def log(run: Run) -> list[str]:
    return list(LogEntry.objects.filter(run=run).order_by("seq").values_list("message", flat=True))
