from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from automations import permissions
from automations.engine.crowding import MOST, WhenFull
from automations.engine.errors import Problem, quoted
from automations.engine.schemas import check_config
from automations.engine.validation import RETRY_SCHEMA
from automations.errors import ConflictError, ForbiddenError, InvalidError
from automations.grants import SETTING_RIGHTS
from automations.models import AuditEntry, Mode, Module, Workflow
from automations.modules.schema import is_zone
from automations.runtime import activation, places
from automations.runtime.backtests.following import end_shadow
from automations.runtime.product_events import announce
from automations.runtime.subscriptions import bump_activation, definition_of
from automations.services.audit import write_audit
from automations.services.drafts import save_draft
from automations.services.identities import identity_problems
from automations.services.live import live_facts, lock_workflow, set_promotion, void_consent
from automations.services.scenario_files import replace_scenarios, scenarios_from_file
from automations.services.texts import require_texts, text_problems
from automations.triggers.common import EVENT_PATH

TEXTS = ("name", "description", "team", "runbook_url", "zone")
PEOPLE = ("owner", "run_as")
EDITABLE = tuple(SETTING_RIGHTS)
LIMITS = {
    "blast_radius": (1, 1_000_000),
    "share": (1, 100),
    "runs_per_hour": (1, 1_000_000),
    "at_once": (1, MOST),
}
"""Runs that one firing may start, as a number and in per cent of the records that it could be about, and an hour; and
that may be at work at the same time."""
CROWDING = ("at_once_per", "when_full")
"""Of what so many may be at work at once, and what becomes of one more."""


@transaction.atomic
def create_workflow(
    *,
    name: str,
    actor: Any,
    key: str = "",
    module: Module | None = None,
    description: str = "",
    team: str = "",
    zone: str = "UTC",
    run_as: Any = None,
    document: Any = None,
    scenarios: Any = None,
) -> Workflow:
    """A new workflow, owned by the actor, who gets every right on it. Its draft is the document, or empty; `scenarios`
    are those of a workflow's file.

    Raises InvalidError for a bad name or zone, a document that does not parse and scenarios that can't stand so,
    ConflictError for a key that is taken.
    """
    key = key or slugify(name)[:80]
    problems = _problems({"name": name, "zone": zone, "description": description, "team": team})
    cases, wrong = scenarios_from_file([] if scenarios is None else scenarios)
    problems += wrong
    if key:
        problems += text_problems(Workflow, key=key)
    else:
        problems.append(
            Problem("bad-key", "key", "The name gives no key.", "Send a key of letters, digits and “-”.")
        )
    if problems:
        raise InvalidError(problems)
    try:
        with transaction.atomic():
            workflow = Workflow.objects.create(
                key=key,
                name=name,
                module=module,
                description=description,
                team=team,
                zone=zone,
                owner=actor,
                run_as=run_as,
            )
    except IntegrityError as error:
        raise ConflictError(f"There is already a workflow with the key “{key}”. Choose another.") from error
    if actor is not None:
        permissions.grant_owner(workflow, actor)
    write_audit(actor=actor, action="workflow.created", obj=workflow, after={"key": key, "name": name})
    if document is not None:
        workflow.draft_revision = save_draft(
            workflow=workflow, document=document, revision=None, actor=actor
        ).revision
    replace_scenarios(workflow=workflow, items=cases, actor=actor)
    return workflow


@transaction.atomic
def update_workflow(
    *, workflow: Workflow, changes: Mapping[str, Any], actor: Any, seen: Mapping[str, Any] | None = None
) -> Workflow:
    """Change a workflow's settings (EDITABLE). `seen` says what some of them were when the actor looked, people by their
    user names. Consent to let a version act, asked or given, is void when the limits are others.

    Raises InvalidError for other settings, for bad values, and for an identity that may not do what the live version
    does; ForbiddenError for settings that the actor may not change, ConflictError when one that was seen is another now.
    """
    problems = [*_unknown_settings(changes, "changes"), *_unknown_settings(seen or {}, "seen")]
    problems += _problems(changes) if isinstance(changes, Mapping) else []
    if problems:
        raise InvalidError(problems)
    workflow = (
        Workflow.objects.select_for_update(of=("self",), no_key=True)
        .select_related("owner", "run_as", "active_version__published_by")
        .defer("active_version__document")
        .get(pk=workflow.pk)
    )
    moved = [key for key, value in (seen or {}).items() if _plain(getattr(workflow, key)) != value]
    if moved:
        raise _changed_since(workflow, moved)
    changes = {key: value for key, value in changes.items() if getattr(workflow, key) != value}
    _require_may_change(workflow, changes, actor)
    if not changes:
        return workflow
    before = {key: _plain(getattr(workflow, key)) for key in changes}
    for key, value in changes.items():
        setattr(workflow, key, value)
    if problems := _people_problems(workflow, changes, actor):
        raise InvalidError(problems)
    workflow.save(update_fields=[*changes, "updated_at"])
    bump_activation()
    after = {key: _plain(getattr(workflow, key)) for key in changes}
    if before.get("limits") != after.get("limits") and workflow.mode == Mode.SIMULATE:
        void_consent(workflow)
    if "limits" in changes:
        places.settle(workflow.pk)
    write_audit(actor=actor, action="workflow.updated", obj=workflow, before=before, after=after)
    return workflow


