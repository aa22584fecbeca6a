"""No version acts but through the gate, or past it by an admin's loud word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group

from automations.actions.update_fields.kind import UpdateFields
from automations.engine.kinds import Risk
from automations.errors import ConflictError, ForbiddenError, GateClosedError, InvalidError
from automations.models import (
    AuditEntry,
    Consent,
    Module,
    Notification,
    OutgoingEmail,
    Promotion,
    Scenario,
    Workflow,
)
from automations.services.consents import (
    ask_consent,
    confirm_first_release,
    give_consent,
    withdraw_consent,
)
from automations.services.gate import check_gate, read_gate
from automations.services.releases import break_glass, demote_workflow, promote_workflow, rollback_workflow
from automations.services.scenarios import edit_scenario

from .conftest import fresh, state_of, ticket

pytestmark = pytest.mark.django_db
REASON = "The till stands still, and nobody else is here"


def open_lines(workflow: Workflow) -> list[str]:
    return [line.key for line in read_gate(workflow=fresh(workflow)).lines if line.is_open]


def test_a_closed_gate_says_what_is_open_and_changes_nothing(
    release: Callable[..., Workflow], tickets: Module, alice: Any
) -> None:
    workflow = release()
    with pytest.raises(GateClosedError) as refused:
        promote_workflow(workflow=workflow, actor=alice)
    assert [problem.code for problem in refused.value.problems] == [
        "positive-scenario",
        "negative-scenario",
        "non-admin-scenario",
        "rollback",
    ]
    assert all(problem.hint for problem in refused.value.problems)
    assert fresh(workflow).mode == "simulate"
    ticket(tickets)
    assert state_of(tickets) is None


def test_a_proven_version_is_promoted_and_acts(proven: Workflow, tickets: Module, alice: Any) -> None:
    promote_workflow(workflow=proven, actor=alice, reason="It did well")
    kept = Promotion.objects.get()
    assert (kept.way, kept.version.number, kept.promoted_by_name) == ("gate", 1, "alice")
    assert {line["state"] for line in kept.gate} == {"met", "not_needed"}
    entry = AuditEntry.objects.get(action="workflow.promoted")
    assert entry.after["gate"] == kept.gate
    ticket(tickets)
    assert state_of(tickets) == "closed"


def test_evidence_is_of_one_digest_only(
    proven: Workflow, release: Callable[..., Workflow], alice: Any
) -> None:
    promote_workflow(workflow=proven, actor=alice)
    release(limit="500")  # the positive case is below the limit now
    assert open_lines(proven) == ["positive-scenario", "no-scenario-fails"]
    with pytest.raises(GateClosedError):
        promote_workflow(workflow=proven, actor=alice)
    release(limit="150")
    assert read_gate(workflow=fresh(proven)).is_green  # version 1 has acted: it is the way back
    promote_workflow(workflow=proven, actor=alice)


def test_a_scenario_that_is_changed_proves_nothing_until_it_is_run_again(
    proven: Workflow, alice: Any
) -> None:
    positive = Scenario.objects.get(name="positive")
    edit_scenario(scenario=positive, changes={"expected": {"outcome": "succeeded"}}, actor=alice)
    assert open_lines(proven) == ["positive-scenario"]
    check_gate(workflow=proven, actor=alice)
    assert open_lines(proven) == []


def test_an_admin_proves_nothing_about_limits(proven: Workflow, alice: Any) -> None:
    alice.groups.add(Group.objects.get_or_create(name="Admin")[0])
    assert open_lines(proven) == ["non-admin-scenario"]


def test_rolling_back_in_execute_leads_only_to_what_has_acted(
    proven: Workflow, release: Callable[..., Workflow], alice: Any
) -> None:
    promote_workflow(workflow=proven, actor=alice)
    release(state="gone")  # never promoted
    release(limit="150")
    promote_workflow(workflow=proven, actor=alice)
    with pytest.raises(ConflictError) as refused:
        rollback_workflow(workflow=proven, number=2, reason="x", actor=alice)
    assert refused.value.code == "never-executed"
    rollback_workflow(workflow=proven, number=1, reason="It was better", actor=alice)
    now = fresh(proven)
    assert (now.active_version.number, now.mode, now.promotion.way) == (1, "execute", "gate")
    demote_workflow(workflow=proven, actor=alice)
    rollback_workflow(workflow=proven, number=2, reason="x", actor=alice)  # it only simulates
    assert (fresh(proven).mode, fresh(proven).promotion) == ("simulate", None)


class TestFourEyes:
    @pytest.fixture(autouse=True)
    def _sensitive(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(UpdateFields, "risk", Risk.SENSITIVE)

    def test_somebody_else_agrees_to_this_very_version(
        self, proven_but_for_consent: Workflow, alice: Any, bob: Any, charlie: Any
    ) -> None:
        workflow = proven_but_for_consent
        assert open_lines(workflow) == ["four-eyes"]
        with pytest.raises(GateClosedError):
            promote_workflow(workflow=workflow, actor=alice)
        consent = ask_consent(workflow=workflow, actor=alice, note="Please look")
        assert list(Notification.objects.values_list("user__username", "address")) == [
            ("bob", f"workflows/{workflow.pk}/promote/")
        ]
        assert OutgoingEmail.objects.get().to == "bob@example.org"
        digest = consent.digest
        with pytest.raises(ForbiddenError, match="asked for it yourself"):
            give_consent(workflow=workflow, digest=digest, actor=alice)
        with pytest.raises(ForbiddenError, match="lack the right"):
            give_consent(workflow=workflow, digest=digest, actor=charlie)
        with pytest.raises(ConflictError) as refused:
            give_consent(workflow=workflow, digest="0" * 64, actor=bob)
        assert refused.value.code == "version-changed"
        give_consent(workflow=workflow, digest=digest, actor=bob, answer="Looked at it")
        with pytest.raises(ConflictError) as again:
            give_consent(workflow=workflow, digest=digest, actor=bob)
        assert again.value.code == "already-given"
        promote_workflow(workflow=workflow, actor=alice)
        with pytest.raises(ConflictError) as late:
            withdraw_consent(workflow=workflow, actor=bob)
        assert late.value.code == "already-used"

    def test_who_published_is_no_second_person(
        self, proven_but_for_consent: Workflow, alice: Any, bob: Any
    ) -> None:
        consent = None
        with pytest.raises(ConflictError) as refused:  # Alice published, and Bob asks: nobody is left
            consent = ask_consent(workflow=proven_but_for_consent, actor=bob)
        assert (refused.value.code, consent) == ("nobody-to-ask", None)

    def test_another_live_version_voids_it(
        self, proven_but_for_consent: Workflow, release: Callable[..., Workflow], alice: Any, bob: Any
    ) -> None:
        workflow = proven_but_for_consent
        consent = ask_consent(workflow=workflow, actor=alice)
        give_consent(workflow=workflow, digest=consent.digest, actor=bob)
        release(limit="150")
        consent.refresh_from_db()
        assert (consent.state, consent.ended_why) == ("void", "Version 2 became the live one.")
        assert "four-eyes" in open_lines(workflow)
        rollback_workflow(workflow=workflow, number=1, reason="back", actor=alice)
        assert open_lines(workflow) == ["four-eyes"]  # what is void stays void

    def test_it_can_be_taken_back_by_either_and_asked_for_again(
        self, proven_but_for_consent: Workflow, alice: Any, bob: Any, charlie: Any
    ) -> None:
        workflow = proven_but_for_consent
        consent = ask_consent(workflow=workflow, actor=alice)
        with pytest.raises(ConflictError):
            ask_consent(workflow=workflow, actor=alice)
        with pytest.raises(ForbiddenError):
            withdraw_consent(workflow=workflow, actor=charlie)
        give_consent(workflow=workflow, digest=consent.digest, actor=bob)
        withdraw_consent(workflow=workflow, actor=bob, reason="A case is missing")
        assert open_lines(workflow) == ["four-eyes"]
        ask_consent(workflow=workflow, actor=alice)
        assert list(Consent.objects.values_list("state", flat=True)) == ["asked", "withdrawn"]

    @pytest.fixture
    def proven_but_for_consent(
        self, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> Workflow:
        monkeypatch.setattr(UpdateFields, "risk", Risk.MEDIUM)
        workflow: Workflow = request.getfixturevalue("proven")
        monkeypatch.setattr(UpdateFields, "risk", Risk.SENSITIVE)
        return workflow


class TestBreakGlass:
    def test_it_is_loud_until_the_gate_is_green(
        self, release: Callable[..., Workflow], tickets: Module, alice: Any, root: Any, bob: Any
    ) -> None:
        workflow = release()
        with pytest.raises(InvalidError) as short:
            break_glass(workflow=workflow, actor=root, reason="  Hurry!   ")
        assert short.value.problems[0].code == "reason-too-short"
        break_glass(workflow=workflow, actor=root, reason=REASON)
        now = fresh(workflow)
        assert (now.mode, now.promotion.is_loud) == ("execute", True)
        assert list(Notification.objects.values_list("user__username", flat=True)) == ["alice"]
        assert REASON in Notification.objects.get().body
        entry = AuditEntry.objects.get(action="workflow.glass_broken")
        assert (entry.reason, entry.actor_name) == (REASON, "root")
        ticket(tickets)
        assert state_of(tickets) == "closed"
        check_gate(workflow=workflow, actor=alice)
        assert fresh(workflow).promotion.is_loud
        from automations.services.scenarios import save_scenario

        for kind, amount in (("positive", "200.00"), ("negative", "20.00")):
            given = {"record": {"module": "tickets", "key": "T0", "values": {"amount": amount}}}
            save_scenario(workflow=workflow, actor=alice, name=kind, kind=kind, given=given)
        check_gate(workflow=workflow, actor=alice)
        assert fresh(workflow).promotion.is_loud  # the first release is not confirmed yet
        confirm_first_release(workflow=workflow, actor=alice)
        settled = fresh(workflow).promotion
        assert (settled.is_loud, settled.settled_why) == (False, "The gate is green.")
        assert AuditEntry.objects.filter(action="workflow.glass_mended").count() == 1

    def test_every_admin_but_who_breaks_it_is_told(
        self, release: Callable[..., Workflow], root: Any, bob: Any
    ) -> None:
        bob.groups.add(Group.objects.get_or_create(name="Admin")[0])
        break_glass(workflow=release(), actor=root, reason=REASON)
        told = Notification.objects.order_by("user__username").values_list("user__username", flat=True)
        assert list(told) == ["alice", "bob"]

    def test_an_open_gate_needs_no_breaking(self, proven: Workflow, root: Any) -> None:
        with pytest.raises(ConflictError) as refused:
            break_glass(workflow=proven, actor=root, reason=REASON)
        assert refused.value.code == "gate-open"

    def test_another_version_ends_the_alarm_and_rolling_back_to_it_raises_it_again(
        self, release: Callable[..., Workflow], alice: Any, root: Any
    ) -> None:
        workflow = release()
        break_glass(workflow=workflow, actor=root, reason=REASON)
        release(limit="150")
        first = Promotion.objects.get()
        assert (first.is_loud, first.settled_why) == (False, "Version 2 took its place.")
        break_glass(workflow=workflow, actor=root, reason=REASON)
        rollback_workflow(workflow=workflow, number=1, reason="x", actor=alice)
        assert fresh(workflow).promotion.is_loud

    def test_a_version_that_does_not_validate_stays_out(
        self, release: Callable[..., Workflow], tickets: Module, root: Any
    ) -> None:
        workflow = release()
        Module.objects.filter(pk=tickets.pk).update(fields=[])
        with pytest.raises(InvalidError):
            break_glass(workflow=workflow, actor=root, reason=REASON)
        assert fresh(workflow).mode == "simulate"
