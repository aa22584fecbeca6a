"""What may not go, and what may not be there twice."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from automations.models import AuditEntry, Policy, Run, Workflow, WorkflowVersion
from automations.services.policies import create_policy
from automations.services.records import create_record
from automations.testing import chain, make_module, make_workflow, node, run_everything

pytestmark = pytest.mark.django_db


@pytest.fixture
def workflow(root: Any) -> Workflow:
    tickets = make_module("tickets", {"title": "text"})
    create_policy(key="p", name="P", module=tickets, rule={"field": "title", "op": "is_empty"}, actor=root)
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    workflow = make_workflow("w", chain(trigger, node("a1", "action.comment", text="x")), owner=root)
    create_record(module=tickets, key="T1", values={"title": "x"}, actor=root)
    run_everything()
    return workflow


def test_what_history_hangs_on_cannot_be_deleted(workflow: Workflow, root: Any) -> None:
    workflow.run_as = root
    workflow.save()
    for row in (WorkflowVersion.objects.get(), workflow, Policy.objects.get(), root):
        before = Run.objects.count(), AuditEntry.objects.count()
        with pytest.raises(IntegrityError), transaction.atomic():
            row.delete()
        assert (Run.objects.count(), AuditEntry.objects.count()) == before


def test_a_run_of_one_event_and_trigger_exists_once(workflow: Workflow) -> None:
    run = Run.objects.get()
    run.pk = None
    run.created_at = timezone.now()
    with pytest.raises(IntegrityError, match="run_"), transaction.atomic():
        run.save(force_insert=True)
