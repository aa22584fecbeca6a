"""The first five things to do with a workflow; each counts as done when it was done, nobody ticks it off."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from automations import permissions
from automations.gallery import TEMPLATES
from automations.models import AuditEntry, Preference, Run, Workflow
from automations.services.preferences import preference_of

DEMO = "sla-alert"
"""The key of the workflow that the steps are about, where somebody made it from its template."""
STEPS = ("open", "test", "change", "publish", "watch")
NEEDED = ("edit", "run_test", "publish")
FRESH = timedelta(minutes=10)
"""A run that is older than this is looked up, not watched."""


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """`offered`: whether the person builds workflows, for whom the steps are. Without a `workflow` there is none yet. `example` is a
    record that starts the workflow at once: what it is called, and its values; None where none is known or may be made.
    """

    offered: bool
    shown: bool
    workflow: Workflow | None
    done: Mapping[str, bool]
    example: Mapping[str, Any] | None


def read_first_steps(actor: Any, *, now: datetime) -> FirstSteps:
    workflow = _workflow(actor)
    preference = preference_of(actor)
    steps = preference.steps
    done = {step: step in steps for step in STEPS}
    if workflow is not None and not done["publish"]:
        done["publish"] = _acted(actor, workflow, "workflow.published", steps)
    return FirstSteps(
        offered=permissions.builds_workflows(actor),
        shown=preference.first_steps,
        workflow=workflow,
        done=done,
        example=_example(actor, workflow, now),
    )


def note_opened(*, actor: Any, workflow: Workflow, now: datetime) -> None:
    """The person has the workflow before them; what they did before does not count for the later steps."""
    if _is_next(actor, workflow, "open"):
        _note(actor, "open", now)


def note_tested(*, actor: Any, workflow: Workflow, draft: bool, now: datetime) -> None:
    """The person saw what the workflow would do with the live records; `draft`: as it is drawn now."""
    if _is_next(actor, workflow, "test"):
        _note(actor, "test", now)
    changed = draft and _is_next(actor, workflow, "change")
    if changed and _acted(actor, workflow, "draft.saved", preference_of(actor).steps):
        _note(actor, "change", now)


def note_watched(*, actor: Any, run: Run, now: datetime) -> None:
    """The person has the page of a run before them."""
    if now - run.created_at <= FRESH and _is_next(actor, run.workflow, "watch"):
        _note(actor, "watch", now)


def _is_next(actor: Any, workflow: Workflow, step: str) -> bool:
    if step in preference_of(actor).steps:
        return False
    wanted = _workflow(actor)
    return wanted is not None and wanted.pk == workflow.pk


@transaction.atomic
def _note(actor: Any, step: str, now: datetime) -> None:
    Preference.objects.get_or_create(user=actor)
    preference = Preference.objects.select_for_update().get(user=actor)
    preference.steps = {**preference.steps, step: now.isoformat()}
    preference.save(update_fields=["steps"])


def _workflow(actor: Any) -> Workflow | None:
    """The demo's where the person may work on it, else the first that is theirs."""
    rows = Workflow.objects.filter(archived_at=None).select_related("module")
    demo = rows.filter(key=DEMO).first()
    if demo is not None and all(permissions.may(actor, right, demo) for right in ("view", *NEEDED)):
        return demo
    return rows.filter(owner=actor).order_by("pk").first()


def _acted(actor: Any, workflow: Workflow, action: str, steps: Mapping[str, str]) -> bool:
    """Whether the person did this to the workflow since it was opened for the first time."""
    if "open" not in steps:
        return False
    return AuditEntry.objects.filter(
        actor=actor,
        action=action,
        object_type="workflow",
        object_id=str(workflow.pk),
        at__gte=datetime.fromisoformat(steps["open"]),
    ).exists()


def _example(actor: Any, workflow: Workflow | None, now: datetime) -> Mapping[str, Any] | None:
    if workflow is None or workflow.module is None or workflow.key not in TEMPLATES:
        return None
    template = TEMPLATES.get(workflow.key)
    if template.example is None or not permissions.may_use_module(actor, workflow.module):
        return None
    return {"noun": template.noun, "values": template.example(now)}
