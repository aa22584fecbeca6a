"""Many runs are put back with other input: shown before, foreseen, done, and kept in the audit of each run."""

from __future__ import annotations

from typing import Any

import pytest
from guardian.shortcuts import assign_perm, remove_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import AuditEntry, Module, Record, Redrive, Run, Workflow
from automations.services.records import create_record, update_record
from automations.services.runs import start_run
from automations.testing import chain, give_modules, make_workflow, node, run_everything

from .test_redrives import go_on, told

pytestmark = pytest.mark.django_db

FORM = {
    "type": "object",
    "properties": {"price": {"type": "string", "maxLength": 6}, "why": {"type": "string"}},
    "required": ["price"],
    "additionalProperties": False,
}
RIGHTS = ("view", "view_payloads", "retry")


@pytest.fixture
def priced(tickets: Module, alice: Any) -> Workflow:
    """Sets the price that was typed, and closes the ticket; three times it gave up: for two no price was typed."""
    workflow = make_workflow(
        "price",
        chain(
            node("t1", "trigger.manual", module="tickets", form=FORM),
            node("a1", "action.update_fields", values={"amount": {"ref": "variables.price"}}),
            node("a2", "action.change_status", to="solved"),
        ),
        owner=alice,
    )
    for key, price in (("P1", "much"), ("P2", "more"), ("P3", "5")):
        values = {"title": "Ink", "status": "open"}
        create_record(module=tickets, key=key, values=values, actor=None)
        start_run(workflow=workflow, actor=alice, record_key=key, user_input={"price": price, "why": "x"})
    run_everything()
    assert set(Run.objects.filter(workflow=workflow).values_list("status", flat=True)) == {"failed"}
    for key in ("P1", "P2", "P3"):
        update_record(module=tickets, key=key, values={"status": "pending"}, actor=None)
    return workflow


@pytest.fixture
def clerk(bob: Any, priced: Workflow) -> APIClient:
    """Bob, who may see the workflow and its payloads, and retry its runs."""
    give_modules(bob)
    for right in RIGHTS:
        assign_perm(permissions.codename(right), bob, priced)
    client = APIClient()
    client.force_login(bob)
    return client


def ask(client: APIClient, priced: Workflow, path: str = "", **body: Any) -> Any:
    return client.post(f"/api/v1/redrives/{path}", {"workflow": priced.pk, **body}, format="json")


FIVE = {"set": {"price": "5"}, "remove": ["why"]}


def test_the_preview_says_of_how_many_runs_the_input_changes(clerk: APIClient, priced: Workflow) -> None:
    answer = ask(clerk, priced, "preview/", edit={"set": {"price": "5"}}, rate=30)
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "total": 3,
        "edited": 2,
        "unfit": 0,
        "fields_known": ["price", "why"],
        "rests": [],
        "problems": [],
        "sentence": (
            "3 runs are retried from the failed step, with the active version, 30 a minute, one first."
            " Finished steps are kept and not repeated. The others keep their keys, so they can’t be done twice."
            " The edit changes the input of 2 of 3 runs."
        ),
    }
    none = ask(clerk, priced, "preview/", dry_run=True, start="start", version="run").json()
    assert none["sentence"].startswith(
        "Nothing is done: it is foreseen what would come of 3 runs, from the start, with the version of each."
    )
    assert (none["edited"], Redrive.objects.count()) == (0, 0)


