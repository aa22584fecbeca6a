"""What a person can begin a workflow with, and what it needs that is not there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from automations import permissions
from automations.actions import ACTIONS
from automations.engine.documents import Definition, parse_document
from automations.engine.errors import Problem
from automations.engine.validation import validate_definition
from automations.gallery import TEMPLATES, Template
from automations.models import Module
from automations.services.versions import validation_context
from automations.triggers import TRIGGERS


@dataclass(frozen=True, slots=True)
class Offer:
    """A template as a person meets it. `missing` are keys of modules that this installation lacks; `problems` is what
    keeps its draft from being published as it is."""

    key: str
    template: Template
    missing: Sequence[str]
    problems: Sequence[Problem]


def list_templates(actor: Any) -> list[Offer]:
    """The templates over modules that the actor can see, and those over modules that are nowhere; the number of queries
    does not depend on how many there are."""
    seen = set(permissions.visible_modules(actor).values_list("key", flat=True))
    hidden = set(Module.objects.values_list("key", flat=True)) - seen
    offered = {key: template for key, template in TEMPLATES.items() if not template.modules & hidden}
    drafts = {key: _definition(template) for key, template in offered.items()}
    everything = Definition(nodes=tuple(node for draft in drafts.values() for node in draft.nodes), edges=())
    context = validation_context(everything, viewer=actor)
    actions, triggers = dict(ACTIONS.items()), dict(TRIGGERS.items())
    return [
        Offer(
            key=key,
            template=template,
            missing=sorted(template.modules - seen),
            problems=validate_definition(drafts[key], context=context, actions=actions, triggers=triggers),
        )
        for key, template in offered.items()
    ]


def _definition(template: Template) -> Definition:
    definition, problems = parse_document(template.document())
    if definition is None:
        raise ValueError(f"The template “{template.name}” does not parse: {problems[0].message}")
    return definition
