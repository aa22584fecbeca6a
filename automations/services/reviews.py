"""Weekly reviews that are kept: schedules and their readers, and the making of each week's, once."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from django.contrib.auth import get_user_model
from django.db import Error as DatabaseError
from django.db import IntegrityError, transaction
from django.db.models import Q

from automations.engine.errors import Problem, quoted
from automations.engine.weeks import Week, week_of
from automations.errors import ConflictError, InvalidError
from automations.models import KeptReview, ReviewReader, ReviewSchedule
from automations.modules.schema import is_zone
from automations.runtime.messages import Letter, link_to, tell
from automations.runtime.product_events import KINDS, announce
from automations.services.audit import write_audit
from automations.services.texts import text_problems
from automations.triggers.schedule.slots import next_slot, slots_between

logger = logging.getLogger(__name__)

JSONDict = dict[str, Any]
Readers = Sequence[tuple[Any, bool]]
"""People, each with whether he gets mail."""

SETTINGS = ("zone", "weekday", "hour", "enabled")
NUMBERS: Mapping[str, int] = {"weekday": 6, "hour": 23}
AT_ONCE = 5
"""Reviews that one tick makes at most, so that no other duty waits for long."""
MOST_MISSED = 26
"""Weeks that are made afterwards at most, when nobody was there to make them."""
AGAIN_SECONDS = 600
"""After so long a schedule whose review could not be made is tried again."""

KINDS.register("review.ready", "A week's review is ready")

_failed: dict[int, float] = {}


class Press(Protocol):
    """Who knows the figures of a week and how they are written; this module keeps and sends them."""

    def read(self, schedule: ReviewSchedule, week: Week, *, now: datetime) -> JSONDict:
        """All that a review says, as plain JSON."""
        ...

    def written(self, figures: Mapping[str, Any], *, link: str) -> tuple[str, str]:
        """A mail of it, as text and as HTML."""
        ...


@transaction.atomic
def make_schedule(
    *,
    readers: Readers,
    actor: Any,
    now: datetime,
    team: str = "",
    person: Any = None,
    zone: str = "UTC",
    weekday: int = 0,
    hour: int = 8,
) -> ReviewSchedule:
    """Have each week reviewed by itself: of a team or of all, for these readers; or, with `person`, of what he may see,
    for him alone.

    Raises InvalidError for what can't be, ConflictError when there is one already (“scheduled-already”).
    """
    _require({"zone": zone, "weekday": weekday, "hour": hour}, team=team)
    schedule = ReviewSchedule(
        team=team,
        personal=person is not None,
        person=person,
        zone=zone,
        weekday=weekday,
        hour=hour,
        made_by=actor,
        made_at=now,
    )
    schedule.next_at = _next(schedule, now)
    try:
        with transaction.atomic():
            schedule.save()
    except IntegrityError as error:
        if "reviewschedule_one_a" not in str(error):
            raise
        message = "Its week is reviewed by itself already. Change that schedule, or its readers."
        raise ConflictError(message, code="scheduled-already") from error
    _set_readers(schedule, readers)
    write_audit(actor=actor, action="review_schedule.made", obj=schedule, after=facts_of(schedule=schedule))
    return schedule


@transaction.atomic
def change_schedule(
    *,
    schedule: ReviewSchedule,
    changes: Mapping[str, Any],
    actor: Any,
    now: datetime,
    readers: Readers | None = None,
) -> ReviewSchedule:
    """Change when its reviews are made (SETTINGS), and who reads them; what they are about stays. Weeks that passed while
    it was switched off are not made afterwards. Raises InvalidError."""
    _require(changes)
    schedule = ReviewSchedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
    before = facts_of(schedule=schedule)
    is_due = schedule.enabled and schedule.next_at <= now
    for name, value in changes.items():
        setattr(schedule, name, value)
    if changes:
        schedule.next_at = schedule.next_at if is_due else _next(schedule, now)
        schedule.save()
    if readers is not None:
        _set_readers(schedule, readers)
    after = facts_of(schedule=schedule)
    if after != before:
        write_audit(actor=actor, action="review_schedule.changed", obj=schedule, before=before, after=after)
    return schedule


@transaction.atomic
def set_mail(*, schedule: ReviewSchedule, mail: bool, actor: Any) -> None:
    """Get the schedule's reviews by mail, or only in the app. Raises ConflictError for who is no reader."""
    before = ReviewReader.objects.select_for_update().filter(schedule=schedule, person=actor).first()
    if before is None:
        raise ConflictError("You are no reader of these reviews.", code="no-reader")
    ReviewReader.objects.filter(pk=before.pk).update(mail=mail)
    write_audit(
        actor=actor,
        action="review_schedule.mail_set",
        obj=schedule,
        before={"mail": before.mail},
        after={"mail": mail},
    )


