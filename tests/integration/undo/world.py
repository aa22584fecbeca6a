"""Runs that change records, and what a person sees and does when he undoes them."""

from __future__ import annotations

from typing import Any

from automations.models import Module, Run, RunUndo
from automations.modules.adapter import adapter_for
from automations.services.records import create_record, update_record
from automations.services.runs import start_run
from automations.services.undo import undo_run
from automations.services.undo_plans import UndoPlan, plan_undo
from automations.testing import chain, make_module, make_workflow, node, run_everything

FIELDS = [
    {"key": "title", "type": "text"},
    {"key": "state", "type": "choice", "choices": ["open", "closed"]},
    {"key": "owner", "type": "text"},
    {"key": "due", "type": "datetime"},
]
CLOSE = node("a1", "action.update_fields", values={"state": "closed", "owner": "second line"})


def tickets_module() -> Module:
    module = make_module("tickets", FIELDS, status_field="state", transitions={"open": ["closed"]})
    create_record(module=module, key="T-1", values={"title": "Printer", "state": "open"}, actor=None)
    return module


def played(
    owner: Any, *steps: dict[str, Any], record: str = "T-1", key: str = "close", **options: Any
) -> Run:
    """The ended run of a new workflow with these steps, started by hand on a record."""
    trigger = node("t1", "trigger.manual", module=options.pop("module", "tickets"))
    workflow = make_workflow(key, chain(trigger, *steps), owner=owner, **options)
    start_run(workflow=workflow, actor=owner, record_key=record)
    run_everything()
    return Run.objects.filter(workflow=workflow).latest("pk")


def values(module: Module, key: str = "T-1") -> dict[str, Any]:
    return dict(adapter_for(module).load([key], lock=False)[key].values)


def change(module: Module, actor: Any, key: str = "T-1", **wanted: Any) -> None:
    update_record(module=module, key=key, values=wanted, actor=actor)


def undo(run: Run, actor: Any, **options: Any) -> RunUndo:
    """Undo a run as it is shown."""
    plan = plan_undo(run=run, actor=actor, children=options.get("children", False))
    return undo_run(run=run, actor=actor, plan_hash=plan.digest(), **options)


def lines(plan: UndoPlan) -> dict[str, str]:
    """{"T-1.state": "" or why it is left}"""
    return {f"{piece.record}.{piece.field}".rstrip("."): piece.why for piece in plan.pieces}
