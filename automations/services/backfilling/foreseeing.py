"""What a backfill would come to: each slot or event judged by its trigger, and what matches walked without effect.

The trigger sees the record as the event left it, conditions and actions see it as it is now: as the run would.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.utils import timezone

from automations import masking
from automations.engine.effects import RequestApproval
from automations.engine.fields import datetime_text
from automations.engine.statuses import RunStatus
from automations.models import Backfill, BackfillItem, Module, Run
from automations.modules.adapter import RecordState, adapter_for
from automations.runtime.foresight import described
from automations.runtime.imagined import imagined_event
from automations.runtime.matching import DUPLICATE, MATCHED, judge_event
from automations.runtime.pending_events import PendingEvent, read_past
from automations.runtime.rehearsal import Rehearsal, Rehearsed
from automations.runtime.subscriptions import Subscription, definition_of
from automations.runtime.unjudged import GONE, JUDGED

MOST_CHANGES = 20
State = BackfillItem.State


class Foreseeing:
    """A backfill made ready to be foreseen; `triggers` are the live ones by node."""

    def __init__(self, job: Backfill, triggers: Mapping[str, Subscription]) -> None:
        self.job = job
        self.triggers = triggers
        self.now = timezone.now()
        self.rehearsals: dict[str, Rehearsal] = {}
        masking.refresh()

    def foresee(self, items: Sequence[BackfillItem]) -> None:
        """Write into the items what would come of them."""
        ids = [item.event_id for item in items if item.event_id is not None]
        events = {event.id: event for event in read_past(ids)}
        for item in items:
            event = self._slot(item) if item.slot_at is not None else events.get(item.event_id or 0)
            self._foresee(item, event)

    def _slot(self, item: BackfillItem) -> PendingEvent:
        assert item.slot_at is not None
        data = {"slot": datetime_text(item.slot_at)}
        return imagined_event(item.pk, "schedule", self.now, self.triggers[item.trigger_node], data)

    def _foresee(self, item: BackfillItem, event: PendingEvent | None) -> None:
        if event is None:
            item.state, item.code, item.message = State.REFUSED, JUDGED, "Its event is gone."
            return
        record = self._record(event)
        if event.record_key and event.module_id is not None and record is None:
            item.state, item.code, item.message = (
                State.REFUSED,
                GONE,
                "Its record is not there any more.",
            )
            return
        verdict = judge_event(event, self.triggers[item.trigger_node])
        item.state, item.answer = State.FORESEEN, verdict.outcome
        if verdict.outcome != MATCHED:
            item.message = masking.masked_text(str(verdict.reason.get("why") or ""))
        elif self._started(item, verdict.dedupe):
            item.answer = DUPLICATE
        else:
            self._tell(item, self._rehearsal(item.trigger_node).walk_event(event.value, record, {}))

    def _record(self, event: PendingEvent) -> RecordState | None:
        """The record as it is now."""
        if event.module_id is None or not event.record_key:
            return None
        module = Module.objects.get(pk=event.module_id)
        return adapter_for(module).load([event.record_key], lock=False).get(event.record_key)

    def _started(self, item: BackfillItem, key: str) -> bool:
        known = {"workflow": self.job.workflow_id, "trigger_node": item.trigger_node}
        return Run.objects.filter(**known, dedupe_key=key).exists()

    def _rehearsal(self, node: str) -> Rehearsal:
        if node not in self.rehearsals:
            self.rehearsals[node] = Rehearsal(
                workflow=self.job.workflow,
                definition=definition_of(self.job.version),
                trigger=node,
                now=self.now,
                publisher=self.job.version.published_by,
            )
        return self.rehearsals[node]

    def _tell(self, item: BackfillItem, seen: Rehearsed) -> None:
        if seen.worked is None:
            item.answer = seen.match.outcome
            return
        decision = seen.worked.decision
        failure = decision.failure or {}
        asks = any(isinstance(effect, RequestApproval) for effect in seen.effects.values())
        item.outcome = (
            "fails"
            if decision.status == RunStatus.FAILED
            else "asks"
            if asks
            else "inconclusive"
            if seen.worked.inconclusive
            else "succeeds"
        )
        item.code = str(failure.get("code", ""))[:64]
        item.message = masking.masked_text(str(failure.get("message", "")))
        changes = [change for entry in described(seen.worked) for change in entry["changes"]]
        item.changes = masking.masked(changes[:MOST_CHANGES])
