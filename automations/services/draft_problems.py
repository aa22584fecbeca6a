"""How many problems each of many drafts has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from automations.engine.documents import Definition, Edge, Node
from automations.models import Edge as EdgeRow
from automations.models import Workflow
from automations.services.drafts import TABLES
from automations.services.versions import judge_definition, validation_context


@dataclass(frozen=True, slots=True)
class ProblemCount:
    """`problems` keep the draft of the workflow from being published, `warnings` don't."""

    workflow: int
    problems: int
    warnings: int


def count_problems(workflows: QuerySet[Workflow], *, viewer: Any) -> list[ProblemCount]:
    """Of each draft that has a step, in the world as the viewer sees it; as many queries for one as for all."""
    drafts = {workflow: draft for workflow, draft in _drafts(workflows) if draft.nodes}
    nodes = tuple(node for draft in drafts.values() for node in draft.nodes)
    context = validation_context(Definition(nodes=nodes, edges=()), viewer=viewer)
    counts = []
    for workflow, draft in drafts.items():
        problems = judge_definition(workflow, draft, context)
        errors = sum(problem.severity == "error" for problem in problems)
        counts.append(ProblemCount(workflow.pk, errors, len(problems) - errors))
    return counts


def _drafts(workflows: QuerySet[Workflow]) -> Iterable[tuple[Workflow, Definition]]:
    nodes: dict[int, list[tuple[int, Node]]] = defaultdict(list)
    edges: dict[int, list[Edge]] = defaultdict(list)
    found = list(workflows)
    keys = [workflow.pk for workflow in found]
    for table in TABLES.values():
        for row in table.objects.filter(workflow__in=keys):
            node = Node(row.node_id, row.type, row.title, row.lane, row.config)
            nodes[row.workflow_id].append((row.position, node))
    for row in EdgeRow.objects.filter(workflow__in=keys):
        edges[row.workflow_id].append(Edge(row.source, row.target, row.branch))
    for workflow in found:
        ordered = sorted(nodes[workflow.pk], key=lambda pair: pair[0])
        yield (
            workflow,
            Definition(
                nodes=tuple(node for _, node in ordered),
                edges=tuple(edges[workflow.pk]),
                settings={"zone": workflow.zone},
            ),
        )
