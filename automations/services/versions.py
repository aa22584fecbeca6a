"""Versions: a definition judged in its world, described, published. A published version never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from automations import grants, permissions
from automations.actions import ACTIONS
from automations.engine.documents import Definition, Node
from automations.engine.errors import Problem
from automations.engine.kinds import ValidationContext
from automations.engine.lint import lint_definition
from automations.engine.rule_lint import lint_rules
from automations.engine.rule_places import modules_of
from automations.engine.schemas import check_config
from automations.engine.sentences import sentences_of
from automations.engine.starts import version_of
from automations.engine.validation import validate_definition
from automations.errors import ConflictError, InvalidError, NotFoundError
from automations.models import (
    Mode,
    Module,
    Occasion,
    Policy,
    PolicyRevision,
    TriggerSource,
    Workflow,
    WorkflowVersion,
)
from automations.modules.schema import facts_of
from automations.runtime.needs import named_things
from automations.runtime.product_events import announce
from automations.runtime.subscriptions import definition_of
from automations.services.audit import write_audit
from automations.services.checkpoints import add_checkpoint
from automations.services.drafts import load_draft
from automations.services.findings import approver_findings, findings_across
from automations.services.identities import require_permitted
from automations.services.live import live_facts, lock_workflow, make_live
from automations.services.rule_index import index_version
from automations.services.scenario_runs import run_scenarios
from automations.services.texts import require_texts
from automations.triggers import TRIGGERS


def validation_context(definition: Definition, *, viewer: Any = None) -> ValidationContext:
    """The world that a definition is validated against: what it may name, as values, in six queries. With a `viewer`,
    the modules, policies and workflows are those that this person can see: others are as if they did not exist."""
    modules, policies, workflows = Module.objects.all(), Policy.objects.all(), Workflow.objects.all()
    if viewer is not None:
        modules = permissions.visible_modules(viewer)
        policies = permissions.visible_policies(viewer)
        workflows = permissions.visible_workflows(viewer)
    texts = set(_texts(node.config for node in definition.nodes))
    users = get_user_model()
    revisions = (
        PolicyRevision.objects.filter(policy__in=policies.values("pk"))
        .order_by("policy_id", "-number")
        .distinct("policy_id")
        .select_related("policy")
    )
    return ValidationContext(
        modules={module.key: facts_of(module) for module in modules},
        policies={row.policy.key: row.rule for row in revisions},
        sources=frozenset(
            TriggerSource.objects.filter(
                kind__in=(TriggerSource.Kind.API, TriggerSource.Kind.WEBHOOK)
            ).values_list("key", flat=True)
        ),
        workflows=frozenset(workflows.filter(archived_at=None).values_list("key", flat=True)),
        names=_brought_names(definition, viewer),
        groups=frozenset(Group.objects.values_list("name", flat=True)),
        users=frozenset(
            users.objects.filter(**{f"{users.USERNAME_FIELD}__in": texts}).values_list(
                users.USERNAME_FIELD, flat=True
            )
        ),
    )


def _brought_names(definition: Definition, viewer: Any) -> dict[str, frozenset[str]]:
    """The keys of things of other apps, of those kinds that the steps name; those that a viewer sees."""
    nouns = {noun for _, noun in named_things(definition)}
    return {
        noun: frozenset(
            (
                grants.present(noun).filter(pk__in=permissions.things_seen(viewer, noun).values("pk"))
                if viewer is not None
                else grants.present(noun)
            ).values_list("key", flat=True)
        )
        for noun in nouns
    }


def _texts(configs: Iterable[Any]) -> Iterable[str]:
    stack: list[Any] = list(configs)
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            if len(value) <= 150:
                yield value
        elif isinstance(value, Mapping):
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)


def validate_definition_of(
    workflow: Workflow, definition: Definition, *, viewer: Any = None
) -> list[Problem]:
    """All problems of a definition: errors first, then lint warnings when there are no errors. With a `viewer`, in the
    world as this person sees it."""
    problems = judge_definition(workflow, definition, validation_context(definition, viewer=viewer))
    if viewer is None or any(problem.severity == "error" for problem in problems):
        return problems
    beyond = findings_across([(workflow, definition)], viewer=viewer)[workflow.pk]
    return problems + beyond + approver_findings(workflow, definition)


def judge_definition(workflow: Workflow, definition: Definition, context: ValidationContext) -> list[Problem]:
    """All problems of a definition in a world that is known already."""
    actions, triggers = dict(ACTIONS.items()), dict(TRIGGERS.items())
    problems = validate_definition(definition, context=context, actions=actions, triggers=triggers)
    if any(problem.severity == "error" for problem in problems):
        return problems
    problems += lint_definition(definition, actions=actions, has_owner=workflow.owner_id is not None)
    modules = modules_of(definition)
    if len(modules) == 1 and modules[0] in context.modules:
        problems += lint_rules(definition, context.modules[modules[0]].schema, context.policies)
    return problems


def load_definition(workflow: Workflow, version: str | int) -> Definition:
    """The draft ("draft") or a published version by its number. Raises NotFoundError."""
    if version == "draft":
        return load_draft(workflow).definition
    row = None
    if isinstance(version, int):
        row = WorkflowVersion.objects.filter(workflow=workflow, number=version).first()
    if row is None:
        raise NotFoundError(f"“{workflow.name}” has no version {version}.")
    return definition_of(row)


def require_valid(workflow: Workflow, definition: Definition) -> list[Problem]:
    """The warnings of a definition. Raises InvalidError with every error."""
    problems = validate_definition_of(workflow, definition)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise InvalidError(errors)
    return problems


def describe_definition(definition: Definition) -> list[str]:
    """A definition as plain sentences, one a step; with the version of what a step starts, where it is pinned."""

    def summary(node: Node) -> str:
        text, version = _summary(node), version_of(definition, node)
        return f"{text}, at version {version}" if text and version is not None else text

    return sentences_of(definition, summary)


def _summary(node: Node) -> str:
    """What the kind says of this step; a draft's config may be too unfinished to say anything."""
    family, _, key = node.type.partition(".")
    kinds: Mapping[str, Any] = dict((TRIGGERS if family == "trigger" else ACTIONS).items())
    kind = kinds.get(key)
    if kind is None or check_config(node.config, kind.config_schema, ""):
        return ""
    return str(kind.summary(node.config))


