"""How each public function of `automations/services` is called, and what it leaves behind.

A new function belongs here: either it says what it writes in the trail, or why it writes nothing there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from guardian.shortcuts import assign_perm

from automations import permissions
from automations.engine.documents import Definition, Node
from automations.models import (
    Approval,
    Backtest,
    Event,
    ModePolicy,
    Module,
    Run,
    RunUndo,
    Scenario,
    Workflow,
)
from automations.services import (
    approvals,
    audit,
    backtests,
    checkpoints,
    consents,
    csv_rows,
    draft_problems,
    drafts,
    duplicates,
    findings,
    first_steps,
    gate,
    go_live,
    identities,
    import_mappings,
    live,
    loops,
    mode_policies,
    modules,
    notifications,
    policies,
    policy_impact,
    policy_uses,
    preferences,
    record_imports,
    records,
    releases,
    retries,
    rule_index,
    run_tests,
    runs,
    scenario_files,
    scenario_givens,
    scenario_runs,
    scenarios,
    shares,
    sources,
    templates,
    texts,
    tokens,
    undo,
    undo_plans,
    versions,
    viewing,
    workflow_files,
    workflows,
)
from automations.services.run_tests import RunTestRequest
from automations.testing import chain, let_act, make_workflow, node, run_everything

from .world import FIELDS, MAPPING, NOW, RULE, World, document

Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audited:
    """Writes one entry: this action on this argument's object (or on what the call returns, "result")."""

    action: str
    on: str = "result"


@dataclass(frozen=True, slots=True)
class Traced:
    """Changes rows without an audit entry, because these tables name the actor themselves."""

    tables: tuple[str, ...]
    because: str


@dataclass(frozen=True, slots=True)
class Reads:
    """Changes nothing."""


@dataclass(frozen=True, slots=True)
class Call:
    """A service with arguments that it accepts; `arguments` also makes what they need."""

    service: Callable[..., Any]
    arguments: Callable[[World], Arguments]
    leaves: Audited | Traced | Reads

    @property
    def name(self) -> str:
        return f"{self.service.__module__.removeprefix('automations.services.')}.{self.service.__name__}"


def _executing(world: World) -> Any:
    return world.fresh() if world.fresh().mode == "execute" else let_act(world.fresh(), world.alice)


def _green(world: World) -> Workflow:
    """The workflow, with all that the gate asks for."""
    if not Scenario.objects.filter(workflow=world.workflow, as_user="bob").exists():
        assign_perm("automations.use_module", world.bob, world.tickets)
        for kind, state in (("positive", "open"), ("negative", "closed")):
            given = {"record": {"module": "tickets", "key": "T1", "values": {"state": state}}}
            scenarios.save_scenario(
                workflow=world.workflow,
                actor=world.alice,
                name=kind,
                kind=kind,
                given=given,
                at=NOW,
                as_user="bob",
            )
        consents.confirm_first_release(workflow=world.fresh(), actor=world.alice)
        gate.check_gate(workflow=world.fresh(), actor=world.alice)
    return world.fresh()


def _two_promote(world: World) -> Workflow:
    """Alice and Bob may promote it, and neither has published it."""
    for right in ("view", "promote"):
        assign_perm(permissions.codename(right), world.bob, world.workflow)
    world.workflow.versions.update(published_by=None)
    return world.fresh()


def _asked(world: World) -> Workflow:
    """Alice has asked for a second person's consent, and Bob may give it."""
    _two_promote(world)
    if gate.open_consent(world.fresh()) is None:
        consents.ask_consent(workflow=world.fresh(), actor=world.alice)
    return world.fresh()


def _policy(world: World) -> ModePolicy:
    there = ModePolicy.objects.filter(module=world.machines).first()
    return there or mode_policies.set_mode_policy(
        rule="simulate_only", module=world.machines, reason="Stocktaking", actor=world.alice
    )


def _paused(world: World) -> Any:
    return workflows.pause_workflow(workflow=world.fresh(), reason="", actor=world.alice)


def _queued(world: World) -> Run:
    """A run that has not ended."""
    Run.objects.filter(pk=world.run.pk).update(status="queued", finished_at=None)
    return Run.objects.get(pk=world.run.pk)


