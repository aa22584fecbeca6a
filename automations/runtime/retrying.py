"""A run that ended, taken up as another run: what is looked at before, and the rows of the new one."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.functions import TransactionNow

from automations.engine.documents import Definition, canonical_json
from automations.engine.journal import Journal, StepState
from automations.engine.program import APPROVAL, Program
from automations.engine.starts import version_of
from automations.engine.statuses import ACTIVE_RUN, RunStatus, StepStatus
from automations.models import (
    Approval,
    DeadLetter,
    LogEntry,
    Mode,
    Run,
    RunSignal,
    RunUndo,
    Step,
    WorkflowVersion,
)
from automations.runtime import large_values, saving
from automations.runtime.claims import ClaimedRun
from automations.runtime.foresight import Plan, foresee_from, walk_ahead
from automations.runtime.identity import Acting, publishers_of
from automations.runtime.unit import Batch, Unit
from automations.runtime.walking import Worked

START_WORKFLOW = "action.start_workflow"


def steps_of(run: Run) -> dict[str, StepState]:
    """What a run's steps came to."""
    return dict(saving.load_journals([_claimed(run, run.version_id, run.created_at)])[run.pk].steps)


def undone(run: Run) -> int | None:
    """A run whose steps would be kept and whose changes people have taken back."""
    did = [run.pk, *Step.objects.filter(run=run).exclude(kept_from=None).values_list("kept_from", flat=True)]
    standing = RunUndo.objects.filter(run__in=did, takes_back=None, taken_back_by=None)
    return standing.values_list("run_id", flat=True).first()


@dataclass(frozen=True, slots=True)
class Children:
    """The runs that a step which is not done has started and waits for: `open` says, as a sentence, why it can't be
    taken as done; "" when all have succeeded, be it after a retry of their own."""

    runs: Sequence[int]
    open: str


def children_of(run: Run, node: str, expected: int) -> Children:
    newest = list(Run.objects.filter(parent=run, parent_node=node, retries=None).order_by("pk"))
    for child in newest:
        if child.status in ACTIVE_RUN:
            return Children([], f"it waits for run {child.pk}, which has not ended: wait for it first")
        if child.status != RunStatus.SUCCEEDED:
            return Children([], f"it waits for run {child.pk}, which {child.status}: retry that one first")
    if len(newest) < expected:
        return Children(
            [], f"of the {expected} runs that it waits for {expected - len(newest)} never started"
        )
    return Children([child.pk for child in newest], "")


def with_children(
    run: Run, steps: Mapping[str, StepState], before: Definition
) -> tuple[dict[str, StepState], list[tuple[str, str]]]:
    """The steps, those that waited for started runs taken as done where these have succeeded; and, by node, why one
    can't be. Starting such runs again would do again what they did."""
    settled, open_ones = dict(steps), []
    for node in before.nodes:
        state = steps.get(node.id)
        expected = (state.output or {}).get("children", 0) if state is not None else 0
        if state is None or node.type != START_WORKFLOW or not expected:
            continue
        if state.status is StepStatus.SUCCEEDED:
            continue
        found = children_of(run, node.id, expected)
        if found.open:
            open_ones.append((node.id, found.open))
            continue
        output = {"children": expected, "runs": list(found.runs)}
        settled[node.id] = replace(
            state, status=StepStatus.SUCCEEDED, branches=("",), output=output, error=None, wait=None
        )
    return settled, open_ones


def void_consents(
    run: Run,
    *,
    before: Definition,
    version: WorkflowVersion,
    program: Program,
    kept: Mapping[str, StepState],
    now: datetime,
) -> list[str]:
    """The kept approvals, by node, after which something would be done now that nobody agreed to: another change than
    was shown, or a step that has other settings, or starts another version, since."""
    agreed = [
        node.id
        for node in program.walk
        if node.type == APPROVAL and node.id in kept and kept[node.id].branches == ("approved",)
    ]
    behind = {
        node.id: [key for key in agreed if key in node.upstream]
        for node in program.walk
        if node.id not in kept
    }
    if run.mode != Mode.EXECUTE or not any(behind.values()):
        return []
    shown = Approval.objects.filter(pk__in=[(kept[key].output or {}).get("approval") for key in agreed])
    plans = {_bound(entry) for approval in shown for entry in approval.plan}
    settings = {node.id: (node.config, version_of(before, node)) for node in before.nodes}
    void: dict[str, None] = {}
    for entry in _what_would_follow(run, version, program, kept, now):
        key = entry["node"]
        node = program.graph.nodes[key]
        now_set = (node.config, version_of(program.definition, node))
        same = _bound(entry) in plans and now_set == settings.get(key)
        # What fails even on paper does nothing.
        if behind.get(key) and not same and entry["status"] != StepStatus.FAILED:
            void.update(dict.fromkeys(behind[key]))
    return list(void)


