"""Every page that the admin registers opens, is searched and filtered, and lets nobody change what it only shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.models import LogEntry as AdminLogEntry
from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from automations.admin.base import SeenAdmin, ServiceAdmin
from automations.models import AuditEntry, Module, Policy, Record, Run, Workflow
from automations.services.records import create_record
from automations.services.workflows import pause_workflow
from automations.testing import make_workflow, run_everything

pytestmark = pytest.mark.django_db

OURS = sorted(
    (model for model in admin.site._registry if model._meta.app_label == "automations"),
    key=lambda model: model._meta.model_name or "",
)
READ_ONLY = [model for model in OURS if not isinstance(admin.site._registry[model], ServiceAdmin)]
WITHOUT_A_PAGE = {
    "RunText": "what runs are found by; the search of runs is its page",
    "Trigger": "stands on its workflow's page",
    "Condition": "stands on its workflow's page",
    "Action": "stands on its workflow's page",
    "Edge": "stands on its workflow's page",
    "ApprovalDecision": "stands on its approval's page",
    "ApprovalRemark": "stands on its approval's page",
    "ApprovalDelegation": "stands on its approval's page",
    "BacktestAlarm": "what a shadow has judged, for itself; the counts are on its page",
    "UndoneField": "stands on its undo's page",
    "StartCount": "counts the runs of an hour for the blast radius",
    "BackfillItem": "stands on its backfill's page",
    "RedriveItem": "stands on its redrive's page",
    "ScenarioResult": "stands on its scenario's page",
    "AuditSeal": "the chain over the trail: `manage.py audit verify` reads it",
    "Activation": "counts activations for the caches of the engine",
    "Preference": "is each person's own, in the menu with their name",
}
NASTY = ["' OR 1=1 --", "%00", "\\", "a" * 2_000, "\N{SNOWMAN}"]


def name(model: Any) -> str:
    return str(model._meta.model_name)


def page(model: Any, kind: str, *args: Any) -> str:
    return reverse(f"admin:automations_{name(model)}_{kind}", args=args)


def test_every_model_has_a_page_or_a_reason() -> None:
    missing = {model.__name__ for model in apps.get_app_config("automations").get_models()} - {
        model.__name__ for model in OURS
    }
    assert missing == set(WITHOUT_A_PAGE)


def test_the_queue_of_hints_is_not_shown_as_if_it_were_the_work() -> None:
    assert not [model for model in admin.site._registry if model._meta.app_label == "django_q"]


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside leaves nothing behind: to make the world anew for each model took longer than its pages."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_list_and_every_row_opens(
    admin_client: Client, world: Workflow, subtests: pytest.Subtests
) -> None:
    for model in OURS:
        with subtests.test(model=name(model)), undone():
            rows = list(model._default_manager.all()[:5])
            assert rows, f"the world of this test has no {name(model)}"
            shown = admin_client.get(page(model, "changelist"))
            assert shown.status_code == 200
            assert shown.context["cl"].result_count == model._default_manager.count()
            for row in rows:
                answer = admin_client.get(page(model, "change", row.pk))
                assert answer.status_code == 200, answer
                assert b"<script>alert(1)</script>" not in answer.content


def test_search_takes_any_text_and_finds_nothing_that_is_not_there(
    admin_client: Client, world: Workflow, subtests: pytest.Subtests
) -> None:
    for model in OURS:
        with subtests.test(model=name(model)), undone():
            assert admin.site._registry[model].search_fields
            for text in NASTY:
                answer = admin_client.get(page(model, "changelist"), {"q": text})
                assert answer.status_code == 200
                assert answer.context["cl"].result_count == 0, text


def test_each_filter_can_be_chosen(admin_client: Client, world: Workflow, subtests: pytest.Subtests) -> None:
    for model in OURS:
        with subtests.test(model=name(model)), undone():
            listed = admin_client.get(page(model, "changelist")).context["cl"]
            for spec in listed.filter_specs:
                for choice in list(spec.choices(listed))[:3]:
                    address = page(model, "changelist") + choice["query_string"]
                    assert admin_client.get(address).status_code == 200, address


def test_what_is_only_shown_refuses_every_write(
    admin_client: Client, world: Workflow, subtests: pytest.Subtests
) -> None:
    for model in READ_ONLY:
        with subtests.test(model=name(model)), undone():
            row = model._default_manager.first()
            before = model._default_manager.count()
            assert admin_client.get(page(model, "add")).status_code == 403
            assert admin_client.post(page(model, "add"), {}).status_code == 403
            assert admin_client.post(page(model, "change", row.pk), {}).status_code == 403
            assert admin_client.post(page(model, "delete", row.pk), {"post": "yes"}).status_code == 403
            admin_client.post(
                page(model, "changelist"), {"action": "delete_selected", "_selected_action": [row.pk]}
            )
            assert model._default_manager.count() == before
            assert not AdminLogEntry.objects.exists()


def test_people_outside_the_staff_are_sent_to_sign_in(
    client: Client, alice: Any, world: Workflow, subtests: pytest.Subtests
) -> None:
    client.force_login(alice)
    for model in OURS:
        with subtests.test(model=name(model)), undone():
            answer = client.get(page(model, "changelist"))
            assert (answer.status_code, "/login/" in answer["Location"]) == (302, True)


def test_the_admin_shows_staff_no_more_than_their_rights(
    operator: Client, charlie: Any, world: Workflow, subtests: pytest.Subtests
) -> None:
    """Charlie is of the staff and has no right at all: no list has a row for him, no row opens."""
    charlie.is_staff = True
    charlie.save()
    outsider = Client()
    outsider.force_login(charlie)
    # Those of no module, and of no workflow, are everybody's.
    free = {"triggersource", "alertrule", "standstill"}
    for model in OURS:
        with subtests.test(model=name(model)), undone():
            answer = outsider.get(page(model, "changelist"))
            assert answer.status_code == 200
            if name(model) not in free:
                assert answer.context["cl"].result_count == 0
            own = model._default_manager.order_by("pk").first()
            if name(model) not in free:
                assert outsider.get(page(model, "change", own.pk)).status_code in (302, 403, 404)


def test_bob_sees_the_runs_of_the_workflow_shared_with_him(operator: Client, world: Workflow) -> None:
    assert operator.get(page(Run, "changelist")).context["cl"].result_count == 1
    assert operator.get(page(Workflow, "change", world.pk)).status_code == 200
    assert operator.post(page(Workflow, "change", world.pk), {"name": "Mine"}).status_code == 403
    assert operator.post(page(Record, "change", Record.objects.get().pk), {"key": "T2"}).status_code == 403


def test_the_page_of_a_workflow_says_what_is_live(admin_client: Client, world: Workflow) -> None:
    pause_workflow(workflow=world, actor=world.owner, reason="Stocktaking")
    shown = admin_client.get(page(Workflow, "change", world.pk)).content.decode()
    assert world.promotion is not None
    for told in ("Execute", str(world.active_version), "paused: Stocktaking", world.promotion.reason):
        assert f'<div class="readonly">{told}</div>' in shown
    assert 'name="mode"' not in shown
    assert "Live version" not in admin_client.get(page(Workflow, "add")).content.decode()


def test_a_run_is_named_by_its_id() -> None:
    assert str(Run(pk=2137)) == "2137"


def test_a_conclusive_run_has_no_red_cross(admin_client: Client, world: Workflow) -> None:
    shown = admin_client.get(page(Run, "change", Run.objects.get().pk)).content.decode()
    assert '<div class="readonly">no</div>' in shown
    assert "icon-no.svg" not in shown


@pytest.mark.parametrize("model", [Run, Record, Workflow], ids=name)
def test_a_list_costs_the_same_however_many_rows_it_shows(
    model: Any, admin_client: Client, world: Workflow, tickets: Module, root: Any
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert admin_client.get(page(model, "changelist")).status_code == 200
        return len(queries)

    live = world.versions.get().document
    cost()
    one = cost()
    for index in range(5):
        create_record(module=tickets, key=f"N{index}", values={"title": "x"}, actor=root)
        make_workflow(f"w{index}", live, owner=root, module=tickets)
    run_everything()
    assert cost() == one


def test_a_workflow_is_shared_on_a_page_of_its_own(
    admin_client: Client, operator: Client, world: Workflow, bob: Any
) -> None:
    address = page(Workflow, "share", world.pk)
    assert operator.get(address).status_code == 403
    assert operator.post(address, {"user": bob.pk, "role": "Admin"}).status_code == 403
    shown = admin_client.get(address).content.decode()
    assert "on all workflows" in shown
    assert admin_client.post(address, {"user": bob.pk, "rights": ["edit"]}).status_code == 302
    assert User.objects.get(pk=bob.pk).has_perm("automations.edit_workflow", world)
    entry = AuditEntry.objects.filter(action="workflow.shared").get()
    assert (entry.actor_name, entry.after) == ("root", {"user": "bob", "rights": ["view", "edit"]})
    nothing = admin_client.post(address, {"user": bob.pk}).content.decode()
    assert "Choose a role, or rights." in nothing
    group = Group.objects.get(name="Operator")
    for holder in (f"user:{bob.pk}", f"group:{group.pk}"):
        assert admin_client.post(address, {"take": holder}).status_code == 302
    assert not User.objects.get(pk=bob.pk).has_perm("automations.view_workflow", world)
    refused = admin_client.post(address, {"take": f"user:{world.owner_id}"}, follow=True).content.decode()
    assert "Nobody would be left with every right" in refused


@pytest.mark.parametrize("model", [Module, Policy])
def test_modules_and_policies_are_shared_there_too(
    admin_client: Client, world: Workflow, bob: Any, model: Any
) -> None:
    thing = model.objects.get(key__in=["tickets", "big"])
    address = page(model, "share", thing.pk)
    assert admin_client.post(address, {"user": bob.pk, "role": "Operator"}).status_code == 302
    assert User.objects.get(pk=bob.pk).has_perm(f"automations.use_{thing._meta.model_name}", thing)
    assert f"{address}" in admin_client.get(page(model, "change", thing.pk)).content.decode()


def test_the_base_of_every_page_is_ours() -> None:
    """Nothing is registered past the class that filters by rights and forbids writes."""
    assert all(isinstance(admin.site._registry[model], SeenAdmin) for model in OURS)
