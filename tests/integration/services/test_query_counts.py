"""What a service asks of the database depends on what it does, not on how many rows it does it to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from automations.insight.firings import preview_firings
from automations.insight.run_news import RunCursor, read_run_news, read_workflow_runs
from automations.models import Decision, Event, LogEntry, Record, Run, Workflow
from automations.runtime.drain import drain
from automations.services.drafts import load_draft, save_draft
from automations.services.modules import update_module
from automations.services.policies import create_policy
from automations.services.record_imports import import_records
from automations.services.records import create_record, import_rows
from automations.services.run_tests import RunTestRequest, run_test
from automations.services.runs import start_run
from automations.services.versions import publish_version, validate_definition_of
from automations.services.workflows import create_workflow
from automations.testing import chain, make_module, node

from .world import FIELDS, NOW, RULE, World

pytestmark = pytest.mark.django_db

SIZES = (1, 2, 30)
"""The first warms what is remembered between calls; the second and the third are compared."""

Work = Callable[[], Any]


def comments(count: int) -> dict[str, Any]:
    trigger = node("t1", "trigger.manual", module="tickets")
    return chain(trigger, *(node(f"a{n}", "action.comment", text=f"Hello {n}") for n in range(count)))


def draft_of(world: World, count: int) -> Workflow:
    workflow = create_workflow(
        name=f"Draft {Workflow.objects.count()}", module=world.tickets, actor=world.alice
    )
    save_draft(workflow=workflow, document=comments(count), revision=None, actor=world.alice)
    return workflow


def tickets(world: World, count: int) -> list[str]:
    """So many tickets in all, by key."""
    for number in range(Record.objects.filter(module=world.tickets).count(), count):
        create_record(
            module=world.tickets, key=f"R{number}", values={"title": "x", "state": "open"}, actor=world.alice
        )
    return list(Record.objects.filter(module=world.tickets).values_list("key", flat=True))


def loading_a_draft(world: World, count: int) -> Work:
    workflow = draft_of(world, count)
    return lambda: load_draft(workflow)


def saving_a_draft(world: World, count: int) -> Work:
    workflow = draft_of(world, 1)
    document = comments(count + 1)
    return lambda: save_draft(workflow=workflow, document=document, revision=None, actor=world.alice)


def validating_beside_many_things(world: World, count: int) -> Work:
    for number in range(count):
        make_module(f"beside_{count}_{number}", {"name": "text"})
        create_policy(key=f"p-{count}-{number}", name="P", module=world.tickets, rule=RULE, actor=world.alice)
        create_workflow(name=f"Beside {count} {number}", actor=world.alice)
        Group.objects.create(name=f"Group {count} {number}")
    return lambda: validate_definition_of(world.workflow, load_draft(world.workflow).definition)


def publishing(world: World, count: int) -> Work:
    workflow = draft_of(world, count)
    return lambda: publish_version(workflow=workflow, actor=world.alice)


def rehearsing_the_live_records(world: World, count: int) -> Work:
    keys = tickets(world, count)
    request = RunTestRequest(records="live", limit=100)

    def work() -> None:
        assert run_test(workflow=world.workflow, request=request)["candidates"]["shown"] == len(keys)

    return work


def rehearsing_named_records(world: World, count: int) -> Work:
    request = RunTestRequest(records=tickets(world, count))
    return lambda: run_test(workflow=world.workflow, request=request)


def importing_new_rows(world: World, count: int) -> Work:
    rows = [(f"new-{count}-{number}", {"title": "x"}) for number in range(count)]
    return lambda: import_rows(module=world.tickets, rows=rows, actor=world.alice)


def importing_known_rows(world: World, count: int) -> Work:
    rows = [(key, {"title": f"{count} {key}"}) for key in tickets(world, count)]
    return lambda: import_rows(module=world.tickets, rows=rows, actor=world.alice)


def importing_a_file(world: World, count: int) -> Work:
    lines = "".join(f"file-{count}-{number},x\n" for number in range(count))
    file, mapping = world.file(f"Number,Title\n{lines}"), world.mapping()
    return lambda: import_records(module=world.tickets, mapping=mapping, file=file, actor=None, at=NOW)


def removing_a_field_that_many_might_use(world: World, count: int) -> Work:
    for _ in range(count):
        draft_of(world, 1)
    fields = [*FIELDS, {"key": f"more_{count}", "type": "text"}]
    return lambda: update_module(module=world.tickets, fields=fields, actor=world.alice)


def previewing_many_events(world: World, count: int) -> Work:
    workflow = create_workflow(name=f"Preview {count}", module=world.tickets, actor=world.alice)
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    document = chain(trigger, node("a1", "action.comment", text="Hello"))
    save_draft(workflow=workflow, document=document, revision=None, actor=world.alice)
    tickets(world, count)
    definition, now = load_draft(workflow).definition, timezone.now()

    def work() -> None:
        found = preview_firings(workflow=workflow, definition=definition, trigger="t1", now=now)
        assert found.looked_at == Event.objects.filter(type="record.created", module=world.tickets).count()

    return work


def runs_of(world: World, count: int) -> None:
    for _ in range(Run.objects.count(), count):
        start_run(workflow=world.workflow, actor=world.alice, record_key="T1")
    drain()


def reading_the_runs_of_a_workflow(world: World, count: int) -> Work:
    runs_of(world, count)

    def work() -> None:
        found = read_workflow_runs(world.workflow.pk, after=0, among=(), limit=100)
        assert len(found) == count

    return work


def reading_the_news_of_a_run(world: World, count: int) -> Work:
    seq = world.run.logs.count()
    LogEntry.objects.bulk_create(
        LogEntry(run=world.run, seq=seq + number + 1, at=NOW, level="info", message="x")
        for number in range(count)
    )
    return lambda: read_run_news(RunCursor(run_id=world.run.pk))


def answering_an_event_with_its_decisions(world: World, count: int) -> Work:
    event = Event.objects.get(type="manual")
    world.bob.is_superuser = True
    world.bob.save()
    for number in range(event.decisions.count(), count):
        Decision.objects.create(
            event=event,
            workflow=world.workflow,
            version=world.run.version,
            trigger_node=f"t{number + 1}",
            outcome="filtered",
            at=NOW,
        )
    client = APIClient()
    client.force_login(world.bob)

    def work() -> None:
        assert len(client.get(f"/api/v1/events/{event.pk}/").json()["decisions"]) == count

    return work


CASES = [
    answering_an_event_with_its_decisions,
    loading_a_draft,
    saving_a_draft,
    validating_beside_many_things,
    publishing,
    rehearsing_the_live_records,
    rehearsing_named_records,
    importing_new_rows,
    importing_known_rows,
    importing_a_file,
    removing_a_field_that_many_might_use,
    previewing_many_events,
    reading_the_runs_of_a_workflow,
    reading_the_news_of_a_run,
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_many_rows_cost_no_more_queries_than_two(case: Callable[[World, int], Work], world: World) -> None:
    counts = []
    for size in SIZES:
        work = case(world, size)
        with CaptureQueriesContext(connection) as queries:
            work()
        counts.append(len(queries))
    assert counts[1] > 0
    assert counts[2] <= counts[1], counts
