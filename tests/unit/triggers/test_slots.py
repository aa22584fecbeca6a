from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from automations.triggers.schedule.slots import CronError, check_cron, missed, next_slot, slots_between

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
CHANGES = {
    # zone: (the day on which the clocks skip an hour, the day on which they repeat one) of 2026
    BERLIN: (datetime(2026, 3, 29), datetime(2026, 10, 25)),
    NEW_YORK: (datetime(2026, 3, 8), datetime(2026, 11, 1)),
}
SKIPPED_HOUR = {BERLIN: 2, NEW_YORK: 2}
REPEATED_HOUR = {BERLIN: 2, NEW_YORK: 1}


def of_day(cron: str, zone: str, day: datetime) -> list[datetime]:
    """The slots of one local day, in UTC."""
    start = day.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    end = (day + timedelta(days=1)).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return slots_between(cron, zone, start - timedelta(seconds=1), end - timedelta(seconds=1), 1_000)


def local(slots: list[datetime], zone: str) -> list[str]:
    return [f"{slot.astimezone(ZoneInfo(zone)):%H:%M}" for slot in slots]


@pytest.mark.parametrize("zone", CHANGES)
def test_a_job_in_the_skipped_hour_runs_once_right_after_the_gap(zone: str) -> None:
    day = CHANGES[zone][0]
    hour = SKIPPED_HOUR[zone]
    assert local(of_day(f"30 {hour} * * *", zone, day), zone) == [f"{hour + 1:02d}:00"]


@pytest.mark.parametrize("zone", CHANGES)
def test_a_job_in_the_repeated_hour_runs_once_the_first_time(zone: str) -> None:
    day = CHANGES[zone][1]
    hour = REPEATED_HOUR[zone]
    slots = of_day(f"30 {hour} * * *", zone, day)
    assert local(slots, zone) == [f"{hour:02d}:30"]
    first = day.replace(hour=hour, minute=30, tzinfo=ZoneInfo(zone), fold=0)
    assert slots == [first.astimezone(UTC)]


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("change", [0, 1])
def test_the_half_past_two_job_runs_once_on_each_day_around_a_change(zone: str, change: int) -> None:
    day = CHANGES[zone][change]
    for offset in (-1, 0, 1):
        assert len(of_day("30 2 * * *", zone, day + timedelta(days=offset))) == 1


@pytest.mark.parametrize("zone", CHANGES)
def test_asked_within_the_repeated_hour_a_job_that_has_run_is_next_due_tomorrow(zone: str) -> None:
    day, hour = CHANGES[zone][1], REPEATED_HOUR[zone]
    second = day.replace(hour=hour, minute=15, tzinfo=ZoneInfo(zone), fold=1).astimezone(UTC)
    due = next_slot(f"30 {hour} * * *", zone, second)
    assert due > second
    assert due.astimezone(ZoneInfo(zone)).date() == (day + timedelta(days=1)).date()


@pytest.mark.parametrize("zone", CHANGES)
def test_a_step_in_the_minutes_does_not_repeat_a_named_hour(zone: str) -> None:
    day, hour = CHANGES[zone][1], REPEATED_HOUR[zone]
    slots = of_day(f"*/15 {hour} * * *", zone, day)
    assert local(slots, zone) == [f"{hour:02d}:{minute}" for minute in ("00", "15", "30", "45")]


@pytest.mark.parametrize("zone", CHANGES)
def test_several_times_within_the_gap_are_one_moment(zone: str) -> None:
    day, hour = CHANGES[zone][0], SKIPPED_HOUR[zone]
    assert local(of_day(f"*/15 {hour} * * *", zone, day), zone) == [f"{hour + 1:02d}:00"]
    assert local(of_day(f"30 {hour},{hour + 1} * * *", zone, day), zone) == [
        f"{hour + 1:02d}:00",
        f"{hour + 1:02d}:30",
    ]


@pytest.mark.parametrize("zone", CHANGES)
@pytest.mark.parametrize("cron", ["0 * * * *", "0 0-23 * * *", "0 */1 * * *"])
def test_an_hourly_job_goes_by_elapsed_time(zone: str, cron: str) -> None:
    for day, count in zip(CHANGES[zone], (23, 25), strict=True):
        slots = of_day(cron, zone, day)
        assert len(slots) == count
        assert {after - before for before, after in pairwise(slots)} == {timedelta(hours=1)}


@pytest.mark.parametrize("zone", CHANGES)
def test_a_job_every_ten_minutes_neither_pauses_nor_repeats(zone: str) -> None:
    for day, count in zip(CHANGES[zone], (23 * 6, 25 * 6), strict=True):
        slots = of_day("*/10 * * * *", zone, day)
        assert len(slots) == count
        assert {after - before for before, after in pairwise(slots)} == {timedelta(minutes=10)}


