"""Policies explained, named in the place of rules, and the trail proven and taken along, in the admin."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client

from automations.models import AuditEntry, Checkpoint, Module, Policy, Workflow
from automations.services.drafts import load_draft, save_draft
from automations.services.policies import create_policy
from automations.testing import chain, node

from .conftest import client_of
from .test_actions import act
from .tools import address_of, do, offered

pytestmark = pytest.mark.django_db

RULE = {"field": "title", "op": "is_not_empty"}


@pytest.fixture
def titled(workflow: Workflow, tickets: Module, root: Any) -> Policy:
    """A policy that says what the filter of the workflow's draft says."""
    trigger = node("t1", "trigger.record", module="tickets", on=["created"], filter=RULE)
    document = chain(trigger, node("a1", "action.update_fields", values={"state": "seen"}))
    save_draft(workflow=workflow, document=document, revision=None, actor=root)
    return create_policy(key="titled", name="Titled", module=tickets, rule=RULE, actor=root)


def filter_of(workflow: Workflow) -> Any:
    return load_draft(workflow).definition.nodes[0].config["filter"]


def test_a_policy_is_explained_for_a_record(admin_client: Client, titled: Policy) -> None:
    asked = {"task": "explain", "explain-record": "T1"}
    (told,) = admin_client.get(address_of(titled, "explain"), asked).context["found"]
    assert told.title == "It takes T1"
    answer = admin_client.get(address_of(titled, "explain"), {**asked, "explain-record": "T404"})
    assert "no record “T404” that you can see" in answer.content.decode()


def test_a_policy_is_named_where_its_rule_stands_and_the_draft_goes_back(
    admin_client: Client, operator: Client, workflow: Workflow, titled: Policy
) -> None:
    listed = admin_client.get(address_of(Policy(), "duplicates"))
    ((module, places, policy, _),) = listed.context["blocks"][0].rows
    assert (module, places, policy) == ("tickets", "Route: t1", "Titled")
    assert offered(operator, titled, "instead") == []
    said = do(admin_client, titled, "instead", "instead", workflow=workflow.pk)
    assert said == ["“Route” names it at 1 places. Its checkpoints hold the draft as it was."]
    assert filter_of(workflow) == {"policy": "titled"}
    assert AuditEntry.objects.filter(action="draft.saved").latest("pk").actor_name == "root"
    assert offered(admin_client, titled, "instead") == []
    kept = Checkpoint.objects.get(name="Before “Titled” was named")
    (refused,) = act(operator, Checkpoint, "go_back_to_this_draft", kept)
    assert "edit" in refused
    assert act(admin_client, Checkpoint, "go_back_to_this_draft", kept) == ["Go back to this draft: 1 done."]
    assert filter_of(workflow) == RULE


def test_the_trail_is_proven_whole_and_taken_along_by_who_may_see_it(
    admin_client: Client, operator: Client, workflow: Workflow, bob: Any
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # links are made when what wrote the entry commits
    links = AuditEntry.objects.count()
    place = address_of(AuditEntry(), "verify")
    (told,) = admin_client.get(place, {"task": "verify"}).context["found"]
    assert told.title == "It is whole"
    assert told.lines[0].startswith(f"{links} links, all hold. Head: ")
    (told, _) = admin_client.get(place, {"task": "verify", "verify-head": "0" * 64}).context["found"]
    assert told.title == "It is broken"
    shown = admin_client.get(address_of(AuditEntry(), "export")).context["blocks"]
    ((_, link),) = shown[0].links
    assert b"".join(admin_client.get(link)).startswith(b"id,at,actor,action")
    assert operator.get(place).status_code == 403
    bob.user_permissions.add(Permission.objects.get(codename="view_auditentry"))
    assert client_of(bob).get(place).status_code == 200


def test_the_list_of_the_trail_holds_what_concerns_workflows_in_sight(
    admin_client: Client, operator: Client, workflow: Workflow, tickets: Module
) -> None:
    place = address_of(AuditEntry(), "changelist")
    seen = operator.get(place).context["cl"].result_count
    assert 0 < seen < admin_client.get(place).context["cl"].result_count
    assert {row.object_type for row in operator.get(place).context["cl"].result_list} == {"workflow"}
