from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from automations.engine.fields import FieldType, datetime_text
from automations.engine.operators import (
    NEGATIONS,
    OPERATORS,
    Bounds,
    comparable,
    date_threshold,
    fold,
    number,
    operators_for,
    relative_bounds,
    shifted,
)

BERLIN = ZoneInfo("Europe/Berlin")
COMMON = "is_empty is_not_empty changed"
ORDER = "lt lte gt gte between"
CHANGES = "changed_from changed_to"
OFFERED = {
    "text": f"eq ne in not_in contains not_contains starts_with ends_with matches {COMMON} {CHANGES}",
    "number": f"eq ne in not_in {ORDER} {COMMON} {CHANGES}",
    "money": f"eq ne in not_in {ORDER} {COMMON} {CHANGES}",
    "date": f"eq ne {ORDER} older_than newer_than within_next {COMMON} {CHANGES}",
    "datetime": f"eq ne {ORDER} older_than newer_than within_next {COMMON} {CHANGES}",
    "choice": f"eq ne in not_in {COMMON} {CHANGES}",
    "boolean": f"eq ne is_true is_false {COMMON} {CHANGES}",
    "user": f"eq ne in not_in {COMMON} {CHANGES}",
    "list": f"contains not_contains has_any has_all {COMMON}",
    "json": f"eq ne in not_in {ORDER} contains not_contains starts_with ends_with is_true is_false {COMMON} {CHANGES}",
}


@pytest.mark.parametrize("kind", list(FieldType))
def test_each_type_offers_exactly_these_operators(kind: FieldType) -> None:
    assert {operator.key for operator in operators_for(kind)} == set(OFFERED[kind].split())


def test_every_operator_has_a_label_and_a_type() -> None:
    assert all(operator.label and operator.types for operator in OPERATORS.values())
    assert [key for key, operator in OPERATORS.items() if operator.key != key] == []


def test_negations_go_both_ways() -> None:
    assert all(NEGATIONS[NEGATIONS[key]] == key for key in NEGATIONS)
    assert (NEGATIONS["eq"], NEGATIONS["not_in"], NEGATIONS["is_empty"]) == ("ne", "in", "is_not_empty")


def test_only_one_character_folds_to_more_than_one() -> None:
    longer = [character for character in map(chr, range(0x110000)) if len(fold(character)) != 1]
    assert longer == []
    assert [character for character in map(chr, range(0x110000)) if len(character.lower()) != 1] == ["İ"]


def test_folding_twice_is_folding_once() -> None:
    every = "".join(map(chr, range(0x110000)))
    assert fold(fold(every)) == fold(every)


@pytest.mark.parametrize(
    ("text", "folded"), [("ABC", "abc"), ("GRÖẞE", "größe"), ("ΟΔΟΣ", "οδοσ"), ("İstanbul", "istanbul")]
)
def test_text_folds_character_by_character(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("200.00", Decimal("200.00")),
        (3, Decimal(3)),
        (0.1, Decimal("0.1")),
        (Decimal(7), Decimal(7)),
        (True, None),
        (None, None),
        ("", None),
        ("NaN", None),
        ("sNaN", None),
        (float("inf"), None),
        ([1], None),
    ],
)
def test_numbers_are_read_exactly_or_not_at_all(value: Any, found: Decimal | None) -> None:
    assert number(value) == found


def test_values_compare_in_the_form_of_their_type() -> None:
    assert comparable(FieldType.MONEY, "2.50", False) == Decimal("2.5")
    assert comparable(FieldType.TEXT, "Ab", True) == "ab"
    assert comparable(FieldType.TEXT, "Ab", False) == "Ab"
    assert comparable(FieldType.TEXT, None, True) is None


NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("op", "bounds"),
    [
        ("older_than", Bounds(None, "2026-03-02T08:00:00.000000Z", False)),
        ("newer_than", Bounds("2026-03-02T08:00:00.000000Z", "2026-03-02T12:00:00.000000Z", True)),
        ("within_next", Bounds("2026-03-02T12:00:00.000000Z", "2026-03-02T16:00:00.000000Z", True)),
    ],
)
def test_a_relative_time_selects_an_interval_of_datetimes(op: str, bounds: Bounds) -> None:
    assert relative_bounds(op, FieldType.DATETIME, timedelta(hours=4), NOW, BERLIN) == bounds


