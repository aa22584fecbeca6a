"""What was published and what was noted stays as it was, whichever way somebody tries to rewrite it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, models, transaction

from automations.models import AuditEntry, LogEntry, PolicyRevision, Run, Step, WorkflowVersion
from automations.services.audit import write_audit
from automations.services.drafts import save_draft
from automations.services.releases import rollback_workflow
from automations.services.runs import cancel_run, start_run
from automations.services.versions import publish_version
from automations.testing import chain, make_workflow, node, run_everything

from .world import World, document

pytestmark = pytest.mark.django_db

FROZEN: dict[type[models.Model], tuple[str, ...]] = {
    AuditEntry: tuple(field.name for field in AuditEntry._meta.concrete_fields),
    WorkflowVersion: ("workflow", "number", "digest", "document"),
    PolicyRevision: ("policy", "number", "rule"),
}


def refused(work: Callable[[], Any], model: type[models.Model]) -> None:
    """`work` must end in the refusal of the table's guard."""
    with pytest.raises(DatabaseError, match="rows are never changed") as error, transaction.atomic():
        work()
    cause = error.value.__cause__
    assert isinstance(cause, psycopg.errors.RestrictViolation)
    assert model._meta.db_table in str(cause)


def by_sql(statement: str) -> Callable[[], Any]:
    return lambda: connection.cursor().execute(statement)


@pytest.mark.parametrize("model", FROZEN, ids=lambda model: model.__name__)
def test_no_frozen_cell_is_rewritten_even_with_what_it_holds(model: type[models.Model], world: World) -> None:
    row = model.objects.order_by("pk")[0]
    before = list(model.objects.order_by("pk").values())
    for name in FROZEN[model]:
        table, column = model._meta.db_table, model._meta.get_field(name).column
        refused(by_sql(f"UPDATE {table} SET {column} = {column} WHERE id = {row.pk}"), model)  # noqa: S608 - our own names
        refused(lambda name=name: model.objects.filter(pk=row.pk).update(**{name: models.F(name)}), model)
        if name == "id":
            continue
        upsert = {"update_conflicts": True, "unique_fields": ["id"], "update_fields": [name]}
        refused(lambda name=name: row.save(update_fields=[name]), model)
        refused(lambda name=name: model.objects.bulk_update([row], [name]), model)
        refused(lambda upsert=upsert: model.objects.bulk_create([row], **upsert), model)
    assert list(model.objects.order_by("pk").values()) == before


def test_no_entry_of_the_trail_is_deleted(world: World) -> None:
    before, first = AuditEntry.objects.count(), AuditEntry.objects.all()[0]
    gone = "WITH gone AS (DELETE FROM automations_auditentry RETURNING id) SELECT count(*) FROM gone"
    refused(first.delete, AuditEntry)
    refused(AuditEntry.objects.all().delete, AuditEntry)
    refused(lambda: AuditEntry.objects.all()._raw_delete("default"), AuditEntry)
    refused(by_sql("DELETE FROM automations_auditentry WHERE id > 0"), AuditEntry)
    refused(by_sql(gone), AuditEntry)
    assert AuditEntry.objects.count() == before


def test_the_trail_remembers_a_person_who_is_gone(world: World) -> None:
    write_audit(actor=world.bob, action="thing.done", obj=world.workflow)
    publish_version(workflow=world.workflow, actor=world.bob)
    gone = world.bob.pk
    before = list(AuditEntry.objects.values())
    world.bob.delete()
    assert list(AuditEntry.objects.values()) == before
    assert AuditEntry.objects.get(action="thing.done").actor_name == "bob"
    assert AuditEntry.objects.filter(actor_id=gone).exists()
    newest = WorkflowVersion.objects.order_by("-number")[0]
    assert (newest.published_by, newest.number) == (None, 3)


def test_releases_only_add_versions_and_never_use_a_number_twice(world: World) -> None:
    def versions() -> list[dict[str, Any]]:
        return list(WorkflowVersion.objects.order_by("number").values())

    first = versions()
    rollback_workflow(workflow=world.workflow, number=1, reason="", actor=world.alice)
    assert versions() == first
    publish_version(workflow=world.workflow, actor=world.alice)
    save_draft(workflow=world.workflow, document=document("Fourth"), revision=None, actor=world.alice)
    assert versions()[:2] == first
    assert [row["number"] for row in versions()] == [1, 2, 3]


def test_what_a_run_has_logged_and_done_stands_when_it_is_cancelled(alice: Any) -> None:
    steps = (node("a1", "action.set_variable", values={"x": 1}), node("w1", "action.wait", **{"for": "P1D"}))
    workflow = make_workflow("slow", chain(node("t1", "trigger.manual"), *steps), owner=alice)
    start_run(workflow=workflow, actor=alice)
    run_everything()
    run = Run.objects.get()
    lines = list(LogEntry.objects.filter(run=run).order_by("seq").values())
    done = list(Step.objects.filter(run=run, status="succeeded").order_by("position").values())
    assert (run.status, [step["node"] for step in done]) == ("waiting", ["t1", "a1"])
    cancel_run(run=run, actor=alice, reason="No longer needed")
    after = list(LogEntry.objects.filter(run=run).order_by("seq").values())
    assert after[: len(lines)] == lines
    assert [line["seq"] for line in after] == list(range(1, len(lines) + 2))
    assert after[-1]["message"] == "Cancelled by alice: No longer needed."
    assert list(Step.objects.filter(run=run, status="succeeded").order_by("position").values()) == done
    assert Step.objects.get(run=run, node="w1").status == "cancelled"
    run.refresh_from_db()
    assert run.last_seq == len(after)
