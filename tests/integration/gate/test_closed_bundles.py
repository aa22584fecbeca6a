"""A version starts what it was published with: the versions of other workflows that were live then, whatever came later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from automations.models import Consent, Decision, LogEntry, Module, Run, Workflow, WorkflowVersion
from automations.runtime import intake
from automations.runtime.unit import workflow_source
from automations.services.consents import ask_consent, confirm_first_release, give_consent
from automations.services.drafts import load_draft, save_draft
from automations.services.gate import check_gate, read_gate
from automations.services.go_live import read_checklist
from automations.services.live import make_live
from automations.services.records import create_record
from automations.services.releases import demote_workflow, promote_workflow, rollback_workflow
from automations.services.runs import start_run
from automations.services.scenarios import save_scenario
from automations.services.versions import describe_definition, publish_version, validate_definition_of
from automations.services.workflow_files import export_workflow, import_workflow, read_file
from automations.services.workflows import (
    archive_workflow,
    create_workflow,
    pause_workflow,
    resume_workflow,
    update_workflow,
)
from automations.testing import chain, let_act, make_workflow, node, run_everything

from .conftest import fresh, state_of, ticket

pytestmark = pytest.mark.django_db


def sets(state: str, over: str = "100") -> dict[str, Any]:
    """Tickets over a hundred get a state."""
    large = {"field": "amount", "op": "gt", "value": over}
    trigger = node("t1", "trigger.manual", module="tickets", filter=large)
    return chain(trigger, node("a1", "action.update_fields", values={"state": state}))


def starts(key: str, **config: Any) -> dict[str, Any]:
    trigger = node("t1", "trigger.record", module="tickets", on=["created"])
    return chain(trigger, node("s1", "action.start_workflow", workflow=key, **config))


def publish(workflow: Workflow, document: dict[str, Any], actor: Any) -> Workflow:
    save_draft(workflow=workflow, document=document, revision=None, actor=actor)
    publish_version(workflow=workflow, actor=actor)
    return fresh(workflow)


@pytest.fixture
def errand(tickets: Module, alice: Any) -> Workflow:
    """Version 1 closes tickets; it went through the gate and acts."""
    made = create_workflow(key="errand", name="Errand", module=tickets, actor=alice, run_as=alice)
    for kind, amount in (("positive", "200.00"), ("negative", "20.00")):
        given = {"record": {"module": "tickets", "key": "T0", "values": {"amount": amount}}}
        save_scenario(workflow=made, actor=alice, name=kind, kind=kind, given=given)
    publish(made, sets("closed"), alice)
    confirm_first_release(workflow=made, actor=alice)
    return through_the_gate(made, alice)


@pytest.fixture
def caller(errand: Workflow, alice: Any) -> Workflow:
    """Acts on created tickets, and starts version 1 of the errand."""
    return make_workflow("caller", starts("errand"), owner=alice)


@pytest.fixture
def newer(errand: Workflow, caller: Workflow, alice: Any) -> Workflow:
    """The errand with a version 2, which makes tickets “gone” and acts."""
    publish(errand, sets("gone"), alice)
    return through_the_gate(errand, alice)


def through_the_gate(workflow: Workflow, actor: Any) -> Workflow:
    check_gate(workflow=workflow, actor=actor)
    promote_workflow(workflow=fresh(workflow), actor=actor)
    return fresh(workflow)


def child() -> tuple[int, str, str]:
    """The newest run of the errand: its version, its mode, its status."""
    run = Run.objects.filter(workflow__key="errand").select_related("version").latest("pk")
    return run.version.number, run.mode, run.status


def said(workflow: Workflow) -> str:
    """What the newest run of a workflow has logged."""
    run = Run.objects.filter(workflow=workflow).latest("pk")
    return " ".join(LogEntry.objects.filter(run=run).order_by("seq").values_list("message", flat=True))


def line(workflow: Workflow, key: str) -> Any:
    return next(one for one in read_gate(workflow=fresh(workflow)).lines if one.key == key)


def test_what_was_pinned_is_started_until_the_caller_is_published_anew(
    newer: Workflow, caller: Workflow, tickets: Module, alice: Any
) -> None:
    first = newer.versions.get(number=1)
    pins = caller.active_version.document["workflows"]
    assert pins == {"errand": {"version": 1, "digest": first.digest}}

    ticket(tickets, "T1")
    assert (state_of(tickets, "T1"), child()) == ("closed", (1, "execute", "succeeded"))
    assert "at version 1" in said(caller)

    publish_version(workflow=caller, actor=alice)  # nothing else has changed
    let_act(fresh(caller), alice)
    ticket(tickets, "T2")
    assert (state_of(tickets, "T2"), child()) == ("gone", (2, "execute", "succeeded"))

    rollback_workflow(workflow=caller, number=1, reason="It was better", actor=alice)
    ticket(tickets, "T3")
    assert (state_of(tickets, "T3"), child()) == ("closed", (1, "execute", "succeeded"))


def test_rolling_the_started_workflow_back_leaves_the_pin(
    newer: Workflow, caller: Workflow, tickets: Module, alice: Any
) -> None:
    publish_version(workflow=caller, actor=alice)
    let_act(fresh(caller), alice)
    rollback_workflow(workflow=newer, number=1, reason="Wrong state", actor=alice)
    ticket(tickets)
    assert (state_of(tickets), child()) == ("gone", (2, "execute", "succeeded"))


class TestWhatMayAct:
    """The mode is the started workflow's own: a pin lets nothing act that its gate has not let."""

    def test_while_the_started_workflow_simulates_so_does_what_is_pinned(
        self, newer: Workflow, caller: Workflow, tickets: Module, alice: Any
    ) -> None:
        demote_workflow(workflow=newer, actor=alice)
        ticket(tickets)
        assert (state_of(tickets), child()) == (None, (1, "simulate", "succeeded"))
        assert "It only simulates: “Errand” is in simulate." in said(caller)

    def test_a_version_that_never_passed_the_gate_only_simulates(
        self, tickets: Module, alice: Any, errand: Workflow
    ) -> None:
        publish(errand, sets("never"), alice)  # version 2
        caller = make_workflow("caller", starts("errand"), owner=alice)
        publish(errand, sets("gone"), alice)
        through_the_gate(errand, alice)  # version 3
        ticket(tickets)
        assert (state_of(tickets), child()) == (None, (2, "simulate", "succeeded"))
        why = "It only simulates: version 2 of “Errand” has never passed its gate."
        assert why in said(caller)
        assert Decision.objects.get(workflow=errand).reason["why"] == why

    def test_a_broken_glass_lets_the_live_version_act_and_no_other(
        self, tickets: Module, alice: Any, errand: Workflow
    ) -> None:
        let_act(publish(errand, sets("rushed", over="300"), alice), alice)  # version 2: a case fails on it
        caller = make_workflow("caller", starts("errand"), owner=alice)
        ticket(tickets, "T1")
        assert (state_of(tickets, "T1"), child()) == ("rushed", (2, "execute", "succeeded"))
        publish(errand, sets("gone"), alice)
        through_the_gate(errand, alice)  # version 3
        ticket(tickets, "T2")
        assert (state_of(tickets, "T2"), child()) == (None, (2, "simulate", "succeeded"))
        assert "has never passed its gate" in said(caller)

    def test_a_paused_workflow_is_not_started_at_any_version(
        self, newer: Workflow, caller: Workflow, tickets: Module, alice: Any
    ) -> None:
        pause_workflow(workflow=newer, reason="Stocktaking", actor=alice)
        ticket(tickets, "T1")
        assert Decision.objects.get(workflow=newer).outcome == "paused"
        resume_workflow(workflow=newer, actor=alice)
        ticket(tickets, "T2")
        assert (state_of(tickets, "T1"), state_of(tickets, "T2")) == (None, "closed")

    def test_an_archived_workflow_fails_the_step_that_starts_it(
        self, newer: Workflow, caller: Workflow, tickets: Module, alice: Any
    ) -> None:
        archive_workflow(workflow=newer, actor=alice)
        ticket(tickets)
        run = Run.objects.get(workflow=caller)
        assert (run.status, run.failure_code) == ("failed", "workflow-not-active")
        assert run.failure["message"] == "“errand” is archived."


