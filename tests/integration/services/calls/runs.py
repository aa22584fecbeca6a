"""How the services of runs are called: starting, approving, retrying, undoing, backtesting."""

from __future__ import annotations

from guardian.shortcuts import assign_perm

from automations import permissions
from automations.models import Approval, Backtest, DeadLetter, Redrive, Run, RunUndo, Triage
from automations.services import (
    approvals,
    backtests,
    dead_letters,
    redrives,
    retries,
    run_tests,
    runs,
    undo,
    undo_plans,
)
from automations.services.run_tests import RunTestRequest
from automations.testing import chain, make_workflow, node, run_everything
from tests.integration.letters import keep_letter

from ..world import NOW, World
from .shapes import READS, Audited, Call, Traced


def _queued(world: World) -> Run:
    """A run that has not ended."""
    Run.objects.filter(pk=world.run.pk).update(status="queued", finished_at=None)
    return Run.objects.get(pk=world.run.pk)


def _failed(world: World) -> Run:
    """A run that gave up."""
    Run.objects.filter(pk=world.run.pk).update(status="failed", finished_at=NOW, input={"team": "A"})
    return Run.objects.get(pk=world.run.pk)


def _letter(world: World) -> DeadLetter:
    run = _failed(world)
    return DeadLetter.objects.filter(run=run).first() or keep_letter(run, "It came late")


def _triage(world: World) -> Triage:
    return Triage.objects.get(fingerprint=_letter(world).fingerprint)


def _redrive(world: World) -> Redrive:
    runs = Run.objects.filter(pk=_failed(world).pk)
    there = Redrive.objects.filter(status="queued").first()
    return there or redrives.start_redrive(runs=runs, asked={}, actor=world.bob)


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


def _backtest(world: World) -> Backtest:
    there = Backtest.objects.filter(workflow=world.workflow).first()
    return there or backtests.start_backtest(workflow=world.fresh(), actor=world.alice)


def _shadow(world: World) -> Backtest:
    there = Backtest.objects.filter(workflow=world.workflow, is_shadow=True).first()
    return there or backtests.start_shadow(workflow=world.fresh(), actor=world.alice)


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
        retries.retry_run,
        lambda w: {"run": _failed(w), "actor": w.bob, "reason": "Once more"},
        Audited("run.retried", "run"),
    ),
    Call(
        dead_letters.triage_cause,
        lambda w: {
            "triage": _triage(w),
            "actor": w.bob,
            "state": "fixed",
            "fixed_in": "active",
            "note": "Version 2 asks the right team",
        },
        Audited("triage.changed", "triage"),
    ),
    Call(
        dead_letters.discard_letters,
        lambda w: {
            "workflow": w.workflow,
            "letters": DeadLetter.objects.filter(pk=_letter(w).pk),
            "actor": w.bob,
            "reason": "Nobody needs it",
        },
        Audited("workflow.letters_discarded", "workflow"),
    ),
    Call(retries.retry_choice, lambda w: {"run": _failed(w), "start": "start", "version": "run"}, READS),
    Call(
        redrives.start_redrive,
        lambda w: {
            "runs": Run.objects.filter(pk=_failed(w).pk),
            "asked": {"runs": [w.run.pk]},
            "actor": w.bob,
            "reason": "The CRM is back",
            "edit": {"set": {"team": "B"}},
        },
        Audited("redrive.started"),
    ),
    Call(
        redrives.preview_redrive,
        lambda w: {"runs": Run.objects.filter(pk=_failed(w).pk), "edit": {"remove": ["team"]}},
        READS,
    ),
    Call(
        redrives.cancel_redrive,
        lambda w: {"redrive": _redrive(w), "actor": w.bob, "reason": "Wrong one"},
        Audited("redrive.cancelled", "redrive"),
    ),
    Call(retries.retry_choices, lambda w: {"run": _failed(w)}, READS),
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
)