def _unknown_settings(given: object, path: str) -> list[Problem]:
    if not isinstance(given, Mapping):
        message = "Settings are an object by name."
        return [Problem("wrong-value-type", path, message, 'Send {"name": "…"}.')]
    return [
        Problem(
            "unknown-field",
            str(key) if path == "changes" else f"{path}.{str(key)[:63]}",
            f"{quoted(key)} can't be changed here.",
            f"Send only {', '.join(EDITABLE)}.",
        )
        for key in given
        if key not in EDITABLE
    ]


def _changed_since(workflow: Workflow, moved: list[str]) -> ConflictError:
    """What is told when somebody was faster: who, when, and what those settings are now."""
    entries = AuditEntry.objects.filter(
        object_type="workflow", object_id=str(workflow.pk), action="workflow.updated"
    )
    last = entries.first()
    who = f"{last.actor_name} at {last.at:%H:%M:%S} UTC" if last is not None else "somebody else"
    names = ", ".join(name.replace("_", " ") for name in moved)
    facts = {"by": last.actor_name, "at": last.at.isoformat()} if last is not None else {}
    return ConflictError(
        f"Changed by {who} since you looked: {names}. Nothing of yours is saved yet.",
        code="settings-changed",
        facts={**facts, "now": {key: _plain(getattr(workflow, key)) for key in moved}},
    )


def _require_may_change(workflow: Workflow, names: Mapping[str, Any], actor: Any) -> None:
    """The system itself (no actor) may change everything."""
    if actor is None:
        return
    may = permissions.changeable_settings(actor, workflow)
    if missing := [name for name in names if name not in may]:
        needed = {SETTING_RIGHTS[name] for name in missing}
        raise ForbiddenError(
            f"You may not change {', '.join(name.replace('_', ' ') for name in missing)} of “{workflow.name}”:"
            f" it takes the right {' and '.join(f'“{right}”' for right in sorted(needed))}."
        )


def _people_problems(workflow: Workflow, changes: Mapping[str, Any], actor: Any) -> list[Problem]:
    """Who owns a workflow sees it. And whoever it is to run as may do what its live version does, as may who says so:
    it holds for the next run, so that nobody lends a live version rights that they have not themselves."""
    problems: list[Problem] = []
    owner = changes.get("owner")
    if owner is not None and not permissions.may(owner, "view", workflow):
        message = f"{owner} can't see “{workflow.name}”."
        problems.append(Problem("owner-sees-nothing", "owner", message, "Share it with them first."))
    version = workflow.active_version
    if "run_as" in changes and version is not None:
        definition = definition_of(version)
        found = identity_problems(workflow, definition, publisher=actor)
        if workflow.run_as is None and version.published_by != actor:
            found += identity_problems(workflow, definition, publisher=version.published_by)
        problems += [replace(problem, path="run_as") for problem in found]
    return problems


@transaction.atomic
def pause_workflow(*, workflow: Workflow, reason: str, actor: Any) -> Workflow:
    """Stop starting runs: events are kept and get the decision “paused”. Runs in flight go on.

    Raises InvalidError for the reason, ConflictError when it is paused already.
    """
    require_texts(AuditEntry, reason=reason)
    now = timezone.now()
    changed = Workflow.objects.filter(pk=workflow.pk, paused_at=None, archived_at=None).update(
        paused_at=now, pause_reason=reason
    )
    if not changed:
        raise ConflictError(f"“{workflow.name}” is paused or archived already.", code="already-paused")
    bump_activation()
    write_audit(actor=actor, action="workflow.paused", obj=workflow, reason=reason)
    _announce(workflow, "workflow.paused", actor, now, {"reason": reason})
    workflow.refresh_from_db()
    return workflow


@transaction.atomic
def resume_workflow(*, workflow: Workflow, actor: Any) -> Workflow:
    """Start runs again from now on. Raises ConflictError when it is not paused."""
    changed = Workflow.objects.filter(pk=workflow.pk, paused_at__isnull=False).update(
        paused_at=None, pause_reason=""
    )
    if not changed:
        raise ConflictError(f"“{workflow.name}” is not paused.", code="not-paused")
    bump_activation()
    write_audit(actor=actor, action="workflow.resumed", obj=workflow)
    _announce(workflow, "workflow.resumed", actor, timezone.now(), {})
    workflow.refresh_from_db()
    return workflow


