"""The go-live checklist: filled from what was kept, signed by a person for one digest, printed without being obeyed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from automations.errors import ConflictError, InvalidError
from automations.insight.go_live_print import as_html, as_pdf
from automations.models import AuditEntry, Module, SignOff, Workflow
from automations.services.go_live import CHAPTERS, CHECKS, Check, note_run_test, read_checklist, sign_off
from automations.services.workflows import update_workflow

from .conftest import fresh, ticket

pytestmark = pytest.mark.django_db


def checks(workflow: Workflow) -> dict[tuple[str, str], Check]:
    checklist = read_checklist(workflow=fresh(workflow))
    return {(chapter.key, check.key): check for chapter in checklist.chapters for check in chapter.checks}


def test_each_chapter_has_each_check(proven: Workflow) -> None:
    assert set(checks(proven)) == {(chapter, check) for chapter in CHAPTERS for check in CHECKS}
    assert len(CHAPTERS) * len(CHECKS) == 42


def test_it_is_filled_from_what_happened(proven: Workflow, tickets: Module, alice: Any) -> None:
    before = checks(proven)
    assert before["builder", "run-test"].state == "open"
    assert before["triggers", "audit-and-log"].state == "open"
    assert before["recovery", "positive"].state == "open"
    assert before["builder", "positive"].state == "proven"
    assert before["conditions", "positive"].state == "open"  # the cases say nothing of the way
    assert before["webhooks", "page"].sentence == "Not used by this workflow."
    digest = fresh(proven).active_version.digest
    note_run_test(workflow=proven, digest=digest, candidates=12, actor=alice, now=timezone.now())
    ticket(tickets)
    after = checks(proven)
    assert after["builder", "run-test"].sentence.startswith("alice tested it on ")
    assert after["builder", "run-test"].sentence.endswith(" 12 candidates.")
    assert after["triggers", "audit-and-log"].sentence == "1 decision kept."
    assert after["recovery", "positive"].sentence == "1 run succeeded."
    assert after["recovery", "negative"].state == "not_used"
    assert after["actions", "audit-and-log"].state == "proven"


def test_a_test_of_another_draft_proves_nothing(
    proven: Workflow, release: Callable[..., Workflow], alice: Any
) -> None:
    digest = fresh(proven).active_version.digest
    note_run_test(workflow=proven, digest=digest, candidates=12, actor=alice, now=timezone.now())
    release(limit="150")
    assert checks(proven)["builder", "run-test"].state == "open"


def test_a_signature_is_for_one_version_and_stands_as_it_was(
    proven: Workflow, release: Callable[..., Workflow], alice: Any
) -> None:
    digest = fresh(proven).active_version.digest
    with pytest.raises(InvalidError) as refused:
        sign_off(workflow=proven, digest=digest, actor=alice, now=timezone.now())
    assert refused.value.problems[0].code == "note-too-short"
    with pytest.raises(ConflictError) as moved:
        sign_off(workflow=proven, digest="0" * 64, actor=alice, now=timezone.now(), note="Good enough for me")
    assert moved.value.code == "version-changed"
    signed = sign_off(
        workflow=proven, digest=digest, actor=alice, now=timezone.now(), note="Good enough for a start"
    )
    assert read_checklist(workflow=fresh(proven)).signed == signed
    entry = AuditEntry.objects.get(action="workflow.signed_off")
    assert (entry.after["digest"], entry.reason) == (digest, "Good enough for a start")
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        SignOff.objects.update(digest="1" * 64)
    release(limit="150")
    assert read_checklist(workflow=fresh(proven)).signed is None


HOSTILE = '#read("/etc/passwd") *bold* $x$ <script>alert(1)</script> \\ "quoted" #{sys.inputs}'


def test_what_people_wrote_is_shown_and_not_obeyed(proven: Workflow, alice: Any) -> None:
    update_workflow(workflow=proven, changes={"name": HOSTILE[:120]}, actor=alice)
    client = APIClient()
    client.force_login(alice)
    address = f"/api/v1/workflows/{proven.pk}/go-live/"
    told = client.get(address).json()
    signed = client.post(f"{address}sign/", {"digest": told["digest"], "note": HOSTILE[:200]}, format="json")
    assert signed.status_code == 200, signed.content
    assert signed.json()["signed"]["signed_by"] == "alice"
    page = client.get(f"{address}export/?kind=html")
    assert "<script>alert" not in page.content.decode()
    assert "&lt;script&gt;alert" in page.content.decode()
    assert page["Content-Disposition"].startswith("attachment")
    paper = client.get(f"{address}export/?kind=pdf")
    assert (paper.status_code, paper.content[:5]) == (200, b"%PDF-")
    plain = client.get(f"{address}export/?kind=json").json()
    assert plain["workflow"]["name"] == HOSTILE[:120]
    assert client.get(f"{address}export/?kind=exe").status_code == 400


def test_the_paper_holds_every_check() -> None:
    check = {"key": "page", "title": "Validated by page", "state": "open", "sentence": HOSTILE}
    facts = {
        "workflow": {"id": 1, "name": "N"},
        "version": 1,
        "digest": "0" * 64,
        "mode": "simulate",
        "printed_at": "now",
        "open_checks": 1,
        "signed": None,
        "chapters": [{"key": "builder", "title": "Workflow builder", "checks": [check]}],
    }
    assert as_pdf(facts).startswith(b"%PDF-")
    assert "Workflow builder" in as_html(facts)
