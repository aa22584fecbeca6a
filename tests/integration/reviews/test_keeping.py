"""A team's week is reviewed once, at its hour whatever the clocks do, and is never changed afterwards."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from automations.errors import ConflictError, InvalidError
from automations.insight.review.press import PRESS
from automations.models import (
    AuditEntry,
    KeptReview,
    Notification,
    OutgoingEmail,
    ReviewSchedule,
    Run,
    Workflow,
)
from automations.runtime.product_events import LISTENERS
from automations.services import reviews
from automations.services.reviews import change_schedule, keep_review, make_schedule

from .world import Desk, the_week, tick, utc

pytestmark = pytest.mark.django_db


def test_a_week_is_kept_at_its_hour_before_and_after_the_clocks_change(desk: Desk) -> None:
    """In Vienna the clocks go forward on Sunday, 29 March 2026, and back on 25 October."""
    desk.ran(the_week("2026-W12").start + timedelta(hours=1), count=2)
    desk.ran(the_week("2026-W13").end - timedelta(minutes=1))  # in the last minute of the short week
    desk.ran(the_week("2026-W13").end + timedelta(minutes=1))
    assert tick(utc("2026-03-23T06:59:59")) == 0
    assert tick(utc("2026-03-23T07:00")) == 1  # 8 o'clock in winter
    assert tick(utc("2026-03-23T07:00:01")) == 0
    assert tick(utc("2026-03-30T05:59:59")) == 0
    assert tick(utc("2026-03-30T06:00")) == 1  # 8 o'clock in summer, an hour earlier
    first, second = KeptReview.objects.order_by("pk")
    assert (first.week, first.figures["now"]["succeeded"]) == ("2026-W12", 2)
    assert (second.week, second.figures["now"]["succeeded"]) == ("2026-W13", 1)
    assert second.figures["before"]["succeeded"] == 2
    assert second.ends_at - second.starts_at == timedelta(hours=7 * 24 - 1)
    desk.schedule.refresh_from_db()
    assert desk.schedule.next_at == utc("2026-04-06T06:00")


def test_an_hour_that_the_clocks_skip_is_served_when_they_have_jumped(desk: Desk) -> None:
    schedule = desk.scheduled(team="", now=utc("2026-03-28T12:00"), weekday=6, hour=2)
    assert schedule.next_at == utc(
        "2026-03-29T01:00"
    )  # there is no 02:00 in Vienna on that Sunday; it is 03:00
    assert [tick(utc("2026-03-29T00:59")), tick(utc("2026-03-29T01:00"))] == [1, 1]  # the first is Desk's own
    assert schedule.reviews.get().week == "2026-W12"


def test_weeks_that_were_missed_are_made_afterwards_once_and_the_newest_is_told(desk: Desk) -> None:
    assert tick(utc("2026-04-14T20:00")) == 4
    assert list(desk.schedule.reviews.order_by("week").values_list("week", flat=True)) == [
        "2026-W12",
        "2026-W13",
        "2026-W14",
        "2026-W15",
    ]
    assert tick(utc("2026-04-14T20:00")) == 0
    desk.schedule.refresh_from_db()
    assert desk.schedule.next_at == utc("2026-04-20T06:00")
    assert Notification.objects.get(user=desk.bob).title == "The review of week 2026-W15 of Desk is ready"


def test_what_was_switched_off_is_not_made_afterwards_but_what_was_due_is(desk: Desk) -> None:
    change_schedule(
        schedule=desk.schedule, changes={"enabled": False}, actor=desk.root, now=utc("2026-03-21T00:00")
    )
    assert tick(utc("2026-04-14T20:00")) == 0
    change_schedule(
        schedule=desk.schedule, changes={"enabled": True}, actor=desk.root, now=utc("2026-04-14T20:00")
    )
    assert tick(utc("2026-04-14T20:00")) == 0
    moved = change_schedule(
        schedule=desk.schedule, changes={"hour": 7}, actor=desk.root, now=utc("2026-04-20T06:30")
    )
    assert moved.next_at == utc("2026-04-20T06:00")  # it was due, and stays so
    assert tick(utc("2026-04-20T06:31")) == 1


def test_a_review_that_can_not_be_made_keeps_no_other_from_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = desk.scheduled(team="Store", now=utc("2026-03-20T12:00"))
    read = PRESS.read

    def breaks(schedule: ReviewSchedule, week: Any, *, now: Any) -> Any:
        if schedule.team == "Desk":
            raise ZeroDivisionError
        return read(schedule, week, now=now)

    monkeypatch.setattr(reviews, "_failed", {})
    with monkeypatch.context() as broken:
        broken.setattr(PRESS, "read", breaks)
        assert tick(utc("2026-03-23T07:00")) == 1
        assert "could not be made" in caplog.text
    assert other.reviews.count() == 1
    assert tick(utc("2026-03-23T07:00:01")) == 0  # not at every tick
    reviews._failed.clear()
    assert tick(utc("2026-03-23T07:10")) == 1


@pytest.mark.django_db(transaction=True)
def test_two_tickers_make_one_review(desk: Desk) -> None:
    barrier, made = threading.Barrier(2), []

    def work() -> None:
        barrier.wait()
        try:
            made.append(tick(utc("2026-03-23T07:00")))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(made) == [0, 1]
    assert KeptReview.objects.count() == 1
    assert Notification.objects.filter(user=desk.bob).count() == 1


def test_what_is_kept_never_changes_and_says_what_came_late(desk: Desk) -> None:
    week = the_week()
    (going_on,) = desk.ran(week.end - timedelta(hours=1))
    Run.objects.filter(pk=going_on.pk).update(finished_at=week.end + timedelta(hours=2))
    desk.ran(week.start)
    review = desk.kept(week, now=week.end + timedelta(hours=1))
    assert (review.figures["now"]["succeeded"], review.figures["unfinished"]) == (1, 1)
    before = KeptReview.objects.values().get()
    Run.objects.update(finished_at=week.start)  # as if it had always been otherwise
    Workflow.objects.update(name="Other")
    with pytest.raises(ConflictError) as refused:
        desk.kept(week)
    assert (refused.value.code, refused.value.facts) == ("kept-already", {"review": review.pk})
    table = KeptReview._meta.db_table
    for statement in (f"UPDATE {table} SET headline = headline", f"DELETE FROM {table}"):  # noqa: S608 - our own names
        with pytest.raises(DatabaseError, match="rows are never changed"), transaction.atomic():
            connection.cursor().execute(statement)
    assert KeptReview.objects.values().get() == before
    assert reviews.digest_of(figures=KeptReview.objects.get().figures) == review.digest


def test_it_outlives_its_runs_and_the_people_who_read_it(desk: Desk) -> None:
    letter = desk.failed(the_week().start)
    review = desk.kept(the_week())
    letter.delete()
    Run.objects.all().delete()
    desk.bob.delete()
    kept = KeptReview.objects.get()
    assert kept.figures == review.figures
    assert kept.figures["failures"][0]["count"] == 1


def test_a_week_that_goes_on_is_not_kept(desk: Desk) -> None:
    week = the_week()
    with pytest.raises(ConflictError) as refused:
        desk.kept(week, now=week.end - timedelta(seconds=1))
    assert refused.value.code == "week-goes-on"


def test_ones_own_review_holds_what_one_sees_then(desk: Desk, charlie: Any) -> None:
    desk.ran(the_week().start)
    given: dict[str, Any] = {"zone": "Europe/Vienna", "now": utc("2026-03-20T12:00")}
    for person, succeeded in ((charlie, 0), (desk.alice, 1)):
        own = make_schedule(person=person, readers=[(person, True)], actor=person, **given)
        kept = keep_review(schedule=own, week=the_week(), press=PRESS, now=the_week().end, actor=person)
        assert kept.figures["now"]["succeeded"] == succeeded
    gone = ReviewSchedule.objects.get(person=charlie)
    charlie.delete()
    gone.refresh_from_db()
    assert (gone.person, gone.personal) == (None, True)
    assert tick(utc("2026-03-30T06:00")) == 3  # Desk's two, and Alice's second
    assert gone.reviews.count() == 1


def test_what_can_not_be_scheduled_is_refused(desk: Desk, charlie: Any) -> None:
    now = utc("2026-03-20T12:00")
    with pytest.raises(ConflictError) as twice:
        desk.scheduled(now=now)
    assert twice.value.code == "scheduled-already"
    for given, path in (
        ({"readers": []}, "readers"),
        ({"person": charlie, "readers": [(desk.bob, True)]}, "readers"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"weekday": 7}, "weekday"),
        ({"hour": True}, "hour"),
        ({"team": "x" * 81}, "team"),
    ):
        with pytest.raises(InvalidError) as refused:
            desk.scheduled(**{"team": "Store", "now": now, **given})
        assert [problem.path for problem in refused.value.problems] == [path]
    charlie.is_active = False
    charlie.save()
    with pytest.raises(InvalidError):
        desk.scheduled(team="Store", now=now, readers=[(charlie, True)])
    assert ReviewSchedule.objects.count() == 1


def test_readers_are_told_once_and_others_hear_of_it(desk: Desk, charlie: Any) -> None:
    heard: list[Any] = []
    LISTENERS.register("test of reviews", heard.extend)
    try:
        change_schedule(
            schedule=desk.schedule,
            changes={},
            readers=[(desk.bob, True), (charlie, False)],
            actor=desk.root,
            now=timezone.now(),
        )
        for person in (desk.bob, charlie):
            person.email = f"{person.username}@example.com"
            person.save()
        desk.ran(the_week().start)
        assert tick(utc("2026-03-23T07:00")) == 1
    finally:
        LISTENERS._entries.pop("test of reviews")
    review = KeptReview.objects.get()
    assert {row.user: row.address for row in Notification.objects.filter(key=f"review:{review.pk}")} == {
        desk.bob: f"reviews/kept/{review.pk}/",
        charlie: f"reviews/kept/{review.pk}/",
    }
    assert [mail.to for mail in OutgoingEmail.objects.filter(key__startswith="review:")] == [
        "bob@example.com"
    ]
    reviews._tell(review, PRESS, timezone.now())
    assert OutgoingEmail.objects.filter(key__startswith="review:").count() == 1
    assert [(one.kind, one.workflow, one.subject) for one in heard] == [
        ("review.ready", None, ("review", review.pk))
    ]
    assert AuditEntry.objects.get(action="review.kept").actor_name == "system"
