"""What the database itself refuses, whoever asks: by the ORM and by plain SQL."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.db.models import CheckConstraint, UniqueConstraint
from django.utils import timezone

from automations.models import AuditEntry, Policy, PolicyRevision, Run, Workflow, WorkflowVersion
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


def refused(sql: str, *parameters: Any) -> str:
    """What the database says to a statement that it must refuse."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
    return str(error.value)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE automations_auditentry SET reason = 'nothing happened'",
        "UPDATE automations_auditentry SET actor_name = 'mallory'",
        "DELETE FROM automations_auditentry",
        "UPDATE automations_workflowversion SET document = '{}'",
        "UPDATE automations_workflowversion SET digest = repeat('0', 64)",
        "UPDATE automations_workflowversion SET number = number + 1",
        "UPDATE automations_policyrevision SET rule = '{}'",
    ],
)
@pytest.mark.usefixtures("workflow")
def test_audit_versions_and_revisions_cannot_be_rewritten_by_sql(sql: str) -> None:
    assert "never changed" in refused(sql)


@pytest.mark.usefixtures("workflow")
def test_nor_can_they_by_the_orm() -> None:
    for rows, field, value in (
        (AuditEntry.objects.all(), "reason", "x"),
        (WorkflowVersion.objects.all(), "document", {}),
        (PolicyRevision.objects.all(), "rule", {}),
    ):
        row = rows[0]  # type: ignore[index]
        setattr(row, field, value)
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            row.save()
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            rows.update(**{field: value})  # type: ignore[attr-defined]
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        AuditEntry.objects.all().delete()


def test_what_history_hangs_on_cannot_be_deleted(workflow: Workflow, root: Any) -> None:
    workflow.run_as = root
    workflow.save()
    for row in (WorkflowVersion.objects.get(), workflow, Policy.objects.get(), root):
        before = Run.objects.count(), AuditEntry.objects.count()
        with pytest.raises(IntegrityError), transaction.atomic():
            row.delete()
        assert (Run.objects.count(), AuditEntry.objects.count()) == before


def constraints(kind: type) -> list[Any]:
    return [
        pytest.param(model, constraint, id=constraint.name)
        for model in apps.get_app_config("automations").get_models()
        for constraint in model._meta.constraints
        if isinstance(constraint, kind)
    ]


@pytest.mark.parametrize(("model", "constraint"), constraints(CheckConstraint))
def test_every_check_that_a_model_declares_is_in_the_database(
    model: Any, constraint: CheckConstraint
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT convalidated FROM pg_constraint WHERE conname = %s AND conrelid = %s::regclass AND contype = 'c'",
            [constraint.name, model._meta.db_table],
        )
        assert cursor.fetchall() == [(True,)]


@pytest.mark.parametrize(("model", "constraint"), constraints(UniqueConstraint))
def test_every_uniqueness_that_a_model_declares_is_in_the_database(
    model: Any, constraint: UniqueConstraint
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indisunique FROM pg_index WHERE indexrelid = %s::regclass AND indrelid = %s::regclass",
            [constraint.name, model._meta.db_table],
        )
        assert cursor.fetchall() == [(True,)]


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE automations_run SET status = 'sleeping'",
        "UPDATE automations_run SET finished_at = NULL",
        "UPDATE automations_run SET status = 'running', finished_at = NULL, lease_token = NULL",
        "UPDATE automations_workflow SET mode = 'half'",
        "INSERT INTO automations_run (workflow_id, version_id, event_id, trigger_node, dedupe_key, mode, status, module_id,"
        " record_key, input, outcome, inconclusive, failure_code, failure, depth, correlation_id, clock, attempt, due_at,"
        " last_seq, created_at, parent_node, finished_at)"
        " SELECT workflow_id, version_id, event_id, trigger_node, dedupe_key, mode, status, module_id, record_key, input,"
        " outcome, inconclusive, failure_code, failure, depth, correlation_id, clock, attempt, due_at, last_seq,"
        " created_at, parent_node, finished_at FROM automations_run",
    ],
)
@pytest.mark.usefixtures("workflow")
def test_a_state_that_cannot_be_is_refused(sql: str) -> None:
    said = refused(sql)
    assert "constraint" in said, said


def test_a_run_of_one_event_and_trigger_exists_once(workflow: Workflow) -> None:
    run = Run.objects.get()
    run.pk = None
    run.created_at = timezone.now()
    with pytest.raises(IntegrityError, match="run_"), transaction.atomic():
        run.save(force_insert=True)