def test_who_waits_is_told_when_the_started_workflow_is_gone_before_it_starts(
    newer: Workflow, tickets: Module, alice: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The event is on its way when the workflow is archived."""
    from automations.runtime import matching

    waits = make_workflow("waits", starts("errand", wait=True), owner=alice)
    judged = matching._match_batch

    def archived_first(limit: int, take: int) -> Any:
        if Run.objects.filter(workflow=waits, status="waiting").exists() and fresh(newer).archived_at is None:
            archive_workflow(workflow=newer, actor=alice)
        return judged(limit, take)

    monkeypatch.setattr(matching, "_match_batch", archived_first)
    Workflow.objects.filter(key="caller").update(paused_at="2026-01-01T00:00Z")
    ticket(tickets)
    run = Run.objects.get(workflow=waits)
    assert (run.status, run.failure_code) == ("failed", "child-failed")
    assert "Not started: gone." in run.failure["message"]


def test_workflows_that_start_each_other_pin_what_there_is(tickets: Module, alice: Any) -> None:
    one, other = (create_workflow(key=key, name=key, module=tickets, actor=alice) for key in ("one", "other"))
    publish(one, starts("other"), alice)
    assert fresh(one).active_version.document["workflows"] == {}
    assert line(one, "started").is_open
    warned = validate_definition_of(fresh(one), load_draft(one).definition, viewer=alice)
    assert [problem.path for problem in warned if problem.code == "starts-unpublished"] == [
        "nodes[1].config.workflow"
    ]

    manual = chain(
        node("t1", "trigger.manual", module="tickets"), node("s1", "action.start_workflow", workflow="one")
    )
    publish(other, manual, alice)
    assert fresh(other).active_version.document["workflows"]["one"]["version"] == 1
    publish(one, starts("other"), alice)
    pinned = fresh(one).active_version.document["workflows"]["other"]
    assert pinned == {"version": 1, "digest": fresh(other).active_version.digest}
    assert not line(one, "started").is_open


def test_what_had_no_version_when_the_caller_was_published_fails_the_step(
    tickets: Module, alice: Any
) -> None:
    late = create_workflow(key="late", name="Late", module=tickets, actor=alice)
    early = make_workflow("early", starts("late"), owner=alice)
    publish(late, sets("closed"), alice)
    ticket(tickets)
    run = Run.objects.get(workflow=early)
    assert (run.status, run.failure_code) == ("failed", "workflow-not-pinned")
    assert "Publish it, then this workflow anew." in run.failure["message"]


def test_a_workflow_that_starts_itself_starts_the_version_that_runs(tickets: Module, alice: Any) -> None:
    trigger = node("t1", "trigger.manual", allow_self=True)
    itself = chain(trigger, node("a1", "action.start_workflow", workflow="again"))
    workflow = make_workflow("again", itself, owner=alice)
    assert workflow.active_version is not None
    assert workflow.active_version.document["workflows"] == {}
    start_run(workflow=workflow, actor=alice)
    ended = chain(trigger, node("a1", "action.stop", outcome="succeeded", message="No more"))
    from automations.runtime.matching import match_due

    match_due()  # version 1 has begun when version 2 becomes the live one
    let_act(publish(workflow, ended, alice), alice)
    run_everything()
    versions = set(Run.objects.values_list("version__number", flat=True))
    assert versions == {1}
    assert Run.objects.count() > 1


class TestVersionsOfBefore:
    """Versions that were published before there were pins: they say nothing of what they start."""

    @pytest.fixture
    def old(self, newer: Workflow, caller: Workflow, alice: Any) -> Workflow:
        document = dict(caller.versions.get(number=1).document)
        del document["workflows"]
        version = WorkflowVersion.objects.create(
            workflow=caller,
            number=2,
            digest="0" * 64,
            document=document,
            published_by=alice,
            published_at=caller.created_at,
        )
        make_live(caller, version)
        return let_act(fresh(caller), alice)

    def test_they_start_what_is_live(self, old: Workflow, tickets: Module) -> None:
        ticket(tickets)
        assert (state_of(tickets), child()) == ("gone", (2, "execute", "succeeded"))

    def test_the_gate_asks_to_publish_anew(self, old: Workflow) -> None:
        found = line(old, "started")
        assert found.is_open
        assert "at whatever version is live" in found.sentence


def test_the_gate_the_sentences_and_the_evidence_tell_the_pin(
    newer: Workflow, caller: Workflow, alice: Any
) -> None:
    found = line(caller, "started")
    assert not found.is_open
    assert found.sentence == (
        "It starts “errand” at version 1 (version 2 is live by now; publishing anew takes it up)."
    )
    told = describe_definition(load_draft(caller).definition)
    assert "at version 2" in told[1]
    chapters = {chapter.key: chapter for chapter in read_checklist(workflow=fresh(caller)).chapters}
    for key in ("builder", "actions"):
        page = next(check for check in chapters[key].checks if check.key == "page")
        assert "It starts “errand” at version 1" in page.sentence
    assert "blast radius 100" in chapters["builder"].checks[0].sentence


def test_a_file_comes_back_to_the_same_digest_while_the_pin_holds(
    errand: Workflow, caller: Workflow, alice: Any
) -> None:
    before = load_draft(caller).definition
    text = export_workflow(caller, before, {})
    assert f"workflows:\n  errand:\n    digest: {errand.active_version.digest}\n    version: 1\n" in text
    again = import_workflow(file=read_file(text), workflow=caller, actor=alice)
    assert again.same
    assert again.draft.definition.digest() == before.digest()

    publish(errand, sets("gone"), alice)
    moved = import_workflow(file=read_file(text), workflow=caller, actor=alice)
    assert not moved.same
    assert export_workflow(caller, moved.draft.definition, {}).replace("version: 2", "version: 1") != text


def test_a_batch_looks_a_pin_up_once(caller: Workflow, tickets: Module) -> None:
    for index in range(6):
        create_record(module=tickets, key=f"T{index}", values={"amount": "200"}, actor=None)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        run_everything()
    looked_up = [q for q in seen.captured_queries if '"document" FROM' in q["sql"] and "EXISTS" in q["sql"]]
    asked = [q for q in seen.captured_queries if "automations_promotion" in q["sql"] and "EXISTS" in q["sql"]]
    assert len(looked_up) <= len(asked) == 1
    assert Run.objects.filter(workflow__key="errand", status="succeeded").count() == 6


def test_a_start_that_is_asked_for_again_is_the_same_whatever_is_pinned_by_now(errand: Workflow) -> None:
    """A retry goes on with the keys of the run that it goes on with, and its version may pin another."""
    source = workflow_source()

    def ask(version: int) -> intake.Accepted:
        target = {"workflow": errand.pk, "node": "t1", "input": {}, "version": version}
        event = intake.NewEvent(
            source, "workflow.started", timezone.now(), idempotency_key="run:1:s1:0", target=target
        )
        return intake.accept([event])[0]

    first, again = ask(1), ask(2)
    assert (first.duplicate, again.duplicate, again.event_id) == (False, True, first.event_id)


class TestLimits:
    """Limits bound whatever version is live, at once; the gate tells them, and what became of them."""

    def test_a_change_stands_at_the_gate(self, caller: Workflow, alice: Any) -> None:
        assert line(caller, "limits").sentence == "blast radius 100."
        update_workflow(workflow=caller, changes={"limits": {"blast_radius": 500, "share": 20}}, actor=alice)
        told = line(caller, "limits")
        assert not told.is_open
        assert told.sentence.startswith(
            "blast radius 500; share 20. Changed since this version was published:"
        )
        assert "no blast radius of its own became blast radius 500, by alice on" in told.sentence

    def test_a_change_voids_the_consent_that_was_given_before_it(
        self, release: Callable[..., Workflow], workflow: Workflow, alice: Any, bob: Any
    ) -> None:
        release()
        ask_consent(workflow=fresh(workflow), actor=alice)
        give_consent(workflow=workflow, digest=fresh(workflow).active_version.digest, actor=bob)
        update_workflow(workflow=workflow, changes={"limits": dict(workflow.limits)}, actor=alice)
        assert Consent.objects.get().state == "given"  # nothing has changed
        update_workflow(workflow=workflow, changes={"limits": {"blast_radius": 500}}, actor=alice)
        row = Consent.objects.get()
        assert (row.state, row.ended_why) == ("void", "The limits were changed.")
