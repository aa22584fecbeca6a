"""Who uses a policy: drafts, with its newest revision, and live versions, with the one that they pinned."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Max, Q, QuerySet

from automations import permissions
from automations.engine.documents import Definition
from automations.models import Module, Policy, PolicyUse, Workflow, WorkflowVersion
from automations.runtime.subscriptions import definition_of
from automations.services.drafts import load_definitions
from automations.services.versions import judge_definition, validation_context


@dataclass(frozen=True, slots=True)
class Use:
    """A draft (no version) or a live version that names a policy. `sound` is whether it could run."""

    workflow: Workflow
    version: int | None
    definition: Definition
    module: Module | None
    sound: bool = True


def current_uses() -> QuerySet[PolicyUse]:
    """The uses that count: of drafts and of live versions, of workflows that are not archived."""
    current = Q(version=None) | Q(version=F("workflow__active_version"))
    return PolicyUse.objects.filter(current, workflow__archived_at=None)


def uses_of(policy: Policy, *, viewer: Any) -> tuple[list[Use], int]:
    """The drafts and live versions that name a policy, as the viewer may see them, and how many workflows are hidden
    from the viewer. A live version that is the very draft stands once, as the version."""
    found = current_uses().filter(policy_key=policy.key)
    using = set(found.values_list("workflow", flat=True))
    seen = list(
        permissions.visible_workflows(viewer)
        .filter(pk__in=using)
        .select_related("active_version")
        .order_by("name", "pk")
    )
    pairs = set(found.filter(workflow__in=[row.pk for row in seen]).values_list("workflow", "version"))
    modules = {module.key: module for module in Module.objects.all()}
    drafts = load_definitions(seen)
    nodes = tuple(node for draft in drafts.values() for node in draft.nodes)
    context = validation_context(Definition(nodes=nodes, edges=()))

    def each() -> Iterator[Use]:
        for workflow in seen:
            live, draft = workflow.active_version, drafts[workflow.pk]
            if live is not None and (workflow.pk, live.pk) in pairs:
                definition = definition_of(live)
                yield Use(workflow, live.number, definition, _module(definition, modules))
                if live.digest == draft.digest():
                    continue
            if (workflow.pk, None) in pairs:
                problems = judge_definition(workflow, draft, context)
                sound = not any(problem.severity == "error" for problem in problems)
                yield Use(workflow, None, draft, _module(draft, modules), sound)

    return list(each()), len(using) - len(seen)


def with_policies(versions: Sequence[WorkflowVersion]) -> Sequence[WorkflowVersion]:
    """The versions, each with `policies`: what it pins, [{"key", "revision", "newer"}], `newer` the newest revision
    where it is another. Two queries for any number."""
    uses = list(PolicyUse.objects.filter(version__in=[version.pk for version in versions]))
    newest = dict(
        Policy.objects.filter(key__in={use.policy_key for use in uses})
        .annotate(newest=Max("revisions__number"))
        .values_list("key", "newest")
        if uses
        else ()
    )
    for version in versions:
        version.policies = [  # type: ignore[attr-defined]
            {
                "key": use.policy_key,
                "revision": use.revision,
                "newer": known if (known := newest.get(use.policy_key)) != use.revision else None,
            }
            for use in sorted(uses, key=lambda use: use.policy_key)
            if use.version_id == version.pk
        ]
    return versions


def _module(definition: Definition, modules: dict[str, Module]) -> Module | None:
    keys = (node.config.get("module") for node in definition.nodes if node.family == "trigger")
    return next((modules[key] for key in keys if isinstance(key, str) and key in modules), None)
