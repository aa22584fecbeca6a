"""The link in the mail: it leads to a page, opening it decides nothing, and it is one person's for one question."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client, override_settings

from automations.models import ApprovalDecision, Module, OutgoingEmail
from automations.runtime.approval_mail import token_for
from automations.services.approvals import decide_approval
from automations.services.records import update_record
from automations.testing import run_everything

from .world import gate, order, pending, values_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def link(orders: Module, alice: Any, sam: Any) -> str:
    with override_settings(AUTOMATIONS_SITE_URL="https://ops.example.org/auto/"):
        gate(orders, alice, [sam])
        order(orders, title="<script>alert(1)</script>")
    found = re.search(
        r"https://ops\.example\.org/auto(/approvals/by-link/\S+/)", OutgoingEmail.objects.get().body
    )
    assert found is not None
    return found[1]


def test_opening_it_shows_the_facts_and_decides_nothing(link: str) -> None:
    answer = Client().get(link)
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "state <del>–</del> → <ins>refunded</ins>" in text
    assert "<script>alert" not in text
    assert "script" not in answer["Content-Security-Policy"] or "'self'" in answer["Content-Security-Policy"]
    assert Client().head(link).status_code == 200
    assert not ApprovalDecision.objects.exists()


def test_it_decides_when_its_form_is_sent_and_then_no_more(orders: Module, link: str) -> None:
    client = Client()
    sent = {"verdict": "approve", "plan_hash": pending().plan_hash}
    assert client.post(link, sent).status_code == 200
    run_everything()
    assert values_of(orders)["state"] == "refunded"
    decision = ApprovalDecision.objects.get()
    assert (decision.person_name, decision.by_link) == ("sam", True)
    text = client.get(link).content.decode()
    assert "You have decided" in text
    assert "<form" not in text
    assert client.post(link, {**sent, "verdict": "reject", "reason": "No."}).status_code == 409
    assert ApprovalDecision.objects.count() == 1


def test_a_form_from_elsewhere_is_refused(link: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(link, {"verdict": "approve", "plan_hash": pending().plan_hash}).status_code == 403
    assert not ApprovalDecision.objects.exists()


def test_a_rejection_without_a_reason_says_what_is_missing(link: str) -> None:
    answer = Client().post(link, {"verdict": "reject", "plan_hash": pending().plan_hash})
    assert answer.status_code == 409
    assert "A rejection needs a reason." in answer.content.decode()


def test_it_says_when_the_record_was_changed_and_when_it_was_asked_anew(
    orders: Module, alice: Any, link: str
) -> None:
    update_record(module=orders, key="O-1", values={"amount": "420.00"}, actor=alice)
    assert "amount: 380.00 → 420.00" in Client().get(link).content.decode()
    answer = Client().post(link, {"verdict": "approve", "plan_hash": pending().plan_hash})
    assert answer.status_code == 409
    run_everything()
    assert "It was asked anew" in Client().get(link).content.decode()


@pytest.mark.parametrize("token", ["x", "a" * 600, "e30:1abc:sig", "%00"])
def test_a_link_that_is_none_leads_nowhere(token: str, db: None) -> None:
    answer = Client().get(f"/approvals/by-link/{token}/")
    assert answer.status_code == 404
    assert "This link leads nowhere" in answer.content.decode()


def test_one_who_has_left_has_no_link_any_more(link: str, sam: Any) -> None:
    sam.is_active = False
    sam.save()
    assert Client().get(link).status_code == 404


def test_one_who_has_lost_the_right_cant_decide(link: str, alice: Any, sam: Any) -> None:
    from guardian.shortcuts import remove_perm

    remove_perm("automations.approve_workflow", sam, pending().workflow)
    text = Client().get(link).content.decode()
    assert "You lack the right" in text
    assert "<form" not in text
    assert Client().post(link, {"verdict": "approve", "plan_hash": pending().plan_hash}).status_code == 409
    assert not ApprovalDecision.objects.exists()


def test_the_link_of_one_person_is_not_that_of_another(
    orders: Module, link: str, alice: Any, sam: Any
) -> None:
    assert token_for(pending(), sam) != token_for(pending(), alice)
    other = Client().post(
        f"/approvals/by-link/{token_for(pending(), alice)}/",
        {"verdict": "approve", "plan_hash": pending().plan_hash},
    )
    assert other.status_code == 409, "alice is not asked"
    decide_approval(approval=pending(), actor=sam, verdict="approve", plan_hash=pending().plan_hash)
