"""How the services of alerts and breakers are called."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from automations.models import Alert, AlertRule, Workflow
from automations.services import alerts, breakers, releases, retention, standstills, watching
from automations.testing import let_act

from ..world import World
from .shapes import READS, Audited, Call, Traced


def _later() -> Any:
    return timezone.now() + timedelta(hours=1)


def _clock(minutes: int) -> Any:
    return (timezone.now() + timedelta(minutes=minutes)).time().replace(second=0, microsecond=0)


def _rule(world: World) -> AlertRule:
    there = AlertRule.objects.filter(name="Own").first()
    return there or alerts.make_rule(
        kind="failures", name="Own", raise_at=2, workflow=world.workflow, actor=world.alice
    )


def _alert(world: World) -> Alert:
    rule, now = _rule(world), timezone.now()
    return Alert.objects.create(
        rule=rule,
        rule_name=rule.name,
        kind=rule.kind,
        workflow=world.workflow,
        node=f"n{Alert.objects.count()}",
        phase="raised",
        since=now,
        raised_at=now,
        value=2,
        worst=2,
        bound=2,
        window_seconds=900,
    )


def _acting(world: World) -> Workflow:
    workflow = world.fresh()
    return workflow if workflow.mode == "execute" else let_act(workflow, world.alice)


def _tripped(world: World) -> Workflow:
    workflow = world.fresh()
    if breakers.open_breaker(workflow) is None:
        breakers.trip_breaker(workflow=_acting(world), reason="2 runs failed.", now=timezone.now())
    return world.fresh()


CALLS: tuple[Call, ...] = (
    Call(
        alerts.make_rule,
        lambda w: {"kind": "failures", "name": "New", "raise_at": 3, "workflow": w.workflow, "actor": w.bob},
        Audited("alert_rule.made"),
    ),
    Call(
        alerts.change_rule,
        lambda w: {"alert_rule": _rule(w), "changes": {"raise_at": 7}, "actor": w.bob},
        Audited("alert_rule.changed"),
    ),
    Call(
        alerts.remove_rule,
        lambda w: {"alert_rule": _rule(w), "actor": w.bob},
        Audited("alert_rule.removed", "alert_rule"),
    ),
    Call(
        alerts.snooze_rule,
        lambda w: {"alert_rule": _rule(w), "until": _later(), "actor": w.bob},
        Audited("alert_rule.snoozed"),
    ),
    Call(alerts.facts_of, lambda w: {"rule": _rule(w)}, READS),
    Call(
        alerts.acknowledge_alert,
        lambda w: {"alert": _alert(w), "actor": w.bob, "note": "On it"},
        Audited("alert.acknowledged"),
    ),
    Call(
        alerts.snooze_alert,
        lambda w: {"alert": _alert(w), "until": _later(), "actor": w.bob},
        Audited("alert.snoozed"),
    ),
    Call(breakers.open_breaker, lambda w: {"workflow": w.workflow}, READS),
    Call(
        breakers.trip_breaker,
        lambda w: {"workflow": _acting(w), "reason": "2 runs failed.", "now": timezone.now(), "actor": w.bob},
        Audited("workflow.breaker_tripped", "workflow"),
    ),
    Call(
        breakers.try_breaker,
        lambda w: {"workflow": _tripped(w), "actor": w.bob, "reason": "Mended"},
        Audited("workflow.breaker_tried", "workflow"),
    ),
    Call(
        breakers.close_breaker,
        lambda w: {"workflow": _tripped(w), "actor": w.bob, "reason": "Mended"},
        Audited("workflow.breaker_closed", "workflow"),
    ),
    Call(
        breakers.attend_breakers,
        lambda w: {"now": timezone.now()},
        Traced((), "what it moves is noted by each breaker; none is open here"),
    ),
    Call(
        standstills.set_standstill,
        lambda w: {"reason": "The shop moves", "actor": w.bob, "ends_at": _later()},
        Audited("standstill.set"),
    ),
    Call(
        standstills.end_window,
        lambda w: {
            "standstill": standstills.set_standstill(
                reason="Every night",
                actor=w.bob,
                days=[*range(7)],
                window_from=_clock(-60),
                window_to=_clock(60),
                zone="UTC",
            ),
            "actor": w.bob,
            "reason": "Through early",
        },
        Audited("standstill.window_ended"),
    ),
    Call(
        standstills.lift_standstill,
        lambda w: {
            "standstill": standstills.set_standstill(reason="The shop moves", actor=w.bob),
            "actor": w.bob,
            "reason": "It has moved",
        },
        Audited("standstill.lifted"),
    ),
    Call(
        retention.set_retention,
        lambda w: {"workflow": w.workflow, "days": 90, "actor": w.alice},
        Audited("workflow.retention_set", "workflow"),
    ),
    Call(
        retention.set_legal_hold,
        lambda w: {"workflow": w.workflow, "reason": "A claim", "actor": w.alice, "until": _later()},
        Audited("workflow.legal_hold_set", "workflow"),
    ),
    Call(
        retention.lift_legal_hold,
        lambda w: {
            "workflow": retention.set_legal_hold(
                workflow=w.workflow, reason="A claim", actor=w.alice
            ).workflow,
            "actor": w.alice,
            "reason": "Settled",
        },
        Audited("workflow.legal_hold_lifted", "workflow"),
    ),
    Call(
        watching.watch,
        lambda w: {"now": timezone.now()},
        Traced((), "an alert names its rule and its moments; nothing is wrong here"),
    ),
    Call(
        watching.watch_in_time,
        lambda w: {"now": timezone.now()},
        Traced((), "as watch, not oftener than the setting says"),
    ),
    Call(
        releases.promoted_again,
        lambda w: {
            "workflow": _acting(w),
            "version": w.fresh().active_version,
            "actor": w.bob,
            "reason": "It works again",
        },
        Traced(("promotion",), "a promotion names who promoted; what lets it act writes the trail"),
    ),
)
