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
    beyond = findings_across(drafts, viewer=viewer)
    counts = []
    for workflow, draft in drafts:
        problems = judge_definition(workflow, draft, context)
        errors = sum(problem.severity == "error" for problem in problems)
        if errors == 0:
            problems += beyond[workflow.pk]
        counts.append(ProblemCount(workflow.pk, errors, len(problems) - errors))
    return counts