@pytest.mark.parametrize(
    ("op", "bounds"),
    [
        # Midnight of 1 March is older than a day; that of 2 March, 13 hours ago in Berlin, is not.
        ("older_than", Bounds(None, "2026-03-02", False)),
        ("newer_than", Bounds("2026-03-02", "2026-03-03", False)),
        ("within_next", Bounds("2026-03-03", "2026-03-04", False)),
    ],
)
def test_a_relative_time_selects_whole_dates_by_their_midnight(op: str, bounds: Bounds) -> None:
    assert relative_bounds(op, FieldType.DATE, timedelta(days=1), NOW, BERLIN) == bounds


def test_a_threshold_on_midnight_itself_counts_that_day_unless_it_must_come_after() -> None:
    midnight = datetime(2026, 7, 1, tzinfo=BERLIN)
    assert date_threshold(midnight, BERLIN) == "2026-07-01"
    assert date_threshold(midnight, BERLIN, after=True) == "2026-07-02"
    assert date_threshold(midnight + timedelta(microseconds=1), BERLIN) == "2026-07-02"


def test_where_the_clocks_skip_midnight_the_day_begins_an_hour_late() -> None:
    beirut = ZoneInfo("Asia/Beirut")
    begins = datetime(2022, 3, 26, 22, tzinfo=UTC)  # 27 March 2022 began at 01:00
    assert date_threshold(begins, beirut) == "2022-03-27"
    assert date_threshold(begins - timedelta(seconds=1), beirut) == "2022-03-27"
    assert date_threshold(begins + timedelta(seconds=1), beirut) == "2022-03-28"


def test_where_midnight_comes_twice_the_day_begins_with_the_first() -> None:
    havana = ZoneInfo("America/Havana")
    first = datetime(2025, 11, 2, tzinfo=havana)
    second = first.replace(fold=1)
    assert date_threshold(first, havana) == "2025-11-02"
    assert date_threshold(second, havana) == "2025-11-03"


@pytest.mark.parametrize(("delta", "year"), [(timedelta(days=-(10**6)), 1), (timedelta(days=10**7), 9999)])
def test_a_moment_beyond_the_calendar_is_held_at_its_edge(delta: timedelta, year: int) -> None:
    assert shifted(NOW, delta).year == year
    assert shifted(NOW, -timedelta(days=10**8)).year == 1
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        assert date_threshold(shifted(NOW, delta), ZoneInfo(zone), after=True)


ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "America/Sao_Paulo", "Asia/Beirut", "America/Havana", "Australia/Lord_Howe"]
)
MOMENTS = st.datetimes(
    datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))])
)
DELTAS = st.timedeltas(timedelta(0), timedelta(days=40))


def holds(op: str, value: datetime, now: datetime, delta: timedelta) -> bool:
    """What the operators mean, said with instants."""
    if op == "older_than":
        return value < now - delta
    if op == "newer_than":
        return now - delta <= value <= now
    return now <= value <= now + delta


def selected(bounds: Bounds, value: str) -> bool:
    low = bounds.low is None or value >= bounds.low
    return low and (value < bounds.high or (bounds.high_inclusive and value == bounds.high))


@given(
    op=st.sampled_from(["older_than", "newer_than", "within_next"]),
    now=MOMENTS,
    delta=DELTAS,
    zone=ZONES,
    days=st.integers(-45, 45),
)
def test_the_bounds_of_dates_are_what_their_local_midnights_say(
    op: str, now: datetime, delta: timedelta, zone: str, days: int
) -> None:
    place = ZoneInfo(zone)
    day: date = (now + timedelta(days=days)).date()
    midnight = datetime.combine(day, time(), tzinfo=place).astimezone(UTC)
    bounds = relative_bounds(op, FieldType.DATE, delta, now, place)
    assert selected(bounds, day.isoformat()) == holds(op, midnight, now.astimezone(UTC), delta)


@given(
    op=st.sampled_from(["older_than", "newer_than", "within_next"]),
    now=MOMENTS,
    delta=DELTAS,
    shift=DELTAS,
    back=st.booleans(),
)
def test_the_bounds_of_datetimes_are_what_the_instants_say(
    op: str, now: datetime, delta: timedelta, shift: timedelta, back: bool
) -> None:
    value = now - shift if back else now + shift
    bounds = relative_bounds(op, FieldType.DATETIME, delta, now, BERLIN)
    assert selected(bounds, datetime_text(value)) == holds(op, value, now, delta)
