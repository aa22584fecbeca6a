"""Advice on drafts that only a look at the other workflows gives: rules that stand elsewhere, archived policies,
workflows that can't be started yet, loops."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib.auth import get_user_model

from automations import approval_rights
from automations.actions.approval.kind import Approval
from automations.actions.values import is_dynamic
from automations.engine.documents import Definition
from automations.engine.errors import Problem
from automations.engine.rule_places import Place, places_in, policies_in, rules_of
from automations.engine.schemas import listed
from automations.engine.starts import started_by, starts
from automations.models import Policy, Workflow
from automations.services.duplicates import places_elsewhere, policies_by_form
from automations.services.loops import find_loops

MOST_NAMED = 5

Drafts = Iterable[tuple[Workflow, Definition]]


def findings_across(drafts: Drafts, *, viewer: Any) -> dict[int, list[Problem]]:
    """Warnings by workflow, as the viewer may see the others; as many queries for one as for all."""
    known = list(drafts)
    found: dict[int, list[Problem]] = {workflow.pk: [] for workflow, _ in known}
    places = [(workflow.pk, place) for workflow, definition in known for place in places_in(definition)]
    if places:
        elsewhere = places_elsewhere({(place.module, place.form) for _, place in places}, viewer=viewer)
        policies = policies_by_form(viewer)
        for workflow, place in places:
            same = policies.get((place.module, place.form))
            others = [row.name for row in elsewhere[place.module, place.form] if row.pk != workflow]
            if same is not None:
                found[workflow].append(_said_by_policy(place, same))
            elif others:
                found[workflow].append(_stands_elsewhere(place, others))
    for key, problem in (*_archived(known), *_unpublished(known), *find_loops(known, viewer=viewer)):
        found[key].append(problem)
    return found


def approver_findings(workflow: Workflow, definition: Definition) -> list[Problem]:
    """Warnings where, of those whom an approval names, too few have the right to agree: its runs would fail there. Two
    queries, and none without an approval; what names somebody by a field is known only to a run."""
    asking = [
        (index, node)
        for index, node in enumerate(definition.nodes)
        if node.type == f"action.{Approval.key}"
        and not node.disabled
        and not any(is_dynamic(name) for name in node.config.get("users", ()))
    ]
    if not asking:
        return []
    able = {user.get_username() for user in approval_rights.approvers_of(workflow)}
    users = get_user_model()
    named = {name for _, node in asking for name in node.config.get("groups", ())}
    members: dict[str, set[str]] = {name: set() for name in named}
    for group, name in users.objects.filter(groups__name__in=named).values_list(
        "groups__name", users.USERNAME_FIELD
    ):
        members[group].add(name)
    found = []
    for index, node in asking:
        asked = {*node.config.get("users", ())}.union(
            *(members[name] for name in node.config.get("groups", ()))
        )
        quorum = node.config.get("quorum", 1)
        if asked and len(asked & able) < quorum:
            lack = listed(sorted(asked - able)[:MOST_NAMED])
            message = (
                f"{quorum} must agree, but of those asked {len(asked & able)} may: {lack} can't approve here."
            )
            hint = "Give them the right to approve under Share…, or ask others."
            at = f"nodes[{index}].config.users"
            found.append(Problem("too-few-approvers", at, message, hint, node.id, "warning"))
    return found


def _path(place: Place) -> str:
    return f"nodes[{place.index}].{place.path}"


def _stands_elsewhere(place: Place, others: list[str]) -> Problem:
    count = f"{len(others)} other workflow{'s' if len(others) > 1 else ''}"
    message = f"This rule stands in {count}: {listed(others)}."
    hint = "Extract a policy, so that they change together."
    return Problem("rule-stands-elsewhere", _path(place), message, hint, place.node.id, "warning")


def _said_by_policy(place: Place, policy: Policy) -> Problem:
    message = f"The policy “{policy.name}” says the same as this rule."
    hint = f"Use the policy “{policy.key}”, so that they change together."
    return Problem("policy-says-the-same", _path(place), message, hint, place.node.id, "warning")


def _archived(drafts: Drafts) -> Iterator[tuple[int, Problem]]:
    named = {key for _, definition in drafts for key in definition.policies}
    gone = dict(
        Policy.objects.filter(key__in=named).exclude(archived_at=None).values_list("key", "name")
        if named
        else ()
    )
    for workflow, definition in drafts:
        for index, node in enumerate(definition.nodes):
            for path, rule in rules_of(node):
                for key in sorted(policies_in([rule]) & gone.keys()):
                    message = f"The policy “{gone[key]}” is archived: nobody keeps it up any more."
                    hint = "Use another policy, write the rule out, or restore it."
                    at = f"nodes[{index}].{path}"
                    yield workflow.pk, Problem("archived-policy", at, message, hint, node.id, "warning")


def _unpublished(drafts: Drafts) -> Iterator[tuple[int, Problem]]:
    """Steps that start a workflow of which nothing is published: a version pins what is live, and here there is nothing."""
    for workflow, definition in drafts:
        pinned = {workflow.key, *(definition.workflows or ())}
        unpinned = {key for key in started_by(definition) if definition.workflows is not None} - pinned
        for index, node in enumerate(definition.nodes):
            key = node.config.get("workflow")
            if starts(node) and key in unpinned:
                message = f"“{key}” has no version yet: a version of this workflow can't start it."
                hint = f"Publish “{key}” first, then this workflow."
                at = f"nodes[{index}].config.workflow"
                yield workflow.pk, Problem("starts-unpublished", at, message, hint, node.id, "warning")
