"""A rule means the same in SQL as in memory, for stored and native modules."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from automations.engine.fields import FieldType
from automations.engine.operators import OPERATORS, fold
from automations.engine.rules import Scope, compile_rule
from automations.models import Module
from automations.modules import sql
from automations.modules.adapter import ModuleAdapter, RecordState, adapter_for
from automations.modules.schema import facts_of
from automations.services.modules import create_module
from automations.services.records import import_rows, parse_values
from config.demo.models import Order
from tests.integration.modules.rules_and_rows import (
    CHOICES,
    NAMES,
    RAW,
    World,
    draw,
    operators_in,
    row_of,
    rules_of,
    worlds,
)

pytestmark = pytest.mark.django_db

ROWS = 60
TREES = 1_200
"""For each of the two modules; the promise is 2,000 together."""

FIELDS = [
    *({"key": key, "type": "text"} for key in ("title", "other_text")),
    *({"key": key, "type": "number"} for key in ("level", "other_level")),
    *({"key": key, "type": "money"} for key in ("amount", "price")),
    *({"key": key, "type": "date"} for key in ("due_on", "other_date")),
    *({"key": key, "type": "datetime"} for key in ("at", "other_moment")),
    *({"key": key, "type": "choice", "choices": list(CHOICES)} for key in ("status", "other_status")),
    *({"key": key, "type": "boolean"} for key in ("vip", "other_flag")),
    *({"key": key, "type": "user"} for key in ("owner", "other_owner")),
    *({"key": key, "type": "list"} for key in ("tags", "other_tags")),
    {"key": "payload", "type": "json"},
]


@dataclass
class Tally:
    """What was compared, so that a comparison that compares nothing is found out."""

    trees: int = 0
    cases: int = 0
    selective: int = 0
    operators: Counter[str] = field(default_factory=Counter)


@dataclass
class Bench:
    """One module with its records, and the comparison of a rule in both ways."""

    adapter: ModuleAdapter
    records: list[RecordState]
    tally: Tally = field(default_factory=Tally)

    def disagreements(
        self, rule: Any, policies: dict[str, Any], world: World, *, in_memory: Any = None
    ) -> dict[str, Any]:
        """Records by key that SQL and memory judge differently; `in_memory` is the rule there, if another."""
        schema = facts_of(self.adapter.module).schema
        compiled = compile_rule(rule, schema, policies=policies)
        judged = compile_rule(rule if in_memory is None else in_memory, schema, policies=policies)
        context = sql.SqlContext(
            world.now, world.zone, world.event, world.variables, world.steps, world.assume_changed
        )
        held = {state.key for state in self.records if judged.test(self._scope(state, world))}
        rows = self.adapter.queryset(compiled.tree, context=context)
        selected = {state.key for state in map(self.adapter.state_of, rows)}
        if self.adapter.needs_second_pass(compiled.tree):
            assert held <= selected or in_memory is not None, "SQL must give a superset"
            selected &= {state.key for state in self.records if compiled.test(self._scope(state, world))}
        self.tally.trees += 1
        self.tally.cases += len(self.records)
        self.tally.selective += 0 < len(selected) < len(self.records)
        self.tally.operators.update(operators_in([rule, policies]))
        return {
            state.key: state.values
            for state in self.records
            if (state.key in held) != (state.key in selected)
        }

    def _scope(self, state: RecordState, world: World) -> Scope:
        return Scope(
            state.values,
            world.event,
            world.now,
            world.zone,
            world.variables,
            world.steps,
            world.assume_changed,
        )


def bench_of(module: Module) -> Bench:
    adapter = adapter_for(module)
    records = list(adapter.iterate())
    assert len(records) >= ROWS * 0.8
    return Bench(adapter, records)


@pytest.fixture
def stored(root: Any) -> Bench:
    module = create_module(key="parity", name="Parity", fields=FIELDS, actor=root)
    rows = draw(row_of(facts_of(module).schema, RAW), ROWS)
    values = [(f"R-{n}", parse_values(module, row, creating=True)) for n, row in enumerate(rows)]
    assert {outcome.result for outcome in import_rows(module=module, rows=values, actor=root)} == {"created"}
    return bench_of(module)


@pytest.fixture
def native(root: Any) -> Bench:
    users = get_user_model().objects
    people = {name: users.create_user(username=name) for name in NAMES}
    cents = st.one_of(
        st.sampled_from(["0", "-0.00", "12.5", "12.50", "9999999999.99", "-9999999999.99", "100", "1E+2"]),
        st.decimals(-20, 20, places=2),
    )
    strategy = st.fixed_dictionaries(
        {
            "customer": RAW[FieldType.TEXT],
            "region": RAW[FieldType.TEXT],
            "notes": RAW[FieldType.TEXT],
            "amount": st.one_of(st.none(), cents.map(Decimal)),
            "status": st.sampled_from([*Order.Status.values, ""]),
            "placed_at": RAW[FieldType.DATETIME].map(datetime.fromisoformat),
            "due_on": st.one_of(st.none(), RAW[FieldType.DATE]),
            "is_priority": st.booleans(),
            "owner": st.one_of(st.none(), st.sampled_from(sorted(NAMES)).map(people.__getitem__)),
        }
    )
    Order.objects.bulk_create(Order(number=f"O-{n}", **row) for n, row in enumerate(draw(strategy, ROWS)))
    return bench_of(Module.objects.get(key="orders"))


def compare(bench: Bench, *, shrink: bool) -> None:
    """Fail on the first rule that SQL and memory judge differently, with `shrink` made as small as possible."""

    @settings(
        max_examples=TREES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(rules_of(facts_of(bench.adapter.module).schema), worlds)
    def agree(rules: tuple[Any, dict[str, Any]], world: World) -> None:
        assert bench.disagreements(*rules, world) == {}

    agree()


def offered(bench: Bench) -> set[str]:
    types = {spec.type for spec in facts_of(bench.adapter.module).schema.values()}
    return {operator.key for operator in OPERATORS.values() if types & set(operator.types)}


@pytest.mark.parametrize("kind", ["stored", "native"])
def test_sql_selects_the_records_for_which_the_rule_holds(kind: str, request: pytest.FixtureRequest) -> None:
    bench: Bench = request.getfixturevalue(kind)
    started = time.perf_counter()
    compare(bench, shrink=True)
    assert bench.tally.trees >= 1_000
    assert bench.tally.cases >= 1_000 * ROWS * 0.8
    assert bench.tally.selective >= bench.tally.trees * 0.3
    assert set(bench.tally.operators) == offered(bench)
    assert time.perf_counter() - started < 120


def test_a_rule_that_means_the_opposite_is_found_at_once(stored: Bench, native: Bench) -> None:
    world = World(datetime(2026, 3, 29, 12, tzinfo=UTC), draw(worlds, 1)[0].zone, None, {}, {}, False)
    for bench in (stored, native):
        for rule, policies in draw(rules_of(facts_of(bench.adapter.module).schema), 50):
            found = bench.disagreements(rule, policies, world, in_memory={"not": rule})
            assert len(found) == len(bench.records)


@pytest.mark.parametrize(
    ("op", "wrong"), [("lt", "<="), ("gte", ">"), ("eq", "IS NOT DISTINCT FROM"), ("gt", ">=")]
)
def test_one_wrong_sign_in_the_sql_is_found(
    stored: Bench, monkeypatch: pytest.MonkeyPatch, op: str, wrong: str
) -> None:
    monkeypatch.setitem(sql.COMPARISONS, op, wrong)
    with pytest.raises(AssertionError):
        compare(stored, shrink=False)


def test_every_character_has_the_same_lower_case_in_sql_and_in_memory() -> None:
    points = [
        point
        for point in range(1, sys.maxunicode + 1)
        if unicodedata.category(chr(point)) not in ("Cs", "Cn")
    ]  # without what Python's Unicode does not know yet: the database may be some letters ahead of it
    with connection.cursor() as cursor:
        cursor.execute(
            'SELECT point, lower(chr(point) COLLATE "pg_c_utf8") FROM unnest(%s::int[]) AS points (point)',
            [points],
        )
        differing = {hex(point) for point, lower in cursor.fetchall() if lower != fold(chr(point))}
    assert len(points) > 250_000
    assert differing == set()