def facts_of(*, schedule: ReviewSchedule) -> JSONDict:
    """A schedule as the trail keeps it."""
    readers = schedule.readers.select_related("person").order_by("person_id")
    return {
        "team": schedule.team,
        "person": schedule.person.get_username() if schedule.person else None,
        **{name: getattr(schedule, name) for name in SETTINGS},
        "readers": [{"person": row.person.get_username(), "mail": row.mail} for row in readers],
    }


@transaction.atomic
def keep_review(
    *, schedule: ReviewSchedule, week: Week, press: Press, now: datetime, actor: Any
) -> KeptReview:
    """Make a schedule's review of a week that is over, ahead of its hour or of a week long ago, and tell its readers.

    Raises ConflictError when the week goes on, or when its review is kept already, which never changes.
    """
    schedule = ReviewSchedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
    if now < week.end:
        raise ConflictError("The week goes on. Its review is kept when it is over.", code="week-goes-on")
    there = KeptReview.objects.filter(schedule=schedule, week=week.name).first()
    if there is not None:
        message = f"The review of {week.name} is kept already, and is never changed."
        raise ConflictError(message, code="kept-already", facts={"review": there.pk})
    review = _keep(schedule, week, press, now, actor)
    _tell(review, press, now)
    return review


def keep_due(*, press: Press, now: datetime) -> int:
    """Make the reviews whose hour has come; returns how many. Each schedule is a transaction of its own, and one that
    can't be served keeps no other from it. Of several weeks that were missed all are made, and the newest is told."""
    due = ReviewSchedule.objects.filter(enabled=True, next_at__lte=now).order_by("next_at", "pk")
    made = 0
    for pk in list(due.values_list("pk", flat=True)[: AT_ONCE + len(_failed)]):
        if time.monotonic() - _failed.get(pk, float("-inf")) < AGAIN_SECONDS:
            continue
        _failed.pop(pk, None)
        try:
            made += _serve(pk, press, now)
        except DatabaseError:
            raise
        except Exception:
            _failed[pk] = time.monotonic()
            logger.exception("The review of schedule %s could not be made; it is tried again", pk)
    return made


@transaction.atomic
def _serve(pk: int, press: Press, now: datetime) -> int:
    """Make what is due of one schedule, unless another ticker is at it."""
    schedule = (
        ReviewSchedule.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(pk=pk, enabled=True, next_at__lte=now)
        .first()
    )
    if schedule is None:
        return 0
    zone = ZoneInfo(schedule.zone)
    passed = slots_between(_cron(schedule), schedule.zone, schedule.next_at, now, 10_000)
    weeks = {week.name: week for week in (week_of(slot, zone).before for slot in (schedule.next_at, *passed))}
    names = list(weeks)[-MOST_MISSED:]
    kept = set(KeptReview.objects.filter(schedule=schedule, week__in=names).values_list("week", flat=True))
    whom = not schedule.personal or (schedule.person is not None and schedule.person.is_active)
    made = [_keep(schedule, weeks[name], press, now, None) for name in names if name not in kept and whom]
    if made:
        _tell(made[-1], press, now)
    schedule.next_at = _next(schedule, now)
    schedule.save(update_fields=["next_at"])
    return len(made)


def _keep(schedule: ReviewSchedule, week: Week, press: Press, now: datetime, actor: Any) -> KeptReview:
    figures = json.loads(json.dumps(press.read(schedule, week, now=now)))
    review = KeptReview.objects.create(
        schedule=schedule,
        team=schedule.team,
        week=week.name,
        zone=schedule.zone,
        starts_at=week.start,
        ends_at=week.end,
        headline=figures["headline"],
        asked=len(figures["questions"]),
        figures=figures,
        digest=digest_of(figures=figures),
        made_at=now,
        made_by_name=actor.get_username() if actor is not None else "system",
    )
    after = {"week": week.name, "team": schedule.team, "digest": review.digest}
    write_audit(actor=actor, action="review.kept", obj=review, after=after)
    return review


