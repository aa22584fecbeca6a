"""The inbox and the answer over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from automations import permissions
from automations.models import Approval, ApprovalDecision, Module, Notification
from automations.runtime import approvals
from automations.services.records import update_record
from automations.testing import edge, give_modules, make_workflow, node, run_everything

from .world import gate, order, pending, person, values_of

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/api/v1/approvals/"


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.force_login(get_user_model().objects.get(pk=user.pk))
    return client


def body(verdict: str = "approve", **more: Any) -> dict[str, Any]:
    return {"verdict": verdict, "plan_hash": pending().plan_hash, **more}


def test_the_inbox_holds_what_asks_me_and_nothing_else(
    orders: Module, alice: Any, sam: Any, tom: Any
) -> None:
    gate(orders, alice, [sam, tom])
    order(orders)
    order(orders, "O-2", actor=sam)
    mine = client_of(sam).get(URL, {"mine": "true", "state": "pending"}).json()["results"]
    assert mine[0]["summary"]["changes"][0]["after"] == "refunded"
    assert [row["record"] for row in mine] == ["O-1"], "what he has started himself is not his to decide"
    assert [row["record"] for row in client_of(tom).get(URL, {"mine": "true"}).json()["results"]] == [
        "O-2",
        "O-1",
    ]
    assert [row["record"] for row in client_of(alice).get(URL).json()["results"]] == ["O-2", "O-1"]
    assert client_of(alice).get(URL, {"mine": "true"}).json()["results"] == []


def test_the_list_costs_the_same_however_long_it_is(
    orders: Module, alice: Any, sam: Any, django_assert_max_num_queries: Any
) -> None:
    gate(orders, alice, [sam])
    for number in range(5):
        order(orders, f"O-{number}")
    client = client_of(sam)
    client.get(URL)
    with django_assert_max_num_queries(12):
        assert len(client.get(URL, {"mine": "true"}).json()["results"]) == 5


def test_one_who_is_asked_sees_every_change_and_who_else_decides(
    orders: Module, alice: Any, sam: Any, tom: Any
) -> None:
    gate(orders, alice, [sam, tom])
    order(orders)
    seen = client_of(sam).get(f"{URL}{pending().pk}/").json()
    assert seen["plan"][0]["changes"][0]["after"] == "refunded"
    assert (seen["summary"]["records"], seen["deciders"], seen["why_not"]) == (1, ["sam", "tom"], "")


def test_one_who_may_only_look_sees_no_values(orders: Module, alice: Any, sam: Any, charlie: Any) -> None:
    workflow = gate(orders, alice, [sam])
    order(orders)
    assert client_of(charlie).get(f"{URL}{pending().pk}/").status_code == 404
    assign_perm(permissions.codename("view"), charlie, workflow)
    seen = client_of(charlie).get(f"{URL}{pending().pk}/").json()
    assert (seen["plan"], seen["changed_since"], seen["summary"], seen["body"]) == (None, None, None, "")
    assert client_of(charlie).get(URL).json()["results"][0]["summary"] is None
    assert seen["why_not"].startswith("You lack the right")
    answer = client_of(charlie).post(f"{URL}{pending().pk}/decide/", body(), format="json")
    assert answer.status_code == 403


def test_an_answer_is_given_once_and_a_late_one_is_a_conflict(
    orders: Module, alice: Any, sam: Any, tom: Any
) -> None:
    gate(orders, alice, [sam, tom])
    order(orders)
    address, sent = f"{URL}{pending().pk}/decide/", body(reason="Fine.")
    first = client_of(sam).post(address, sent, format="json")
    assert (first.status_code, first.json()["state"]) == (200, "approved")
    assert client_of(sam).post(address, sent, format="json").status_code == 200
    late = client_of(tom).post(address, sent, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "already-approved")
    run_everything()
    assert values_of(orders)["state"] == "refunded"


@pytest.mark.parametrize("noticed", [True, False])
def test_an_answer_after_the_time_is_up_is_a_conflict(
    orders: Module, alice: Any, sam: Any, noticed: bool
) -> None:
    """Also where the ticker has not come by yet."""
    gate(orders, alice, [sam], expires_after="PT1H")
    order(orders)
    approval, sent = pending(), body()
    now = timezone.now()
    Approval.objects.update(expires_at=now)
    if noticed:
        approvals.attend(now=now)
        run_everything()
    late = client_of(sam).post(f"{URL}{approval.pk}/decide/", sent, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "already-expired")
    assert not ApprovalDecision.objects.exists()
    run_everything()
    assert values_of(orders).get("state") is None


def test_self_approval_is_forbidden(orders: Module, alice: Any, sam: Any, tom: Any) -> None:
    gate(orders, alice, [sam, tom])
    order(orders, actor=sam)
    answer = client_of(sam).post(f"{URL}{pending().pk}/decide/", body(), format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert pending().state == "pending"
    assert not ApprovalDecision.objects.exists()


def test_a_record_that_was_changed_is_shown_and_refuses_the_answer(
    orders: Module, alice: Any, sam: Any
) -> None:
    gate(orders, alice, [sam])
    order(orders)
    update_record(module=orders, key="O-1", values={"amount": "420.00"}, actor=alice)
    client, address = client_of(sam), f"{URL}{pending().pk}/"
    assert client.get(address).json()["changed_since"] == [
        {"field": "amount", "asked": "380.00", "now": "420.00"}
    ]
    answer = client.post(f"{address}decide/", body(), format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "record-changed")
    run_everything()
    assert pending().round == 2


def test_somebody_is_put_in_ones_place(orders: Module, alice: Any, sam: Any) -> None:
    deputy = person("deputy")
    gate(orders, alice, [sam, deputy])
    order(orders)
    client, address = client_of(sam), f"{URL}{pending().pk}/delegate/"
    assert client.post(address, {"receiver": "nobody"}, format="json").status_code == 404
    answer = client.post(address, {"receiver": "deputy", "reason": "Away."}, format="json")
    assert answer.json()["deciders"] == ["deputy"]
    assert client_of(deputy).get(URL, {"mine": "true"}).json()["results"][0]["id"] == pending().pk
    assert client.get(URL, {"mine": "true"}).json()["results"] == []


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ({"verdict": "maybe"}, "verdict"),
        ({"plan_hash": "x"}, "plan_hash"),
        ({"approved_by": "sam"}, "approved_by"),
        ({"verdict": "reject"}, "reason"),
    ],
)
def test_an_answer_that_is_none_is_refused_with_its_path(
    orders: Module, alice: Any, sam: Any, sent: dict[str, Any], path: str
) -> None:
    gate(orders, alice, [sam])
    order(orders)
    answer = client_of(sam).post(f"{URL}{pending().pk}/decide/", {**body(), **sent}, format="json")
    assert answer.status_code in (400, 422)
    assert [problem["path"] for problem in answer.json()["problems"]] == [path]
    assert Approval.objects.get().state == "pending"


def test_a_question_is_asked_answered_and_decides_nothing(
    orders: Module, alice: Any, sam: Any, charlie: Any
) -> None:
    workflow = gate(orders, alice, [sam])
    order(orders)
    address = f"{URL}{pending().pk}/remarks/"
    asked = client_of(sam).post(address, {"text": "Paid by card?"}, format="json")
    assert (asked.status_code, asked.json()["state"]) == (201, "pending")
    told = Notification.objects.get(user=alice, key__contains=":remark:")
    assert (told.title, told.body) == ("sam on “Refund 380.00 on Chair?”", "Paid by card?")
    client_of(alice).post(address, {"text": "Yes."}, format="json")
    assert Notification.objects.filter(user=sam, key__contains=":remark:").count() == 1
    seen = client_of(sam).get(f"{URL}{pending().pk}/").json()
    assert [(one["person"], one["text"]) for one in seen["remarks"]] == [
        ("sam", "Paid by card?"),
        ("alice", "Yes."),
    ]
    assign_perm(permissions.codename("view"), charlie, workflow)
    assert client_of(charlie).post(address, {"text": "Me too"}, format="json").status_code == 403
    assert client_of(charlie).get(f"{URL}{pending().pk}/").json()["remarks"] is None
    client_of(sam).post(f"{URL}{pending().pk}/decide/", body(), format="json")
    late = client_of(alice).post(address, {"text": "Oh"}, format="json")
    assert (late.status_code, late.json()["code"]) == (409, "already-approved")
    mine = client_of(sam).get(URL, {"decided": "true"}).json()["results"]
    assert [row["state"] for row in mine] == ["approved"]
    assert client_of(alice).get(URL, {"decided": "true"}).json()["results"] == []


def test_one_who_is_asked_sees_which_conditions_led_to_the_question(
    orders: Module, alice: Any, sam: Any, charlie: Any
) -> None:
    rule = {"field": "amount", "op": "gt", "value": "200"}
    nodes = [
        node("t1", "trigger.record", module="refunds", on=["created"]),
        {**node("c1", "condition.if", rule=rule), "title": "Is it large?"},
        node("p1", "action.approval", title="Refund?", groups=["Leads"]),
    ]
    edges = [edge("t1", "c1"), edge("c1", "p1", "true")]
    workflow = make_workflow(
        "large", {"schema": 1, "nodes": nodes, "edges": edges}, owner=give_modules(alice)
    )
    for right in ("view", "approve"):
        assign_perm(permissions.codename(right), sam, workflow)
    order(orders)
    seen = client_of(sam).get(f"{URL}{pending().pk}/").json()
    assert seen["why"] == [{"title": "Is it large?", "branches": ["true"], "saw": {"amount": "380.00"}}]
    assign_perm(permissions.codename("view"), charlie, workflow)
    assert client_of(charlie).get(f"{URL}{pending().pk}/").json()["why"] is None
