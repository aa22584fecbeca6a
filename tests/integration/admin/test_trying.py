"""Run-tests, scenarios, backtests and shadows are asked for on a workflow's page, by who may test it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from automations import permissions
from automations.models import (
    AuditEntry,
    Backtest,
    Module,
    Record,
    RunTestMark,
    Scenario,
    ScenarioResult,
    Workflow,
)
from automations.services.drafts import save_draft
from automations.services.records import create_record

from .conftest import AHEAD, client_of
from .tools import address_of, do, offered

pytestmark = pytest.mark.django_db


@pytest.fixture
def ahead(workflow: Workflow, root: Any) -> Workflow:
    """The workflow with a draft that is not what is live."""
    trigger = {**AHEAD["nodes"][0], "config": {"module": "tickets", "on": ["created"]}}  # type: ignore[index]
    save_draft(
        workflow=workflow,
        document={**AHEAD, "nodes": [trigger, *AHEAD["nodes"][1:]]},  # type: ignore[index]
        revision=None,
        actor=root,
    )
    return workflow


def test_a_backtest_of_the_draft_is_queued_beside_the_version_and_range_that_were_chosen(
    admin_client: Client, ahead: Workflow
) -> None:
    said = do(admin_client, ahead, "backtests", "backtest", version="draft", against="1", days="3")
    made = Backtest.objects.get()
    assert said == [
        f"Backtest {made.pk} is queued. A worker does it between runs; open it below to see how far it is."
    ]
    assert (made.version, made.against, (made.until - made.since).days) == (None, ahead.active_version, 3)
    entry = AuditEntry.objects.get(action="workflow.backtest_started")
    assert (entry.actor_name, entry.after["against"]) == ("root", 1)
    assert f"Backtest {made.pk}" in admin_client.get(address_of(ahead, "backtests")).content.decode()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"days": "3", "since": "2026-01-01 00:00"}, "Send either “days” or “since” and “until”."),
        ({"since": "2026-02-01", "until": "2026-01-01"}, "“since” is not before “until”."),
        ({"days": "0"}, "greater than or equal to 1"),
        ({"version": "7"}, "not one of the available choices"),
    ],
)
def test_a_backtest_that_cannot_be_says_why_at_its_field(
    admin_client: Client, ahead: Workflow, given: dict[str, str], told: str
) -> None:
    (said,) = do(admin_client, ahead, "backtests", "backtest", **{"version": "draft", **given})
    assert told in said
    assert not Backtest.objects.exists()


def test_a_shadow_follows_and_there_is_one_at_a_time(admin_client: Client, ahead: Workflow) -> None:
    (said,) = do(admin_client, ahead, "backtests", "shadow", version="draft", days="2")
    shadow = Backtest.objects.get()
    assert (said, shadow.is_shadow) == (f"Shadow {shadow.pk} follows live events from now on.", True)
    assert AuditEntry.objects.get(action="workflow.shadow_started").actor_name == "root"
    (said,) = do(admin_client, ahead, "backtests", "shadow", version="draft")
    assert "has a shadow already" in said


def test_who_may_not_test_neither_sees_the_page_nor_starts_anything(ahead: Workflow, bob: Any) -> None:
    permissions.seed_roles()
    permissions.share(ahead, "Viewer")
    bob.groups.add(Group.objects.get(name="Viewer"))
    bob.is_staff = True
    bob.save()
    client = client_of(bob)
    for slug in ("backtests", "run-test"):
        assert client.get(address_of(ahead, slug)).status_code == 403
        sent = {"task": "backtest", "backtest-version": "draft"}
        assert client.post(address_of(ahead, slug), sent).status_code == 403
    assert offered(client, ahead, "scenarios") == []
    assert not Backtest.objects.exists()


def test_the_pages_of_a_workflow_that_one_cannot_see_are_not_there(ahead: Workflow, charlie: Any) -> None:
    charlie.is_staff = True
    charlie.save()
    for slug in ("backtests", "run-test", "scenarios", "gate", "go-live", "versions"):
        assert client_of(charlie).get(address_of(ahead, slug)).status_code == 404


def test_a_run_test_shows_candidates_and_writes_nothing_but_that_it_was_done(
    admin_client: Client, ahead: Workflow, tickets: Module, root: Any
) -> None:
    create_record(module=tickets, key="T2", values={"title": "Two"}, actor=root)
    before = list(Record.objects.values_list("key", "version"))
    said = do(admin_client, ahead, "run-test", "test", version="draft")
    assert said == ["What it would do", "Candidates", "Log"]
    mark = RunTestMark.objects.get()
    assert (mark.tested_by_name, mark.candidates) == ("root", 2)
    assert list(Record.objects.values_list("key", "version")) == before
    (said,) = do(admin_client, ahead, "run-test", "test", version="draft", record="T404")
    assert "no record “T404”" in said


def test_a_scenario_is_saved_and_all_are_run(admin_client: Client, ahead: Workflow) -> None:
    given = '{"record": {"module": "tickets", "key": "T1", "values": {"title": "One"}}}'
    said = do(admin_client, ahead, "scenarios", "save", name="One", kind="positive", given=given)
    assert said == ["“One” is saved."]
    assert AuditEntry.objects.get(action="scenario.saved").actor_name == "root"
    assert do(admin_client, ahead, "scenarios", "run", version="draft") == ["1 of 1 scenarios pass."]
    assert ScenarioResult.objects.filter(scenario=Scenario.objects.get(), status="passed").exists()
    (said,) = do(
        admin_client, ahead, "scenarios", "save", name="Two", kind="positive", given='{"nothing": 1}'
    )
    assert "nothing" in said
