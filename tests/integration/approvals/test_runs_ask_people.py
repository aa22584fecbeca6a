"""A run asks people: who may decide, what their answer binds to, and what becomes of the run."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from guardian.shortcuts import assign_perm

from automations import permissions
from automations.errors import ConflictError, ForbiddenError, InvalidError, ServiceError
from automations.models import (
    Approval,
    ApprovalDecision,
    AuditEntry,
    Mode,
    Module,
    Notification,
    OutgoingEmail,
    RecordComment,
    Run,
    RunSignal,
    Step,
)
from automations.runtime import approvals
from automations.services.approvals import changed_since, decide_approval, delegate_approval
from automations.services.drafts import load_draft
from automations.services.records import update_record
from automations.services.runs import cancel_run
from automations.services.versions import validate_definition_of
from automations.testing import run_everything

from .world import gate, order, pending, person, values_of

pytestmark = pytest.mark.django_db(transaction=True)


def decide(approval: Approval, actor: Any, verdict: str = "approve", **more: Any) -> ApprovalDecision:
    made = decide_approval(
        approval=approval,
        actor=actor,
        verdict=verdict,
        plan_hash=more.pop("plan_hash", approval.plan_hash),
        **more,
    )
    run_everything()
    return made


def refusal(approval: Approval, actor: Any, *args: Any, **more: Any) -> str:
    with pytest.raises(ServiceError) as error:
        decide(approval, actor, *args, **more)
    return error.value.code


def test_those_who_may_are_asked_and_shown_what_would_follow(orders: Module, alice: Any, sam: Any) -> None:
    person("eve", "Leads")  # without the right to approve
    gate(orders, alice, [sam])
    order(orders)
    asked = pending()
    assert asked.title == "Refund 380.00 on Chair?"
    assert [(entry["node"], entry["changes"]) for entry in asked.plan] == [
        (
            "a1",
            [
                {"module": "refunds", "record": "O-1", "field": "state", "before": None, "after": "refunded"},
                {
                    "module": "refunds",
                    "record": "O-1",
                    "field": "title",
                    "before": "Chair",
                    "after": "Chair (refunded)",
                },
            ],
        )
    ]
    assert values_of(orders).get("state") is None, "asking changes nothing"
    assert Run.objects.get().status == "waiting"
    assert [row.user.username for row in Notification.objects.all()] == ["sam"]
    mail = OutgoingEmail.objects.get()
    assert mail.to == "sam@example.org"
    assert "title Chair → Chair (refunded)" in mail.body


def test_an_agreement_lets_the_run_go_on_and_is_noted(orders: Module, alice: Any, sam: Any) -> None:
    gate(orders, alice, [sam])
    order(orders)
    decide(pending(), sam, reason="A regular.")
    assert values_of(orders)["state"] == "refunded"
    assert Run.objects.get().status == "succeeded"
    output = Step.objects.get(node="p1").output
    assert output is not None
    assert (output["verdict"], output["by"], output["reason"]) == ("approved", ["sam"], "A regular.")
    entry = AuditEntry.objects.get(action="approval.approved")
    assert (entry.actor_name, entry.reason) == ("sam", "A regular.")
    assert not RunSignal.objects.exists()


def test_a_rejection_needs_a_reason_and_takes_its_own_way(orders: Module, alice: Any, sam: Any) -> None:
    gate(orders, alice, [sam])
    order(orders)
    assert refusal(pending(), sam, "reject") == "invalid"
    decide(pending(), sam, "reject", reason="Too much.")
    assert RecordComment.objects.get().text == "Rejected: Too much."
    assert values_of(orders).get("state") is None


def test_a_quorum_waits_for_all_it_needs_and_one_rejection_ends_it(
    orders: Module, alice: Any, sam: Any, tom: Any
) -> None:
    gate(orders, alice, [sam, tom], quorum=2)
    order(orders)
    decide(pending(), sam)
    assert Run.objects.get().status == "waiting"
    decide(pending(), tom)
    assert values_of(orders)["state"] == "refunded"
    order(orders, "O-2")
    second = pending()
    decide(second, sam)
    decide(second, tom, "reject", reason="No.")
    second.refresh_from_db()
    assert second.state == "rejected"
    assert values_of(orders, "O-2").get("state") is None


def test_who_started_it_cant_agree_himself_unless_it_is_allowed(
    orders: Module, alice: Any, sam: Any, tom: Any
) -> None:
    gate(orders, alice, [sam, tom])
    order(orders, actor=sam)
    assert [row.user.username for row in Notification.objects.all()] == ["tom"]
    with pytest.raises(ForbiddenError, match="You started this yourself"):
        decide(pending(), sam)
    decide(pending(), tom)
    assert values_of(orders)["state"] == "refunded"


def test_a_question_that_nobody_could_answer_fails_the_step(orders: Module, alice: Any, sam: Any) -> None:
    gate(orders, alice, [sam])
    order(orders, actor=sam)
    assert Run.objects.get().failure_code == "too-few-approvers"
    assert not Approval.objects.exists()


def test_outsiders_and_those_who_are_not_asked_decide_nothing(
    orders: Module, alice: Any, sam: Any, charlie: Any
) -> None:
    workflow = gate(orders, alice, [sam])
    order(orders)
    assert refusal(pending(), charlie) == "forbidden"
    assign_perm(permissions.codename("approve"), charlie, workflow)
    with pytest.raises(ForbiddenError, match="not among those who are asked"):
        decide(pending(), get_user_model().objects.get(pk=charlie.pk))
    assert not ApprovalDecision.objects.exists()


def test_the_same_answer_twice_is_one_decision_and_another_is_refused(
    orders: Module, alice: Any, sam: Any, tom: Any
) -> None:
    gate(orders, alice, [sam, tom], quorum=2)
    order(orders)
    first = decide(pending(), sam)
    assert decide(pending(), sam).pk == first.pk
    assert refusal(pending(), sam, "reject", reason="No.") == "already-decided"
    assert ApprovalDecision.objects.count() == 1
    assert AuditEntry.objects.filter(action__startswith="approval.").count() == 1


def test_two_who_click_at_once_make_one_decision(orders: Module, alice: Any, sam: Any, tom: Any) -> None:
    gate(orders, alice, [sam, tom])
    order(orders)
    approval = pending()
    start = threading.Barrier(2)
    said: list[str] = []

    def click(user: Any) -> None:
        try:
            start.wait()
            decide_approval(approval=approval, actor=user, verdict="approve", plan_hash=approval.plan_hash)
            said.append("decided")
        except ConflictError as error:
            said.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=click, args=(user,)) for user in (sam, tom)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == ["already-approved", "decided"]
    run_everything()
    assert ApprovalDecision.objects.count() == 1
    assert values_of(orders)["title"] == "Chair (refunded)", "done once"


def test_a_changed_record_refuses_the_answer_and_is_asked_anew(orders: Module, alice: Any, sam: Any) -> None:
    gate(orders, alice, [sam])
    order(orders)
    first = pending()
    update_record(module=orders, key="O-1", values={"amount": "420.00"}, actor=alice)
    assert changed_since(first) == [{"field": "amount", "asked": "380.00", "now": "420.00"}]
    assert refusal(first, sam) == "record-changed"
    run_everything()
    first.refresh_from_db()
    second = pending()
    assert (first.state, second.round, second.record["amount"]) == ("cancelled", 2, "420.00")
    assert values_of(orders).get("state") is None
    decide(second, sam)
    assert values_of(orders)["state"] == "refunded"


def test_consent_to_another_plan_than_would_be_done_is_void(orders: Module, alice: Any, sam: Any) -> None:
    """Changed after the last look at the record, before the run goes on."""
    gate(orders, alice, [sam])
    order(orders)
    first = pending()
    decide_approval(approval=first, actor=sam, verdict="approve", plan_hash=first.plan_hash)
    update_record(module=orders, key="O-1", values={"title": "Table"}, actor=alice)
    run_everything()
    second = pending()
    assert second.round == 2
    assert second.plan_hash != first.plan_hash
    assert values_of(orders)["title"] == "Table", "nothing was done on consent to something else"
    decide(second, sam)
    assert values_of(orders)["title"] == "Table (refunded)"


def test_an_answer_to_what_was_shown_before_is_refused(orders: Module, alice: Any, sam: Any) -> None:
    gate(orders, alice, [sam])
    order(orders)
    assert refusal(pending(), sam, plan_hash="0" * 64) == "plan-changed"


def test_an_end_that_nobody_met_takes_its_own_way_and_comes_too_late_after(
    orders: Module, alice: Any, sam: Any
) -> None:
    gate(orders, alice, [sam], expires_after="PT1H")
    order(orders)
    approval = pending()
    approvals.attend(now=timezone.now())
    approval.refresh_from_db()
    assert approval.state == "pending"
    Approval.objects.update(expires_at=timezone.now())
    approvals.attend(now=timezone.now())
    run_everything()
    assert RecordComment.objects.get().text == "Nobody decided."
    assert refusal(approval, sam) == "already-expired"


def test_one_whose_time_is_up_is_refused_before_the_ticker_comes(
    orders: Module, alice: Any, sam: Any
) -> None:
    gate(orders, alice, [sam], expires_after="PT1H")
    order(orders)
    Approval.objects.update(expires_at=timezone.now())
    assert refusal(pending(), sam) == "already-expired"
    run_everything()
    assert RecordComment.objects.get().text == "Nobody decided."


def test_it_is_escalated_to_others_and_those_who_wait_are_reminded(
    orders: Module, alice: Any, sam: Any
) -> None:
    chief = person("chief", "Chiefs")
    gate(
        orders,
        alice,
        [sam, chief],
        escalate_after="PT1H",
        escalate_to=["Chiefs"],
        remind_every="PT2H",
    )
    order(orders)
    with pytest.raises(ForbiddenError):
        decide(pending(), chief)
    approvals.attend(now=timezone.now() + timedelta(hours=1, minutes=1))
    assert Notification.objects.filter(user=chief, title__startswith="Escalated to you").count() == 1
    approvals.attend(now=timezone.now() + timedelta(hours=2, minutes=1))
    assert Notification.objects.filter(title__startswith="Still waiting").count() == 2
    decide(pending(), chief)
    assert values_of(orders)["state"] == "refunded"


def test_somebody_may_be_put_in_ones_place_and_then_decides_instead(
    orders: Module, alice: Any, sam: Any
) -> None:
    deputy, stranger = person("deputy"), person("stranger")
    gate(orders, alice, [sam, deputy])
    order(orders)
    with pytest.raises(InvalidError, match="lacks the right"):
        delegate_approval(approval=pending(), actor=sam, receiver=stranger)
    with pytest.raises(InvalidError, match="yourself"):
        delegate_approval(approval=pending(), actor=sam, receiver=sam)
    delegate_approval(approval=pending(), actor=sam, receiver=deputy, reason="On holiday.")
    assert Notification.objects.filter(user=deputy, title__startswith="sam asks you").exists()
    assert refusal(pending(), sam) == "forbidden"
    decide(pending(), deputy)
    assert values_of(orders)["state"] == "refunded"
    assert AuditEntry.objects.filter(action="approval.delegated", actor_name="sam").exists()


def test_answers_must_fit_the_form_and_reach_later_steps(orders: Module, alice: Any, sam: Any) -> None:
    form = {
        "type": "object",
        "properties": {"note": {"type": "string", "minLength": 3}},
        "required": ["note"],
    }
    gate(orders, alice, [sam], form=form)
    order(orders)
    assert refusal(pending(), sam) == "invalid"
    decide(pending(), sam, answers={"note": "By bank."})
    output = Step.objects.get(node="p1").output
    assert output is not None
    assert output["answers"] == {"note": "By bank."}


def test_a_cancelled_run_asks_nobody_any_more(orders: Module, alice: Any, sam: Any) -> None:
    gate(orders, alice, [sam])
    order(orders)
    approval = pending()
    cancel_run(run=Run.objects.get(), actor=alice, reason="Wrong order.")
    assert refusal(approval, sam) == "already-cancelled"


def test_in_simulate_nobody_is_asked_and_the_step_is_marked_assumed(
    orders: Module, alice: Any, sam: Any
) -> None:
    gate(orders, alice, [sam], mode=Mode.SIMULATE)
    order(orders)
    step = Step.objects.get(node="p1")
    assert (step.status, step.assumed, step.branches) == ("succeeded", True, ["approved"])
    assert not Approval.objects.exists()
    assert not Notification.objects.exists()
    assert not OutgoingEmail.objects.exists()


def test_what_was_decided_is_never_rewritten(orders: Module, alice: Any, sam: Any) -> None:
    gate(orders, alice, [sam])
    order(orders)
    decide(pending(), sam)
    with pytest.raises(Exception, match="rows are never changed"):
        ApprovalDecision.objects.update(verdict="reject")


def test_that_too_few_of_those_asked_may_agree_is_told_before_a_run_fails_of_it(
    orders: Module, alice: Any, sam: Any, tom: Any
) -> None:
    workflow = gate(orders, alice, [], quorum=2)

    def told() -> list[tuple[str, str, str]]:
        definition = load_draft(workflow).definition
        found = validate_definition_of(workflow, definition, viewer=alice)
        return [(one.path, one.severity, one.message) for one in found if one.code == "too-few-approvers"]

    lack = "2 must agree, but of those asked {} may: {} can't approve here."
    assert told() == [("nodes[1].config.users", "warning", lack.format(0, "“sam”, “tom”"))]
    assign_perm(permissions.codename("approve"), sam, workflow)
    assert told() == [("nodes[1].config.users", "warning", lack.format(1, "“tom”"))]
    assign_perm(permissions.codename("approve"), tom, workflow)
    assert told() == []
