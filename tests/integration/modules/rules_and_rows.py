"""Records and rules as Hypothesis makes them: every field type, every operator, and the values that are hard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from automations.engine.durations import parse_duration
from automations.engine.fields import FieldSpec, FieldType, Schema
from automations.engine.operators import CASED_TYPES, Operator, operators_for
from automations.engine.rule_checks import validate_rule

TEXTS = (
    *(
        "",
        " ",
        "a",
        "A",
        "ab",
        "aB",
        "b",
        "null",
        "true",
        "1",
        "a\nb",
        " padded ",
        "日本",
        "👍",
        "\ufeff",
        "%",
        "_",
    ),
    *(
        "a%b",
        "a_b",
        "\\",
        "a\\b",
        "'",
        '"',
        "?",
        "%s",
        "{}",
        "é",
        "e\u0301",
        "É",
        "ﬀ",
        "ǆ",
        "ǅ",
        "Ǆ",
        "ÅÅ",
        "ﬁ",
    ),
    *(
        "İ",
        "i",
        "I",
        "ı",
        "i\u0307",
        "ß",
        "ẞ",
        "ss",
        "SS",
        "Straße",
        "STRASSE",
        "Σ",
        "σ",
        "ς",
        "ΑΣ",
        "ας",
        "ασ",
        "ΑΣΒ",
    ),
    *("K", "k", "Ω", "ω", "Ⅷ", "ⅷ", "Ꭰ", "ꭰ", "Ა", "ა", "𐐀", "𐐨", "Ⱥ", "ⱥ", "\U0001e900", "\U0001e922"),
)
NUMBERS = (
    *(
        "0",
        "-0",
        "0.0",
        "0.000",
        "1",
        "1.0",
        "1.00",
        "-1",
        "10",
        "10.0",
        "1e1",
        "1e3",
        "1000",
        "12.5",
        "12.50",
        "-12.5",
    ),
    *(
        "0.1",
        "0.10",
        "1e-20",
        "0.00000000000000000001",
        "9" * 60,
        f"-{'9' * 60}",
        f"{'9' * 59}.5",
        "1e59",
        "1E-60",
    ),
)
DATES = (
    *(
        "0001-01-01",
        "0001-01-04",
        "1970-01-01",
        "2024-02-29",
        "2026-03-27",
        "2026-03-28",
        "2026-03-29",
        "2026-03-30",
    ),
    *(
        "2026-10-24",
        "2026-10-25",
        "2026-10-26",
        "2011-12-29",
        "2011-12-30",
        "2011-12-31",
        "2018-11-04",
        "9999-12-31",
    ),
)
MOMENTS = (
    *("0001-01-03T00:00:00Z", "1970-01-01T00:00:00Z", "2026-03-28T23:00:00Z", "2026-03-28T22:59:59.999999Z"),
    *(
        "2026-03-29T00:59:59.999999Z",
        "2026-03-29T01:00:00Z",
        "2026-03-29T03:00:00+02:00",
        "2026-03-29T02:30:00+01:00",
    ),
    *(
        "2026-10-25T00:30:00Z",
        "2026-10-25T02:30:00+02:00",
        "2026-10-25T02:30:00+01:00",
        "2026-10-25T01:00:00Z",
    ),
    *("2011-12-30T10:00:00Z", "2011-12-30T09:59:59Z", "2018-11-04T03:00:00Z", "2026-03-29T12:00:00Z"),
    *("2026-03-29T12:00:00.000001Z", "2026-03-29T11:59:59.999999Z", "9999-12-29T23:59:59.999999Z"),
)
ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "America/New_York")
DURATIONS = ("PT0S", "PT1S", "PT1H", "P1D", "P2D", "P1W", "P1DT2H", "P365D", "P99999D")
PATTERNS = ("a", "^a", "a$", "(?i)straße", "^$", r"\d+", ".", "[^a]", "σ")
NAMES = ("alice", "Alice", "ALICE", "bob", "İlk", "ßen", "nobody")
CHOICES = ("open", "Open", "OPEN", "Größe", "GRÖSSE", "İ")
SCALARS = (
    *(
        True,
        False,
        0,
        1,
        -1,
        3,
        10**30,
        1.0,
        0.1,
        -0.0,
        1e22,
        1.5e-7,
        100,
        "",
        "a",
        "A",
        "1",
        "true",
        "İ",
        "ß",
        "Σ",
    ),
    *("2026-03-29", "null"),
)
PATHS = (
    "payload",
    "payload.a",
    "payload.a.b",
    "payload.a.b.c",
    "payload.0",
    "payload.x y",
    "payload.İ",
    "payload.nope",
)

_text = st.one_of(
    st.sampled_from(TEXTS),
    st.text(st.sampled_from("aAbBiIİıßẞΣσς%_\\ é"), max_size=4),
    st.text(st.characters(exclude_categories=("Cs", "Cn"), exclude_characters="\0"), max_size=3),
)
_number = st.one_of(
    st.sampled_from(NUMBERS),
    st.integers(-20, 20).map(str),
    st.decimals(-100, 100, places=3).map(lambda value: format(value, "f")),
)
_json = st.one_of(
    st.sampled_from(SCALARS),
    st.none(),
    st.recursive(
        st.one_of(st.sampled_from(SCALARS), st.none()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=2),
            st.dictionaries(st.sampled_from(("a", "b", "c", "0", "x y", "İ", "")), inner, max_size=3),
        ),
        max_leaves=5,
    ),
    st.builds(lambda value: {"a": value}, st.sampled_from(SCALARS)),
    st.builds(lambda value: {"a": {"b": value}}, st.sampled_from(SCALARS)),
)
RAW: Mapping[FieldType, st.SearchStrategy[Any]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.MONEY: _number,
    FieldType.DATE: st.one_of(st.sampled_from(DATES), st.dates().map(str)),
    FieldType.DATETIME: st.one_of(
        st.sampled_from(MOMENTS),
        st.datetimes(
            datetime(2025, 1, 1), datetime(2027, 1, 1), timezones=st.sampled_from(ZONES).map(ZoneInfo)
        ).map(datetime.isoformat),
    ),
    FieldType.CHOICE: st.sampled_from(CHOICES),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.USER: st.sampled_from(NAMES),
    FieldType.LIST: st.lists(_text, max_size=3),
    FieldType.JSON: _json,
}
"""What a record of each type may hold, as it comes from outside; None is added where a field may be absent."""


def row_of(
    schema: Schema, values: Mapping[FieldType, st.SearchStrategy[Any]]
) -> st.SearchStrategy[dict[str, Any]]:
    """Raw values by field; about one in six is null, and one in six is left out."""
    return st.fixed_dictionaries(
        {},
        optional={
            key: st.one_of(st.none(), *[values[spec.type]] * 5) if not spec.required else values[spec.type]
            for key, spec in schema.items()
        },
    )


def draw(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """So many examples of a strategy, the same in every run."""
    found: list[Any] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(example: Any) -> None:
        found.append(example)

    collect()
    return found


@dataclass(frozen=True)
class World:
    """What a rule is judged in, for memory and SQL alike."""

    now: datetime
    zone: ZoneInfo
    event: dict[str, Any] | None
    variables: dict[str, Any]
    steps: dict[str, Any]
    assume_changed: bool


MOMENTS_OF_JUDGEMENT = (
    "2026-03-29T12:00:00+00:00",
    "2026-03-28T23:00:00+00:00",
    "2026-03-29T01:00:00+00:00",
    "2026-10-25T01:00:00+00:00",
    "2011-12-30T10:00:00+00:00",
    "2018-11-04T03:00:00+00:00",
)

worlds = st.builds(
    World,
    now=st.sampled_from(MOMENTS_OF_JUDGEMENT).map(lambda text: datetime.fromisoformat(text).astimezone(UTC)),
    zone=st.sampled_from(ZONES).map(ZoneInfo),
    event=st.one_of(
        st.none(),
        st.fixed_dictionaries(
            {
                "data": st.fixed_dictionaries({"x": st.one_of(*RAW.values(), st.none())}),
                "before": st.one_of(st.none(), st.fixed_dictionaries({"title": _text})),
                "after": st.fixed_dictionaries({"title": _text}),
                "changed": st.sampled_from([[], ["title"], ["amount", "title"]]),
            }
        ),
    ),
    variables=st.fixed_dictionaries({"v": st.one_of(_text, _number, st.none(), st.lists(_text, max_size=2))}),
    steps=st.fixed_dictionaries(
        {"a1": st.fixed_dictionaries({"output": st.fixed_dictionaries({"y": st.one_of(_number, _json)})})}
    ),
    assume_changed=st.booleans(),
)

OUTER_REFS = ("event.data.x", "variables.v", "steps.a1.output.y", "now", "variables.missing")


def leaf_of(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """A sound comparison on some field, with any operator that its type offers."""

    @st.composite
    def leaf(pick: st.DrawFn) -> dict[str, Any]:
        spec = schema[pick(st.sampled_from(sorted(schema)))]
        operator = pick(st.sampled_from(operators_for(spec.type)))
        name = pick(st.sampled_from(PATHS)) if spec.type is FieldType.JSON else spec.key
        rule: dict[str, Any] = {"field": name, "op": operator.key}
        if operator.value != "none":
            rule["value"] = pick(_operand(schema, spec, operator))
        if spec.type in CASED_TYPES and pick(st.booleans()):
            rule["case"] = "ignore"
        return rule

    return leaf().filter(lambda rule: not validate_rule(rule, schema))


def _operand(schema: Schema, spec: FieldSpec, operator: Operator) -> st.SearchStrategy[Any]:
    if operator.value == "duration":
        return st.sampled_from([text for text in DURATIONS if parse_duration(text) is not None])
    if operator.value == "pattern":
        return st.sampled_from(PATTERNS)
    single = {FieldType.LIST: _text, FieldType.JSON: st.sampled_from(SCALARS)}.get(spec.type, RAW[spec.type])
    literals = st.sampled_from(spec.choices) if spec.type is FieldType.CHOICE else single
    refs = st.sampled_from([*OUTER_REFS, *(f"record.{key}" for key in sorted(schema))]).map(
        lambda path: {"ref": path}
    )
    one = st.one_of(literals, literals, literals, refs)
    if operator.value == "one":
        return one
    if operator.value == "pair":
        return st.lists(one, min_size=2, max_size=2)
    return st.one_of(st.lists(one, min_size=1, max_size=3), refs)


POLICIES = ("p1", "p2")


def rules_of(schema: Schema) -> st.SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]:
    """A rule and the policies that it may name."""
    leaf = leaf_of(schema)
    policies = st.fixed_dictionaries(dict.fromkeys(POLICIES, _groups(leaf, 3)))
    named = st.sampled_from(POLICIES).map(lambda key: {"policy": key})
    return st.tuples(_groups(st.one_of(leaf, leaf, leaf, named), 6), policies)


def _groups(base: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[Any]:
    return st.recursive(
        base,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
            st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
            inner.map(lambda part: {"not": part}),
        ),
        max_leaves=most,
    )


def operators_in(rule: Any) -> Iterator[str]:
    """The operators that a rule uses."""
    if isinstance(rule, Mapping):
        if "op" in rule:
            yield rule["op"]
        for part in rule.values():
            yield from operators_in(part)
    elif isinstance(rule, Sequence) and not isinstance(rule, str):
        for part in rule:
            yield from operators_in(part)
