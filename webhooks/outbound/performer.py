"""How a step's delivery is planned, and put into the outbox in the transaction of the run's progress."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from automations.engine.outcomes import NEEDS_REVIEW, Failed, Outcome, Succeeded, Unplanned, Wait
from automations.runtime.performers import Performer, Plan
from automations.runtime.queue import wake_on_commit
from automations.runtime.unit import Unit
from webhooks.actions.effects import SendDelivery
from webhooks.outbound.addressees import parse_url
from webhooks.outbound.bodies import MAX_BODY, chat_body, event_body
from webhooks.outbound.fingerprints import NOUN, moved
from webhooks.outbound.lane import TASK
from webhooks.outbound.models import Delivery, Destination
from webhooks.outbound.news import WAIT, asked_line, news_of, settle
from webhooks.outbound.reviews import Doubt, ask, doubt_of, say
from webhooks.outbound.schedule import UNHEARD
from webhooks.outbound.signing import new_message_id
from webhooks.secrets.known import KNOWN

SHOWN = 300
"""Characters of the body that a preview shows."""


@dataclass(frozen=True, slots=True)
class Ready:
    destination: Destination
    body: str


class SendDeliveryPerformer(Performer):
    """In simulate only the plan: nothing is looked up on the network, nothing is sent, no secret is read."""

    kind = SendDelivery.kind

    def uses(self, effect: SendDelivery, unit: Unit) -> Model | None:
        return _destination(effect)

    def plan(self, effect: SendDelivery, unit: Unit) -> Plan | Failed | Unplanned:
        destination = _destination(effect)
        if destination is None:
            return Failed("unknown-destination", f"There is no destination “{effect.destination}”.")
        if destination.state == Destination.State.DISABLED:
            reason = f"{destination.name} is disabled: {destination.disabled_reason}"
            return Failed("destination-disabled", reason)
        if bool(effect.text) == (destination.format == Destination.Format.WEBHOOK):
            takes = "events" if effect.text else "chat messages"
            return Failed("wrong-format", f"{destination.name} takes {takes}, not this.")
        body = (
            chat_body(destination.format, effect.text)
            if effect.text
            else event_body(effect.type, unit.now, effect.data)
        )
        if len(body.encode()) > MAX_BODY:
            return Failed("body-too-large", f"The message is larger than {MAX_BODY // 1024} KiB.")
        host = parse_url(destination.url).host
        said = f"POST to {host} ({destination.name}): {effect.text or body}"[:SHOWN]
        return Plan(
            said,
            detail=Ready(destination, body),
            assumed=_assumed(said, unit.batch.calls.get(unit.node), safe=_is_safe(effect, destination)),
        )

    def perform(self, effect: SendDelivery, plan: Plan, unit: Unit) -> Outcome:
        if unit.run.clock:
            assert plan.assumed is not None
            return plan.assumed  # a replay tells nobody about what is past
        ready: Ready = plan.detail
        earlier = self._earlier(effect, unit)
        if earlier is not None and earlier.state == Delivery.State.SUCCEEDED:
            return settle(unit, unit.node, news_of(earlier))
        if earlier is None:
            unit.batch.add(_new(effect, ready, unit))
        elif (doubt := _taken_over(earlier, effect, ready, unit)) is not None:
            if effect.wait:
                return Wait(NEEDS_REVIEW, message=asked_line(doubt.attempt, doubt.message))
            return Succeeded(_nothing_yet(), message="Its call of before needs review: it is not sent again.")
        wake_on_commit(TASK)
        said = f"{plan.message}{_moved(ready.destination, unit)}"
        if effect.wait:
            return Wait(WAIT, message=said)
        return Succeeded(_nothing_yet(), message=said)

    @staticmethod
    def _earlier(effect: SendDelivery, unit: Unit) -> Delivery | None:
        """The delivery of this very step, where the run goes on with another run's steps: it is brought again under its
        own id, never made twice."""
        if unit.run.keys_of is None:
            return None
        return Delivery.objects.select_for_update(of=("self",), no_key=True).filter(key=effect.key).first()


def _assumed(said: str, ended: str | None, *, safe: bool) -> Outcome:
    """What simulate takes for the end of a call: taken, or what a scenario says. Where somebody would be asked whether it
    happened, he is taken to say that it did not."""
    if ended is None or ended.startswith("2"):
        taken = {"delivery": None, "status": int(ended or 200), "attempts": 1, "body": ""}
        return Succeeded(taken, message=f"{said} Taken as accepted.", assumed=True)
    how = (
        f"answered {ended}"
        if ended.isdigit()
        else {"timeout": "no answer in time"}.get(ended, "no connection")
    )
    if ended in ("timeout", *map(str, UNHEARD)) and not safe:
        how += ", and somebody said that it did not happen"
    return Failed("delivery-failed", f"{said} Taken as given up: {how}.")


def _destination(effect: SendDelivery) -> Destination | None:
    return Destination.objects.filter(key=effect.destination, archived_at=None).first()


def _moved(destination: Destination, unit: Unit) -> str:
    """What the run's log says when the call goes elsewhere than the version was published with. It is made all the same:
    who changed the destination had the right to, and the workflow's pages tell it until it is published anew."""
    pinned = (unit.program.definition.fingerprints or {}).get(NOUN, {}).get(destination.key)
    if pinned is None:
        return ""
    parts = unit.batch.once(
        (NOUN, destination.pk, tuple(sorted(pinned.items()))), lambda: moved(destination, pinned)
    )
    return f" Its {' and '.join(parts)} changed since this version was published." if parts else ""