@transaction.atomic
def publish_version(
    *,
    workflow: Workflow,
    actor: Any,
    note: str = "",
    at: datetime | None = None,
    clock: str = "",
) -> WorkflowVersion:
    """Freeze the draft as the next version and make it the live one, in simulate: only the gate lets it act.

    Raises InvalidError with every problem, ConflictError when this very draft is live already or the workflow is
    archived. `at` and `clock` belong to replays. Runs in flight stay on their version.
    """
    require_texts(WorkflowVersion, note=note)
    workflow = lock_workflow(workflow)
    if workflow.archived_at is not None:
        raise ConflictError(f"“{workflow.name}” is archived.", code="archived")
    definition = load_draft(workflow).definition
    require_valid(workflow, definition)
    digest = definition.digest()
    active = workflow.active_version
    if active is not None and active.digest == digest and workflow.mode == Mode.SIMULATE:
        raise ConflictError(
            f"Version {active.number} is this very draft and is live. Change the draft first.",
            code="nothing-to-publish",
        )
    require_permitted(workflow, definition, publisher=actor)
    newest = WorkflowVersion.objects.filter(workflow=workflow).aggregate(newest=Max("number"))["newest"] or 0
    version = WorkflowVersion.objects.create(
        workflow=workflow,
        number=newest + 1,
        digest=digest,
        document=definition.to_document(),
        note=note,
        published_by=actor,
        published_at=timezone.now(),
    )
    index_version(version=version, definition=definition)
    add_checkpoint(workflow=workflow, actor=actor, occasion=Occasion.PUBLISH)
    before = live_facts(workflow)
    make_live(workflow, version, at=at, clock=clock)
    write_audit(
        actor=actor,
        action="workflow.published",
        obj=workflow,
        before=before,
        after=live_facts(workflow),
        reason=note,
    )
    if not clock:
        announce(
            "workflow.published",
            workflow=workflow.pk,
            subject=("workflow", workflow.pk),
            facts={"version": version.number, "digest": digest, "by": actor.get_username()},
            now=version.published_at,
            private={"note": note},
            address=f"workflows/{workflow.pk}/",
        )
    run_scenarios(workflow=workflow, definition=definition, actor=actor)
    return version
