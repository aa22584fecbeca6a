"""Whether whom a workflow runs as, and who publishes it, may do what its steps do: asked before it is released."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from automations.engine.documents import Definition
from automations.engine.errors import Problem
from automations.errors import InvalidError
from automations.models import Workflow, WorkflowVersion
from automations.modules.adapter import adapter_for
from automations.runtime.identity import VERBS, Acting
from automations.runtime.needs import Need, listened_to, needs_of
from automations.runtime.rehearsal import Rehearsal, Rehearsed

LOOKED_AT = 200
"""Live candidates that a preview walks through, of each trigger."""


def identity_problems(workflow: Workflow, definition: Definition, *, publisher: Any) -> list[Problem]:
    """What whom the workflow runs as may not do of what the steps do, and what `publisher` may not: nobody publishes a
    workflow that does what they could not do themselves. Without a publisher only the run-as identity is judged."""
    needs = list(needs_of(definition))
    people = [(workflow.run_as, "identity-may-not", needs)]
    people.append((publisher, "publisher-may-not", [*needs, *listened_to(definition)]))
    acting = Acting({})
    return [
        _problem(workflow, need, person, code)
        for person, code, needed in people
        if person is not None
        for need in needed
        if not acting.may(person, need.right, need.thing)
    ]


def require_permitted(workflow: Workflow, definition: Definition, *, publisher: Any) -> None:
    """Raise InvalidError with everything that `identity_problems` tells, or when there is nobody to act as."""
    problems = identity_problems(workflow, definition, publisher=publisher)
    if workflow.run_as is None and publisher is None:
        message = f"“{workflow.name}” runs as nobody, and nobody stands for this version."
        problems.append(Problem("nobody-to-act", "", message, "Say whom the workflow runs as."))
    if problems:
        raise InvalidError(problems)


def publisher_of(workflow: Workflow, version: str | int, actor: Any) -> Any:
    """Who stands for a version (by its number), or would stand for the draft: the actor."""
    if version == "draft":
        return actor
    row = WorkflowVersion.objects.filter(workflow=workflow, number=version).select_related("published_by")
    found = row.defer("document").first()
    return found.published_by if found is not None else None


def preview_identity(*, workflow: Workflow, definition: Definition, publisher: Any) -> dict[str, Any]:
    """What whom a valid definition acts as could not do for the live candidates, step by step. Nothing is written.

    Returns {"identity", "by": "run_as" | "publisher" | "nobody", "candidates", "looked_at", "denied": actions that
    would be refused, "actions": [{"node", "title", "kind", "candidates", "denied", "why"}], "needs": [{"node",
    "title", "right", "noun", "thing", "held"}]: what its steps take, whoever they come to}. Each candidate is walked
    on past what is refused, so that every step that it would come to is counted; of many candidates the first
    LOOKED_AT of each trigger are.
    """
    identity = workflow.run_as or publisher
    acting = Acting({})
    total = 0
    walked: list[Rehearsed] = []
    for trigger in (node for node in definition.nodes if node.family == "trigger"):
        rehearsal = Rehearsal(
            workflow=workflow,
            definition=definition,
            trigger=trigger.id,
            now=timezone.now(),
            publisher=publisher,
            limited=False,
        )
        found, states = _candidates(rehearsal)
        total += found
        walked += states
    asked = Counter(node for one in walked for node in one.effects)
    denied = Counter(node for one in walked for node in one.denied)
    why = {node: reason for one in walked for node, reason in one.denied.items()}
    return {
        "identity": identity.get_username() if identity is not None else None,
        "by": "run_as" if workflow.run_as is not None else "publisher" if publisher is not None else "nobody",
        "candidates": total,
        "looked_at": len(walked),
        "denied": denied.total(),
        "actions": [
            {
                "node": node.id,
                "title": node.title or node.id,
                "kind": node.type,
                "candidates": asked[node.id],
                "denied": denied[node.id],
                "why": why.get(node.id, ""),
            }
            for node in definition.nodes
            if node.family == "action" and asked[node.id]
        ],
        "needs": [
            {
                "node": need.node.id,
                "title": need.node.title or need.node.id,
                "right": need.right,
                "noun": str(need.thing._meta.model_name),
                "thing": str(need.thing),
                "held": identity is not None and acting.may(identity, need.right, need.thing),
            }
            for need in needs_of(definition)
        ],
    }


def _candidates(rehearsal: Rehearsal) -> tuple[int, Sequence[Rehearsed]]:
    """How many records the trigger selects now (at most: patterns are looked at in memory), and the first, walked."""
    if rehearsal.module is None:
        event: Mapping[str, Any] = {
            "id": 0,
            "type": rehearsal.trigger.type.partition(".")[2],
            "before": None,
            "after": None,
            "changed": [],
            "data": {},
        }
        walked = [rehearsal.walk_event(event, None, {})]
    else:
        selected, _ = rehearsal.select(rehearsal.selection())
        page = adapter_for(rehearsal.module).page(selected, LOOKED_AT)
        walked = rehearsal.walk_records(page, {})
        if len(page) == LOOKED_AT:
            return selected.count(), [one for one in walked if one.worked is not None]
    matched = [one for one in walked if one.worked is not None]
    return len(matched), matched


def _problem(workflow: Workflow, need: Need, person: Any, code: str) -> Problem:
    step = need.node.title or need.node.id
    verb = VERBS.get(need.right, need.right)
    if code == "identity-may-not":
        message = f"{person}, whom this workflow runs as, may not {verb} {need.thing}, and “{step}” does."
        hint = (
            f"Share {need.thing} with {person} (“{need.right}”), or let the workflow run as somebody who may."
        )
    else:
        message = f"{person} may not {verb} {need.thing}, and “{step}” does."
        hint = f"Ask for the right “{need.right}” on {need.thing}, or let somebody publish who has it."
    return Problem(code, need.path, message, hint, node=need.node.id)