def wall_clock(zone: str, start: datetime, hours: int, wanted: set[tuple[int, int]]) -> list[datetime]:
    """Slots by a look at the clock each minute: a time is due when the highest reading so far first reaches it."""
    place, found, moment = ZoneInfo(zone), [], start
    highest = moment.astimezone(place).replace(tzinfo=None)
    for _ in range(hours * 60):
        moment += timedelta(minutes=1)
        reading = moment.astimezone(place).replace(tzinfo=None)
        passed = (reading - highest) // timedelta(minutes=1)
        times = (highest + timedelta(minutes=step) for step in range(1, passed + 1))
        if any((time.hour, time.minute) in wanted for time in times):
            found.append(moment)
        highest = max(highest, reading)
    return found


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(
        [BERLIN, NEW_YORK, "Australia/Lord_Howe", "Africa/Cairo", "America/Sao_Paulo", "UTC"]
    ),
    change=st.sampled_from(
        [
            datetime(2026, 3, 29, tzinfo=UTC),
            datetime(2026, 10, 25, tzinfo=UTC),
            datetime(2026, 3, 8, tzinfo=UTC),
            datetime(2026, 11, 1, tzinfo=UTC),
            datetime(2026, 4, 5, tzinfo=UTC),
            datetime(2026, 10, 4, tzinfo=UTC),
            datetime(2018, 11, 4, tzinfo=UTC),
            datetime(2018, 2, 18, tzinfo=UTC),
            datetime(2026, 4, 24, tzinfo=UTC),
        ]
    ),
    hours=st.sets(st.integers(0, 23), min_size=1, max_size=4),
    minutes=st.sets(st.integers(0, 59), min_size=1, max_size=4),
)
@example(zone=BERLIN, change=datetime(2026, 3, 29, tzinfo=UTC), hours={1, 2, 3}, minutes={0, 30})
@example(zone="Africa/Cairo", change=datetime(2026, 4, 24, tzinfo=UTC), hours={0}, minutes={0, 1})
def test_slots_are_those_that_somebody_with_a_clock_would_find(
    zone: str, change: datetime, hours: set[int], minutes: set[int]
) -> None:
    start = change - timedelta(hours=20)
    cron = f"{','.join(map(str, sorted(minutes)))} {','.join(map(str, sorted(hours)))} * * *"
    expected = wall_clock(zone, start, 60, {(hour, minute) for hour in hours for minute in minutes})
    assert slots_between(cron, zone, start, start + timedelta(hours=60), 10_000) == expected


@settings(max_examples=100, deadline=None)
@given(
    zone=st.sampled_from([BERLIN, NEW_YORK, "Asia/Kolkata"]),
    start=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    cron=st.sampled_from(
        ["30 2 * * *", "*/20 1-3 * * *", "0 * * * *", "15 3 * * MON", "0 0 1 * *", "59 23 L * *"]
    ),
)
def test_slots_go_on_from_one_another(zone: str, start: datetime, cron: str) -> None:
    after = start.replace(tzinfo=UTC)
    at_once = slots_between(cron, zone, after, after + timedelta(days=400), 12)
    one_by_one: list[datetime] = []
    while len(one_by_one) < len(at_once):
        after = next_slot(cron, zone, after)
        one_by_one.append(after)
    assert one_by_one == at_once
    assert all(slot.tzinfo is UTC for slot in at_once)
    assert all(one < other for one, other in pairwise(at_once))


def test_a_slot_belongs_to_the_interval_that_ends_with_it() -> None:
    nine, ten = datetime(2026, 3, 2, 9, tzinfo=UTC), datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert slots_between("0 * * * *", "UTC", nine, ten, 10) == [ten]
    assert slots_between("0 * * * *", "UTC", nine, ten - timedelta(seconds=1), 10) == []
    assert slots_between("* * * * *", "UTC", nine, ten, 3) == [nine + timedelta(minutes=n) for n in (1, 2, 3)]


@pytest.mark.parametrize(
    "cron",
    [
        "",
        "every day",
        "* * * *",
        "0 0 * * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "0 0 30 2 *",
        "*/0 * * * *",
        "5-1 * * * *",
        "@daily",
        "* * * * MONDAY",
        "١ * * * *",
        "0 0 * * 1#6",
    ],
)
def test_a_malformed_cron_is_a_problem(cron: str) -> None:
    problems = check_cron(cron, "config.cron")
    assert [(problem.code, problem.path) for problem in problems] == [("bad-cron", "config.cron")]
    assert problems[0].hint
    with pytest.raises(CronError):
        next_slot(cron, "UTC", datetime(2026, 1, 1, tzinfo=UTC))


@given(st.text("0123456789*/-,#LW MONsun²", max_size=30))
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_cron_or_a_problem(text: str) -> None:
    assert all(problem.code == "bad-cron" for problem in check_cron(text, "config.cron"))


OUTAGE_ENDS = datetime(2026, 3, 2, 12, tzinfo=UTC)
OUTAGE = slots_between("*/5 * * * *", "UTC", OUTAGE_ENDS - timedelta(hours=3), OUTAGE_ENDS, 1_000)


def test_after_three_hours_skip_fires_nothing_and_records_all() -> None:
    fire, skip = missed("skip", OUTAGE, 10)
    assert (fire, skip) == ([], OUTAGE)
    assert len(skip) == 36


def test_after_three_hours_once_fires_the_newest_alone() -> None:
    fire, skip = missed("once", OUTAGE, 10)
    assert fire == [OUTAGE_ENDS]
    assert skip == OUTAGE[:-1]


def test_after_three_hours_all_fires_the_newest_ten_in_order() -> None:
    fire, skip = missed("all", OUTAGE, 10)
    assert fire == OUTAGE[-10:]
    assert skip == OUTAGE[:-10]
    assert missed("all", OUTAGE, 100) == (OUTAGE, [])


@pytest.mark.parametrize("policy", ["skip", "once", "all"])
def test_where_nothing_was_missed_nothing_is_made_up_for(policy: str) -> None:
    assert missed(policy, [], 10) == ([], [])
