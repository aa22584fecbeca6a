"""The gate, the go-live checklist, versions and files, on a workflow's page."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from automations import permissions
from automations.grants import set_rights
from automations.models import AuditEntry, Consent, Module, SignOff, Workflow
from automations.services.drafts import load_draft, save_draft
from automations.services.policies import create_policy
from automations.services.versions import publish_version
from automations.services.workflow_files import export_workflow
from automations.testing import chain, node

from .conftest import client_of
from .tools import address_of, do, offered

pytestmark = pytest.mark.django_db


@pytest.fixture
def published(workflow: Workflow, root: Any, bob: Any) -> Workflow:
    """A second version, in simulate, with what the gate asks for but a second person; Bob is of the staff and may do all."""
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    document = chain(trigger, node("a1", "action.update_fields", values={"state": "new"}))
    save_draft(workflow=workflow, document=document, revision=None, actor=root)
    publish_version(workflow=workflow, actor=root)
    permissions.grant_owner(workflow, bob)
    permissions.seed_roles()
    set_rights(Module.objects.get(key="tickets"), bob, ("view", "use"))
    bob.is_staff = True
    bob.save()
    return workflow


def test_a_second_person_agrees_and_the_version_is_promoted(
    admin_client: Client, published: Workflow, bob: Any
) -> None:
    assert do(admin_client, published, "gate", "ask", note="The state is new") == [
        "Everybody else who may promote it is asked."
    ]
    assert "give" not in offered(admin_client, published, "gate")
    other = client_of(bob)
    assert do(other, published, "gate", "give", note="Looked at it") == ["You have agreed to this version."]
    consent = Consent.objects.get()
    assert (consent.asked_by_name, consent.given_by_name, consent.state) == ("root", "bob", "given")
    said = [row.action for row in AuditEntry.objects.filter(action__startswith="consent").order_by("pk")]
    assert said == ["consent.asked", "consent.given"]
    (refused,) = do(admin_client, published, "gate", "promote", reason="Agreed")
    assert "The gate is closed" in refused
    (said_so,) = do(admin_client, published, "gate", "glass", reason="The till stands still")
    assert said_so.startswith("It acts from now on, past the gate.")
    published.refresh_from_db()
    assert published.mode == "execute"
    assert "demote" in offered(admin_client, published, "gate")


def test_a_version_that_is_live_by_now_is_not_agreed_to_unseen(
    admin_client: Client, published: Workflow, root: Any, bob: Any
) -> None:
    do(admin_client, published, "gate", "ask")
    (said,) = do(client_of(bob), published, "gate", "give", digest="0" * 64)
    assert said == "Another version is live by now. Look at it before you agree."


def test_only_an_admin_is_offered_to_promote_past_the_gate(published: Workflow, bob: Any) -> None:
    tasks = offered(client_of(bob), published, "gate")
    assert "promote" in tasks
    assert "glass" not in tasks


def test_the_gate_is_seen_by_who_may_look_and_nothing_is_offered(
    operator: Client, workflow: Workflow
) -> None:
    assert offered(operator, workflow, "gate") == ["check"]
    shown = operator.get(address_of(workflow, "gate")).content.decode()
    assert "No validation error" in shown
    refused = operator.post(address_of(workflow, "gate"), {"task": "demote", "demote-reason": "x"})
    assert refused.status_code == 302
    workflow.refresh_from_db()
    assert workflow.mode == "execute"


def test_a_checklist_is_signed_with_a_reason_where_checks_are_open_and_kept_as_files(
    admin_client: Client, operator: Client, workflow: Workflow
) -> None:
    assert offered(operator, workflow, "go-live") == []
    (said,) = do(admin_client, workflow, "go-live", "sign", note="no")
    assert "Who signs all the same says why" in said
    assert do(admin_client, workflow, "go-live", "sign", note="Seen with the desk") == ["Signed."]
    assert SignOff.objects.get().signed_by_name == "root"
    assert AuditEntry.objects.get(action="workflow.signed_off").reason == "Seen with the desk"
    shown = admin_client.get(address_of(workflow, "go-live"))
    links = next(block.links for block in shown.context["blocks"] if hasattr(block, "links"))
    assert [text for text, _ in links] == ["As a page", "As PDF", "As JSON"]
    assert admin_client.get(links[0][1]).status_code == 200
    assert admin_client.get(links[2][1]).json()["version"] == 1


def test_two_versions_are_compared_and_said_in_sentences(admin_client: Client, published: Workflow) -> None:
    asked = {"task": "compare", "compare-version": "1", "compare-other": "2"}
    (found,) = admin_client.get(address_of(published, "versions"), asked).context["found"]
    assert found.rows == [("changed", "a1", "config.values.state: 'seen' → 'new'")]
    asked = {"task": "describe", "describe-version": "2"}
    (told,) = admin_client.get(address_of(published, "versions"), asked).context["found"]
    assert any("tickets" in line for line in told.lines)


def test_a_file_goes_out_and_comes_back_into_the_draft_or_as_a_new_workflow(
    admin_client: Client, operator: Client, workflow: Workflow
) -> None:
    assert "import" not in offered(operator, workflow, "versions")
    text = export_workflow(workflow, load_draft(workflow).definition, workflow.layout)
    into = SimpleUploadedFile("route.yaml", text.replace("seen", "taken").encode())
    (said,) = do(admin_client, workflow, "versions", "import", file=into)
    assert said.startswith("The draft is what the file says")
    assert load_draft(workflow).definition.nodes[1].config["values"] == {"state": "taken"}
    fresh = SimpleUploadedFile("new.yaml", text.replace("key: Route", "key: second").encode())
    (said,) = do(admin_client, Workflow(), "import", "import", file=fresh)
    assert said == "“Route” is made from the file."
    assert Workflow.objects.get(key="second").owner.username == "root"  # type: ignore[union-attr]
    bad = SimpleUploadedFile("bad.yaml", b"automations: 1\n\xff")
    assert do(admin_client, Workflow(), "import", "import", file=bad) == [
        "The file is no text in UTF-8. Export it anew."
    ]
    assert operator.get(address_of(Workflow(), "import")).status_code == 403


def test_publishing_in_the_admin_is_no_way_to_a_policy_that_one_may_not_see(
    published: Workflow, root: Any, bob: Any
) -> None:
    module = Module.objects.get(key="tickets")
    rule = {"field": "title", "op": "is_not_empty"}
    create_policy(key="big", name="Big", module=module, rule=rule, actor=root)
    trigger = node("t1", "trigger.record", module="tickets", on=["created"], filter={"policy": "big"})
    document = chain(trigger, node("a1", "action.update_fields", values={"state": "x"}))
    save_draft(workflow=published, document=document, revision=None, actor=root)
    client = client_of(bob)
    chosen = {"action": "publish_the_draft_in_simulate", "_selected_action": [published.pk]}
    address = address_of(Workflow(), "changelist")
    answer = client.post(address, {**chosen, "confirmed": "yes", "reason": ""}, follow=True)
    assert "There is no policy “big”." in answer.content.decode()
    assert published.versions.count() == 2