def _bound(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    """What a consent binds to in one step of a plan."""
    return entry["node"], entry["kind"], canonical_json(entry["changes"])


def _what_would_follow(
    run: Run, version: WorkflowVersion, program: Program, kept: Mapping[str, StepState], now: datetime
) -> Plan:
    return foresee_from(_resumed(run, version, program, kept, now), {})


def foresee_retry(
    run: Run, version: WorkflowVersion, program: Program, kept: Mapping[str, StepState], now: datetime
) -> Worked:
    """How a retry that keeps these steps would go now, up to the next approval; nothing is written."""
    return walk_ahead(_resumed(run, version, program, kept, now), {})


def _resumed(
    run: Run, version: WorkflowVersion, program: Program, kept: Mapping[str, StepState], now: datetime
) -> Unit:
    modules = {run.module.pk: run.module} if run.module is not None else {}
    acting = Acting({} if run.workflow.run_as_id else publishers_of([version.pk]))
    workflows = {run.workflow_id: run.workflow}
    batch = Batch(writes=False, modules=modules, workflows=workflows, acting=acting)
    claimed = _claimed(run, version.pk, now)
    batch.load_records([claimed])
    journal = Journal(key=claimed.journal_key, trigger=run.trigger_node, steps=kept)
    event = run.event.value if run.event is not None else None
    zone = ZoneInfo(str(program.definition.settings.get("zone", "UTC")))
    return Unit(claimed, batch, zone, program=program, event=event, journal=journal)


def _claimed(run: Run, version_id: int, now: datetime) -> ClaimedRun:
    """The run as a worker would see it, with this version; nobody holds it."""
    return ClaimedRun(
        id=run.pk,
        workflow_id=run.workflow_id,
        version_id=version_id,
        event_id=run.event_id,
        trigger_node=run.trigger_node,
        mode=run.mode,
        module_id=run.module_id,
        record_key=run.record_key,
        input=run.input,
        actor_id=run.actor_id,
        parent_id=run.parent_id,
        parent_node=run.parent_node,
        depth=run.depth,
        clock="",
        as_of=None,
        attempt=0,
        last_seq=run.last_seq,
        keys_of=run.keys_of,
        token=uuid.UUID(int=0),
        database_now=now,
    )


def take_up(
    *,
    run: Run,
    version: WorkflowVersion,
    program: Program,
    kept: Mapping[str, StepState],
    keys_of: int | None,
    lines: Sequence[tuple[str, str]],
    now: datetime,
) -> Run:
    """Make the run that goes on where `run` ended, in the caller's transaction: queued, with the kept steps as its
    journal and `lines` (node, message) as the beginning of its log. Raises IntegrityError when there is one already.

    A kept step has its output, which later steps read, but not its changes: they are told once, by the run that made
    them. Its dead letter counts as redriven; a caller that still waits hears of the new run's end, not of this one's.
    """
    taken_up = Run.objects.create(
        workflow_id=run.workflow_id,
        version=version,
        event_id=run.event_id,
        trigger_node=run.trigger_node,
        dedupe_key=f"retry:{run.pk}",
        mode=run.mode,
        module_id=run.module_id,
        record_key=run.record_key,
        input=run.input,
        actor_id=run.actor_id,
        parent_id=run.parent_id,
        parent_node=run.parent_node,
        retry_of=run,
        keys_of=keys_of,
        depth=run.depth,
        correlation_id=run.correlation_id,
        due_at=TransactionNow(),
        last_seq=len(lines),
        created_at=now,
    )
    origins = dict(Step.objects.filter(run=run).values_list("node", "kept_from"))
    keeper = large_values.Keeper()
    large = {node: keeper.take(state.output, len(json.dumps(state.output))) for node, state in kept.items()}
    keeper.keep()
    Step.objects.bulk_create(
        Step(
            run=taken_up,
            node=node,
            position=program.by_id[node].position,
            kind=program.by_id[node].type,
            status=state.status.value,
            branches=list(state.branches),
            attempt=state.attempt,
            output=state.output if large[node] is None else None,
            large_id=large[node],
            error=state.error,
            assumed=state.assumed,
            started_at=state.started_at,
            finished_at=state.finished_at,
            kept_from=origins.get(node) or run.pk,
        )
        for node, state in kept.items()
    )
    LogEntry.objects.bulk_create(
        LogEntry(run=taken_up, seq=seq, at=now, level="info", node=node, message=message)
        for seq, (node, message) in enumerate(lines, 1)
    )
    DeadLetter.objects.filter(run=run).update(state=DeadLetter.State.REDRIVEN)
    if run.parent_id is not None:
        news = RunSignal.objects.filter(run_id=run.parent_id, node=run.parent_node)
        news.filter(key=f"event:{run.event_id}").delete()
    return taken_up


def say(run: Run, message: str, now: datetime) -> None:
    """Add a line to the log of a run that has ended and that the caller holds."""
    LogEntry.objects.create(run=run, seq=run.last_seq + 1, at=now, level="info", message=message)
    Run.objects.filter(pk=run.pk).update(last_seq=run.last_seq + 1)
