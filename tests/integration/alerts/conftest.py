from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from automations.models import Alert, Run, Workflow
from automations.services.watching import watch
from automations.testing import chain, make_module, make_workflow, node


@pytest.fixture
def workflow(alice: Any) -> Workflow:
    """It acts, on tickets; what its runs did is written by `ran`."""
    make_module("tickets", {"subject": "text", "state": "text"})
    document = chain(
        node("t1", "trigger.record", module="tickets", on=["created"]),
        node("a1", "action.update_fields", values={"state": "seen"}) | {"title": "Mark it"},
    )
    return make_workflow("watch-tickets", document, owner=alice)


@pytest.fixture
def now(db: None) -> datetime:
    """The database's time, which stands still in a test's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        moment: datetime = cursor.fetchone()[0]
    return moment


@pytest.fixture
def ran(now: datetime) -> Callable[..., Run]:
    """A run that ended so many minutes ago."""

    def make(workflow: Workflow, status: str, *, ago: float = 1, **fields: Any) -> Run:
        at = now - timedelta(minutes=ago)
        return Run.objects.create(
            workflow=workflow,
            version=workflow.active_version,
            dedupe_key=f"{Run.objects.count()}",
            status=status,
            failure_code="boom" if status == "failed" else "",
            failure={"message": "Secret of a record", "node": "a1"} if status == "failed" else {},
            **{
                "trigger_node": "t1",
                "mode": "execute",
                "due_at": at,
                "created_at": at,
                "started_at": at,
                "finished_at": at,
                **fields,
            },
        )

    return make


@pytest.fixture
def alerts(now: datetime) -> Callable[..., list[Alert]]:
    """Look, so many minutes after now; the alerts that are open then."""

    def look(*, after: float = 0) -> list[Alert]:
        watch(now=now + timedelta(minutes=after))
        return list(Alert.objects.filter(resolved_at=None))

    return look
