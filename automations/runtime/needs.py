"""What the steps of a definition need a right on when they run: modules, workflows, and the things of other apps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from automations.actions import ACTIONS
from automations.engine.documents import Definition, Node
from automations.grants import MODELS
from automations.models import Module, Workflow
from automations.triggers import TRIGGERS


@dataclass(frozen=True, slots=True)
class Need:
    """A right that a step needs on something when it runs."""

    node: Node
    path: str
    right: str
    thing: Model


def needs_of(definition: Definition) -> Iterator[Need]:
    """What the steps that are not disabled need; what they name and is not there is another check's affair."""
    named = [str(node.config.get(key)) for node in definition.nodes for key in ("module", "workflow")]
    modules = {module.key: module for module in Module.objects.filter(key__in=named)}
    watched = [key for node in definition.nodes for key in _watched(node)]
    workflows = {workflow.key: workflow for workflow in Workflow.objects.filter(key__in=[*named, *watched])}
    about: Module | None = None
    for index, node in enumerate(definition.nodes):
        module = modules.get(str(node.config.get("module", "")))
        path = f"nodes[{index}].config"
        if node.family == "trigger" and module is not None:
            about = about or module
            yield Need(node, f"{path}.module", "view", module)
        for place, key in enumerate(_watched(node)):
            if key in workflows:
                yield Need(node, f"{path}.workflows[{place}]", "view", workflows[key])
    for index, node in enumerate(definition.nodes):
        if node.family != "action" or node.disabled:
            continue
        path = f"nodes[{index}].config"
        written = modules.get(str(node.config["module"])) if node.config.get("module") else about
        right = _right_of(node)
        if right and written is not None:
            yield Need(node, path, right, written)
        started = workflows.get(str(node.config.get("workflow", "")))
        if started is not None:
            yield Need(node, f"{path}.workflow", "run", started)
    yield from _used(definition)


def _watched(node: Node) -> Sequence[str]:
    """The workflows whose runs' ends a trigger watches by name."""
    return node.config.get("workflows", ()) if node.type == "trigger.workflow" else ()


def _used(definition: Definition) -> Iterator[Need]:
    yield from _brought(definition, "action", "use")


def listened_to(definition: Definition) -> Iterator[Need]:
    """What triggers name of other apps: who lets a workflow start there has to see it."""
    yield from _brought(definition, "trigger", "view")


def _brought(definition: Definition, family: str, right: str) -> Iterator[Need]:
    named = [one for one in named_things(definition) if one[0][0].family == family]
    for noun in {noun for _, noun in named}:
        keys = [key for (_, _, key), kind in named if kind == noun]
        things = {thing.key: thing for thing in MODELS[noun]._default_manager.filter(key__in=keys)}  # type: ignore[attr-defined]
        for (node, path, key), kind in named:
            if kind == noun and key in things and not node.disabled:
                yield Need(node, path, right, things[key])


def named_things(definition: Definition) -> list[tuple[tuple[Node, str, str], str]]:
    """((node, path, key), name of the kind) of every thing of another app that a node names; see `Kind.uses`."""
    found = []
    for index, node in enumerate(definition.nodes):
        key = node.type.partition(".")[2]
        kinds: Mapping[str, Any] = dict((TRIGGERS if node.family == "trigger" else ACTIONS).items())
        if node.family not in ("trigger", "action") or key not in kinds:
            continue
        for setting, noun in kinds[key].uses.items():
            if isinstance(named := node.config.get(setting), str) and named:
                found.append(((node, f"nodes[{index}].config.{setting}", named), noun))
    return found


def _right_of(node: Node) -> str:
    """The right that a kind of action needs on the module that it writes to: “use”; "" for none."""
    key = node.type.partition(".")[2]
    permission = ACTIONS.get(key).permission if key in ACTIONS else ""
    return permission.removeprefix("automations.").removesuffix("_module")
