"""An admin sees in the admin what somebody else sees there, and can change nothing until they stop."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from automations.models import AuditEntry, Run, Workflow
from tests.integration.services.world import contents

from .tools import address_of

pytestmark = pytest.mark.django_db

PLACE = "/admin/automations/view-as/"


def look_as(client: Client, **given: Any) -> Any:
    return client.post(PLACE, given)


def seen(client: Client, model: Any) -> int:
    answer = client.get(address_of(model(), "changelist"))
    assert answer.status_code == 200
    return int(answer.context["cl"].result_count)


def test_the_admin_shows_what_the_other_one_sees_and_says_so_until_one_stops(
    admin_client: Client, operator: Client, workflow: Workflow, bob: Any, charlie: Any, root: Any
) -> None:
    charlie.is_staff = True
    charlie.save()
    assert look_as(admin_client, user="charlie").status_code == 302
    assert seen(admin_client, Workflow) == 0
    assert admin_client.get(address_of(workflow, "change")).status_code == 302
    shown = admin_client.get(reverse("admin:index")).content.decode()
    assert "You look with the eyes of charlie, and can change nothing." in shown
    assert 'name="_save"' not in shown
    look_as(admin_client, user="bob")
    assert (seen(admin_client, Workflow), seen(admin_client, Run)) == (1, 1)
    page = admin_client.get(address_of(workflow, "change"))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    stopped = admin_client.post(PLACE, {"stop": "yes"}, follow=True).content.decode()
    assert "You see with your own eyes again." in stopped
    assert 'name="_save"' in admin_client.get(address_of(workflow, "change")).content.decode()
    told = AuditEntry.objects.filter(action__startswith="viewing").order_by("pk")
    assert [(one.action, one.actor_name) for one in told] == [
        ("viewing.started", "root"),
        ("viewing.started", "root"),
        ("viewing.stopped", "root"),
    ]


def test_the_app_and_the_admin_look_with_the_same_eyes(
    admin_client: Client, workflow: Workflow, charlie: Any
) -> None:
    look_as(admin_client, user="charlie")
    assert admin_client.get("/api/v1/me/").json()["username"] == "charlie"
    assert admin_client.delete("/api/v1/me/viewing/").status_code == 204
    assert seen(admin_client, Workflow) == 1


def test_a_role_is_seen_as_somebody_of_the_staff_who_holds_it(
    admin_client: Client, operator: Client, workflow: Workflow
) -> None:
    people = type(workflow.owner).objects.count()
    look_as(admin_client, role=Group.objects.get(name="Operator").pk)
    assert seen(admin_client, Workflow) == 1
    look_as(admin_client, role=Group.objects.get(name="Viewer").pk)
    assert seen(admin_client, Workflow) == 0
    assert type(workflow.owner).objects.count() == people


def test_who_is_not_of_the_staff_sees_nothing_of_the_admin(
    admin_client: Client, alice: Any, workflow: Workflow
) -> None:
    look_as(admin_client, user="alice")
    answer = admin_client.get(address_of(workflow, "change"))
    assert answer.status_code == 403
    assert "alice is not of the staff, and sees nothing of the admin." in answer.content.decode()


def test_every_change_is_refused_with_a_sentence_on_every_page_of_the_site(
    admin_client: Client, world: Workflow, root: Any, bob: Any
) -> None:
    """Bob may do all, and so the admin who looks as him could, if it were not for that."""
    bob.is_staff = bob.is_superuser = True
    bob.save()
    look_as(admin_client, user="bob")
    before = contents()
    places = [reverse("admin:password_change"), reverse("admin:auth_user_change", args=(root.pk,))]
    for model, page in admin.site._registry.items():
        meta = model._meta
        row = model._default_manager.first()
        if row is None:
            continue
        name = f"admin:{meta.app_label}_{meta.model_name}"
        places += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        places += [reverse(f"{name}_{kind}", args=(row.pk,)) for kind in ("change", "delete")]
        places += [reverse(f"{name}_{tool.slug}", args=(row.pk,)) for tool in getattr(page, "tools", ())]
    assert len(places) > 100
    for place in places:
        answer = admin_client.post(place, {"name": "Gone", "action": "pause", "confirmed": "yes"})
        assert answer.status_code == 403, place
        assert "so nothing can be changed. Stop that first." in answer.content.decode(), place
    assert contents() == before


def test_every_page_can_be_looked_at(admin_client: Client, world: Workflow, bob: Any) -> None:
    """None of them writes when it is only looked at: the database would refuse it."""
    bob.is_staff = bob.is_superuser = True
    bob.save()
    look_as(admin_client, user="bob")
    for model, page in admin.site._registry.items():
        row = model._default_manager.first()
        if row is None or model._meta.app_label != "automations":
            continue
        for kind in ("changelist", *(tool.slug for tool in getattr(page, "list_tools", ()))):
            assert admin_client.get(address_of(model(pk=None), kind)).status_code == 200, (model, kind)
        for kind in ("change", *(tool.slug for tool in getattr(page, "tools", ()))):
            assert admin_client.get(address_of(row, kind)).status_code == 200, (model, kind)


def test_only_admins_look_as_others_and_only_at_who_may_no_more(
    operator: Client, admin_client: Client, workflow: Workflow, root: Any, bob: Any, charlie: Any
) -> None:
    assert operator.get(PLACE).status_code == 403
    assert look_as(operator, user="charlie").status_code == 403
    assert "View as…" not in operator.get(reverse("admin:index")).content.decode()
    assert "View as…" in admin_client.get(reverse("admin:index")).content.decode()
    bob.groups.add(Group.objects.get(name="Admin"))
    refused = look_as(operator, user="root")
    assert "root may more than you." in refused.content.decode()
    assert "Name a person or a role." in look_as(operator).content.decode()
    assert "There is no active user" in look_as(operator, user="nobody").content.decode()
    assert look_as(operator, user="charlie").status_code == 302
    bob.groups.clear()
    answer = operator.get(reverse("admin:index"))
    assert answer.status_code == 403
    assert "you are no admin any more" in answer.content.decode()
    assert operator.post(PLACE, {"stop": "yes"}).status_code == 302


def test_signing_out_works_meanwhile(admin_client: Client, workflow: Workflow, charlie: Any) -> None:
    look_as(admin_client, user="charlie")
    assert admin_client.post(reverse("admin:logout")).status_code == 302
    assert "/login/" in admin_client.get(reverse("admin:index"))["Location"]
