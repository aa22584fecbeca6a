"""When weeks are reviewed by themselves, of what, and for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from automations import review_rights
from automations.api.idempotency import idempotent
from automations.api.kept_reviews import KEPT, KeptAnswer, told
from automations.api.pagination import page_of
from automations.api.people import person_for
from automations.api.reviews import week_named
from automations.api.schema import operation
from automations.api.serializers import Answer, Body, UserName
from automations.api.views import ApiView
from automations.errors import ForbiddenError, NotFoundError
from automations.insight.review.press import PRESS
from automations.models import ReviewSchedule
from automations.services import reviews


class ReaderAnswer(Answer):
    person = UserName()
    mail = serializers.BooleanField(help_text="Also by mail.")


class ScheduleAnswer(Answer):
    id = serializers.IntegerField()
    team = serializers.CharField(help_text="“”: all workflows, or with a person all that he may see.")
    person = UserName(allow_null=True, help_text="Whose own review it is, of what he may see.")
    personal = serializers.BooleanField()
    zone = serializers.CharField()
    weekday = serializers.IntegerField(help_text="0 is Monday.")
    hour = serializers.IntegerField()
    enabled = serializers.BooleanField()
    next_at = serializers.DateTimeField(
        help_text="When the next is made, of the last week that is over by then."
    )
    readers = ReaderAnswer(many=True)
    my_mail = serializers.BooleanField(allow_null=True, help_text="null: you are no reader of it.")
    may_change = serializers.BooleanField()


class ReaderBody(Body):
    person = serializers.CharField(max_length=150, help_text="A user name.")
    mail = serializers.BooleanField(default=True)


class ScheduleChangeBody(Body):
    read_only_names: tuple[str, ...] = (
        "id",
        "team",
        "person",
        "personal",
        "next_at",
        "my_mail",
        "may_change",
    )
    zone = serializers.CharField(max_length=64, required=False)
    weekday = serializers.IntegerField(required=False, min_value=0, max_value=6, help_text="0 is Monday.")
    hour = serializers.IntegerField(required=False, min_value=0, max_value=23)
    enabled = serializers.BooleanField(required=False)
    readers = ReaderBody(many=True, required=False)


class ScheduleBody(ScheduleChangeBody):
    read_only_names = ("id", "person", "next_at", "my_mail", "may_change", "enabled")
    enabled = None  # type: ignore[assignment]
    team = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="Without it: of all."
    )
    personal = serializers.BooleanField(
        default=False,
        help_text="Your own, of what you may see; else of all its workflows, which takes an admin.",
    )


class MailBody(Body):
    mail = serializers.BooleanField()


class MakeBody(Body):
    week = serializers.CharField(max_length=8, help_text="2026-W48; it has to be over.")


SCHEDULE: dict[str, Any] = {
    "id": 1,
    "team": "Desk",
    "person": None,
    "personal": False,
    "zone": "Europe/Vienna",
    "weekday": 0,
    "hour": 8,
    "enabled": True,
    "next_at": "2026-11-30T07:00:00Z",
    "readers": [{"person": "noor", "mail": True}],
    "my_mail": None,
    "may_change": True,
}


def _told(schedules: Sequence[ReviewSchedule], actor: Any) -> list[dict[str, Any]]:
    any_of_them = review_rights.may_set_schedule(actor, person=None)
    for schedule in schedules:
        own = [row for row in schedule.readers.all() if row.person_id == actor.pk]
        schedule.my_mail = own[0].mail if own else None  # type: ignore[attr-defined]
        is_own = schedule.personal and schedule.person_id == actor.pk
        schedule.may_change = any_of_them or is_own  # type: ignore[attr-defined]
    return list(ScheduleAnswer(schedules, many=True).data)


def _seen(actor: Any) -> Any:
    return review_rights.visible_schedules(actor).select_related("person").prefetch_related("readers__person")


def _one(view: ApiView, pk: int) -> dict[str, Any]:
    return _told(list(_seen(view.actor).filter(pk=pk)), view.actor)[0]


def _schedule_for(view: ApiView, pk: int, *, to_change: bool = True) -> ReviewSchedule:
    """Raises NotFoundError for who does not see it, ForbiddenError for who may not change it."""
    found: ReviewSchedule | None = _seen(view.actor).filter(pk=pk).first()
    if found is None:
        raise NotFoundError("There is no such schedule.")
    if to_change:
        _require_may_set(view.actor, found.person if found.personal else None)
    return found


def _require_may_set(actor: Any, person: Any) -> None:
    if not review_rights.may_set_schedule(actor, person=person):
        raise ForbiddenError(
            "It takes an admin to have a team's week reviewed for others. Your own you can have made: of what you may see."
        )


def _readers(given: Sequence[dict[str, Any]]) -> list[tuple[Any, bool]]:
    return [(person_for(row["person"]), row["mail"]) for row in given]


class ReviewSchedulesView(ApiView):
    @operation("review_schedules_list", "reviews", answer=ScheduleAnswer, many=True, example=SCHEDULE)
    def get(self, request: Request) -> Response:
        """The schedules whose reviews you read; for admins all."""
        return Response(page_of(request, _seen(self.actor), lambda page: _told(page, self.actor)))

    @operation(
        "review_schedules_make",
        "reviews",
        request=ScheduleBody,
        answer=ScheduleAnswer,
        status=201,
        idempotent=True,
        sent={
            "team": "Desk",
            "zone": "Europe/Vienna",
            "weekday": 0,
            "hour": 8,
            "readers": [{"person": "noor"}],
        },
        example=SCHEDULE,
    )
    @idempotent()
    def post(self, request: Request) -> Response:
        """Have each week reviewed by itself, at that hour of the zone, and kept: your own, or a team's for its readers."""
        wanted = self.body(ScheduleBody)
        person = self.actor if wanted.pop("personal") else None
        _require_may_set(self.actor, person)
        named = wanted.pop("readers", None)
        readers = [(self.actor, True)] if named is None and person is not None else _readers(named or ())
        made = reviews.make_schedule(
            **wanted, person=person, readers=readers, actor=self.actor, now=timezone.now()
        )
        return Response(_one(self, made.pk), status=201)


