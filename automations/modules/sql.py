"""The rule tree as an SQL condition that selects exactly the records for which the same tree holds in memory.

Negation is pushed down to the leaves, so that SQL's third truth value never decides: a positive leaf that meets an
absent value is not selected either way, and a negated leaf says what absent means. Field keys reach SQL only
through the adapter's own table of columns; values are always parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db.models import BooleanField, Expression, Func, IntegerField, Q, TextField, Value

from automations.engine.fields import FieldType
from automations.engine.operators import OPERATORS, fold, number, relative_bounds
from automations.engine.rules import (
    AllOf,
    Leaf,
    Named,
    Not,
    Ref,
    Scope,
    Tree,
    has_ref,
    leaf_test,
    operand_of,
    resolve,
)


@dataclass(frozen=True, slots=True)
class SqlContext:
    """What a rule's references and relative times are resolved against."""

    now: datetime
    zone: ZoneInfo
    event: Mapping[str, Any] | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Any] = field(default_factory=dict)
    assume_changed: bool = False

    def scope(self) -> Scope:
        return Scope(None, self.event, self.now, self.zone, self.variables, self.steps, self.assume_changed)


@dataclass(frozen=True, slots=True)
class Column:
    """A field as SQL. `expression` compares as the field's type does; `json` is the jsonb value where there is one;
    `param` turns a comparable value into a parameter that `expression` compares with."""

    type: FieldType
    expression: Any
    param: Callable[[Any], Any]
    json: Any = None


def sql(template: str, *parts: Any, output: Any = None) -> Func:
    """A piece of SQL: each %s of `template`, in order, is one of `parts`. Templates are constants of this package."""
    return _Template(*parts, pieces=template.split("%s"), output_field=output or BooleanField())


class _Template(Func):
    """Joins fixed pieces of SQL with compiled expressions."""

    def __init__(self, *expressions: Any, pieces: list[str], output_field: Any) -> None:
        super().__init__(*expressions, output_field=output_field)
        self.pieces = pieces

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        text, params = [self.pieces[0].replace("%", "%%")], []
        for source, piece in zip(self.source_expressions, self.pieces[1:], strict=True):
            part, part_params = compiler.compile(source)
            text += [part, piece.replace("%", "%%")]
            params += list(part_params)
        return "".join(text), params


TRUE, FALSE = (lambda: sql("TRUE")), (lambda: sql("FALSE"))


def to_condition(tree: Tree, column: Callable[[str], Column], context: SqlContext) -> Q:
    """A condition for `QuerySet.filter`. `column` maps a field key to its SQL and raises KeyError for any other."""
    return _build(tree, column, context, positive=True)


def _build(tree: Tree, column: Callable[[str], Column], context: SqlContext, *, positive: bool) -> Q:
    if isinstance(tree, Leaf):
        return Q(_leaf(tree, column, context, positive=positive))
    if isinstance(tree, Named):
        return _build(tree.part, column, context, positive=positive)
    if isinstance(tree, Not):
        return _build(tree.part, column, context, positive=not positive)
    parts = [_build(part, column, context, positive=positive) for part in tree.parts]
    together = isinstance(tree, AllOf) == positive
    return reduce(lambda left, right: left & right if together else left | right, parts)


def judged_in_memory(leaf: Leaf) -> bool:
    """Whether SQL can only give a superset for this leaf, to be judged again in memory."""
    if leaf.op == "matches" or (leaf.spec.type is FieldType.LIST and leaf.ignore_case):
        return True
    return _record_ref(leaf) and (leaf.op not in ("eq", "ne", "lt", "lte", "gt", "gte") or bool(leaf.path))


def any_in_memory(tree: Tree) -> bool:
    if isinstance(tree, Leaf):
        return judged_in_memory(tree)
    if isinstance(tree, Not | Named):
        return any_in_memory(tree.part)
    return any(any_in_memory(part) for part in tree.parts)


def _record_ref(leaf: Leaf) -> bool:
    values = leaf.value if isinstance(leaf.value, tuple) else (leaf.value,)
    return any(isinstance(value, Ref) and value.path.startswith("record.") for value in values)