def test_a_dry_run_and_a_redrive_start_each_run_with_the_edited_input(
    clerk: APIClient, priced: Workflow, bob: Any
) -> None:
    as_it_was = go_on(clerk, ask(clerk, priced, dry_run=True).json()["id"], slices=2)
    assert told(as_it_was) == {"would_succeed": 1, "would_fail": 2}
    dry = go_on(clerk, ask(clerk, priced, dry_run=True, edit={"set": {"price": "5"}}).json()["id"], slices=2)
    assert (told(dry), dry["edited"]) == ({"would_succeed": 3}, 2)
    assert Record.objects.get(key="P1").data.get("amount") is None

    made = ask(clerk, priced, edit=FIVE, rate=600)
    assert (made.status_code, made.json()["edited"], made.json()["edit"]) == (201, 3, FIVE)
    ended = go_on(clerk, made.json()["id"])
    assert (ended["status"], told(ended)) == ("done", {"succeeded": 3})
    assert [str(Record.objects.get(key=key).data["amount"]) for key in ("P1", "P2", "P3")] == ["5", "5", "5"]
    assert list(Run.objects.exclude(retry_of=None).values_list("input", flat=True)) == [{"price": "5"}] * 3
    assert Run.objects.filter(retry_of=None, input__price="much").exists(), "what failed stays as it was"
    entries = AuditEntry.objects.filter(action="run.retried", actor=bob).order_by("pk")
    kept = [(entry.before, (entry.after or {})["input"]) for entry in entries]
    assert kept[0] == ({"input": {"price": "much", "why": "x"}}, {"price": "5"})
    assert len(kept) == 3
    started = AuditEntry.objects.filter(action="redrive.started").latest("pk")
    assert (started.after or {})["edit"] == FIVE
    items = clerk.get(f"/api/v1/redrives/{ended['id']}/items/").json()["results"]
    assert [item["edited"] for item in items] == [True, True, True]


def test_a_run_that_the_edit_leaves_as_it_was_is_audited_without_an_edit(
    clerk: APIClient, priced: Workflow
) -> None:
    go_on(clerk, ask(clerk, priced, edit={"set": {"price": "5"}}, rate=600).json()["id"])
    entries = AuditEntry.objects.filter(action="run.retried").order_by("pk")
    assert [entry.before is None for entry in entries] == [False, False, True]


def test_input_that_does_not_answer_the_form_is_told_before_and_refused_run_by_run(
    clerk: APIClient, priced: Workflow
) -> None:
    wrong = {"set": {"price": "far too much"}}
    preview = ask(clerk, priced, "preview/", edit=wrong).json()
    assert (preview["edited"], preview["unfit"]) == (3, 3)
    assert "3 of them would be refused" in preview["sentence"]
    for dry in (True, False):
        ended = go_on(clerk, ask(clerk, priced, edit=wrong, canary=False, dry_run=dry).json()["id"])
        assert told(ended) == {"refused": 3}
    assert not Run.objects.exclude(retry_of=None).exists()
    assert ask(clerk, priced, "preview/", edit={"remove": ["price"]}).json()["unfit"] == 3


@pytest.mark.parametrize(
    ("edit", "path"),
    [
        ({}, "edit"),
        ({"set": {"prise": "5"}}, "edit.set.prise"),
        ({"remove": ["amount"]}, "edit.remove.amount"),
        ({"set": {"owner__password": "5"}}, "edit.set.owner__password"),
        ({"set": {"a b": 1}}, "edit.set"),
        ({"set": {"price": "5"}, "remove": ["price"]}, "edit.remove"),
    ],
)
def test_an_edit_of_what_no_form_asks_for_is_refused(
    clerk: APIClient, priced: Workflow, edit: dict[str, Any], path: str
) -> None:
    answer = ask(clerk, priced, edit=edit)
    assert (answer.status_code, answer.json()["problems"][0]["path"]) == (422, path), answer.content
    told = ask(clerk, priced, "preview/", edit=edit)
    assert (told.status_code, told.json()["edited"]) == (200, 0), told.content
    assert told.json()["problems"] == answer.json()["problems"]
    assert not Redrive.objects.exists()
    assert ask(clerk, priced, edit={"sql": 1}).status_code == 400


def test_editing_takes_the_right_to_see_payloads_and_only_then_the_edit_is_shown(
    clerk: APIClient, priced: Workflow, bob: Any
) -> None:
    made = ask(clerk, priced, edit=FIVE, canary=False).json()
    remove_perm(permissions.codename("view_payloads"), bob, priced)
    for address in ("", "preview/"):
        assert ask(clerk, priced, address, edit=FIVE).status_code == 403
    assert ask(clerk, priced, "preview/").json()["fields_known"] == []
    shown = clerk.get(f"/api/v1/redrives/{made['id']}/").json()
    assert (shown["edit"], shown["edited"]) == (None, 3)
    assert told(go_on(clerk, made["id"])) == {"refused": 3}, (
        "the right is asked for again when a run's turn comes"
    )