def digest_of(*, figures: Mapping[str, Any]) -> str:
    """The SHA-256 of figures, whatever order their names stand in."""
    text = json.dumps(figures, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def _tell(review: KeptReview, press: Press, now: datetime) -> None:
    address = f"reviews/kept/{review.pk}/"
    readers = review.schedule.readers.filter(person__is_active=True).select_related("person")
    told = {row.person: row.mail for row in readers}
    text, html = press.written(review.figures, link=link_to(address))
    whose = f" of {review.team}" if review.team else ""
    tell(
        told,
        key=f"review:{review.pk}",
        title=f"The review of week {review.week}{whose} is ready",
        body=review.headline,
        address=address,
        now=now,
        letter=Letter(text, html, {person.pk for person, mail in told.items() if mail}),
    )
    counts = review.figures["now"]
    announce(
        "review.ready",
        workflow=None,
        subject=("review", review.pk),
        facts={
            "week": review.week,
            "zone": review.zone,
            "digest": review.digest,
            **{name: counts[name] for name in ("succeeded", "failed", "cancelled", "success_rate")},
        },
        now=now,
        address=address,
    )


def _cron(schedule: ReviewSchedule) -> str:
    return f"0 {schedule.hour} * * {(schedule.weekday + 1) % 7}"


def _next(schedule: ReviewSchedule, now: datetime) -> datetime:
    return next_slot(_cron(schedule), schedule.zone, now)


def _set_readers(schedule: ReviewSchedule, readers: Readers) -> None:
    """Raises InvalidError where nobody is left, and for others than the person of a personal one."""
    wanted = {person.pk: (person, mail) for person, mail in readers}
    people = get_user_model().objects.filter(Q(pk__in=wanted), is_active=True)
    problems = []
    if not wanted:
        problems.append(Problem("missing-value", "readers", "Nobody reads it.", "Name somebody."))
    elif schedule.personal and set(wanted) != {schedule.person_id}:
        message = "What one person may see is for that person alone."
        problems.append(
            Problem(
                "foreign-reader", "readers", message, "Leave the others out, or have a team's review made."
            )
        )
    elif people.count() != len(wanted):
        problems.append(
            Problem("inactive-person", "readers", "Somebody can't sign in any more.", "Leave him out.")
        )
    if problems:
        raise InvalidError(problems)
    schedule.readers.exclude(person__in=wanted).delete()
    for person, mail in wanted.values():
        schedule.readers.update_or_create(person=person, defaults={"mail": mail})


def _require(values: Mapping[str, Any], *, team: str = "") -> None:
    if not isinstance(values, Mapping):
        raise InvalidError([Problem("wrong-value-type", "changes", "This is no object.", "Send {…}.")])
    problems = text_problems(ReviewSchedule, team=team)
    for name, value in values.items():
        if name not in SETTINGS:
            hint = f"Use {', '.join(SETTINGS)}."
            problems.append(Problem("unknown-field", name, f"{quoted(name)} can't be set.", hint))
        elif name == "zone":
            wrong = text_problems(ReviewSchedule, zone=value)
            hint = "Write one like “Europe/Vienna”."
            unknown = [] if wrong or is_zone(value) else [_unknown_zone(value, hint)]
            problems += wrong + unknown
        elif name == "enabled":
            if not isinstance(value, bool):
                problems.append(
                    Problem("wrong-value-type", name, "This is yes or no.", "Send true or false.")
                )
        elif isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= NUMBERS[name]:
            hint = f"Send a whole number from 0 to {NUMBERS[name]}."
            problems.append(Problem("out-of-range", name, f"{quoted(value)} is no {name}.", hint))
    if problems:
        raise InvalidError(problems)


def _unknown_zone(value: str, hint: str) -> Problem:
    return Problem("unknown-zone", "zone", f"{quoted(value)} is no time zone.", hint)
