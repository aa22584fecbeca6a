"""Looking at every alert rule: episodes begin, are told once, and end with a word that it works again.

Done by the ticker. What is measured costs a few queries, however many rules and workflows there are; each episode that
moves is a transaction of its own, with its messages.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from automations import permissions
from automations.conf import setting
from automations.engine.alerts import (
    AlertKind,
    Bounds,
    Episode,
    Move,
    Phase,
    Reading,
    judge,
    plain_duration,
    said,
)
from automations.models import Alert, AlertRule, Run, Workflow
from automations.runtime.alert_readings import Measured, Place, failing_last, failures_between, measure
from automations.runtime.alert_rules import seed_fallback
from automations.runtime.messages import tell
from automations.runtime.product_events import KINDS, announce
from automations.services.breakers import trip_breaker

logger = logging.getLogger(__name__)

FAILING = (AlertKind.FAILURES, AlertKind.RATIO)
"""Kinds whose episodes end only when a run has succeeded since."""

for _kind, _words in (
    ("alert.raised", "An alert rule's bounds were left"),
    ("alert.resolved", "What an alert was about is over"),
    ("workflow.breaker_tripped", "A workflow that went wrong was taken back to simulate"),
    ("workflow.breaker_closed", "A workflow that was taken back to simulate acts again"),
):
    KINDS.register(_kind, _words)

_last_look = float("-inf")


def watch_in_time(*, now: datetime) -> bool:
    """Look, unless this process has done so lately. Returns whether it did."""
    global _last_look
    if time.monotonic() - _last_look < setting("AUTOMATIONS_WATCH_SECONDS"):
        return False
    _last_look = time.monotonic()
    watch(now=now)
    return True


def watch(*, now: datetime) -> int:
    """Measure every rule and move every episode that is to move; returns how many did."""
    rules = {rule.pk: rule for rule in AlertRule.objects.filter(enabled=True)}
    if not any(rule.fallback for rule in rules.values()):
        seed_fallback()
        rules = {rule.pk: rule for rule in AlertRule.objects.filter(enabled=True)}
    measured = measure({AlertKind(rule.kind) for rule in rules.values()}, now=now)
    rows = Alert.objects.filter(resolved_at=None).select_related("workflow__owner")
    open_now: dict[Place, Alert] = {(row.rule_id or 0, row.workflow_id, row.node): row for row in rows}
    suspects = {
        row.workflow_id for row in open_now.values() if row.workflow_id is not None and row.kind in FAILING
    }
    failing = failing_last(suspects) if suspects else set()
    moved, kept = 0, []
    for place in measured.keys() | open_now.keys():
        rule, alert = rules.get(place[0]), open_now.get(place)
        if rule is None or (alert is not None and _is_gone(alert)):
            moved += _drop(alert, now)
            continue
        found = _with_health(measured.get(place), rule, place, failing)
        move = judge(_bounds(rule), found.reading, _episode(alert), now=now)
        if alert is not None and move in (Move.KEEP, Move.NOTHING):
            kept += _update(alert, found)
        elif move is not Move.NOTHING:
            moved += _moved(move, rule, place, found, alert, now)
    Alert.objects.bulk_update(kept, ["value", "worst", "run"])
    return moved


def _bounds(rule: AlertRule) -> Bounds:
    return Bounds(rule.raise_at, rule.clear_at, timedelta(seconds=rule.hold_seconds), rule.least)


def _episode(alert: Alert | None) -> Episode | None:
    if alert is None:
        return None
    return Episode(
        Phase(alert.phase),
        alert.since,
        alert.told_at,
        alert.acknowledged_at is not None,
        alert.snoozed_until,
    )


def _with_health(found: Measured | None, rule: AlertRule, place: Place, failing: set[int]) -> Measured:
    """A measurement, nothing out of the ordinary where there is none; of what fails, whether that is so still."""
    found = found or Measured(Reading(0.0))
    if rule.kind not in FAILING:
        return found
    return Measured(Reading(found.reading.value, found.reading.of, place[1] not in failing), found.run)


def _is_gone(alert: Alert) -> bool:
    return alert.workflow is not None and alert.workflow.archived_at is not None


def _drop(alert: Alert | None, now: datetime) -> int:
    """End what nobody watches any more, without a word."""
    if alert is None:
        return 0
    if alert.phase == Phase.PENDING:
        alert.delete()
    else:
        _end(alert, "It is watched no more.", now)
    return 1


def _update(alert: Alert, found: Measured) -> list[Alert]:
    """The episode, if there is news to keep of it."""
    before = (alert.value, alert.worst, alert.run_id)
    alert.value = found.reading.value
    alert.worst = max(alert.worst, alert.value)
    alert.run_id = found.run or alert.run_id
    return [] if before == (alert.value, alert.worst, alert.run_id) else [alert]


def _moved(
    move: Move, rule: AlertRule, place: Place, found: Measured, alert: Alert | None, now: datetime
) -> bool:
    """Whether the episode has moved; one that can't be (whoever listens to it fails) keeps no other from it."""
    try:
        _move(move, rule, place, found, alert, now)
    except Exception:
        logger.exception("An alert of the rule “%s” could not be moved; the others go on", rule.name)
        return False
    return True


