"""The trail in the API: who sees which entries, filters, the file, the chain."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection

from automations import permissions
from automations.models import AuditEntry, Workflow
from automations.services.audit import write_audit
from automations.services.workflows import pause_workflow

from .conftest import client_of, grant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sealed(workflow: Workflow, alice: Any) -> None:
    """Something has been done, and its links are made as at a commit."""
    pause_workflow(workflow=workflow, reason="=1+1 checked by hand", actor=alice)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def actions(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["action"] for row in answer.json()["results"]]


def test_those_with_the_right_see_all_of_it(charlie: Any) -> None:
    everything = client_of(grant(charlie, "view_auditentry")).get("/api/v1/audit/?limit=200")
    assert len(actions(everything)) == AuditEntry.objects.count()
    first = everything.json()["results"][0]
    assert first["action"] == "workflow.paused"
    assert first["actor"] == "alice"
    assert first["reason"] == "=1+1 checked by hand"
    assert first["link"] == AuditEntry.objects.count()
    assert len(first["hash"]) == 64


def test_others_see_their_own_and_what_concerns_workflows_in_sight(workflow: Workflow, charlie: Any) -> None:
    client = client_of(charlie)
    assert actions(client.get("/api/v1/audit/")) == []
    write_audit(actor=charlie, action="module.looked_at", obj=charlie)
    assert actions(client.get("/api/v1/audit/")) == ["module.looked_at"]
    permissions.seed_roles()
    permissions.grant_owner(workflow, charlie)
    seen = actions(client_of(type(charlie).objects.get(pk=charlie.pk)).get("/api/v1/audit/"))
    assert seen[:2] == ["module.looked_at", "workflow.paused"]
    assert not any(action.startswith("module.created") for action in seen)


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("action=workflow.paused", 1),
        ("action=workflow.pau", 1),
        ("actor=alice&action=workflow.paused", 1),
        ("actor=nobody", 0),
        ("object_type=workflow&object_id=0", 0),
        ("after=2000-01-01T00:00:00Z&action=workflow.paused", 1),
        ("before=2000-01-01T00:00:00Z", 0),
    ],
)
def test_it_is_filtered(charlie: Any, query: str, count: int) -> None:
    client = client_of(grant(charlie, "view_auditentry"))
    assert len(actions(client.get(f"/api/v1/audit/?{query}"))) == count


def test_an_unknown_filter_is_refused(charlie: Any) -> None:
    answer = client_of(charlie).get("/api/v1/audit/?who=alice")
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["path"] == "who"


def test_the_file_holds_the_same_and_no_formula(charlie: Any) -> None:
    client = client_of(grant(charlie, "view_auditentry"))
    answer = client.get("/api/v1/audit/export/?action=workflow.paused")
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["action"] for row in rows] == ["workflow.paused"]
    assert rows[0]["reason"] == "'=1+1 checked by hand"


def test_the_chain_is_checked_for_those_who_may_see_all(charlie: Any) -> None:
    assert client_of(charlie).get("/api/v1/audit/chain/").status_code == 403
    client = client_of(grant(charlie, "view_auditentry"))
    report = client.get("/api/v1/audit/chain/").json()
    assert report["whole"] is True
    assert report["links"] == AuditEntry.objects.count()
    assert client.get(f"/api/v1/audit/chain/?head={report['head']}").json()["whole"] is True
    lost = client.get(f"/api/v1/audit/chain/?head={'0' * 64}").json()
    assert lost["whole"] is False
    assert lost["breaks"][0]["why"] == "the noted head is no link of this chain"
