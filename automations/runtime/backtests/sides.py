"""The two sides of a backtest: each judges an event with its triggers and walks its graph, by the very interpreter that
runs use, with nothing to write with."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.comparison import Answer, Kind, Ran, compare_answers, selects
from automations.engine.documents import Definition
from automations.engine.effects import Effect, RequestApproval
from automations.engine.expectations import is_settled
from automations.engine.journal import Journal
from automations.engine.kinds import ModuleFacts
from automations.engine.outcomes import Failed, Outcome, Succeeded
from automations.engine.program import APPROVAL, Program
from automations.models import Mode, Module, Workflow
from automations.modules.schema import facts_of
from automations.runtime import handlers
from automations.runtime.backtests.likeness import Likeness
from automations.runtime.backtests.occasions import IMAGINED, Heard, Occasion
from automations.runtime.claims import ClaimedRun
from automations.runtime.foresight import described
from automations.runtime.identity import Acting
from automations.runtime.matching import MATCHED, Verdict, judge_event
from automations.runtime.starting import Target
from automations.runtime.subscriptions import Subscription, compile_for, module_of, subscribe
from automations.runtime.unit import Batch, Unit
from automations.runtime.walking import Worked, walk_on

NOT_HEARD = "It would not have heard of this."
NO_TOKEN = uuid.UUID(int=0)


class _PastBatch(Batch):
    """Reads that are the same for all events of a backtest are made once."""

    def __init__(self, workflow: Workflow, publisher: Any) -> None:
        limited = (workflow.run_as or publisher) is not None
        acting = Acting({0: publisher}, limited=limited)
        super().__init__(writes=False, modules={}, workflows={workflow.pk: workflow}, acting=acting)
        self.facts: dict[int, ModuleFacts] = {}
        self.by_key: dict[str, Module | None] = {}
        self.targets: dict[str, Target | Failed] = {}


class _PastUnit(Unit):
    """What a run of the past may see: its record as it was. What else it may ask for was not kept and is assumed."""

    batch: _PastBatch
    assumed: list[str]

    def facts_of(self, module: Module) -> ModuleFacts:
        known = self.batch.facts.get(module.pk)
        if known is None:
            known = self.batch.facts[module.pk] = facts_of(module)
        return known

    def module(self, key: str) -> Module | None:
        if key not in self.batch.by_key:
            self.batch.by_key[key] = super().module(key)
        return self.batch.by_key[key]

    def startable(self, key: str) -> Target | Failed:
        if key not in self.batch.targets:
            self.batch.targets[key] = super().startable(key)
        return self.batch.targets[key]

    def record_exists(self, module: Module, key: str) -> bool:
        self.assumed.append(f"Whether {module.name} had “{key}” then is not known; taken as no.")
        return False


@dataclass(slots=True)
class Walked:
    """One trigger's run over one event."""

    trigger: str
    worked: Worked
    effects: list[tuple[str, Effect]]
    assumed: list[str] = field(default_factory=list)

    def ran(self) -> Ran:
        decision = self.worked.decision
        steps = decision.journal.steps
        path = {
            node.id: steps[node.id].branches
            for node in self.worked.program.walk
            if (node.branching is not None or node.type == APPROVAL)
            and node.id in steps
            and steps[node.id].branches
        }
        failure = str((decision.failure or {}).get("code", ""))
        return Ran(self.trigger, path, self.effects, decision.status.value, failure)