def _announce(workflow: Workflow, kind: str, actor: Any, now: datetime, private: Mapping[str, Any]) -> None:
    announce(
        kind,
        workflow=workflow.pk,
        subject=("workflow", workflow.pk),
        facts={"by": actor.get_username() if actor is not None else None},
        now=now,
        private=private,
        address=f"workflows/{workflow.pk}/",
    )


@transaction.atomic
def archive_workflow(*, workflow: Workflow, actor: Any, reason: str = "") -> Workflow:
    """Take a workflow out of use; its versions and runs stay. Raises ConflictError when it is archived already."""
    changed = Workflow.objects.filter(pk=workflow.pk, archived_at=None).update(archived_at=timezone.now())
    if not changed:
        raise ConflictError(f"“{workflow.name}” is archived already.", code="already-archived")
    activation.deactivate(workflow=workflow)
    end_shadow(why="The workflow was archived.", workflow=workflow.pk)
    write_audit(actor=actor, action="workflow.archived", obj=workflow, reason=reason)
    workflow.refresh_from_db()
    return workflow


@transaction.atomic
def restore_workflow(*, workflow: Workflow, actor: Any, reason: str = "") -> Workflow:
    """Take an archived workflow back into use: paused, and in simulate, so that it starts nothing before somebody resumes
    it and does nothing before it is promoted anew. Its schedules and alarms begin now. Raises ConflictError when it is not
    archived."""
    require_texts(AuditEntry, reason=reason)
    workflow = lock_workflow(workflow)
    if workflow.archived_at is None:
        raise ConflictError(f"“{workflow.name}” is not archived.", code="not-archived")
    before, now = live_facts(workflow), timezone.now()
    set_promotion(workflow, None)
    if workflow.paused_at is None:
        workflow.paused_at, workflow.pause_reason = now, "Taken back from the archive."
    workflow.archived_at = None
    workflow.save(update_fields=["archived_at", "paused_at", "pause_reason", "updated_at"])
    if workflow.active_version is not None:
        activation.activate(workflow=workflow, version=workflow.active_version, now=now)
    after = live_facts(workflow)
    write_audit(
        actor=actor, action="workflow.restored", obj=workflow, before=before, after=after, reason=reason
    )
    return workflow


def _problems(changes: Mapping[str, Any]) -> list[Problem]:
    problems = text_problems(Workflow, **{name: changes[name] for name in TEXTS if name in changes})
    problems += [
        Problem("wrong-value-type", name, f"{quoted(changes[name])} is no person.", "Name one, or nobody.")
        for name in PEOPLE
        if not isinstance(changes.get(name), get_user_model() | None)
    ]
    zone = changes.get("zone")
    if isinstance(zone, str) and not is_zone(zone):
        message = f"There is no time zone {quoted(zone)}."
        problems.append(Problem("unknown-zone", "zone", message, "Write it like Europe/Berlin."))
    if "limits" in changes:
        problems += _limit_problems(changes["limits"])
    if "retry" in changes:
        problems += check_config(changes["retry"], RETRY_SCHEMA, "retry")
    return problems


def _limit_problems(limits: Any) -> list[Problem]:
    if not isinstance(limits, Mapping):
        return [Problem("bad-limits", "limits", "Limits are an object.", 'Send {"blast_radius": 100}.')]
    problems: list[Problem] = []
    for key, value in limits.items():
        low, high = LIMITS.get(key, (0, 0))
        if key in CROWDING:
            problems += _crowding_problems(key, value, limits)
            continue
        if key not in LIMITS:
            problems.append(
                Problem(
                    "unknown-limit",
                    f"limits.{str(key)[:63]}",
                    f"There is no limit {quoted(key)}.",
                    f"Use {', '.join((*LIMITS, *CROWDING))}.",
                )
            )
        elif isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            problems.append(
                Problem(
                    "bad-limit",
                    f"limits.{key}",
                    f"“{key}” is a number from {low} to {high:,}.",
                    "Correct it.",
                )
            )
    return problems


def _crowding_problems(key: str, value: Any, limits: Mapping[str, Any]) -> list[Problem]:
    path = f"limits.{key}"
    if key == "at_once_per" and not (isinstance(value, str) and EVENT_PATH.match(value)):
        message = f"{quoted(value)} is no path into an event."
        return [Problem("bad-reference", path, message, "Write it like event.record or event.data.customer.")]
    if key == "when_full" and value not in list(WhenFull):
        message = f"{quoted(value)} is nothing that could become of a run."
        return [Problem("bad-limit", path, message, f"Use {', '.join(WhenFull)}.")]
    if "at_once" not in limits:
        message = "It says nothing without a number of runs."
        return [Problem("limit-without-number", path, message, "Send “at_once” too, or leave this out.")]
    return []


def _plain(value: Any) -> Any:
    return value.get_username() if hasattr(value, "get_username") else value
