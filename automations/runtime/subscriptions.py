"""The triggers that are live, compiled, cached until an activation changes."""

from __future__ import annotations

import fnmatch
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from automations.engine.documents import Definition, Node, parse_document
from automations.engine.errors import EngineError
from automations.engine.kinds import Judge
from automations.engine.program import Program, compile_program
from automations.models import Activation, ActiveTrigger, Mode, Module, Workflow, WorkflowVersion
from automations.modules.schema import facts_of
from automations.runtime.mode_policies import SimulateOnly, read_simulate_only
from automations.runtime.starting import why_it_simulates, with_passed

DEFAULT_MAX_ATTEMPTS = 3
MAX_DEPTH = 8
"""How many runs may stand between an event and its origin."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One live trigger, or that of a version that others have pinned. `judge` is None when it could not be compiled;
    `problem` then says why. `simulates` says why a pinned version only simulates, "" where the workflow's mode holds."""

    workflow: Workflow
    version_id: int
    node: str
    kind: str
    module: Module | None
    types: tuple[str, ...]
    config: Mapping[str, Any]
    judge: Judge | None
    zone: ZoneInfo
    problem: str = ""
    simulates: str = ""


@dataclass(slots=True)
class _Cache:
    mark: int = -1
    by_module: Mapping[int | None, Sequence[Subscription]] = field(default_factory=dict)
    by_node: Mapping[tuple[int, str], Subscription] = field(default_factory=dict)
    pinned: dict[tuple[int, str], list[Subscription]] = field(default_factory=dict)
    simulate_only: SimulateOnly = field(default_factory=SimulateOnly)
    endings: frozenset[str] = frozenset()


_cache = _Cache()
_programs: dict[int, Program] = {}


def forget() -> None:
    """Drop the caches (tests that roll the database back need it)."""
    _cache.mark = -1
    _programs.clear()


def bump_activation() -> None:
    """Make every process reload its subscriptions; part of the transaction that changes what is live.

    The mark is drawn, not counted up: one of a transaction that is rolled back never comes again, so that nobody can
    take what it cached for current.
    """
    Activation.objects.update_or_create(pk=1, defaults={"mark": secrets.randbits(62)})


def refresh() -> None:
    """Load the live triggers anew if anything was activated since; one small query where nothing was."""
    mark = Activation.objects.filter(pk=1).values_list("mark", flat=True).first() or 0
    if mark != _cache.mark:
        subscriptions = _load()
        by_module: dict[int | None, list[Subscription]] = defaultdict(list)
        for subscription in subscriptions:
            by_module[subscription.module.pk if subscription.module else None].append(subscription)
        _cache.by_module = by_module
        _cache.by_node = {(entry.workflow.pk, entry.node): entry for entry in subscriptions}
        _cache.endings = frozenset(
            ending
            for entry in subscriptions
            if entry.kind == "trigger.workflow"
            for ending in entry.config["on"]
        )
        _cache.pinned = {}
        _cache.simulate_only = read_simulate_only()
        _cache.mark = mark


def mode_of(subscription: Subscription, module_id: int | None) -> str:
    """In which mode a trigger starts a run about a record of this module, as of the last `refresh`."""
    workflow = subscription.workflow
    own = subscription.module.pk if subscription.module else None
    if subscription.simulates or _cache.simulate_only.covers(module_id, own, workflow.module_id):
        return Mode.SIMULATE
    return workflow.mode


def addressed(workflow_id: int, node: str, version_id: int | None = None) -> list[Subscription]:
    """The live trigger that an event is meant for, if it is live, as of the last `refresh`. An event that means one
    version, because who sent it has pinned it, gets that version's trigger, live or not."""
    found = _cache.by_node.get((workflow_id, node))
    if version_id is not None and (found is None or found.version_id != version_id):
        return _pinned(version_id, node)
    return [] if found is None else [found]


def _pinned(version_id: int, node: str) -> list[Subscription]:
    """The trigger of a version that is not the live one; none of an archived workflow."""
    identity = (version_id, node)
    if identity not in _cache.pinned:
        _cache.pinned[identity] = list(_load_pinned(version_id, node))
    return _cache.pinned[identity]


