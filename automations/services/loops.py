"""Loops across workflows: what a draft would change, held against what the live ones about its module watch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from automations import permissions
from automations.engine.documents import Definition
from automations.engine.errors import Problem
from automations.engine.loops import Change, changes_in, find_loop
from automations.engine.rule_places import modules_of
from automations.models import ActiveTrigger, Module, Workflow, WorkflowVersion
from automations.modules.schema import facts_of
from automations.runtime.matching import MAX_DEPTH
from automations.runtime.subscriptions import definition_of

MAX_KNOWN = 2_000

_known: dict[tuple[int, datetime], tuple[Change, ...]] = {}
"""By version, which never changes, and the module's last change."""


def find_loops(
    drafts: Iterable[tuple[Workflow, Definition]], *, viewer: Any
) -> Iterator[tuple[int, Problem]]:
    """(workflow, warning) for each draft that would go round with live workflows that the viewer sees; as many queries
    for one draft as for all."""
    about = [
        (workflow, definition, modules[0])
        for workflow, definition in drafts
        if len(modules := modules_of(definition)) == 1
    ]
    if not about:
        return
    found = {row.key: row for row in Module.objects.filter(key__in={key for _, _, key in about})}
    live: dict[str, list[Change]] | None = None
    for workflow, definition, key in about:
        if key not in found:
            continue
        facts = facts_of(found[key])
        own = changes_in(definition, facts, workflow=workflow.pk, name=workflow.name)
        if not own:
            continue
        if live is None:
            live = _live(found, viewer)
        loop = find_loop(own, [one for one in live[key] if one.workflow != workflow.pk], facts)
        if loop is not None:
            yield workflow.pk, _told(loop, definition)


def _live(modules: dict[str, Module], viewer: Any) -> dict[str, list[Change]]:
    """What the live workflows about each module do to known fields."""
    watching = (
        ActiveTrigger.objects.filter(module__in=list(modules.values()), kind="trigger.record")
        .filter(
            workflow__in=permissions.visible_workflows(viewer).values("pk"),
            workflow__archived_at=None,
            workflow__paused_at=None,
        )
        .values_list("module__key", "version_id", "workflow_id", "workflow__name")
        .distinct()
    )
    rows = list(watching)
    unknown = {version for key, version, _, _ in rows if (version, modules[key].updated_at) not in _known}
    documents = {row.pk: row for row in WorkflowVersion.objects.filter(pk__in=unknown)}
    found: dict[str, list[Change]] = {key: [] for key in modules}
    for key, version, workflow, name in rows:
        mark = (version, modules[key].updated_at)
        if mark not in _known:
            if len(_known) >= MAX_KNOWN:
                _known.clear()
            definition = definition_of(documents[version])
            _known[mark] = (
                changes_in(definition, facts_of(modules[key]), workflow=workflow, name=name)
                if modules_of(definition) == [key]
                else ()
            )
        found[key] += _known[mark]
    return found


def _told(loop: tuple[Change, ...], definition: Definition) -> Problem:
    first = loop[0]
    index = next(index for index, node in enumerate(definition.nodes) if node.id == first.node)
    steps = [
        f"“{one.name}” ({one.label}) sets it to “{one.value}”"
        if one.workflow != first.workflow
        else f"“{one.label}” here sets it to “{one.value}”"
        for one in loop[1:]
    ]
    message = (
        f"“{first.label}” sets “{first.field}” to “{first.value}”, which starts a round without end:"
        f" {', then '.join(steps)}, which starts this again, until the run number {MAX_DEPTH} in a row is stopped."
    )
    hint = "Let one of them not react: by its filter, by “once per record”, or by another value."
    return Problem("endless-loop", f"nodes[{index}].config", message, hint, first.node, "warning")
