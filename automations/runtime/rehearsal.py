"""run-test's engine room: walk a definition over events or live records with the very interpreter that runs use.

Everything happens in one read-only transaction that is rolled back; the batch has no writer.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction

from automations.engine.documents import Definition, Node
from automations.engine.effects import Effect
from automations.engine.kinds import Match
from automations.engine.outcomes import Outcome
from automations.engine.program import Program
from automations.engine.rules import Scope, compile_rule
from automations.engine.selections import Rule, branches_from, selection_of
from automations.models import Mode, Module, Workflow
from automations.modules.adapter import RecordState, adapter_for
from automations.modules.schema import facts_of
from automations.modules.sql import SqlContext
from automations.runtime import handlers
from automations.runtime.claims import ClaimedRun
from automations.runtime.execute import Loaded, walk
from automations.runtime.identity import Acting
from automations.runtime.subscriptions import compile_for, module_of
from automations.runtime.unit import Unit
from automations.runtime.walking import Worked
from automations.triggers import TRIGGERS


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One record or event taken through the graph. `worked` is None when the trigger did not match; `effects` are those
    that were asked for, by node."""

    state: RecordState | None
    match: Match
    worked: Worked | None
    effects: dict[str, Effect] = field(default_factory=dict)
    denied: dict[str, str] = field(default_factory=dict)
    """Why whom it acts as may not do what was asked for, by node."""


class Rehearsal:
    """A definition made ready to be walked without effect. `now` is the moment that everything happens at, `identity`
    whom it acts as in the place of the workflow's own, `publisher` who stands for it where the workflow runs as nobody,
    `answers` the way out that approvals take, `calls` how calls to others end, by node. Not `limited`, a walk goes on past what may not be done."""

    def __init__(
        self,
        *,
        workflow: Workflow,
        definition: Definition,
        trigger: str,
        now: datetime,
        identity: Any = None,
        publisher: Any = None,
        answers: Mapping[str, str] | None = None,
        calls: Mapping[str, str] | None = None,
        limited: bool = True,
    ) -> None:
        self.workflow = workflow
        known = identity or workflow.run_as or publisher
        self.acting = Acting({0: publisher}, instead=identity, limited=limited and known is not None)
        self.answers = dict(answers or {})
        self.calls = dict(calls or {})
        self.definition = definition
        self.now = now
        self.zone = ZoneInfo(workflow.zone)
        self.program: Program = compile_for(definition)
        self.module: Module | None = module_of(definition)
        self.facts = facts_of(self.module) if self.module else None
        self.trigger: Node = self.program.graph.nodes[trigger]
        kind = TRIGGERS.get(self.trigger.type.partition(".")[2])
        self.judge = kind.prepare(self.trigger.config, self.facts, definition.rules())

    def selection(self) -> Rule | None:
        """The rule by which the trigger picks records: its scope and its filter."""
        return selection_of(self.trigger)

    def branches(self) -> Iterator[tuple[str, str, Rule]]:
        """(node, branch, rule that selects its records) of each condition that SQL can be asked about."""
        return branches_from(self.program.graph, self.trigger)

    def select(self, rule: Rule | None) -> tuple[Any, bool]:
        """(queryset of the records that a rule selects, whether a second pass in memory is needed)."""
        assert self.module is not None
        assert self.facts is not None
        tree = compile_rule(rule, self.facts.schema, policies=self.definition.rules()).tree if rule else None
        context = SqlContext(now=self.now, zone=self.zone, assume_changed=True)
        adapter = adapter_for(self.module)
        return adapter.queryset(tree, context=context), adapter.needs_second_pass(tree)

    def walk_records(self, states: Sequence[RecordState], user_input: Mapping[str, Any]) -> list[Rehearsed]:
        """Each record as if the trigger's event happened to it now; `changed*` leaves count as true."""
        return self._walk([(state, self._assumed_event(state), True) for state in states], user_input)

    def walk_event(
        self, event: Mapping[str, Any], state: RecordState | None, user_input: Mapping[str, Any]
    ) -> Rehearsed:
        return self._walk([(state, event, False)], user_input)[0]

    def _walk(
        self,
        cases: Sequence[tuple[RecordState | None, Mapping[str, Any], bool]],
        user_input: Mapping[str, Any],
    ) -> list[Rehearsed]:
        rehearsed: list[Rehearsed] = []
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            for number, (state, event, assume) in enumerate(cases):
                match = self.judge(
                    Scope(
                        record=event.get("after"),
                        event=event,
                        now=self.now,
                        zone=self.zone,
                        variables={},
                        steps={},
                        assume_changed=assume,
                    )
                )
                seen = Rehearsed(state, match, None, {}, {})
                if match.outcome == "matched":
                    worked = self._walk_one(-1 - number, state, event, assume, user_input, seen)
                    seen = replace(seen, worked=worked)
                rehearsed.append(seen)
            transaction.set_rollback(True)
        return rehearsed

    def _walk_one(
        self,
        number: int,
        state: RecordState | None,
        event: Mapping[str, Any],
        assume: bool,
        user_input: Mapping[str, Any],
        seen: Rehearsed,
    ) -> Worked:
        modules = {state.module.pk: state.module} if state is not None else {}
        run = self._stand_in(number, state, user_input)
        loaded = Loaded(
            programs={run.version_id: self.program},
            events={0: event},
            journals={},
            signals={},
            modules=modules,
            workflows={self.workflow.pk: self.workflow},
            acting=self.acting,
        )
        batch = loaded.batch(writes=False)
        batch.answers, batch.calls = self.answers, self.calls
        if state is not None:
            batch.records[(state.module.pk, state.key)] = state

        def preview(effect: Effect, unit: Unit) -> Outcome:
            seen.effects[unit.node] = effect
            if refusal := handlers.denied(effect, unit):
                seen.denied[unit.node] = refusal
            return handlers.preview(effect, unit)

        return walk(run, loaded, batch, preview, assume_changed=assume)

    def _stand_in(self, number: int, state: RecordState | None, user_input: Mapping[str, Any]) -> ClaimedRun:
        """A run that is in no table; its negative number can't be mistaken for a stored one."""
        return ClaimedRun(
            id=number,
            workflow_id=self.workflow.pk,
            version_id=0,
            event_id=0,
            trigger_node=self.trigger.id,
            mode=Mode.SIMULATE,
            module_id=state.module.pk if state is not None else None,
            record_key=state.key if state is not None else "",
            input=user_input,
            actor_id=None,
            parent_id=None,
            parent_node="",
            depth=0,
            clock="run-test",
            as_of=self.now,
            attempt=1,
            last_seq=0,
            keys_of=None,
            token=uuid.UUID(int=0),
            database_now=self.now,
        )

    def _assumed_event(self, state: RecordState) -> dict[str, Any]:
        kind = self.trigger.type.partition(".")[2]
        on = self.trigger.config.get("on") or ["updated"]
        types = {"record": "record.created" if on == ["created"] else "record.updated"}
        return {
            "id": 0,
            "type": types.get(kind, kind),
            "module": state.module.key,
            "record": state.key,
            "occurred_at": self.now.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "data": {},
            "before": dict(state.values),
            "after": dict(state.values),
            "changed": [],
            "actor": None,
        }
