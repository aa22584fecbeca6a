"""A small world in which every service can be called, and what the database holds, table by table."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from guardian.shortcuts import assign_perm

from automations.models import Module, Notification, Run, TriggerSource, Workflow
from automations.services.drafts import save_draft
from automations.services.import_mappings import ImportMapping, read_mapping
from automations.services.policies import create_policy
from automations.services.records import create_record
from automations.services.runs import start_run
from automations.services.sources import create_source
from automations.services.versions import publish_version
from automations.services.workflows import create_workflow
from automations.testing import chain, make_module, node, run_everything

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "state", "type": "choice", "choices": ["open", "closed"]},
    {"key": "amount", "type": "money"},
    {"key": "seen", "type": "datetime", "indexed": True},
    {"key": "extra", "type": "json"},
]
RULE = {"field": "amount", "op": "gt", "value": "100"}
MAPPING = '{"key": "Number", "columns": {"Title": "title"}}'


def document(text: str) -> dict[str, Any]:
    """A workflow that a person starts on a ticket and that comments it."""
    return chain(node("t1", "trigger.manual", module="tickets"), node("a1", "action.comment", text=text))


@dataclass(frozen=True, slots=True)
class World:
    """Alice's workflow on tickets: versions 1 and 2, the second live in simulate, and a draft that differs."""

    alice: Any
    bob: Any
    tickets: Module
    machines: Module
    workflow: Workflow
    run: Run
    source: TriggerSource
    policy: Any
    note: Notification

    def fresh(self) -> Workflow:
        return Workflow.objects.select_related("active_version").get(pk=self.workflow.pk)

    def file(self, text: str = "Number,Title\nT1,Anew\nT2,New\n") -> io.BytesIO:
        return io.BytesIO(text.encode())

    def mapping(self) -> ImportMapping:
        return read_mapping(MAPPING, self.tickets)


def build_world(alice: Any, bob: Any) -> World:
    tickets = make_module("tickets", FIELDS, title_field="title", status_field="state")
    machines = make_module("machines", {"name": "text"})
    assign_perm("automations.use_module", bob, tickets)
    create_record(module=tickets, key="T1", values={"title": "One", "state": "open"}, actor=alice)
    create_record(module=machines, key="M1", values={"name": "Press"}, actor=bob)
    workflow = create_workflow(key="greet", name="Greet", module=tickets, actor=alice)
    for text in ("First", "Second"):
        save_draft(workflow=workflow, document=document(text), revision=None, actor=alice)
        publish_version(workflow=workflow, actor=alice)
    save_draft(workflow=workflow, document=document("Third"), revision=None, actor=alice)
    start_run(workflow=workflow, actor=alice, record_key="T1")
    run_everything()
    return World(
        alice=alice,
        bob=bob,
        tickets=tickets,
        machines=machines,
        workflow=workflow,
        run=Run.objects.get(),
        source=create_source(key="shop", name="Shop", module=tickets, actor=alice),
        policy=create_policy(key="large", name="Large", module=tickets, rule=RULE, actor=alice),
        note=Notification.objects.create(user=alice, key=str(uuid.uuid4()), title="Hello", created_at=NOW),
    )


def contents() -> dict[str, tuple[int, str]]:
    """The number of rows of every table and a digest of all that they hold."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT '{table}', count(*), md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), ''))"  # noqa: S608 - names from the catalogue
                f' FROM "{table}" t'
                for table in tables
            )
        )
        return {table: (count, digest) for table, count, digest in cursor.fetchall()}


def changed_tables(work: Callable[[], Any]) -> set[str]:
    """The tables, without the app's prefix, whose rows `work` has changed."""
    before = contents()
    work()
    after = contents()
    return {table.removeprefix("automations_") for table in after if before[table] != after[table]}