@transaction.atomic
def _move(
    move: Move, rule: AlertRule, place: Place, found: Measured, alert: Alert | None, now: datetime
) -> None:
    if move is Move.FORGET:
        assert alert is not None
        alert.delete()
    elif move is Move.RESOLVE:
        assert alert is not None
        _resolve(alert, rule, now)
    elif move is Move.REPEAT:
        assert alert is not None
        _update(alert, found)
        alert.save(update_fields=["value", "worst", "run"])
        _tell_raised(alert, rule, now, again=True)
    else:
        alert = alert or _begin(rule, place, found, now)
        if move is Move.RAISE:
            _raise(alert, rule, found, now)


def _begin(rule: AlertRule, place: Place, found: Measured, now: datetime) -> Alert:
    value = found.reading.value
    alert = Alert.objects.create(
        rule=rule,
        rule_name=rule.name,
        kind=rule.kind,
        workflow_id=place[1],
        node=place[2],
        since=now,
        value=value,
        worst=value,
        bound=rule.raise_at,
        window_seconds=rule.window_seconds,
        run_id=found.run,
    )
    if place[1] is not None:
        alert.workflow = Workflow.objects.select_related("owner").get(pk=place[1])
    return alert


def _raise(alert: Alert, rule: AlertRule, found: Measured, now: datetime) -> None:
    _update(alert, found)
    alert.phase, alert.raised_at = Phase.RAISED, now
    alert.save(update_fields=["phase", "raised_at", "value", "worst", "run"])
    tripped = None
    if rule.breaks and alert.workflow is not None:
        tripped = trip_breaker(
            workflow=alert.workflow,
            reason=_sentence(alert),
            alert=alert,
            retry_minutes=rule.retry_minutes,
            now=now,
        )
    if rule.snoozed_until is None or rule.snoozed_until <= now:
        _tell_raised(alert, rule, now, broke=tripped is not None)
    _announce(alert, "alert.raised", now)


def _resolve(alert: Alert, rule: AlertRule, now: datetime) -> None:
    assert alert.raised_at is not None
    if alert.kind in FAILING and alert.workflow_id is not None:
        began = alert.since - timedelta(seconds=alert.window_seconds)
        alert.failures = failures_between(alert.workflow_id, began, now)
    if not _end(
        alert, "A run has succeeded." if alert.kind in FAILING else "It is within bounds again.", now
    ):
        return
    if alert.told_at is not None:
        _tell_resolved(alert, rule, now)
    _announce(alert, "alert.resolved", now)


def _end(alert: Alert, why: str, now: datetime) -> bool:
    alert.phase, alert.resolved_at, alert.resolved_why = Phase.RESOLVED, now, why
    changed = Alert.objects.filter(pk=alert.pk, resolved_at=None).update(
        phase=Phase.RESOLVED, resolved_at=now, resolved_why=why, failures=alert.failures
    )
    return bool(changed)