def _leaf(leaf: Leaf, column: Callable[[str], Column], context: SqlContext, *, positive: bool) -> Expression:
    operator = OPERATORS[leaf.op]
    if judged_in_memory(leaf):
        return TRUE()
    if operator.negates:
        base = Leaf(leaf.name, leaf.spec, leaf.path, operator.negates, leaf.value, leaf.ignore_case)
        return _leaf(base, column, context, positive=not positive)
    if operator.event_only:
        return TRUE() if leaf_test(leaf)(context.scope()) == positive else FALSE()
    target = column(leaf.spec.key)
    if leaf.op == "is_empty":
        empty = _empty(leaf, target)
        return empty if positive else sql("(NOT %s)", empty)
    condition = _positive(leaf, target, column, context)
    if condition is None:
        return FALSE() if positive else TRUE()
    return condition if positive else sql("(%s IS NOT TRUE)", condition)


def _empty(leaf: Leaf, target: Column) -> Expression:
    if leaf.spec.type is FieldType.JSON:
        return sql(
            """COALESCE(%s IN ('null'::jsonb, '""'::jsonb, '[]'::jsonb), TRUE)""", _inner(leaf, target)
        )
    if leaf.spec.type is FieldType.LIST:
        return sql("COALESCE(%s IN ('null'::jsonb, '[]'::jsonb), TRUE)", target.json)
    if leaf.spec.type in (FieldType.TEXT, FieldType.CHOICE, FieldType.USER):
        return sql("(%s IS NULL OR %s = '')", target.expression, target.expression)
    return sql("(%s IS NULL)", target.expression)


def _positive(
    leaf: Leaf, target: Column, column: Callable[[str], Column], context: SqlContext
) -> Expression | None:
    """The leaf's condition, NULL where the value is absent; None when it can't hold whatever the value is."""
    if leaf.spec.type is FieldType.JSON:
        return _json_leaf(leaf, target, context)
    if leaf.op in ("is_true", "is_false"):
        return sql("(%s = %s)", target.expression, target.param(leaf.op == "is_true"))
    if OPERATORS[leaf.op].value == "duration":
        return _relative(leaf, target, context)
    if _record_ref(leaf):
        return _field_to_field(leaf, target, column)
    value = resolve(leaf, context.scope()) if has_ref(leaf.value) else leaf.value
    operand = operand_of(leaf, value)
    if operand is None:
        return None
    if leaf.spec.type is FieldType.LIST:
        return _list_leaf(leaf, target, operand)
    expression = _folded(target.expression) if leaf.ignore_case else target.expression
    return _compare(leaf.op, expression, operand, target.param)


COMPARISONS = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


def _compare(op: str, expression: Any, operand: Any, param: Callable[[Any], Any]) -> Expression:
    if op in COMPARISONS:
        return sql(f"(%s {COMPARISONS[op]} %s)", expression, param(operand))
    if op == "in":
        if not operand:
            return FALSE()
        return sql(
            f"(%s IN ({', '.join(['%s'] * len(operand))}))",
            expression,
            *(param(item) for item in sorted(operand)),
        )
    if op == "between":
        return sql("(%s BETWEEN %s AND %s)", expression, param(operand[0]), param(operand[1]))
    text = Value(operand, output_field=TextField())
    if op == "contains":
        return sql("(strpos(%s, %s) > 0)", expression, text)
    if op == "starts_with":
        return sql("starts_with(%s, %s)", expression, text)
    if op == "ends_with":
        return sql("(right(%s, length(%s)) = %s)", expression, text, text)
    raise KeyError(f"No SQL for the operator “{op}”.")


def _folded(expression: Any) -> Expression:
    return sql('lower(%s COLLATE "pg_c_utf8")', expression, output=TextField())


