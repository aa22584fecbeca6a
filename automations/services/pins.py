"""What versions pin beside their graph: the workflows that they start, for those who look at a version or its gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from automations import permissions
from automations.engine.documents import Definition, canonical_json
from automations.engine.gate_facts import LimitFacts, StartFact
from automations.engine.outcomes import Failed
from automations.engine.starts import started_by
from automations.models import AuditEntry, Workflow, WorkflowVersion
from automations.runtime.blast_radius import cap_of
from automations.runtime.starting import find_pinned
from automations.services.outside import outside_of
from automations.services.policy_uses import with_policies


def with_pins(versions: Sequence[WorkflowVersion], *, viewer: Any) -> Sequence[WorkflowVersion]:
    """The versions of one workflow, each with `policies`, with `workflows`: what it starts, [{"key", "version", "newer"}],
    `newer` the live version where it is another; with `outside`: what it uses there and how that changed since; and with
    `started_by`: the workflows whose live version starts this very
    one, [{"id", "name", "version"}], of those that the viewer can see. As many queries for one version as for all."""
    with_policies(versions)
    ids = [version.pk for version in versions]
    pins = dict(WorkflowVersion.objects.filter(pk__in=ids).values_list("pk", "document__workflows"))
    live = _live_numbers({key for pinned in pins.values() for key in pinned or ()}, viewer)
    callers = _callers(versions[0].workflow, viewer) if versions else []
    outside = outside_of(versions)
    for version in versions:
        version.workflows = [  # type: ignore[attr-defined]
            {"key": key, "version": pin["version"], "newer": _other(live.get(key), pin["version"])}
            for key, pin in sorted((pins.get(version.pk) or {}).items())
        ]
        version.outside = outside[version.pk]  # type: ignore[attr-defined]
        version.started_by = [  # type: ignore[attr-defined]
            {"id": pk, "name": name, "version": number}
            for pk, name, number, pinned in callers
            if pinned == version.number
        ]
    return versions


def start_facts(workflow: Workflow, definition: Definition) -> list[StartFact]:
    """How it stands with each workflow that a version starts; for the gate, which looks behind every right."""
    keys = [key for key in started_by(definition) if key != workflow.key]
    if definition.workflows is None:
        return [StartFact(name=key) for key in keys]
    live = _live_numbers(set(keys), None)
    return [_start_fact(key, definition.workflows.get(key), live.get(key)) for key in keys]


def _start_fact(key: str, pin: Mapping[str, Any] | None, live: int | None) -> StartFact:
    number = pin["version"] if pin is not None else None
    found = find_pinned(key, pin)
    if isinstance(found, Failed):
        return StartFact(key, number, trouble=found.message)
    return StartFact(key, number, newer=_other(live, number), simulates=found.simulates)


def limit_facts(workflow: Workflow, version: WorkflowVersion) -> LimitFacts:
    """What bounds the workflow, and how that was changed since the version was published."""
    now = {"blast_radius": cap_of(workflow), **workflow.limits}
    changed = AuditEntry.objects.filter(
        object_type="workflow",
        object_id=str(workflow.pk),
        action="workflow.updated",
        at__gte=version.published_at,
        after__has_key="limits",
    ).order_by("pk")
    changes = [
        f"{_told(name, old)} became {_told(name, new)}, by {who} on {at:%Y-%m-%d}"
        for who, at, before, after in changed.values_list("actor_name", "at", "before", "after")
        for name, old, new in _between((before or {}).get("limits", {}), (after or {})["limits"])
    ]
    return LimitFacts([_told(name, value) for name, value in sorted(now.items())], changes)


def _between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    names = sorted({*before, *after})
    return [
        (name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    ]


def _told(name: str, value: Any) -> str:
    """“blast radius 100”; “no share” where there is none."""
    words = name.replace("_", " ")
    if value is None:
        return f"no {words} of its own"
    return f"{words} {value if isinstance(value, str) else canonical_json(value)}"


def _other(number: int | None, than: int | None) -> int | None:
    return number if number != than else None


def _live_numbers(keys: set[str], viewer: Any) -> dict[str, int]:
    """The numbers of the live versions of these workflows; with a viewer, of those that this person can see."""
    if not keys:
        return {}
    rows = Workflow.objects.all() if viewer is None else permissions.visible_workflows(viewer)
    live = rows.filter(key__in=keys, active_version__isnull=False)
    return dict(live.values_list("key", "active_version__number"))


def _callers(workflow: Workflow, viewer: Any) -> list[tuple[int, str, int, int]]:
    """(id, name, its live version, the version of `workflow` that this one starts) of the workflows that start it."""
    rows = permissions.visible_workflows(viewer).filter(
        archived_at=None, active_version__document__workflows__has_key=workflow.key
    )
    found = rows.order_by("name").values_list(
        "pk", "name", "active_version__number", "active_version__document__workflows"
    )
    return [(pk, name, number, pins[workflow.key]["version"]) for pk, name, number, pins in found]
