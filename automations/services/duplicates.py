"""Rules that stand in several workflows, found by their normal form; a policy would say them once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, Q

from automations import permissions
from automations.models import Policy, PolicyRevision, RulePlace, Workflow
from automations.services.drafts import TABLES

MAX_GROUPS = 100


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule stands in a draft."""

    workflow: Workflow
    node: str
    title: str
    path: str


@dataclass(slots=True)
class Duplicate:
    """One rule, where it stands, and the policy that says the same already, if there is one."""

    module: str
    form: str
    rule: Any
    policy: Policy | None
    workflows: int
    places: list[Place] = field(default_factory=list)


def find_duplicates(*, viewer: Any, module: str = "") -> list[Duplicate]:
    """The rules that stand in more than one draft, or that a policy says already, as far as the viewer can see; those
    of most workflows first, at most 100. As many queries for one as for all."""
    policies = policies_by_form(viewer)
    rows = RulePlace.objects.filter(workflow__in=_open_workflows(viewer).values("pk"))
    if module:
        rows = rows.filter(module=module)
    groups = (
        rows.values("module", "form")
        .annotate(workflows=Count("workflow", distinct=True))
        .filter(Q(workflows__gt=1) | Q(form__in={form for _, form in policies}))
        .order_by("-workflows", "module", "form")
    )
    found = {
        (group["module"], group["form"]): Duplicate(
            group["module"],
            group["form"],
            None,
            policies.get((group["module"], group["form"])),
            group["workflows"],
        )
        for group in groups[: 2 * MAX_GROUPS]
        if group["workflows"] > 1 or (group["module"], group["form"]) in policies
    }
    found = dict(list(found.items())[:MAX_GROUPS])
    places = rows.filter(form__in={form for _, form in found}).select_related("workflow")
    titles = _titles(places)
    for row in places.order_by("workflow__name", "workflow_id", "node", "path"):
        group = found.get((row.module, row.form))
        if group is not None:
            group.rule = group.rule if group.rule is not None else row.rule
            title = titles.get((row.workflow_id, row.node)) or row.node
            group.places.append(Place(row.workflow, row.node, title, row.path))
    return list(found.values())


def places_elsewhere(
    forms: Iterable[tuple[str, str]], *, viewer: Any
) -> Mapping[tuple[str, str], list[Workflow]]:
    """The workflows in whose drafts rules of these (module, form) stand, as far as the viewer can see; one query."""
    wanted = set(forms)
    found: dict[tuple[str, str], list[Workflow]] = {pair: [] for pair in wanted}
    rows = (
        RulePlace.objects.filter(
            form__in={form for _, form in wanted}, workflow__in=_open_workflows(viewer).values("pk")
        )
        .select_related("workflow")
        .order_by("workflow__name", "workflow_id", "module", "form")
        .distinct("workflow__name", "workflow_id", "module", "form")
    )
    for row in rows:
        if (row.module, row.form) in wanted:
            found[row.module, row.form].append(row.workflow)
    return found


def policies_by_form(viewer: Any) -> dict[tuple[str, str], Policy]:
    """The policies that the viewer may use, by module and normal form of their newest revision."""
    usable = permissions.usable_policies(viewer).filter(archived_at=None)
    newest = (
        PolicyRevision.objects.filter(policy__in=usable.values("pk"))
        .order_by("policy_id", "-number")
        .distinct("policy_id")
        .select_related("policy__module")
        .defer("rule")
    )
    return {(row.policy.module.key, row.form): row.policy for row in newest}


def _open_workflows(viewer: Any) -> Any:
    return permissions.visible_workflows(viewer).filter(archived_at=None)


def _titles(places: Any) -> dict[tuple[int, str], str]:
    ids = {row.workflow_id for row in places}
    nodes = {row.node for row in places}
    return {
        (row.workflow_id, row.node_id): row.title
        for table in TABLES.values()
        for row in table.objects.filter(workflow__in=ids, node_id__in=nodes).only(
            "workflow_id", "node_id", "title"
        )
    }