class ReviewScheduleView(ApiView):
    @operation(
        "review_schedules_change",
        "reviews",
        request=ScheduleChangeBody,
        answer=ScheduleAnswer,
        sent={"hour": 9},
        example=SCHEDULE,
    )
    def patch(self, request: Request, pk: int) -> Response:
        """Change when its reviews are made, switch it off, or name other readers; what it is about stays."""
        schedule = _schedule_for(self, pk)
        changes = self.body(ScheduleChangeBody)
        named = changes.pop("readers", None)
        reviews.change_schedule(
            schedule=schedule,
            changes=changes,
            readers=None if named is None else _readers(named),
            actor=self.actor,
            now=timezone.now(),
        )
        return Response(_one(self, pk))


class ReviewScheduleMailView(ApiView):
    @operation(
        "review_schedules_mail",
        "reviews",
        request=MailBody,
        answer=ScheduleAnswer,
        sent={"mail": False},
        example=SCHEDULE,
    )
    def post(self, request: Request, pk: int) -> Response:
        """Get its reviews by mail, or only in the app."""
        schedule = _schedule_for(self, pk, to_change=False)
        reviews.set_mail(schedule=schedule, mail=self.body(MailBody)["mail"], actor=self.actor)
        return Response(_one(self, pk))


class ReviewScheduleMakeView(ApiView):
    @operation(
        "review_schedules_keep",
        "reviews",
        request=MakeBody,
        answer=KeptAnswer,
        status=201,
        idempotent=True,
        sent={"week": "2026-W48"},
        example=KEPT,
    )
    @idempotent()
    def post(self, request: Request, pk: int) -> Response:
        """Make and keep its review of a week that is over, ahead of its hour or of a week long ago. There is one of each week:
        409 where it is kept already."""
        schedule, now = _schedule_for(self, pk), timezone.now()
        week = week_named(self.body(MakeBody)["week"], ZoneInfo(schedule.zone), now)
        made = reviews.keep_review(schedule=schedule, week=week, press=PRESS, actor=self.actor, now=now)
        return Response(told(made), status=201)
