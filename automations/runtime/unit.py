"""What one run may see and do while it is worked on; many units share one batch.

A *batch* holds what is read once for all its runs (records, people, loads) and what is written at its end. A
*unit* is one run's view of it. In simulate a batch has no writer at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db import models

from automations.engine.effects import StartWorkflow
from automations.engine.journal import Journal
from automations.engine.kinds import ModuleFacts
from automations.engine.outcomes import Failed
from automations.engine.program import Program
from automations.engine.rules import compile_rule
from automations.models import (
    Approval,
    Module,
    Notification,
    OutgoingEmail,
    RotationCursor,
    Workflow,
)
from automations.modules.adapter import RecordState, adapter_for
from automations.modules.schema import facts_of
from automations.modules.sql import SqlContext
from automations.runtime import blast_radius, intake
from automations.runtime.approval_events import asked_event
from automations.runtime.claims import ClaimedRun
from automations.runtime.identity import Acting
from automations.runtime.mode_policies import SimulateOnly
from automations.runtime.product_events import announce_all
from automations.runtime.sources import workflow_source
from automations.runtime.starting import Target, find_live, find_pinned, manual_trigger
from automations.runtime.writes import Cause, WriteBatch

T = TypeVar("T")


class SimulateHasNoWriterError(RuntimeError):
    """Something tried to write in simulate. The handler holds nothing to write with; this is a defect."""


class Batch:
    """The shared reads and the collected writes of the runs that are worked on in one transaction."""

    def __init__(
        self,
        *,
        writes: bool,
        modules: Mapping[int, Module],
        workflows: Mapping[int, Workflow],
        acting: Acting,
    ) -> None:
        self.modules = modules
        self.workflows = workflows
        self.acting = acting
        self.records: dict[tuple[int, str], RecordState] = {}
        self._writer = WriteBatch() if writes else None
        self._users: dict[str, Any] = {}
        self._members: dict[str, list[str]] = {}
        self._started: dict[str, Workflow | None] = {}
        self._pinned: dict[tuple[str, str], Target | Failed] = {}
        self._loads: dict[tuple[int, str, str], int] = {}
        self._rotations: dict[tuple[int, str], RotationCursor] = {}
        self._turned: set[tuple[int, str]] = set()
        self.notifications: list[Notification] = []
        self.emails: list[OutgoingEmail] = []
        self.events: list[intake.NewEvent] = []
        self.approvals: list[Approval] = []
        self.announced: list[Approval] = []
        self._rows: dict[type[models.Model], list[models.Model]] = defaultdict(list)
        self._once: dict[object, Any] = {}
        self.simulate_only = SimulateOnly()
        """Where nothing may act, read by who acts."""
        self.answers: Mapping[str, str] = {}
        """In simulate: the way out that the approval of a node takes; “approved” where nothing is said."""
        self.calls: Mapping[str, str] = {}
        """In simulate: how the call of a node ends, a status or why there is no answer; taken where nothing is said."""

    @property
    def writer(self) -> WriteBatch:
        if self._writer is None:
            raise SimulateHasNoWriterError("A simulated run has no writer.")
        return self._writer

    def add(self, row: models.Model) -> None:
        """A new row of another app's, to be written with all else; not in simulate."""
        assert self.writer is not None
        self._rows[type(row)].append(row)

    def once(self, what: object, read: Callable[[], T]) -> T:
        """What another app reads once for all runs of the batch."""
        if what not in self._once:
            self._once[what] = read()
        return self._once[what]  # type: ignore[no-any-return]

    def load_records(self, runs: Sequence[ClaimedRun]) -> None:
        """Read the runs' records, locked in key order when this batch writes."""
        wanted: dict[int, set[str]] = defaultdict(set)
        for run in runs:
            if run.module_id is not None and run.record_key:
                wanted[run.module_id].add(run.record_key)
        for module_id, keys in sorted(wanted.items()):
            adapter = adapter_for(self.modules[module_id])
            for key, state in adapter.load(sorted(keys), lock=self._writer is not None).items():
                self.records[(module_id, key)] = state

    def flush(self) -> None:
        """Write all that the units collected, in the caller's transaction."""
        self.writer.flush()
        Notification.objects.bulk_create(self.notifications, ignore_conflicts=True)
        OutgoingEmail.objects.bulk_create(self.emails, ignore_conflicts=True)
        for identity in self._turned:
            self._rotations[identity].save(update_fields=["position"])
        Approval.objects.bulk_create(self.approvals)
        announce_all([asked_event(approval) for approval in self.announced])
        for model, rows in self._rows.items():
            model._default_manager.bulk_create(rows)
        intake.accept(self.events)

    def user(self, name: str) -> Any:
        """The active user of that name, or None."""
        if name not in self._users:
            users = get_user_model()
            self._users[name] = users.objects.filter(**{users.USERNAME_FIELD: name}, is_active=True).first()
        return self._users[name]

    def workflow(self, key: str) -> Workflow | None:
        """The workflow of that key, which a run starts."""
        if key not in self._started:
            self._started[key] = Workflow.objects.filter(key=key).first()
        return self._started[key]

    def pinned(self, key: str, pin: Mapping[str, Any] | None) -> Target | Failed:
        """The pinned version of a workflow that runs start; looked up once a batch."""
        identity = (key, "" if pin is None else f"{pin['version']}:{pin['digest']}")
        if identity not in self._pinned:
            self._pinned[identity] = find_pinned(key, pin)
        return self._pinned[identity]

    def may_approve(self, name: str, workflow: Workflow) -> bool:
        """Whether somebody may decide the approvals of a workflow; asked once a batch."""
        user = self.user(name)
        return user is not None and self.acting.may(user, "approve", workflow)

    def members(self, group: str) -> list[str]:
        """User names of a group's active members, in order of name."""
        if group not in self._members:
            users = get_user_model()
            self._members[group] = list(
                users.objects.filter(groups__name=group, is_active=True)
                .order_by(users.USERNAME_FIELD)
                .values_list(users.USERNAME_FIELD, flat=True)
            )
        return self._members[group]

    def load_of(self, module: Module, field: str, name: str, context: SqlContext) -> int:
        """How many open records of the module stand in `name`'s field; open: the status has a way onward."""
        identity = (module.pk, field, name)
        if identity not in self._loads:
            facts = facts_of(module)
            rule: dict[str, Any] = {"all": [{"field": field, "op": "eq", "value": name}]}
            closed = (
                [
                    status
                    for status in facts.schema[facts.status_field].choices
                    if not facts.transitions.get(status)
                ]
                if facts.status_field and facts.transitions
                else []
            )
            if closed:
                rule["all"].append({"field": facts.status_field, "op": "not_in", "value": closed})
            tree = compile_rule(rule, facts.schema).tree
            self._loads[identity] = adapter_for(module).queryset(tree, context=context).count()
        return self._loads[identity]

    def add_load(self, module: Module, field: str, name: str) -> None:
        identity = (module.pk, field, name)
        if identity in self._loads:
            self._loads[identity] += 1

    def rotation(self, workflow_id: int, node: str) -> RotationCursor:
        """The round-robin position of a node; locked when this batch writes."""
        identity = (workflow_id, node)
        if identity not in self._rotations:
            if self._writer is None:
                cursor = RotationCursor.objects.filter(workflow_id=workflow_id, node=node).first()
                self._rotations[identity] = cursor or RotationCursor(workflow_id=workflow_id, node=node)
            else:
                RotationCursor.objects.bulk_create(
                    [RotationCursor(workflow_id=workflow_id, node=node)], ignore_conflicts=True
                )
                self._rotations[identity] = RotationCursor.objects.select_for_update().get(
                    workflow_id=workflow_id, node=node
                )
        return self._rotations[identity]

    def turn(self, workflow_id: int, node: str) -> None:
        self.rotation(workflow_id, node).position += 1
        self._turned.add((workflow_id, node))