def _admin(world: World) -> Any:
    world.alice.is_superuser = True
    world.alice.save()
    return world.alice


def _failed(world: World) -> Run:
    """A run that gave up."""
    Run.objects.filter(pk=world.run.pk).update(status="failed", finished_at=NOW)
    return Run.objects.get(pk=world.run.pk)


def _closed(world: World) -> Run:
    """An ended run in execute that has closed the ticket."""
    there = Run.objects.filter(workflow__key="close").first()
    if there is None:
        trigger = node("t1", "trigger.manual", module="tickets")
        close = node("a1", "action.update_fields", values={"state": "closed"})
        workflow = make_workflow("close", chain(trigger, close), owner=world.alice)
        for person in (world.alice, world.bob):
            assign_perm("automations.use_module", person, world.tickets)
        runs.start_run(workflow=workflow, actor=world.alice, record_key="T1")
        run_everything()
        there = Run.objects.get(workflow=workflow)
    return there


def _undo(world: World) -> RunUndo:
    run = _closed(world)
    there = RunUndo.objects.filter(run=run).first()
    plan = undo_plans.plan_undo(run=run, actor=world.bob)
    return there or undo.undo_run(run=run, actor=world.bob, plan_hash=plan.digest())


def _shared(world: World) -> Any:
    """Bob, with whom the workflow is shared."""
    shares.share_object(thing=world.workflow, holder=world.bob, actor=world.alice, rights=["run"])
    return world.bob


def _token(world: World) -> Any:
    return tokens.create_token(name="old", scope="read", days=1, actor=world.alice, now=timezone.now())[0]


def _approval(world: World) -> Approval:
    """A question that Bob is asked, and may answer."""
    for person in (world.bob, world.alice):
        assign_perm(permissions.codename("approve"), person, world.workflow)
    Approval.objects.filter(run=world.run).delete()
    return Approval.objects.create(
        run=world.run,
        node="p1",
        workflow=world.workflow,
        title="Go on?",
        users=[world.bob.get_username()],
        plan_hash="0" * 64,
        asked_at=NOW,
    )


GIVEN: Mapping[str, Any] = {
    "record": {"module": "tickets", "key": "T1", "values": {"title": "One", "state": "open"}}
}


def _scenario(world: World) -> Scenario:
    there = Scenario.objects.filter(workflow=world.workflow).first()
    return there or scenarios.save_scenario(
        workflow=world.workflow, actor=world.alice, name="Greets", kind="positive", given=GIVEN, at=NOW
    )


def _backtest(world: World) -> Backtest:
    there = Backtest.objects.filter(workflow=world.workflow).first()
    return there or backtests.start_backtest(workflow=world.fresh(), actor=world.alice)


def _shadow(world: World) -> Backtest:
    there = Backtest.objects.filter(workflow=world.workflow, is_shadow=True).first()
    return there or backtests.start_shadow(workflow=world.fresh(), actor=world.alice)


def _file(world: World) -> Any:
    return workflow_files.read_file(
        workflow_files.export_workflow(world.fresh(), _definition(world), world.workflow.layout)
    )


def _definition(world: World) -> Any:
    return drafts.load_draft(world.workflow).definition


def _proposed(world: World) -> dict[str, Any]:
    rule = {**RULE, "value": "200"}
    return {"policy": world.policy, "rule": rule, "viewer": world.bob, "now": NOW}


def _archived(world: World) -> Arguments:
    policies.archive_policy(policy=world.policy, actor=world.alice)
    return {"policy": world.policy, "reason": "Needed.", "actor": world.bob}


def _ruled(world: World) -> Definition:
    """A definition with a rule and a policy in it."""
    nodes = (
        Node("t1", "trigger.record", config={"module": "tickets", "on": ["created"], "filter": RULE}),
        Node("c1", "condition.if", config={"rule": {"policy": "large"}}),
    )
    return Definition(nodes, (), {"large": {"revision": 1, "rule": RULE}})


READS = Reads()
HISTORY = Traced(
    ("event", "record", "recordchange"), "the record's history and the event name who changed it to what"
)
RESULTS = Traced(("scenarioresult",), "a result names who ran the scenario, and changes nothing else")
OWN = Traced(("preference",), "it is the person's own and concerns nobody else")

