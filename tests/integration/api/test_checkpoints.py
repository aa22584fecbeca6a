"""Drafts as they were: when one is made, which are kept, and the way back."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.test import APIClient

from automations.models import AuditEntry, Checkpoint, Workflow
from automations.services.checkpoints import KEPT, add_checkpoint
from automations.services.drafts import save_draft as save

from .conftest import DOCUMENT, publish, save_draft

pytestmark = pytest.mark.django_db


def address(workflow: Workflow, number: int | str = "") -> str:
    return f"/api/v1/workflows/{workflow.pk}/checkpoints/" + (f"{number}/" if number else "")


def titled(title: str) -> dict[str, Any]:
    first, *rest = DOCUMENT["nodes"]
    return {**DOCUMENT, "nodes": [{**first, "title": title}, *rest]}


def listed(client: APIClient, workflow: Workflow) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = client.get(address(workflow)).json()["results"]
    return rows


def test_the_draft_goes_back_to_a_checkpoint_as_it_was(owner: APIClient, workflow: Workflow) -> None:
    save_draft(owner, workflow)
    made = owner.post(address(workflow), {"name": "Good"}, format="json")
    assert made.status_code == 201, made.content
    assert (made.json()["number"], made.json()["occasion"], made.json()["made_by"]) == (1, "save", "alice")
    save_draft(owner, workflow, {**titled("Other"), "edges": DOCUMENT["edges"][:1], "layout": {}})
    (row,) = listed(owner, workflow)
    assert (row["name"], row["steps"], row["connections"]) == ("Good", 1, 1)
    kept = owner.get(address(workflow, 1)).json()["document"]
    assert save_draft(owner, workflow, kept).status_code == 200
    now = owner.get(f"/api/v1/workflows/{workflow.pk}/graph/").json()
    assert {key: now[key] for key in kept} == kept
    assert now["layout"] == DOCUMENT["layout"]
    assert (listed(owner, workflow)[0]["steps"], listed(owner, workflow)[0]["connections"]) == (0, 0)
    assert AuditEntry.objects.filter(action="draft.saved").count() == 3


def test_without_a_name_nothing_is_kept_twice(owner: APIClient, workflow: Workflow) -> None:
    save_draft(owner, workflow)
    numbers = [
        owner.post(address(workflow), body, format="json").json()["number"]
        for body in ({"occasion": "open"}, {"occasion": "leave"}, {}, {"name": "Mine"}, {"occasion": "open"})
    ]
    assert numbers == [1, 1, 1, 2, 2]
    moved = {**DOCUMENT, "layout": {"t1": {"x": 7, "y": 7}}}
    save_draft(owner, workflow, moved)
    assert owner.post(address(workflow), {}, format="json").json()["number"] == 3


def test_publishing_makes_one(owner: APIClient, workflow: Workflow) -> None:
    save_draft(owner, workflow)
    owner.post(address(workflow), {"occasion": "open"}, format="json")
    assert publish(owner, workflow).status_code == 201
    owner.post(address(workflow), {"occasion": "leave"}, format="json")
    assert [row["occasion"] for row in listed(owner, workflow)] == ["publish", "open"]


def test_only_so_many_are_kept_and_those_with_a_name_longest(
    owner: APIClient, workflow: Workflow, alice: Any
) -> None:
    for number in range(KEPT + 5):
        save(workflow=workflow, document=titled(f"{number}"), revision=None, actor=alice)
        add_checkpoint(workflow=workflow, actor=alice, name="Kept" if number in (0, 3) else "")
    kept = list(Checkpoint.objects.filter(workflow=workflow).values_list("number", flat=True))
    assert kept == [*range(KEPT + 5, 7, -1), 4, 1]
    for number in range(KEPT):
        add_checkpoint(workflow=workflow, actor=alice, name=f"Name {number}")
    save(workflow=workflow, document=titled("last"), revision=None, actor=alice)
    newest = add_checkpoint(workflow=workflow, actor=alice)
    kept = list(Checkpoint.objects.filter(workflow=workflow).values_list("number", flat=True))
    assert (len(kept), kept[0]) == (KEPT, newest.number)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "x" * 121}, 400),
        ({"name": 7}, 201),
        ({"name": ["a"]}, 400),
        ({"occasion": "publish"}, 400),
        ({"occasion": "lunch"}, 400),
        ({"document": {}}, 400),
        ([], 400),
    ],
)
def test_a_body_is_read_strictly(owner: APIClient, workflow: Workflow, body: Any, status: int) -> None:
    assert owner.post(address(workflow), body, format="json").status_code == status
    assert Checkpoint.objects.count() == (status == 201)


def test_one_of_another_workflow_is_not_there(owner: APIClient, workflow: Workflow, alice: Any) -> None:
    from automations.services.workflows import create_workflow

    other = create_workflow(name="Other", actor=alice)
    add_checkpoint(workflow=other, actor=alice)
    answer = owner.get(address(workflow, 1))
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_who_was_faster_is_told_to_programs_too(owner: APIClient, workflow: Workflow) -> None:
    save_draft(owner, workflow)
    late = owner.put(
        f"/api/v1/workflows/{workflow.pk}/graph/", {**titled("late"), "revision": 0}, format="json"
    )
    assert (late.status_code, late.json()["by"]) == (409, "alice")
    assert late.json()["at"] == AuditEntry.objects.get(action="draft.saved").at.isoformat()
