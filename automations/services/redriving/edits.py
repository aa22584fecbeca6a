"""An edit of many runs against what it is about: what each started with, and the forms of their triggers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from automations.engine.edits import Edit
from automations.engine.errors import Problem
from automations.engine.schemas import check_config, listed, nearest
from automations.models import Run, WorkflowVersion
from automations.runtime.subscriptions import definition_of

MANUAL = "trigger.manual"


@dataclass(frozen=True, slots=True)
class Given:
    """A run that is meant, and what it started with."""

    pk: int
    input: Mapping[str, Any]
    trigger: str
    is_child: bool
    own_version: int
    active_version: int | None

    def version(self, chosen: str) -> int | None:
        return self.own_version if chosen == "run" else self.active_version


def given(runs: QuerySet[Run], most: int) -> list[Given]:
    """What these runs started with, oldest first, in one query."""
    columns = ("pk", "input", "trigger_node", "parent_id", "version_id", "workflow__active_version_id")
    rows = runs.order_by("pk").values_list(*columns)[:most]
    return [
        Given(pk, start, trigger, parent is not None, own, active)
        for pk, start, trigger, parent, own, active in rows
    ]


def known(runs: Sequence[Given], chosen: str) -> set[str]:
    """The fields that an edit may name: what a form asks for, and what one of the runs started with."""
    asked = {name for form in _forms(runs, chosen).values() for name in form.get("properties", {})}
    return asked | {name for run in runs for name in run.input}


def unknown(edit: Edit, runs: Sequence[Given], chosen: str) -> list[Problem]:
    names = sorted(known(runs, chosen))
    problems = []
    for name in edit.names:
        if name not in names:
            meant = nearest(name, names)
            hint = f"Did you mean “{meant}”?" if meant else f"They know {listed(names) or 'no field'}."
            message = f"No form asks for “{name}”, and none of these runs started with it."
            place = "set" if name in edit.values else "remove"
            problems.append(Problem("unknown-input", f"edit.{place}.{name}", message, hint))
    return problems


def unfit(edit: Edit, runs: Sequence[Given], chosen: str) -> int:
    """How many of the runs would start with something that does not answer the form of their trigger."""
    forms = _forms(runs, chosen)
    wrong = 0
    for run in runs:
        form = forms.get((run.version(chosen), run.trigger))
        if form is not None and not run.is_child and edit.changes(run.input):
            wrong += bool(check_config(edit.applied(run.input), form, "input"))
    return wrong


def _forms(runs: Sequence[Given], chosen: str) -> dict[tuple[int | None, str], Mapping[str, Any]]:
    """The forms of the triggers by which people start the workflow, by version and node."""
    versions = WorkflowVersion.objects.filter(pk__in={run.version(chosen) for run in runs})
    return {
        (version.pk, node.id): node.config.get("form", {})
        for version in versions
        for node in definition_of(version).nodes
        if node.type == MANUAL
    }
