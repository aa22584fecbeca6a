"""A rule in memory: what one evaluation costs."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.benchmarks.setting import Figure, median

EVALUATIONS = 200_000


def measure() -> list[Figure]:
    from automations.engine.fields import parse_schema
    from automations.engine.rules import Scope, compile_rule

    schema, problems = parse_schema([{"key": "priority", "type": "text"}, {"key": "age", "type": "number"}])
    if problems:
        raise RuntimeError(str(problems))
    rule = {
        "all": [
            {"field": "priority", "op": "eq", "value": "high"},
            {"field": "age", "op": "gt", "value": "4"},
        ]
    }
    test = compile_rule(rule, schema).test
    scope = Scope({"priority": "high", "age": "5"}, None, datetime(2026, 3, 1, tzinfo=UTC), ZoneInfo("UTC"))
    if not test(scope):
        raise RuntimeError("The rule does not hold.")
    rounds = []
    for _ in range(5):
        began = time.perf_counter()
        for _ in range(EVALUATIONS):
            test(scope)
        rounds.append((time.perf_counter() - began) / EVALUATIONS)
    return [Figure("a rule of two leaves in memory", f"{median(rounds) * 1e6:.2f} µs", "≤ 1 µs")]
