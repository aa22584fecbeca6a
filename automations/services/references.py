"""What a document names must be visible to who tests or publishes it: a workflow is no way round the rights.

A thing that is hidden is told like one that does not exist, so that names can't be probed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.models import QuerySet

from automations import permissions
from automations.engine.documents import Definition, Node
from automations.engine.errors import Problem
from automations.errors import InvalidError, NotFoundError
from automations.models import Workflow
from automations.runtime.needs import named_things
from automations.services.identities import identity_problems
from automations.services.versions import validate_definition_of

NAMED = {"module": "module", "workflow": "workflow"}
"""Keys of a node's config that hold the key of a thing with rights of its own; policies stand inside rules."""


def unseen(definition: Definition, actor: Any) -> list[Problem]:
    """A problem for each module, policy or workflow that the definition names and the actor can't see."""
    named = list(_named(definition))
    if not named:
        return []
    visible: dict[str, set[str]] = {
        noun: _keys(permissions.things_seen(actor, noun), named, noun)
        for noun in {noun for noun, *_ in named} - {"module", "policy", "workflow"}
    }
    visible |= {
        "module": _keys(permissions.visible_modules(actor), named, "module"),
        "policy": _keys(permissions.visible_policies(actor), named, "policy"),
        "workflow": _keys(permissions.visible_workflows(actor), named, "workflow"),
    }
    return [
        Problem(
            f"unknown-{noun}",
            path,
            f"There is no {noun} “{key[:80]}”.",
            f"Choose a {noun} that you can see, or ask its owner to share it with you.",
            node=node.id,
        )
        for noun, key, path, node in named
        if key not in visible[noun]
    ]


def unusable(definition: Definition, actor: Any) -> list[Problem]:
    """A problem for each policy that the definition names and the actor sees but may not use."""
    named = [(key, path, node) for noun, key, path, node in _named(definition) if noun == "policy"]
    if not named:
        return []
    keys = {key for key, _, _ in named}
    seen, usable = (
        set(rows.filter(key__in=keys).values_list("key", flat=True))
        for rows in (permissions.visible_policies(actor), permissions.usable_policies(actor))
    )
    return [
        Problem(
            "policy-not-usable",
            path,
            f"You may see the policy “{key[:80]}” and not use it.",
            "Ask its owner for the right “use”, or write the rule out.",
            node=node.id,
        )
        for key, path, node in named
        if key in seen - usable
    ]


def require_usable(definition: Definition, actor: Any) -> None:
    """Raises InvalidError, if the definition names a policy that the actor may not put to use."""
    problems = unusable(definition, actor)
    if problems:
        raise InvalidError(problems)


def problems_for(workflow: Workflow, definition: Definition, actor: Any) -> list[Problem]:
    """Every problem of a definition, in the world as the actor sees it, suggestions included."""
    problems = validate_definition_of(workflow, definition, viewer=actor)
    told = {problem.path for problem in problems}
    others = unseen(definition, actor) + unusable(definition, actor)
    problems += [problem for problem in others if problem.path not in told]
    if any(problem.severity == "error" for problem in problems):
        return problems
    publisher = actor if permissions.may(actor, "publish", workflow) else None
    return identity_problems(workflow, definition, publisher=publisher) + problems


def require_seen(workflow: Workflow, definition: Definition, actor: Any) -> None:
    """Raises InvalidError with every error, if the definition names a thing that the actor can't see."""
    if unseen(definition, actor):
        problems = problems_for(workflow, definition, actor)
        raise InvalidError([problem for problem in problems if problem.severity == "error"])


def require_module_seen(actor: Any, given: object) -> None:
    """A scenario is no way to a module that one can't see. Raises NotFoundError."""
    record = given.get("record") if isinstance(given, Mapping) else None
    key = record.get("module") if isinstance(record, Mapping) else None
    if isinstance(key, str) and not permissions.visible_modules(actor).filter(key=key[:120]).exists():
        raise NotFoundError(f"There is no module “{key[:80]}”.", code="unknown-module")


Named = tuple[str, str, str, Node]


def _keys(visible: QuerySet[Any], named: list[Named], noun: str) -> set[str]:
    wanted = {key for kind, key, _, _ in named if kind == noun}
    return set(visible.filter(key__in=wanted).values_list("key", flat=True)) if wanted else set()


def _named(definition: Definition) -> Iterator[Named]:
    """(noun, key, path, node) of everything that the nodes name."""
    for (by, where, called), brought in named_things(definition):
        yield brought, called, where, by
    for index, node in enumerate(definition.nodes):
        path = f"nodes[{index}].config"
        for name, noun in NAMED.items():
            key = node.config.get(name)
            if isinstance(key, str) and key:
                yield noun, key, f"{path}.{name}", node
        stack: list[tuple[Any, str]] = [(node.config, path)]
        while stack:
            value, place = stack.pop()
            if isinstance(value, Mapping):
                policy = value.get("policy")
                if len(value) == 1 and isinstance(policy, str):
                    yield "policy", policy, f"{place}.policy", node
                stack.extend((inner, f"{place}.{key}") for key, inner in value.items())
            elif isinstance(value, list):
                stack.extend((inner, f"{place}[{position}]") for position, inner in enumerate(value))