def _tell_raised(
    alert: Alert, rule: AlertRule, now: datetime, *, again: bool = False, broke: bool = False
) -> None:
    lines = [f"The rule “{rule.name}” says so{'' if alert.workflow else ' of everything'}."]
    if alert.run_id is not None:
        lines.append(_newest_failure(alert.run_id))
    if broke:
        lines.append("It was taken back to simulate: it goes on judging what comes, and does nothing.")
    if alert.workflow is not None and alert.workflow.runbook_url:
        lines.append(f"Runbook: {alert.workflow.runbook_url}")
    if alert.workflow_id is not None:
        where = _page(f"diagnosis/{alert.workflow_id}/") or "“Diagnosis” beside the alert."
        lines.append(f"What is wrong, since when, what changed, what to press: {where}")
    lines.append("This is told once, however often it happens. You will be told when it is over.")
    title = f"{'Still: ' if again else ''}{_title(alert)}"
    tell(
        _people(alert, rule, always_owner=broke),
        key=f"alert:{alert.pk}:{now:%Y%m%d%H%M%S}" if again else f"alert:{alert.pk}",
        title=title,
        body="\n".join(lines),
        address=f"alerts/?alert={alert.pk}",
        now=now,
    )
    alert.told_at = now
    Alert.objects.filter(pk=alert.pk).update(told_at=now)


def _tell_resolved(alert: Alert, rule: AlertRule, now: datetime) -> None:
    lasted = plain_duration(timedelta(minutes=max(1, round((now - alert.since).total_seconds() / 60))))
    lines = [f"It had not since {alert.since:%Y-%m-%d %H:%M} UTC, for {lasted}."]
    if alert.kind not in FAILING:
        lines = [f"It lasted {lasted}, since {alert.since:%Y-%m-%d %H:%M} UTC."]
    if alert.failures:
        lines.append(f"{alert.failures} {'run' if alert.failures == 1 else 'runs'} failed in that time.")
    name = alert.workflow.name if alert.workflow is not None else ""
    over = f"“{name}” works again" if alert.kind in FAILING else f"Over: {_title(alert, worst=True)}"
    tell(
        _people(alert, rule),
        key=f"alert:{alert.pk}:over",
        title=over,
        body="\n".join(lines),
        address=f"alerts/?alert={alert.pk}",
        now=now,
    )


def _title(alert: Alert, *, worst: bool = False) -> str:
    """“Refund watch”: 3 runs failed in 15 minutes"""
    words = _sentence(alert, worst=worst).rstrip(".")
    if alert.workflow is None:
        return words
    return f"“{alert.workflow.name}”: {words[0].lower()}{words[1:]}"


def _sentence(alert: Alert, *, worst: bool = False) -> str:
    value = alert.worst if worst else alert.value
    words = said(AlertKind(alert.kind), value, timedelta(seconds=alert.window_seconds))
    return f"{words[0].upper()}{words[1:]}."


def _newest_failure(run_id: int) -> str:
    """What the newest run that failed says of it: its code and where, nothing of its records."""
    run = Run.objects.select_related("version").get(pk=run_id)
    node = run.failure.get("node")
    titles = {one["id"]: one.get("title") for one in run.version.document["nodes"]}
    where = titles.get(node) or node
    at = f" at “{where}”" if where else ""
    return f"The newest that failed is run {run_id}: {run.failure_code}{at}."


def _page(address: str) -> str:
    """A page's whole address; empty where it is not known: half of one leads nowhere in a mail."""
    site = getattr(settings, "AUTOMATIONS_SITE_URL", "").rstrip("/")
    return f"{site}/{address}" if site else ""


def _people(alert: Alert, rule: AlertRule, *, always_owner: bool = False) -> list[Any]:
    """Whom it concerns: the owner, and whom the rule names where they may see it; admins where there is nobody else."""
    workflow = alert.workflow
    found: dict[int, Any] = {}
    if workflow is not None and workflow.owner is not None and (rule.tell_owner or always_owner):
        found[workflow.owner.pk] = workflow.owner
    for person in rule.people.filter(Q(is_active=True)):
        if workflow is None or permissions.may(person, "view", workflow):
            found[person.pk] = person
    people = [person for person in found.values() if person.is_active]
    return people or list(permissions.admins())


def _announce(alert: Alert, kind: str, now: datetime) -> None:
    facts: Mapping[str, Any] = {
        "rule": alert.rule_name,
        "rule_id": alert.rule_id,
        "alert_kind": alert.kind,
        "workflow": alert.workflow.key if alert.workflow is not None else None,
        "value": alert.value,
        "bound": alert.bound,
        "window_seconds": alert.window_seconds,
        "run": alert.run_id,
        "failures": alert.failures,
        "diagnosis": f"diagnosis/{alert.workflow_id}/" if alert.workflow_id is not None else None,
    }
    announce(
        kind,
        workflow=alert.workflow_id,
        subject=("alert", alert.pk),
        facts=facts,
        now=now,
        address=f"alerts/?alert={alert.pk}",
    )