CALLS: tuple[Call, ...] = (
    Call(
        approvals.decide_approval,
        lambda w: {
            "approval": _approval(w),
            "actor": w.bob,
            "verdict": "approve",
            "plan_hash": "0" * 64,
            "reason": "Fine",
            "answers": {},
        },
        Audited("approval.approved", "approval"),
    ),
    Call(
        approvals.delegate_approval,
        lambda w: {"approval": _approval(w), "actor": w.bob, "receiver": w.alice, "reason": "Away"},
        Audited("approval.delegated", "approval"),
    ),
    Call(
        approvals.remark_on_approval,
        lambda w: {"approval": _approval(w), "actor": w.bob, "text": "By card?"},
        Audited("approval.remarked", "approval"),
    ),
    Call(approvals.changed_since, lambda w: {"approval": _approval(w)}, READS),
    Call(
        audit.write_audit,
        lambda w: {"actor": w.alice, "action": "thing.done", "obj": w.workflow, "reason": "Why"},
        Audited("thing.done", "obj"),
    ),
    Call(
        checkpoints.add_checkpoint,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "occasion": "save", "name": "Good"},
        Traced(("checkpoint",), "a checkpoint names who made it, and changes no draft"),
    ),
    Call(checkpoints.draft_to_keep, lambda w: {"workflow": w.workflow}, READS),
    Call(
        checkpoints.changes_since,
        lambda w: {"checkpoint": w.workflow.checkpoints.first(), "definition": _definition(w)},
        READS,
    ),
    Call(csv_rows.read_csv, lambda w: {"file": w.file(), "delimiter": ",", "columns": ["Number"]}, READS),
    Call(csv_rows.unreadable, lambda w: {"code": "c", "message": "m", "hint": "h"}, READS),
    Call(drafts.load_draft, lambda w: {"workflow": w.workflow}, READS),
    Call(drafts.document_of_draft, lambda w: {"workflow": w.workflow}, READS),
    Call(drafts.load_definitions, lambda w: {"workflows": [w.workflow]}, READS),
    Call(drafts.newest_policies, lambda w: {"keys": ["large"]}, READS),
    Call(drafts.pin_policies, lambda w: {"definition": _definition(w)}, READS),
    Call(
        drafts.save_draft,
        lambda w: {
            "workflow": w.workflow,
            "document": document("Fourth"),
            "revision": w.fresh().draft_revision,
            "actor": w.bob,
        },
        Audited("draft.saved", "workflow"),
    ),
    Call(
        draft_problems.count_problems,
        lambda w: {"workflows": Workflow.objects.all(), "viewer": w.alice},
        READS,
    ),
    Call(first_steps.read_first_steps, lambda w: {"actor": w.alice, "now": timezone.now()}, READS),
    Call(
        first_steps.note_opened,
        lambda w: {"actor": w.alice, "workflow": w.workflow, "now": timezone.now()},
        OWN,
    ),
    Call(
        first_steps.note_tested,
        lambda w: {"actor": w.alice, "workflow": w.workflow, "draft": True, "now": timezone.now()},
        OWN,
    ),
    Call(
        first_steps.note_watched,
        lambda w: {"actor": w.alice, "run": w.run, "now": timezone.now()},
        OWN,
    ),
    Call(import_mappings.read_mapping, lambda w: {"text": MAPPING, "module": w.tickets}, READS),
    Call(
        import_mappings.parse_mapping,
        lambda w: {"document": {"key": "Number", "columns": {"Title": "title"}}, "module": w.tickets},
        READS,
    ),
    Call(
        modules.create_module,
        lambda w: {
            "key": "parcels",
            "name": "Parcels",
            "fields": FIELDS,
            "actor": w.bob,
            "title_field": "title",
            "status_field": "state",
            "transitions": {"open": ["closed"]},
            "team": "Sales",
            "zone": "Europe/Berlin",
        },
        Audited("module.created"),
    ),
    Call(
        modules.update_module,
        lambda w: {
            "module": w.tickets,
            "actor": w.bob,
            "name": "Cases",
            "fields": [*FIELDS, {"key": "more", "type": "text"}],
            "transitions": {"open": ["closed"]},
        },
        Audited("module.updated", "module"),
    ),
    Call(
        notifications.read_notification,
        lambda w: {"notification": w.note, "now": NOW},
        Traced(("notification",), "the row is the person's own and holds when it was read"),
    ),
    Call(
        policies.create_policy,
        lambda w: {
            "key": "small",
            "name": "Small",
            "module": w.tickets,
            "rule": RULE,
            "actor": w.bob,
            "description": "Up to a hundred.",
        },
        Audited("policy.created"),
    ),
    Call(
        policies.update_policy,
        lambda w: {"policy": w.policy, "changes": {"description": "New.", "owner": w.bob}, "actor": w.bob},
        Audited("policy.updated", "policy"),
    ),
    Call(
        policies.archive_policy,
        lambda w: {"policy": w.policy, "reason": "Old.", "actor": w.bob},
        Audited("policy.archived", "policy"),
    ),
    Call(policies.restore_policy, lambda w: _archived(w), Audited("policy.restored", "policy")),
    Call(policies.require_rule, lambda w: {"module": w.tickets, "rule": RULE}, READS),
    Call(policy_impact.measure_impact, lambda w: _proposed(w), READS),
    Call(
        policy_impact.require_seen,
        lambda w: {
            "policy": w.policy,
            "rule": _proposed(w)["rule"],
            "newest": w.policy.revisions.first(),
            "token": policy_impact.measure_impact(**_proposed(w)).seen,
            "actor": w.bob,
        },
        READS,
    ),
    Call(policy_uses.current_uses, lambda w: {}, READS),
    Call(policy_uses.uses_of, lambda w: {"policy": w.policy, "viewer": w.alice}, READS),
    Call(policy_uses.with_policies, lambda w: {"versions": []}, READS),
    Call(duplicates.find_duplicates, lambda w: {"viewer": w.alice}, READS),
    Call(duplicates.places_elsewhere, lambda w: {"forms": [("tickets", "0")], "viewer": w.alice}, READS),
    Call(duplicates.policies_by_form, lambda w: {"viewer": w.alice}, READS),
    Call(
        findings.findings_across,
        lambda w: {"drafts": [(w.workflow, _definition(w))], "viewer": w.alice},
        READS,
    ),
    Call(
        loops.find_loops,
        lambda w: {"drafts": [(w.workflow, _definition(w))], "viewer": w.alice},
        READS,
    ),
    Call(
        rule_index.index_draft,
        lambda w: {"workflow": w.workflow, "definition": _ruled(w)},
        Traced(
            ("policyuse", "ruleplace"), "what a draft names follows from the draft, whose save is audited"
        ),
    ),
    Call(
        rule_index.index_version,
        lambda w: {"version": w.workflow.versions.first(), "definition": _ruled(w)},
        Traced(("policyuse",), "what a version pins stands in the version, whose publishing is audited"),
    ),
    Call(
        policies.publish_policy_revision,
        lambda w: {
            "policy": w.policy,
            "rule": {**RULE, "value": "200"},
            "seen": policy_impact.measure_impact(**_proposed(w)).seen,
            "actor": w.bob,
        },
        Audited("policy.revised", "policy"),
    ),
    Call(
        record_imports.import_records,
        lambda w: {
            "module": w.tickets,
            "mapping": w.mapping(),
            "file": w.file(),
            "actor": w.bob,
            "at": NOW,
        },
        Audited("records.imported", "module"),
    ),
    Call(
        records.parse_values,
        lambda w: {"module": w.tickets, "raw": {"title": "x"}, "creating": True},
        READS,
    ),
    Call(records.key_problems, lambda w: {"key": "T9"}, READS),
    Call(
        records.create_record,
        lambda w: {
            "module": w.tickets,
            "key": "T9",
            "values": {"title": "Nine", "amount": 9, "extra": {"a": 1}},
            "actor": w.bob,
            "idempotency_key": "nine",
        },
        HISTORY,
    ),
    Call(
        records.update_record,
        lambda w: {
            "module": w.tickets,
            "key": "T1",
            "values": {"title": "Anew"},
            "actor": w.bob,
            "idempotency_key": "anew",
        },
        HISTORY,
    ),
    Call(
        records.comment_record,
        lambda w: {"module": w.tickets, "key": "T1", "text": "Hello", "actor": w.bob},
        Traced(("recordcomment",), "a comment names its author"),
    ),
    Call(
        records.import_rows,
        lambda w: {"module": w.tickets, "rows": [("T1", {"title": "Anew"})], "actor": w.bob},
        Audited("records.imported", "module"),
    ),
    Call(
        backtests.start_backtest,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "days": 3},
        Audited("workflow.backtest_started", "workflow"),
    ),
    Call(
        backtests.cancel_backtest,
        lambda w: {"backtest": _backtest(w), "actor": w.bob, "reason": "Wrong one"},
        Audited("backtest.cancelled", "backtest"),
    ),
    Call(
        backtests.start_shadow,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "days": 3},
        Audited("workflow.shadow_started", "workflow"),
    ),
    Call(
        backtests.stop_shadow,
        lambda w: {"backtest": _shadow(w), "actor": w.bob, "reason": "Seen enough"},
        Audited("backtest.shadow_stopped", "backtest"),
    ),
    Call(
        backtests.work_on,
        lambda w: {"backtest": _backtest(w), "watch": lambda _: None},
        Traced(
            ("backtest", "backtestdifference"),
            "who asked for it stands in the trail; this only goes on with it",
        ),
    ),
    Call(
        run_tests.run_test,
        lambda w: {"workflow": w.fresh(), "request": RunTestRequest(record="T1")},
        READS,
    ),
    Call(
        runs.start_run,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "record_key": "T1", "idempotency_key": "one"},
        Audited("run.started", "workflow"),
    ),
    Call(
        runs.start_runs,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "record_keys": ["T1"]},
        Audited("runs.started", "workflow"),
    ),
    Call(
        runs.cancel_run,
        lambda w: {"run": _queued(w), "actor": w.bob, "reason": "Wrong one"},
        Audited("run.cancelled", "run"),
    ),
    Call(
        scenario_files.scenarios_for_file,
        lambda w: {"workflow": _scenario(w).workflow},
        READS,
    ),
    Call(scenario_files.scenarios_from_file, lambda w: {"raw": []}, READS),
    Call(
        scenario_files.replace_scenarios,
        lambda w: {
            "workflow": _scenario(w).workflow,
            "items": [{"name": "Greets", "kind": "positive", "given": GIVEN, "at": NOW}],
            "actor": w.bob,
        },
        READS,  # the same scenarios again change nothing; its parts are services of their own
    ),
    Call(scenario_givens.given_from_record, lambda w: {"module": w.tickets, "key": "T1"}, READS),
    Call(scenario_givens.given_from_event, lambda w: {"event": Event.objects.first()}, READS),
    Call(
        retries.retry_run,
        lambda w: {"run": _failed(w), "actor": w.bob, "reason": "Once more"},
        Audited("run.retried", "run"),
    ),
    Call(retries.retry_choices, lambda w: {"run": _failed(w)}, READS),
    Call(scenario_givens.given_from_run, lambda w: {"run": w.run}, READS),
    Call(scenario_givens.module_of_draft, lambda w: {"workflow": w.workflow}, READS),
    Call(scenario_givens.checked_given, lambda w: {"raw": GIVEN}, READS),
    Call(scenario_givens.require_small, lambda w: {"value": {}, "path": "given"}, READS),
    Call(
        scenario_runs.run_scenarios,
        lambda w: {"workflow": _scenario(w).workflow, "definition": _definition(w), "actor": w.bob},
        RESULTS,
    ),
    Call(
        scenario_runs.rehearse,
        lambda w: {
            "workflow": w.fresh(),
            "definition": _definition(w),
            "given": scenario_givens.checked_given(GIVEN),
            "at": NOW,
        },
        READS,
    ),
    Call(
        scenario_runs.walk_given,
        lambda w: {
            "workflow": w.fresh(),
            "definition": _definition(w),
            "given": scenario_givens.checked_given(GIVEN),
            "at": NOW,
        },
        READS,
    ),
    Call(scenario_runs.identity_of, lambda w: {"as_user": "bob", "as_role": ""}, READS),
    Call(
        scenarios.propose_scenario,
        lambda w: {"workflow": w.fresh(), "given": scenario_givens.Given(GIVEN, NOW)},
        READS,
    ),
    Call(
        scenarios.save_scenario,
        lambda w: {
            "workflow": w.workflow,
            "actor": w.bob,
            "name": "Greets too",
            "kind": "positive",
            "given": GIVEN,
            "at": NOW,
            "as_user": "bob",
            "as_role": "",
            "expected": {"outcome": "succeeded"},
            "origin": "record",
        },
        Audited("scenario.saved"),
    ),
    Call(
        scenarios.edit_scenario,
        lambda w: {"scenario": _scenario(w), "changes": {"name": "Anew"}, "actor": w.bob},
        Audited("scenario.changed", "scenario"),
    ),
    Call(
        scenarios.delete_scenario,
        lambda w: {"scenario": _scenario(w), "actor": w.bob},
        Audited("scenario.deleted", "scenario"),
    ),
    Call(scenarios.run_one, lambda w: {"scenario": _scenario(w), "actor": w.bob}, RESULTS),
    Call(
        scenarios.run_all,
        lambda w: {"workflow": _scenario(w).workflow, "actor": w.bob},
        RESULTS,
    ),
    Call(
        scenarios.run_missing,
        lambda w: {"workflow": _scenario(w).workflow, "definition": _definition(w), "actor": w.bob},
        RESULTS,
    ),
    Call(scenarios.evidence, lambda w: {"workflow": w.fresh(), "digest": "0" * 64}, READS),
    Call(
        sources.create_source,
        lambda w: {
            "key": "till",
            "name": "Till",
            "actor": w.bob,
            "contract": {"type": "object"},
            "module": w.tickets,
        },
        Audited("source.created"),
    ),
    Call(
        sources.send_event,
        lambda w: {
            "source": w.source,
            "data": {"order": "O-1"},
            "actor": w.bob,
            "record_key": "T1",
            "idempotency_key": "O-1",
        },
        Traced(("event",), "an event names who sent it"),
    ),
    Call(preferences.preference_of, lambda w: {"user": w.alice}, READS),
    Call(preferences.change_preference, lambda w: {"user": w.alice, "changes": {"theme": "dark"}}, OWN),
    Call(templates.list_templates, lambda w: {"actor": w.alice}, READS),
    Call(texts.text_problems, lambda w: {"model": Module, "name": "x"}, READS),
    Call(texts.require_texts, lambda w: {"model": Module, "name": "x"}, READS),
    Call(texts.require_text, lambda w: {"value": "x", "path": "seen"}, READS),
    Call(texts.require_object, lambda w: {"value": {}, "path": "data"}, READS),
    Call(texts.slug_problems, lambda w: {"path": "key", "text": "x"}, READS),
    Call(
        tokens.create_token,
        lambda w: {"name": "import", "scope": "write", "days": 7, "actor": w.bob, "now": timezone.now()},
        Audited("token.created"),
    ),
    Call(
        tokens.revoke_token,
        lambda w: {"token": _token(w), "actor": w.bob},
        Audited("token.revoked", "token"),
    ),
    Call(undo.why_not_undo, lambda w: {"run": _closed(w)}, READS),
    Call(
        undo.undo_run,
        lambda w: {
            "run": _closed(w),
            "actor": w.bob,
            "plan_hash": undo_plans.plan_undo(run=_closed(w), actor=w.bob).digest(),
            "reason": "Wrong one",
        },
        Audited("run.undone", "run"),
    ),
    Call(
        undo.take_back_undo,
        lambda w: {
            "undo": _undo(w),
            "actor": w.bob,
            "plan_hash": undo_plans.plan_take_back(undo=_undo(w), actor=w.bob).digest(),
            "reason": "Right one",
        },
        Audited("run.undo_taken_back", "undo"),
    ),
    Call(
        undo.what_stays,
        lambda w: {"plan": undo_plans.plan_undo(run=_closed(w), actor=w.bob)},
        READS,
    ),
    Call(
        undo.summary_of,
        lambda w: {"plan": undo_plans.plan_undo(run=_closed(w), actor=w.bob)},
        READS,
    ),
    Call(undo_plans.plan_undo, lambda w: {"run": _closed(w), "actor": w.bob}, READS),
    Call(undo_plans.plan_take_back, lambda w: {"undo": _undo(w), "actor": w.bob}, READS),
    Call(undo_plans.started_by, lambda w: {"run": _closed(w), "actor": w.bob}, READS),
    Call(
        workflow_files.export_workflow,
        lambda w: {"workflow": w.fresh(), "definition": _definition(w), "layout": {}},
        READS,
    ),
    Call(
        workflow_files.read_file,
        lambda w: {"text": "automations: 1\nkey: k\nname: K\nnodes: []\n"},
        READS,
    ),
    Call(
        workflow_files.import_workflow,
        lambda w: {"file": _file(w), "workflow": w.fresh(), "actor": w.bob},
        READS,  # the same file again changes nothing; its parts are services of their own
    ),
    Call(
        viewing.start_viewing,
        lambda w: {"session": {}, "target": w.bob, "actor": _admin(w)},
        Audited("viewing.started", "target"),
    ),
    Call(
        viewing.stop_viewing,
        lambda w: {"session": {viewing.KEY: {"user": w.bob.pk}}, "actor": _admin(w)},
        Traced(("auditentry",), "its entry is about whom was looked as"),
    ),
    Call(viewing.viewed_by, lambda w: {"session": {}, "actor": w.alice}, READS),
    Call(viewing.is_viewing, lambda w: {"session": {}}, READS),
    Call(viewing.eyes_of, lambda w: {"target": w.bob}, READS),
    Call(shares.find_holder, lambda w: {"user": "bob"}, READS),
    Call(
        shares.share_object,
        lambda w: {"thing": w.workflow, "holder": w.bob, "actor": w.alice, "rights": ["run"]},
        Audited("workflow.shared", "thing"),
    ),
    Call(
        shares.unshare_object,
        lambda w: {"thing": w.workflow, "holder": _shared(w), "actor": w.alice},
        Audited("workflow.unshared", "thing"),
    ),
    Call(
        identities.identity_problems,
        lambda w: {"workflow": w.fresh(), "definition": _definition(w), "publisher": w.bob},
        READS,
    ),
    Call(
        identities.require_permitted,
        lambda w: {"workflow": w.fresh(), "definition": _definition(w), "publisher": w.bob},
        READS,
    ),
    Call(identities.publisher_of, lambda w: {"workflow": w.fresh(), "version": 1, "actor": w.bob}, READS),
    Call(
        identities.preview_identity,
        lambda w: {"workflow": w.fresh(), "definition": _definition(w), "publisher": w.bob},
        READS,
    ),
    Call(versions.describe_definition, lambda w: {"definition": _definition(w)}, READS),
    Call(versions.validation_context, lambda w: {"definition": _definition(w)}, READS),
    Call(
        versions.validate_definition_of,
        lambda w: {"workflow": w.workflow, "definition": _definition(w)},
        READS,
    ),
    Call(
        versions.judge_definition,
        lambda w: {
            "workflow": w.workflow,
            "definition": _definition(w),
            "context": versions.validation_context(_definition(w)),
        },
        READS,
    ),
    Call(versions.load_definition, lambda w: {"workflow": w.workflow, "version": 1}, READS),
    Call(versions.require_valid, lambda w: {"workflow": w.workflow, "definition": _definition(w)}, READS),
    Call(
        versions.publish_version,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "note": "Kinder words"},
        Audited("workflow.published", "workflow"),
    ),
    Call(
        gate.read_gate,
        lambda w: {"workflow": w.fresh()},
        READS,
    ),
    Call(
        go_live.printable,
        lambda w: {"checklist": go_live.read_checklist(workflow=w.fresh()), "now": NOW},
        READS,
    ),
    Call(go_live.read_checklist, lambda w: {"workflow": w.fresh()}, READS),
    Call(
        go_live.note_run_test,
        lambda w: {
            "workflow": w.workflow,
            "digest": "0" * 64,
            "candidates": 2,
            "actor": w.bob,
            "now": NOW,
        },
        Traced(("runtestmark",), "it names who tested, and changes nothing else"),
    ),
    Call(
        go_live.sign_off,
        lambda w: {
            "workflow": w.workflow,
            "digest": w.fresh().active_version.digest,
            "actor": w.bob,
            "now": NOW,
            "note": "Good enough for a start",
        },
        Audited("workflow.signed_off", "workflow"),
    ),
    Call(gate.open_consent, lambda w: {"workflow": w.fresh()}, READS),
    Call(gate.check_gate, lambda w: {"workflow": _scenario(w).workflow, "actor": w.bob}, RESULTS),
    Call(
        gate.settle_glass,
        lambda w: {"workflow": w.fresh(), "gate": gate.read_gate(workflow=w.fresh()), "actor": w.bob},
        READS,  # there is no alarm to end; that one ends is written is tested with the gate
    ),
    Call(gate.sensitive_steps, lambda w: {"definition": _definition(w)}, READS),
    Call(live.lock_workflow, lambda w: {"workflow": w.workflow}, READS),
    Call(live.live_facts, lambda w: {"workflow": w.fresh()}, READS),
    Call(
        live.make_live,
        lambda w: {"workflow": w.fresh(), "version": w.workflow.versions.get(number=1)},
        Traced(("activation", "activetrigger", "workflow"), "a part of services that say who released what"),
    ),
    Call(
        live.set_promotion,
        lambda w: {"workflow": w.fresh(), "promotion": None},
        Traced(("activation", "workflow"), "a part of services that say who released what"),
    ),
    Call(
        mode_policies.set_mode_policy,
        lambda w: {
            "rule": "simulate_only",
            "module": w.tickets,
            "reason": "Year-end close",
            "actor": w.bob,
        },
        Audited("modepolicy.set"),
    ),
    Call(
        mode_policies.lift_mode_policy,
        lambda w: {"policy": _policy(w), "reason": "Done", "actor": w.bob},
        Audited("modepolicy.lifted", "policy"),
    ),
    Call(
        consents.ask_consent,
        lambda w: {"workflow": _two_promote(w), "actor": w.bob, "note": "Please look"},
        Audited("consent.asked", "workflow"),
    ),
    Call(
        consents.give_consent,
        lambda w: {"workflow": _asked(w), "digest": w.fresh().active_version.digest, "actor": w.bob},
        Audited("consent.given", "workflow"),
    ),
    Call(
        consents.withdraw_consent,
        lambda w: {"workflow": _asked(w), "actor": w.alice, "reason": "A case is missing"},
        Audited("consent.withdrawn", "workflow"),
    ),
    Call(
        consents.confirm_first_release,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "note": "By hand until now"},
        Audited("workflow.first_release_confirmed", "workflow"),
    ),
    Call(
        releases.promote_workflow,
        lambda w: {"workflow": _green(w), "actor": w.bob, "reason": "It did well"},
        Audited("workflow.promoted", "workflow"),
    ),
    Call(
        releases.break_glass,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "reason": "It can't wait till Monday"},
        Audited("workflow.glass_broken", "workflow"),
    ),
    Call(
        releases.demote_workflow,
        lambda w: {"workflow": _executing(w), "actor": w.bob, "reason": "It did not"},
        Audited("workflow.demoted", "workflow"),
    ),
    Call(
        releases.rollback_workflow,
        lambda w: {"workflow": w.workflow, "number": 1, "actor": w.bob, "reason": "It was better"},
        Audited("workflow.rolled_back", "workflow"),
    ),
    Call(
        workflows.create_workflow,
        lambda w: {
            "name": "Remind",
            "actor": w.bob,
            "key": "remind",
            "module": w.tickets,
            "description": "Reminds.",
            "team": "Sales",
            "zone": "Europe/Berlin",
        },
        Audited("workflow.created"),
    ),
    Call(
        workflows.update_workflow,
        lambda w: {"workflow": w.workflow, "changes": {"name": "Greet all", "owner": w.bob}, "actor": w.bob},
        Audited("workflow.updated", "workflow"),
    ),
    Call(
        workflows.pause_workflow,
        lambda w: {"workflow": w.workflow, "reason": "Maintenance", "actor": w.bob},
        Audited("workflow.paused", "workflow"),
    ),
    Call(
        workflows.resume_workflow,
        lambda w: {"workflow": _paused(w), "actor": w.bob},
        Audited("workflow.resumed", "workflow"),
    ),
    Call(
        workflows.archive_workflow,
        lambda w: {"workflow": w.workflow, "actor": w.bob, "reason": "No longer needed"},
        Audited("workflow.archived", "workflow"),
    ),
)

BY_NAME = {call.name: call for call in CALLS}