class Side:
    """One definition, ready to answer events of the past. `publisher` is as whom it acts where its workflow runs as nobody;
    without either nothing limits it."""

    def __init__(self, workflow: Workflow, definition: Definition, publisher: Any) -> None:
        self.workflow = workflow
        self.definition = definition
        self.program: Program = compile_for(definition)
        module = module_of(definition)
        self.subscriptions = [
            subscribe(workflow=workflow, version_id=0, node=node, module=module, rules=definition.rules)
            for node in definition.nodes
            if node.family == "trigger"
        ]
        self.zone = ZoneInfo(str(definition.settings.get("zone", "UTC")))
        self._batch = _PastBatch(workflow, publisher)
        self._listening: dict[tuple[int | None, str], list[Subscription]] = {}

    def matched(self, heard: Heard) -> list[Verdict]:
        """The triggers that would start a run. Rates, and what has started before, are not looked at."""
        verdicts = (judge_event(heard.event, entry) for entry in self._listeners(heard))
        return [verdict for verdict in verdicts if verdict.outcome == MATCHED]

    def why_not(self, heard: Heard | None) -> str:
        """Why no trigger matched, as a sentence."""
        if heard is None:
            return NOT_HEARD
        for entry in self._listeners(heard):
            verdict = judge_event(heard.event, entry)
            if verdict.outcome != MATCHED:
                return str(verdict.reason.get("why") or verdict.outcome)
        return NOT_HEARD

    def _listeners(self, heard: Heard) -> Sequence[Subscription]:
        event = heard.event
        wanted = heard.trigger or (event.target or {}).get("node", "")
        if wanted:
            return [entry for entry in self.subscriptions if entry.node == wanted]
        asked = (event.module_id, event.type)
        if asked not in self._listening:
            self._listening[asked] = [
                entry
                for entry in self.subscriptions
                if entry.kind not in IMAGINED
                and (entry.module is None or entry.module.pk == event.module_id)
                and any(fnmatchcase(event.type, pattern) for pattern in entry.types)
            ]
        return self._listening[asked]

    def walk(self, verdict: Verdict, heard: Heard, program: Program | None = None) -> Walked:
        """The run that a matching trigger would have started, walked to its end: waits are over at once."""
        event, state = heard.event, heard.state
        batch = self._batch
        batch.records = {(state.module.pk, state.key): state} if state is not None else {}
        run = self._stand_in(verdict, heard)
        program = program or self.program
        journal = Journal(str(event.id), verdict.subscription.node)
        unit = _PastUnit(run, batch, self.zone, program=program, event=event.value, journal=journal)
        unit.assumed = list(heard.assumed)
        effects: list[tuple[str, Effect]] = []

        def preview(effect: Effect, unit: Unit) -> Outcome:
            effects.append((unit.node, effect))
            if not is_settled(effect):
                message = "Who would have been chosen then is not known."
                notes.append(message)
                return Succeeded(message=message, assumed=True)
            if isinstance(effect, RequestApproval):
                notes.append("Approvals are taken as given.")
            return handlers.preview(effect, unit)

        notes = unit.assumed
        worked = walk_on(unit, journal, {}, preview, elapse=True)
        if unit.now != run.now:
            notes.append("Waits are over at once: what came after was judged on the record as it was before.")
        return Walked(verdict.subscription.node, worked, effects, notes)

    def _stand_in(self, verdict: Verdict, heard: Heard) -> ClaimedRun:
        """A run that is in no table, at the event's own moment."""
        event, state = heard.event, heard.state
        return ClaimedRun(
            id=-1,
            workflow_id=self.workflow.pk,
            version_id=0,
            event_id=None,
            trigger_node=verdict.subscription.node,
            mode=Mode.SIMULATE,
            module_id=state.module.pk if state is not None else None,
            record_key=state.key if state is not None else "",
            input=(event.target or {}).get("input", {}),
            actor_id=event.actor_id,
            parent_id=None,
            parent_node="",
            depth=event.depth,
            clock="backtest",
            as_of=event.now,
            attempt=1,
            last_seq=0,
            keys_of=None,
            token=NO_TOKEN,
            database_now=event.now,
        )


@dataclass(slots=True)
class Compared:
    """What came of one occasion. `before` and `after` are filled in where the two differ."""

    kind: Kind
    selected_before: bool
    selected_after: bool
    assumed: Sequence[str] = ()
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)


