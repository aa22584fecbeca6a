"""Which records come nearest to a rule that none fulfils: those that fail at one part of it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Count, Q

from automations.engine.rules import compile_rule
from automations.modules.adapter import adapter_for
from automations.modules.sql import SqlContext, to_condition
from automations.runtime.rehearsal import Rehearsal, Rule

MAX_PARTS = 12
"""A rule of more parts is not looked into."""
SHOWN_PARTS, SHOWN_RECORDS = 3, 3


def nearest_to(rehearsal: Rehearsal, rule: Rule | None) -> list[dict[str, Any]]:
    """For a rule that selects nothing: [{"rule": the part, "total", "records": [{"record", "title", "saw"}]}], the part
    first that keeps most records out by itself. One query counts for all parts, one more fetches the records of each
    that is shown. Nothing where SQL can't tell, or where every record fails at several parts."""
    parts = _parts(rule)
    if rehearsal.module is None or rehearsal.facts is None or not 0 < len(parts) <= MAX_PARTS:
        return []
    adapter = adapter_for(rehearsal.module)
    policies = rehearsal.definition.rules()
    trees = [compile_rule(part, rehearsal.facts.schema, policies=policies).tree for part in parts]
    if any(adapter.needs_second_pass(tree) for tree in trees):
        return []
    context = SqlContext(now=rehearsal.now, zone=rehearsal.zone, assume_changed=True)
    conditions = [to_condition(tree, adapter.column, context) for tree in trees]
    others = [_all_but(conditions, at) for at in range(len(parts))]
    counts = (
        adapter.all()
        .order_by()
        .aggregate(**{f"part{at}": Count("pk", filter=condition) for at, condition in enumerate(others)})
    )
    keeping = sorted(
        ((counts[f"part{at}"], at) for at in range(len(parts)) if counts[f"part{at}"]),
        key=lambda found: (-found[0], found[1]),
    )
    title = rehearsal.module.title_field
    return [
        {
            "rule": parts[at],
            "total": total,
            "records": [
                {
                    "record": state.key,
                    "title": str(state.values.get(title) or "") if title else "",
                    "saw": {name: state.values.get(name) for name in _fields(parts[at])},
                }
                for state in adapter.page(adapter.all().filter(others[at]), SHOWN_RECORDS)
            ],
        }
        for total, at in keeping[:SHOWN_PARTS]
    ]


def _parts(rule: Rule | None) -> list[Rule]:
    """What must hold one and all: the parts of nested groups of the kind “all”, and anything else as it is."""
    if not rule:
        return []
    if "all" in rule:
        return [part for inner in rule["all"] for part in _parts(inner)]
    return [rule]


def _all_but(conditions: Sequence[Q], left_out: int) -> Q:
    """Every condition but one; of one alone nothing is left, which all records fulfil."""
    kept = Q(pk__isnull=False)
    for at, condition in enumerate(conditions):
        if at != left_out:
            kept &= condition
    return kept


def _fields(rule: Any) -> list[str]:
    """The fields that a part looks at, each once."""
    if isinstance(rule, Mapping):
        if isinstance(rule.get("field"), str):
            return [rule["field"].partition(".")[0]]
        return list(dict.fromkeys(name for inner in rule.values() for name in _fields(inner)))
    if isinstance(rule, Sequence) and not isinstance(rule, str):
        return list(dict.fromkeys(name for inner in rule for name in _fields(inner)))
    return []