def _relative(leaf: Leaf, target: Column, context: SqlContext) -> Expression:
    bounds = relative_bounds(leaf.op, leaf.spec.type, leaf.value, context.now, context.zone)
    parts: list[Expression] = []
    if bounds.low is not None:
        parts.append(sql("(%s >= %s)", target.expression, target.param(bounds.low)))
    if bounds.high is not None:
        sign = "<=" if bounds.high_inclusive else "<"
        parts.append(sql(f"(%s {sign} %s)", target.expression, target.param(bounds.high)))
    return sql("(" + " AND ".join(["%s"] * len(parts)) + ")", *parts)


def _field_to_field(leaf: Leaf, target: Column, column: Callable[[str], Column]) -> Expression | None:
    assert isinstance(leaf.value, Ref)
    other = column(leaf.value.path.removeprefix("record."))
    left, right = target.expression, other.expression
    if leaf.ignore_case:
        left, right = _folded(left), _folded(right)
    return sql(f"(%s {COMPARISONS[leaf.op]} %s)", left, right)


def _list_leaf(leaf: Leaf, target: Column, operand: Any) -> Expression:
    """On the bare column, as its index is: a jsonb null holds no text, which is false like an absent list."""
    if leaf.op == "contains":
        return sql("(%s ? %s)", target.json, Value(operand, output_field=TextField()))
    words = Value(sorted(operand), output_field=ArrayField(TextField()))
    return sql(f"(%s {'?|' if leaf.op == 'has_any' else '?&'} %s::text[])", target.json, words)


def _inner(leaf: Leaf, target: Column) -> Expression:
    """The jsonb value that a leaf's path leads to; like memory, it enters objects only."""
    value: Any = target.json
    for part in leaf.path:
        value = sql(
            "(CASE jsonb_typeof(%s) WHEN 'object' THEN %s -> %s END)",
            value,
            value,
            Value(part, output_field=TextField()),
            output=TextField(),
        )
    return value if leaf.path else sql("%s", value, output=TextField())


def _json_leaf(leaf: Leaf, target: Column, context: SqlContext) -> Expression | None:
    inner = _inner(leaf, target)
    text = sql("(CASE jsonb_typeof(%s) WHEN 'string' THEN %s #>> '{}' END)", inner, inner, output=TextField())
    if leaf.op in ("is_true", "is_false"):
        return sql(f"(%s = '{'true' if leaf.op == 'is_true' else 'false'}'::jsonb)", inner)
    value = resolve(leaf, context.scope()) if has_ref(leaf.value) else leaf.value
    operand = operand_of(leaf, value)
    if operand is None:
        return None
    if isinstance(operand, tuple) and leaf.op == "in":
        parts = [_json_one(leaf, "eq", inner, text, item) for item in operand]
        found = [part for part in parts if part is not None]
        return sql("(" + " OR ".join(["COALESCE(%s, FALSE)"] * len(found)) + ")", *found) if found else None
    return _json_one(leaf, leaf.op, inner, text, operand)


def _json_one(leaf: Leaf, op: str, inner: Any, text: Any, operand: Any) -> Expression | None:
    sample = operand[0] if isinstance(operand, tuple) else operand
    if isinstance(sample, bool):
        return sql(f"(%s = '{'true' if sample else 'false'}'::jsonb)", inner) if op == "eq" else None
    if isinstance(sample, str):
        if leaf.ignore_case:
            folded = tuple(fold(item) for item in operand) if isinstance(operand, tuple) else fold(operand)
            return _compare(op, _folded(text), folded, _text_param)
        return _compare(op, sql('(%s COLLATE "C")', text, output=TextField()), operand, _text_param)
    if op in ("contains", "starts_with", "ends_with"):
        return None
    numeric = sql(
        "(CASE jsonb_typeof(%s) WHEN 'number' THEN (%s #>> '{}')::numeric END)",
        inner,
        inner,
        output=IntegerField(),
    )
    numbers = tuple(number(item) for item in operand) if isinstance(operand, tuple) else number(operand)
    return _compare(op, numeric, numbers, numeric_param)


def _text_param(value: Any) -> Value:
    return Value(value, output_field=TextField())


def numeric_param(value: Any) -> Expression:
    """A decimal as a numeric literal of any size."""
    return sql("%s::numeric", Value(str(value), output_field=TextField()), output=IntegerField())
