"""How many problems each of many drafts has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from automations.engine.documents import Definition
from automations.models import Workflow
from automations.services.drafts import load_definitions
from automations.services.findings import findings_across
from automations.services.versions import judge_definition, validation_context


@dataclass(frozen=True, slots=True)
class ProblemCount:
    """`problems` keep the draft of the workflow from being published, `warnings` don't."""

    workflow: int
    problems: int
    warnings: int


def count_problems(workflows: QuerySet[Workflow], *, viewer: Any) -> list[ProblemCount]:
    """Of each draft that has a step, in the world as the viewer sees it; as many queries for one as for all."""
    found = list(workflows)
    definitions = load_definitions(found)
    drafts = [(workflow, definitions[workflow.pk]) for workflow in found if definitions[workflow.pk].nodes]
    nodes = tuple(node for _, draft in drafts for node in draft.nodes)
    context = validation_context(Definition(nodes=nodes, edges=()), viewer=viewer)
    judged = {workflow.pk: judge_definition(workflow, draft, context) for workflow, draft in drafts}
    errors = {key: sum(problem.severity == "error" for problem in found) for key, found in judged.items()}
    # Only what is whole can be held against other workflows: a draft under way may lack any setting.
    beyond = findings_across([one for one in drafts if not errors[one[0].pk]], viewer=viewer)
    return [
        ProblemCount(key, errors[key], len(problems) - errors[key] + len(beyond.get(key, ())))
        for key, problems in judged.items()
    ]