class Comparison:
    """Both sides of a backtest; without `before` nothing was selected before."""

    def __init__(self, before: Side | None, after: Side) -> None:
        self.before = before
        self.after = after
        self._likeness = Likeness(before.program, after.program) if before is not None else None
        known = {node.id for node in before.definition.nodes} if before is not None else set()
        self._same_triggers = before is not None and _triggers(before) == _triggers(after)
        self._common = known & {node.id for node in after.definition.nodes}

    def compare(self, occasion: Occasion) -> Compared:
        """How the two sides' answers to one occasion differ."""
        was, now = occasion.before, occasion.after
        if was is None and now is None:
            return Compared(Kind.SAME, selected_before=False, selected_after=False)
        before = self.before if was is not None else None
        matched_before = before.matched(was) if before is not None and was is not None else []
        if now is None:
            matched_after = []
        elif was is now and self._same_triggers:
            matched_after = matched_before
        else:
            matched_after = self.after.matched(now)
        if not matched_before and not matched_after:
            return Compared(Kind.SAME, selected_before=False, selected_after=False)
        first = self._first(before, matched_before, matched_after, was, now)
        if isinstance(first, Compared):
            return first
        second = [self.after.walk(verdict, now) for verdict in matched_after if now is not None]
        answers: tuple[Answer, Answer] = [walk.ran() for walk in first], [walk.ran() for walk in second]
        kind = compare_answers(*answers, self._common)
        assumed = _unique(line for walk in (*first, *second) for line in walk.assumed)
        compared = Compared(kind, selects(answers[0]), selects(answers[1]), assumed)
        if kind is not Kind.SAME:
            compared.before = _told(self.before, was, first, answers[0])
            compared.after = _told(self.after, now, second, answers[1])
        return compared

    def _first(
        self,
        before: Side | None,
        matched: Sequence[Verdict],
        others: Sequence[Verdict],
        was: Heard | None,
        now: Heard | None,
    ) -> Compared | list[Walked]:
        """The first side's walks; or that the second side's are the same, where one walk tells so: most events never
        come to what the two definitions differ in."""
        if before is None or was is None:
            return []
        likeness = self._likeness
        alike = was is now and [v.subscription.node for v in matched] == [v.subscription.node for v in others]
        if not alike or likeness is None or not likeness.usable:
            return [before.walk(verdict, was) for verdict in matched]
        likeness.begin()
        walks = [before.walk(verdict, was, likeness.program) for verdict in matched]
        if any(likeness.differs(walk.worked.decision.journal.steps) for walk in walks):
            return walks
        chosen = any(walk.effects or walk.worked.decision.failure for walk in walks)
        assumed = _unique(line for walk in walks for line in walk.assumed)
        return Compared(Kind.SAME, chosen, chosen, assumed)


def _triggers(side: Side) -> tuple[Any, ...]:
    """All that the side's triggers judge by."""
    definition = side.definition
    triggers = [(node.id, node.type, node.config) for node in definition.nodes if node.family == "trigger"]
    return triggers, definition.rules()


def _told(side: Side | None, heard: Heard | None, walks: Sequence[Walked], answer: Answer) -> dict[str, Any]:
    """What a side would have done, as JSON."""
    at: datetime | None = heard.event.now if heard is not None else None
    why = "" if walks or side is None else side.why_not(heard)
    return {
        "selected": selects(answer),
        "at": at.isoformat() if at is not None else None,
        "why_not": why,
        "runs": [_run_told(walk, ran) for walk, ran in zip(walks, answer, strict=True)],
    }


def _run_told(walk: Walked, ran: Ran) -> dict[str, Any]:
    decision = walk.worked.decision
    steps = decision.journal.steps
    failure: Mapping[str, Any] = decision.failure or {}
    return {
        "trigger": walk.trigger,
        "path": [
            {"node": node.id, "branches": [name for name in steps[node.id].branches if name]}
            for node in walk.worked.program.walk
            if node.id in steps and steps[node.id].status != "skipped"
        ],
        "status": ran.status,
        "failure": str(failure.get("message", "")),
        "actions": described(walk.worked),
    }


def _unique(lines: Iterator[str]) -> list[str]:
    return list(dict.fromkeys(lines))
