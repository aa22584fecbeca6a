"""An event that is kept by reference because it is large is made up for, and foreseen, with its whole value."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from automations.models import Event, LargeValue, Module, Record, Run, Step
from automations.services.sources import create_source, send_event
from automations.testing import chain, make_module, make_workflow, node, run_everything

from .world import asked, go_on, previewed, told

pytestmark = pytest.mark.django_db
LONG = "All that a customer wrote. " * 100


@pytest.fixture
def letters(alice: Any, settings: Any) -> Module:
    """Two letters that came before anybody looked, and what becomes of such."""
    settings.AUTOMATIONS_LARGE_VALUE_BYTES = 1_000
    module = make_module("cases", {"title": "text", "amount": "text"})
    source = create_source(key="letters", name="Letters", actor=alice)
    for number in (1, 2):
        # What is read stands behind the beginning that the row shows.
        data = {"text": LONG, "z_case": f"C{number}", "z_last": f"the end of {number}"}
        send_event(source=source, data=data, idempotency_key=None, actor=alice)
    run_everything()
    return module


def test_its_whole_value_is_judged_and_read_by_the_steps(
    letters: Module, owner: APIClient, alice: Any
) -> None:
    assert [event.snapshot for event in Event.objects.all()] == [None, None]
    assert all("the end" not in kept.preview for kept in LargeValue.objects.all())
    steps = (
        node("t1", "trigger.event", source="letters"),
        node("a1", "action.create_record", module="cases", values={"title": "{{ event.data.z_last }}"}),
        node("a2", "action.set_variable", values={"text": {"ref": "event.data.text"}}),
    )
    workflow = make_workflow("w", chain(*steps), owner=alice)
    assert previewed(owner, workflow)["total"] == 2
    dry = go_on(owner, asked(owner, workflow, dry_run=True)["id"], slices=2)
    assert told(dry) == {"would_succeed": 2}
    items = owner.get(f"/api/v1/backfills/{dry['id']}/items/").json()["results"]
    foreseen = {change["after"] for item in items for change in item["changes"] if change["field"] == "title"}
    assert foreseen == {"the end of 1", "the end of 2"}
    assert not Record.objects.exists()

    ended = go_on(owner, asked(owner, workflow)["id"])
    assert (ended["status"], told(ended)) == ("done", {"started": 2})
    assert {record.data["title"] for record in Record.objects.all()} == {"the end of 1", "the end of 2"}
    for run in Run.objects.all():
        assert run.status == "succeeded", run.failure
        assert Step.objects.get(run=run, node="a2").whole_output == {"text": LONG}
