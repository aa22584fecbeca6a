"""A diagnosis as JSON: what the API answers, and `manage.py diagnose --json` prints."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from automations.engine.alerts import AlertKind, said
from automations.insight.diagnosis.parts import Change, Diagnosis, Finding, Press, Rate, Similar, Times
from automations.insight.failures import Where, failure_json, iso
from automations.models import Alert, Run, Workflow

JSONDict = dict[str, Any]


def as_json(found: Diagnosis) -> JSONDict:
    workflow, run = found.workflow, found.run
    return {
        "at": iso(found.now),
        "workflow": {
            **_named(workflow),
            "mode": workflow.mode,
            "version": workflow.active_version.number if workflow.active_version is not None else None,
        },
        "run": {"id": run.pk, "status": run.status, "mode": run.mode} if run is not None else None,
        "state": found.state,
        "headline": found.headline,
        "findings": [_finding(workflow, one) for one in found.findings],
        "since": _times(found.times),
        "changes": [_change(one, found) for one in found.changes],
        "owner": {
            "name": _person(workflow.owner),
            "team": workflow.team,
            "runbook_url": workflow.runbook_url,
            "assignee": _assignee(found),
        },
        "similar": [_similar(one) for one in found.similar],
        "presses": [_press(one) for one in found.presses],
        "alerts": [_alert(one) for one in found.alerts],
    }


def _named(workflow: Workflow) -> JSONDict:
    return {"id": workflow.pk, "key": workflow.key, "name": workflow.name}


def _person(person: Any) -> str | None:
    return person.get_username() if person is not None else None


def _assignee(found: Diagnosis) -> str | None:
    """Who has taken the cause that is told first."""
    episode = found.times.episode
    return _person(episode.triage.assignee) if episode is not None and episode.triage is not None else None


def _finding(workflow: Workflow, one: Finding) -> JSONDict:
    failure = None
    if one.failure_code:
        failure = failure_json(
            one.failure_code,
            one.sentence,
            fault=one.fault,
            retryable=one.retryable,
            next_attempt_at=one.next_attempt_at,
            where=Where(workflow.pk, one.run),
            link=next((thing.address for thing in one.things if thing.address), ""),
        )
    return {
        "code": one.code,
        "severity": one.severity.name.lower(),
        "sentence": one.sentence,
        "since": iso(one.since),
        "number": one.number,
        "node": one.node,
        "run": one.run,
        "fingerprint": one.fingerprint,
        "failure": failure,
        "link": one.link,
    }


def _times(times: Times) -> JSONDict:
    episode = times.episode
    return {
        "moment": iso(times.moment),
        "first_run": episode.first_run if episode is not None else None,
        "first_version": episode.first_version if episode is not None else None,
        "last_seen_at": iso(episode.last_at) if episode is not None else None,
        "runs": episode.runs if episode is not None else None,
        "last_success": _success(times.last_success),
        "before": _rate(times.before),
        "after": _rate(times.after),
        "spans": [_rate(one) for one in times.buckets],
    }


def _success(run: Run | None) -> JSONDict | None:
    return (
        {"run": run.pk, "version": run.version.number, "at": iso(run.finished_at)}
        if run is not None
        else None
    )


def _rate(rate: Rate) -> JSONDict:
    return {
        "since": iso(rate.since),
        "until": iso(rate.until),
        "succeeded": rate.succeeded,
        "failed": rate.failed,
        "failed_percent": rate.share,
    }


def _change(one: Change, found: Diagnosis) -> JSONDict:
    entry = one.entry
    moment = found.times.moment or found.now
    return {
        "id": entry.pk,
        "at": iso(entry.at),
        "seconds_before": max(0, round((moment - entry.at).total_seconds())),
        "actor": entry.actor_name,
        "action": entry.action,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "sentence": one.sentence,
        "why": one.why,
        "weight": one.weight,
        "told": one.told,
        "before": entry.before if one.told else None,
        "after": entry.after if one.told else None,
        "reason": entry.reason if one.told else "",
        "link": one.address,
    }


def _similar(one: Similar) -> JSONDict:
    return {
        "workflow": _named(one.workflow),
        "fingerprint": one.fingerprint,
        "total": one.total,
        "open": one.open,
        "last_seen_at": iso(one.last_seen_at),
        "link": f"diagnosis/{one.workflow.pk}/",
    }


def _press(one: Press) -> JSONDict:
    return {
        "code": one.code,
        "label": one.label,
        "why": one.why,
        "link": one.link,
        "may": not one.why_not,
        "why_not": one.why_not,
        "call": one.call,
    }


def _alert(one: Alert) -> JSONDict:
    return {
        "id": one.pk,
        "kind": one.kind,
        "said": said(AlertKind(one.kind), one.worst, timedelta(seconds=one.window_seconds)),
        "since": iso(one.since),
        "link": f"alerts/?alert={one.pk}",
    }
