"""Approvals are decided, and runs undone, on a page of the admin that shows first what would follow."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from automations.grants import set_rights
from automations.models import (
    Approval,
    ApprovalDecision,
    AuditEntry,
    Module,
    Record,
    Run,
    RunSignal,
    RunUndo,
    Workflow,
)
from automations.services.records import create_record, update_record
from automations.testing import edge, make_workflow, node, run_everything

from .conftest import client_of
from .tools import address_of, do, offered

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(tickets: Module, alice: Any, bob: Any, charlie: Any, root: Any) -> Approval:
    """Alice's workflow asks Bob, of the staff, before it closes a ticket."""
    document = {
        "schema": 1,
        "nodes": [
            node("t1", "trigger.record", module="tickets", on=["created"]),
            node("p1", "action.approval", title="Close it?", users=["bob"]),
            node("a1", "action.update_fields", values={"state": "closed"}),
        ],
        "edges": [edge("t1", "p1"), edge("p1", "a1", "approved")],
    }
    workflow = make_workflow("Close", document, owner=alice, run_as=root)
    for person in (bob, charlie):
        set_rights(workflow, person, ("view", "approve"))
        person.is_staff = True
        person.save()
    create_record(module=tickets, key="T1", values={"title": "One", "state": "open"}, actor=root)
    run_everything()
    return Approval.objects.get()


def state_of(key: str) -> Any:
    return Record.objects.get(key=key).data["state"]


def test_who_is_asked_sees_what_would_follow_and_agrees(asked: Approval, bob: Any) -> None:
    client = client_of(bob)
    shown = client.get(address_of(asked, "decide"))
    (table,) = (block for block in shown.context["blocks"] if block.title == "What would follow")
    assert table.rows == [("a1", "action.update_fields", "T1", "state", "open", "closed")]
    assert do(client, asked, "decide", "approve", reason="Fine") == ["Kept: approve. It is approved now."]
    assert RunSignal.objects.get(run=asked.run_id, node="p1").outcome["by"] == ["bob"]
    entry = AuditEntry.objects.get(action="approval.approved")
    assert (entry.actor_name, entry.reason) == ("bob", "Fine")
    assert offered(client, asked, "decide") == []


def test_a_rejection_needs_a_reason(asked: Approval, bob: Any) -> None:
    client = client_of(bob)
    (said,) = do(client, asked, "decide", "reject")
    assert said.startswith("A rejection needs a reason.")
    assert do(client, asked, "decide", "reject", reason="Still open") == ["Kept: reject. It is rejected now."]


def test_who_is_not_asked_is_offered_nothing_and_sees_no_values(asked: Approval, charlie: Any) -> None:
    client = client_of(charlie)
    assert offered(client, asked, "decide") == []
    shown = client.get(address_of(asked, "decide")).content.decode()
    assert "You are not among those who are asked." in shown
    assert "What would follow" not in shown
    sent = {"task": "approve", "approve-plan_hash": asked.plan_hash}
    assert client.post(address_of(asked, "decide"), sent).status_code == 302
    assert not ApprovalDecision.objects.exists()


def test_an_answer_to_what_is_no_longer_so_is_refused(
    asked: Approval, bob: Any, tickets: Module, root: Any
) -> None:
    client = client_of(bob)
    (said,) = do(client, asked, "decide", "approve", plan_hash="0" * 64)
    assert said.startswith("What would be done has changed since you looked.")
    update_record(module=tickets, key="T1", values={"title": "Other"}, actor=root)
    shown = client.get(address_of(asked, "decide")).content.decode()
    assert "Changed since it was asked" in shown
    (said,) = do(client, asked, "decide", "approve")
    assert said.startswith("The record was changed since this was asked")
    asked.refresh_from_db()
    assert asked.state == "cancelled"


def test_somebody_else_is_put_in_ones_place(asked: Approval, bob: Any, charlie: Any) -> None:
    said = do(client_of(bob), asked, "decide", "delegate", receiver=charlie.pk, reason="Away")
    assert said == ["charlie is asked in your place."]
    assert AuditEntry.objects.get(action="approval.delegated").actor_name == "bob"
    assert "approve" in offered(client_of(charlie), asked, "decide")
    assert "approve" not in offered(client_of(bob), asked, "decide")


def test_a_run_is_undone_as_its_page_has_shown_and_the_undo_is_taken_back(
    admin_client: Client, workflow: Workflow
) -> None:
    run = Run.objects.get()
    shown = admin_client.get(address_of(run, "undo"))
    assert shown.context["blocks"][0].rows == [("tickets", "T1", "state", "seen", None)]
    (said,) = do(admin_client, run, "undo", "undo", plan_hash="0" * 64, reason="Wrong")
    assert said.startswith("Something has changed since you looked.")
    assert do(admin_client, run, "undo", "undo", reason="Wrong") == ["Undone: 1 fields are put back."]
    assert Record.objects.get().data.get("state") is None
    entry = AuditEntry.objects.get(action="run.undone")
    assert (entry.actor_name, entry.reason) == ("root", "Wrong")
    said = do(admin_client, RunUndo.objects.get(), "take-back", "back", reason="Right after all")
    assert said == ["The undo is taken back."]
    assert state_of("T1") == "seen"


def test_who_may_not_retry_is_not_led_to_undo(workflow: Workflow, bob: Any) -> None:
    set_rights(workflow, bob, ("view", "view_payloads"))
    bob.is_staff = True
    bob.save()
    run, client = Run.objects.get(), client_of(bob)
    assert client.get(address_of(run, "undo")).status_code == 403
    assert client.post(address_of(run, "undo"), {"task": "undo"}).status_code == 403
    assert address_of(run, "undo") not in client.get(address_of(run, "change")).content.decode()
    assert not RunUndo.objects.exists()