def _attempts(effect: SendDelivery, destination: Destination) -> int:
    return min(effect.max_attempts or destination.max_attempts, destination.max_attempts)


def _new(effect: SendDelivery, ready: Ready, unit: Unit) -> Delivery:
    destination = ready.destination
    return Delivery(
        destination=destination,
        key=effect.key,
        message_id=new_message_id(),
        type=effect.type,
        about=_about(unit),
        body=KNOWN.text(ready.body),
        run_id=unit.run.id,
        node=unit.node,
        workflow_id=unit.run.workflow_id,
        waits=effect.wait,
        retry_refusals=bool(destination.retry_other_refusals),
        retry_safe=_is_safe(effect, destination),
        max_attempts=_attempts(effect, destination),
        due_at=unit.run.database_now,
        created_at=unit.run.database_now,
    )


def _about(unit: Unit) -> str:
    """What keeps its order where the destination is ordered: the record or, without one, the run."""
    record = unit.record
    return f"{record.module.key}:{record.key}" if record is not None else f"run:{unit.run.id}"


def _taken_over(earlier: Delivery, effect: SendDelivery, ready: Ready, unit: Unit) -> Doubt | None:
    """Bring a delivery again that was given up, or is still under way for a run that has ended, for this run. Where its
    newest attempt may have arrived and a repeat is not safe, nothing is sent: what is not known is given back."""
    safe = _is_safe(effect, ready.destination)
    rows = Delivery.objects.filter(pk=earlier.pk)
    rows.update(run_id=unit.run.id, node=unit.node, waits=effect.wait, retry_safe=safe)
    now = unit.run.database_now
    if earlier.state == Delivery.State.NEEDS_REVIEW:
        asked = earlier.unknowns.latest("pk")
        doubt = Doubt(earlier.pk, asked.attempt, asked.error, asked.message)
        earlier.run_id, earlier.waits = unit.run.id, effect.wait
        say(earlier, doubt, now=now)
        return doubt
    if earlier.finished_at is None:
        return None
    if not safe and (unknown := doubt_of(earlier)) is not None:
        ask(unknown, now=now, tells_run=False)
        return unknown
    rows.update(
        state=Delivery.State.PENDING,
        series=earlier.attempt,
        max_attempts=_attempts(effect, ready.destination),
        due_at=now,
        finished_at=None,
    )
    return None


def _is_safe(effect: SendDelivery, destination: Destination) -> bool:
    return destination.retry_safe if effect.retry_safe is None else effect.retry_safe


def _nothing_yet() -> dict[str, Any]:
    return {"delivery": None, "status": None, "attempts": 0, "body": ""}
