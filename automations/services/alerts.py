"""What is watched, and what people do about an alert: take note of it, quiet it for a while."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from automations import permissions
from automations.engine.alerts import FACTS, AlertKind
from automations.engine.errors import Problem, quoted
from automations.errors import ConflictError, InvalidError
from automations.models import Alert, AlertRule, Workflow
from automations.services.audit import write_audit
from automations.services.texts import text_problems

NUMBERS: Mapping[str, tuple[float, float]] = {
    "raise_at": (0.001, 1_000_000),
    "clear_at": (0, 1_000_000),
    "window_seconds": (60, 30 * 86_400),
    "hold_seconds": (0, 86_400),
    "least": (1, 1_000_000),
    "retry_minutes": (1, 10_080),
}
"""The numbers of a rule, each with its bounds."""
WHOLE = ("window_seconds", "hold_seconds", "least", "retry_minutes")
SWITCHES = ("breaks", "tell_owner", "enabled")
SETTINGS = ("name", *NUMBERS, *SWITCHES)
LONGEST_SNOOZE = timedelta(days=30)


@transaction.atomic
def make_rule(
    *,
    kind: str,
    name: str,
    raise_at: float,
    actor: Any,
    workflow: Workflow | None = None,
    team: str = "",
    people: Sequence[Any] = (),
    **settings: Any,
) -> AlertRule:
    """Watch a workflow, a team's, or all. `settings` are of SETTINGS.

    Raises InvalidError for values that can't be, and for people who can't see the workflow.
    """
    problems = text_problems(AlertRule, kind=kind, team=team)
    if problems:
        raise InvalidError(problems)
    rule = AlertRule(kind=kind, workflow=workflow, team=team, made_by=actor, made_at=timezone.now())
    _apply(rule, {"name": name, "raise_at": raise_at, **settings}, people)
    rule.save()
    rule.people.set(people)
    write_audit(actor=actor, action="alert_rule.made", obj=rule, after=facts_of(rule))
    return rule


@transaction.atomic
def change_rule(
    *, alert_rule: AlertRule, changes: Mapping[str, Any], actor: Any, people: Sequence[Any] | None = None
) -> AlertRule:
    """Change what a rule measures by or whom it tells (SETTINGS); what it is about stays. Raises InvalidError."""
    rule = AlertRule.objects.select_for_update(of=("self",)).select_related("workflow").get(pk=alert_rule.pk)
    before = facts_of(rule)
    _apply(rule, changes, list(rule.people.all()) if people is None else people)
    rule.save()
    if people is not None:
        rule.people.set(people)
    after = facts_of(rule)
    if after != before:
        write_audit(actor=actor, action="alert_rule.changed", obj=rule, before=before, after=after)
    return rule


@transaction.atomic
def remove_rule(*, alert_rule: AlertRule, actor: Any) -> None:
    """Watch it no more; what was raised is over. Raises ConflictError for the rule that is always there."""
    if alert_rule.fallback:
        raise ConflictError(
            "This rule watches what no other rule does, so that no failure is silent. Change its bounds instead.",
            code="rule-is-needed",
        )
    write_audit(actor=actor, action="alert_rule.removed", obj=alert_rule, before=facts_of(alert_rule))
    Alert.objects.filter(rule=alert_rule, phase="pending").delete()
    Alert.objects.filter(rule=alert_rule, resolved_at=None).update(
        phase="resolved", resolved_at=timezone.now(), resolved_why="Its rule was removed."
    )
    alert_rule.delete()


@transaction.atomic
def snooze_rule(*, alert_rule: AlertRule, until: datetime | None, actor: Any) -> AlertRule:
    """Tell nobody what the rule finds until then; None: tell again at once. It goes on measuring, and breaking.

    Raises InvalidError for a moment that is over, or too far.
    """
    _require_moment(until)
    AlertRule.objects.filter(pk=alert_rule.pk).update(snoozed_until=until)
    after = {"until": until.isoformat() if until is not None else None}
    write_audit(actor=actor, action="alert_rule.snoozed", obj=alert_rule, after=after)
    alert_rule.refresh_from_db()
    return alert_rule


@transaction.atomic
def acknowledge_alert(*, alert: Alert, actor: Any, note: str = "") -> Alert:
    """Say that somebody knows. Raises ConflictError when somebody has said so already, or it is over."""
    if problems := text_problems(Alert, note=note):
        raise InvalidError(problems)
    changed = Alert.objects.filter(
        pk=alert.pk, phase="raised", resolved_at=None, acknowledged_at=None
    ).update(acknowledged_at=timezone.now(), acknowledged_by=actor.get_username(), note=note)
    if not changed:
        raise ConflictError("It is over, or somebody has taken note of it already.", code="not-open")
    write_audit(actor=actor, action="alert.acknowledged", obj=alert, reason=note)
    alert.refresh_from_db()
    return alert


@transaction.atomic
def snooze_alert(*, alert: Alert, until: datetime, actor: Any) -> Alert:
    """Set an episode aside until then; it is told once more if it goes on by then. Raises InvalidError for the moment,
    ConflictError when it is over."""
    _require_moment(until)
    changed = Alert.objects.filter(pk=alert.pk, phase="raised", resolved_at=None).update(snoozed_until=until)
    if not changed:
        raise ConflictError("It is over already.", code="not-open")
    write_audit(actor=actor, action="alert.snoozed", obj=alert, after={"until": until.isoformat()})
    alert.refresh_from_db()
    return alert


def facts_of(rule: AlertRule) -> dict[str, Any]:
    """What the trail says of a rule."""
    return {
        "kind": rule.kind,
        "workflow": rule.workflow.key if rule.workflow is not None else None,
        "team": rule.team,
        **{name: getattr(rule, name) for name in SETTINGS},
        "people": sorted(person.get_username() for person in rule.people.all()) if rule.pk else [],
    }


def _apply(rule: AlertRule, changes: Mapping[str, Any], people: Sequence[Any]) -> None:
    """Set the values on the row, unsaved. Raises InvalidError with every problem."""
    if not isinstance(changes, Mapping):
        problem = Problem(
            "wrong-value-type", "changes", "Settings are an object by name.", 'Send {"name": "…"}.'
        )
        raise InvalidError([problem])
    problems = [
        Problem("wrong-value-type", name, f"“{name}” is true or false.", "Send one of them.")
        for name in SWITCHES
        if name in changes and not isinstance(changes[name], bool)
    ]
    problems += [
        Problem("unknown-field", name[:64], f"{quoted(name)} is no setting.", f"Use {', '.join(SETTINGS)}.")
        for name in changes
        if name not in SETTINGS
    ]
    problems += text_problems(AlertRule, name=changes.get("name", rule.name))
    for name, bounds in NUMBERS.items():
        if name in changes:
            problems += _number_problems(name, changes[name], bounds)
    if problems:
        raise InvalidError(problems)
    for name, value in changes.items():
        setattr(rule, name, value)
    problems = [*_rule_problems(rule), *_people_problems(rule.workflow, people)]
    if problems:
        raise InvalidError(problems)


def _number_problems(name: str, value: object, bounds: tuple[float, float]) -> list[Problem]:
    if value is None and name == "retry_minutes":
        return []
    low, high = bounds
    kinds = (int,) if name in WHOLE else (int, float)
    if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
        message = f"“{name}” is a {'whole ' if name in WHOLE else ''}number from {low:g} to {high:,.0f}."
        return [Problem("bad-number", name, message, "Correct it.")]
    return []


def _rule_problems(rule: AlertRule) -> list[Problem]:
    facts = FACTS[AlertKind(rule.kind)]
    problems = []
    if rule.clear_at >= rule.raise_at:
        message = "It has to be over at less than what raises it."
        problems.append(Problem("bad-bounds", "clear_at", message, f"Send less than {rule.raise_at:g}."))
    if rule.kind == AlertKind.RATIO and rule.raise_at > 100:
        problems.append(Problem("bad-number", "raise_at", "At most 100 %.", "Send 1 to 100."))
    if rule.workflow is not None and rule.team:
        problems.append(Problem("two-scopes", "team", "A workflow or a team, not both.", "Leave one out."))
    if facts.of_everything and (rule.workflow is not None or rule.team):
        message = f"“{facts.title}” is about the whole installation."
        problems.append(Problem("no-scope", "workflow", message, "Leave out workflow and team."))
    if rule.breaks and not facts.breaks:
        message = f"“{facts.title}” takes no workflow back to simulate."
        problems.append(Problem("cannot-break", "breaks", message, "Send false."))
    if rule.fallback and not rule.enabled:
        message = "This rule watches what no other does, so that no failure is silent."
        problems.append(Problem("rule-is-needed", "enabled", message, "Change its bounds instead."))
    return problems


def _people_problems(workflow: Workflow | None, people: Sequence[Any]) -> list[Problem]:
    if workflow is None:
        return []
    return [
        Problem(
            "sees-nothing", "people", f"{person} can't see “{workflow.name}”.", "Share it with them first."
        )
        for person in people
        if not permissions.may(person, "view", workflow)
    ]


def _require_moment(until: datetime | None) -> None:
    now = timezone.now()
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        message = f"A snooze ends later than now, within {LONGEST_SNOOZE.days} days."
        raise InvalidError([Problem("bad-moment", "until", message, "Send another moment.")])