class Unit:
    """One run's view of its batch: what performers plan with, and, when the batch writes, perform with."""

    def __init__(
        self,
        run: ClaimedRun,
        batch: Batch,
        zone: ZoneInfo,
        *,
        program: Program,
        event: Mapping[str, Any] | None,
        journal: Journal,
    ) -> None:
        self.run = run
        self.batch = batch
        self.zone = zone
        self.program = program
        self.event = event
        self.journal = journal
        self.node = ""
        self.now: datetime = run.now
        self.record = (
            batch.records.get((run.module_id, run.record_key)) if run.module_id is not None else None
        )

    @property
    def writer(self) -> WriteBatch:
        return self.batch.writer

    @property
    def workflow(self) -> Workflow:
        return self.batch.workflows[self.run.workflow_id]

    @property
    def cause(self) -> Cause:
        identity = self.workflow.run_as
        return Cause(
            now=self.now,
            actor_id=identity.pk if identity else None,
            actor_name=identity.get_username() if identity else "",
            run_id=self.run.id,
            workflow_id=self.run.workflow_id,
            clock=self.run.clock,
            depth=self.run.depth + 1,
        )

    @property
    def blast_radius(self) -> int:
        return blast_radius.cap_of(self.workflow)

    def reaches_too_far(self, count: int) -> bool:
        """Whether so many children at once have to wait for approval; in a replay nobody waits."""
        replayed = bool(self.run.clock) and self.run.id > 0  # what is only rehearsed is in no table
        return count > self.blast_radius and not replayed

    def facts_of(self, module: Module) -> ModuleFacts:
        return facts_of(module)

    def module(self, key: str) -> Module | None:
        return (
            next((m for m in self.batch.modules.values() if m.key == key), None)
            or Module.objects.filter(key=key).first()
        )

    @property
    def identity(self) -> Any:
        """Whom the run acts as, with that person's rights of now; None when there is nobody."""
        return self.batch.acting.identity(self.workflow, self.run.version_id)

    def why_not(self, right: str, thing: models.Model) -> str:
        """Why the identity that the run acts as lacks a right on something, as a sentence; "" when it has it."""
        return self.batch.acting.why_not(self.workflow, self.run.version_id, right, thing)

    def record_exists(self, module: Module, key: str) -> bool:
        return bool(adapter_for(module).load([key], lock=False))

    def user(self, name: str) -> Any:
        return self.batch.user(name)

    def people_in(self, groups: Sequence[str]) -> list[str]:
        return list(dict.fromkeys(name for group in groups for name in self.batch.members(group)))

    def loads(self, field: str, pool: Sequence[str]) -> dict[str, int]:
        assert self.record is not None
        context = SqlContext(now=self.now, zone=self.zone)
        return {name: self.batch.load_of(self.record.module, field, name, context) for name in pool}

    def note_load(self, field: str, name: str) -> None:
        assert self.record is not None
        self.batch.add_load(self.record.module, field, name)

    def rotation(self) -> int:
        return self.batch.rotation(self.run.workflow_id, self.node).position

    def rotate(self) -> None:
        self.batch.turn(self.run.workflow_id, self.node)

    def ask(self, approval: Approval) -> None:
        """Put a question to people; that a replay has asked is told to nobody else."""
        self.batch.approvals.append(approval)
        if not self.run.clock:
            self.batch.announced.append(approval)

    def notify(self, user: Any, key: str, title: str, body: str) -> None:
        self.batch.notifications.append(
            Notification(
                user=user, key=key, title=title[:200], body=body, run_id=self.run.id, created_at=self.now
            )
        )

    def email(self, user: Any, key: str, title: str, body: str) -> None:
        """Nobody is written to about what is past: a replay sends no mail."""
        if self.run.clock:
            return
        self.batch.emails.append(
            OutgoingEmail(
                key=f"{key}:{user.pk}",
                to=user.email,
                subject=title[:300],
                body=body,
                run_id=self.run.id,
                due_at=self.run.database_now,
                created_at=self.now,
            )
        )

    def startable(self, key: str) -> Target | Failed:
        """What starting a workflow fires: the version that the run's own is pinned to. A workflow that starts itself starts
        the version that runs."""
        definition = self.program.definition
        if definition.workflows is None:
            return find_live(key)
        if key == self.workflow.key:
            node = manual_trigger({"id": one.id, "type": one.type} for one in definition.nodes)
            if node is None:
                return Failed("workflow-not-active", f"“{key}” has no manual trigger.")
            return Target(self.workflow.pk, node, self.run.version_id)
        return self.batch.pinned(key, definition.workflows.get(key))

    def start_children(self, effect: StartWorkflow, target: Target) -> None:
        source = workflow_source()
        record = self.record
        for index, item in enumerate(effect.items):
            goal: dict[str, Any] = {
                "workflow": target.workflow,
                "node": target.node,
                "input": {**effect.input, "item": item},
            }
            if target.version is not None:
                goal["version"] = target.version
            if effect.wait:
                goal |= {"parent": self.run.id, "parent_node": self.node}
            self.batch.events.append(
                intake.NewEvent(
                    source=source,
                    type="workflow.started",
                    occurred_at=self.now,
                    module=record.module if record else None,
                    record_key=record.key if record else "",
                    data={"item": item, "run": self.run.id},
                    after=dict(record.values) if record else None,
                    idempotency_key=f"{effect.key}:{index}",
                    clock=self.run.clock,
                    cause_run_id=self.run.id,
                    cause_workflow_id=self.run.workflow_id,
                    depth=self.run.depth + 1,
                    target=goal,
                )
            )