def _load_pinned(version_id: int, node: str) -> Iterator[Subscription]:
    rows = WorkflowVersion.objects.filter(pk=version_id, workflow__archived_at=None)
    version = with_passed(rows).select_related("workflow").first()
    if version is None:
        return
    definition = definition_of(version)
    for entry in definition.nodes:
        if entry.id == node:
            found = subscribe(
                workflow=version.workflow,
                version_id=version.pk,
                node=entry,
                module=module_of(definition),
                rules=definition.rules,
            )
            yield replace(found, simulates=why_it_simulates(version.workflow, version))


def listening(module_id: int | None, event_type: str) -> list[Subscription]:
    """The live triggers that want to judge events of this module and type, as of the last `refresh`."""
    candidates = list(_cache.by_module.get(module_id, ()))
    if module_id is not None:
        candidates += _cache.by_module.get(None, ())
    return [
        entry
        for entry in candidates
        if any(fnmatch.fnmatchcase(event_type, pattern) for pattern in entry.types)
    ]


def endings_heard() -> frozenset[str]:
    """The statuses of ended runs that some live workflow watches, as of the last `refresh`."""
    return _cache.endings


def deadlines_of(module_id: int) -> list[Subscription]:
    """The live deadline triggers that watch records of this module, as of the last `refresh`."""
    return [entry for entry in _cache.by_module.get(module_id, ()) if entry.kind == "trigger.deadline"]


def program_of(version: WorkflowVersion) -> Program:
    """The compiled program of a version; versions never change, so it is compiled once in a process."""
    program = _programs.get(version.pk)
    if program is None:
        definition = definition_of(version)
        program = _programs[version.pk] = compile_for(definition)
    return program


def compiled(version_ids: Iterable[int]) -> dict[int, Program]:
    """Those of the versions that this process has compiled already."""
    return {key: _programs[key] for key in version_ids if key in _programs}


def uncompiled(version_ids: Iterable[int]) -> list[int]:
    return [key for key in version_ids if key not in _programs]


def definition_of(version: WorkflowVersion) -> Definition:
    definition, problems = parse_document(version.document)
    if definition is None:
        raise ValueError(f"Version {version.pk} does not parse: {problems[0].message}")
    return definition


def module_of(definition: Definition) -> Module | None:
    """The module that the definition's triggers are about."""
    key = next(
        (n.config["module"] for n in definition.nodes if n.family == "trigger" and n.config.get("module")),
        None,
    )
    return Module.objects.filter(key=key).first() if key else None


def compile_for(definition: Definition) -> Program:
    from automations.actions import ACTIONS

    module = module_of(definition)
    schema = facts_of(module).schema if module else {}
    return compile_program(definition, actions=dict(ACTIONS.items()), schema=schema)


def _load() -> list[Subscription]:
    rows = ActiveTrigger.objects.select_related("workflow", "version", "module").filter(
        workflow__archived_at__isnull=True
    )
    return [
        subscribe(
            workflow=row.workflow,
            version_id=row.version_id,
            node=Node(id=row.node, type=row.kind, config=row.config),
            module=row.module,
            rules=partial(_rules_of, row.version),
        )
        for row in rows
    ]


def _rules_of(version: WorkflowVersion) -> Mapping[str, Any]:
    return definition_of(version).rules()


def subscribe(
    *,
    workflow: Workflow,
    version_id: int,
    node: Node,
    module: Module | None,
    rules: Callable[[], Mapping[str, Any]],
) -> Subscription:
    """A trigger node made ready to judge; `rules` gives the pinned policies. One that can't be compiled says why in
    `problem`, so that it answers “broken” to events and holds up no other."""
    from automations.triggers import TRIGGERS

    kind = TRIGGERS.get(node.type.partition(".")[2])
    judge: Judge | None = None
    problem = ""
    try:
        judge = kind.prepare(node.config, facts_of(module) if module else None, rules())
    except (EngineError, KeyError, ValueError, TypeError) as error:
        problem = f"{type(error).__name__}: {error}"[:300]
    return Subscription(
        workflow=workflow,
        version_id=version_id,
        node=node.id,
        kind=node.type,
        module=module,
        types=kind.listens_to(node.config)[1],
        config=node.config,
        judge=judge,
        zone=ZoneInfo(workflow.zone),
        problem=problem,
    )
