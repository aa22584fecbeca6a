"""The records that a rule from outside selects: checked, compiled, as a queryset and what SQL left to judge."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import timezone

from automations import permissions
from automations.api.filters import FilterError
from automations.engine.rules import Scope, compile_rule, validate_rule
from automations.models import Module, PolicyRevision
from automations.modules.adapter import ModuleAdapter
from automations.modules.schema import facts_of
from automations.modules.sql import SqlContext

Keep = Callable[[Any], bool]


def select_records(
    *, module: Module, adapter: ModuleAdapter, rule: Any, actor: Any
) -> tuple[QuerySet[Any], Keep | None]:
    """Rows that `rule` (None: every row) selects, and, where SQL only narrows it down, the test of a single row.

    Raises FilterError with every problem of the rule. Policies that the actor can't see are unknown here.
    """
    if rule is None:
        return adapter.all(), None
    schema = facts_of(module).schema
    policies = policies_seen(module, actor)
    problems = validate_rule(rule, schema, path="rule", policies=policies, allow_event=False)
    if problems:
        raise FilterError(problems)
    compiled = compile_rule(rule, schema, policies=policies)
    now, zone = timezone.now(), ZoneInfo(module.zone)
    rows = adapter.queryset(compiled.tree, context=SqlContext(now=now, zone=zone))
    if not adapter.needs_second_pass(compiled.tree):
        return rows, None
    return rows, lambda row: compiled.test(Scope(adapter.state_of(row).values, None, now, zone))


def policies_seen(module: Module, actor: Any) -> dict[str, Any]:
    """The newest rule of each of the module's policies that the actor may see, by key."""
    newest = (
        PolicyRevision.objects.filter(
            policy__module=module, policy__in=permissions.visible_policies(actor).values("pk")
        )
        .order_by("policy_id", "-number")
        .distinct("policy_id")
        .select_related("policy")
    )
    return {revision.policy.key: revision.rule for revision in newest}
