"""Weekly reviews that are kept, to read, answer and sign, and the schedules that make them; their services are behind every
act."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from automations import review_rights
from automations.admin.base import SeenAdmin, SeenInline, ServiceAdmin, ServiceForm, as_json, with_reason
from automations.engine.weeks import week_of
from automations.errors import ForbiddenError, NotFoundError
from automations.insight.review.press import PRESS
from automations.models import KeptReview, ReviewDecision, ReviewReader, ReviewSchedule, ReviewSignature
from automations.services.review_decisions import answer_question, sign_review
from automations.services.reviews import SETTINGS, change_schedule, keep_review, make_schedule


def _people() -> forms.ModelMultipleChoiceField:
    return forms.ModelMultipleChoiceField(get_user_model().objects.filter(is_active=True), required=False)


class ScheduleForm(ServiceForm):
    readers = _people()
    readers_without_mail = _people()

    class Meta:
        model = ReviewSchedule
        fields = ("team", "person", "zone", "weekday", "hour", "enabled")
        help_texts = {"person": "Only of what somebody may see, for him alone; empty: for the readers."}

    def validate_constraints(self) -> None:
        """The service is the judge."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None:
            for name, mail in (("readers", True), ("readers_without_mail", False)):
                rows = self.instance.readers.filter(mail=mail)
                self.fields[name].initial = list(rows.values_list("person", flat=True))

    def save_through_service(self) -> models.Model:
        given = dict(self.cleaned_data)
        quiet = set(given["readers_without_mail"])
        readers = [(person, False) for person in quiet]
        readers += [(person, True) for person in given["readers"] if person not in quiet]
        person = given.get("person") if self.instance.pk is None else self.instance.person
        if not review_rights.may_set_schedule(self.actor, person=person):
            raise ForbiddenError("It takes an admin to have a week reviewed for others.")
        common: dict[str, Any] = {"actor": self.actor, "now": timezone.now(), "readers": readers}
        if self.instance.pk is not None:
            changes = {name: value for name, value in self.changes().items() if name in SETTINGS}
            return change_schedule(schedule=self.instance, changes=changes, **common)
        when = {name: given[name] for name in ("zone", "weekday", "hour")}
        return make_schedule(team=given["team"], person=person, **when, **common)


def _make(schedule: ReviewSchedule, actor: Any, _: str) -> None:
    if not review_rights.may_set_schedule(actor, person=schedule.person if schedule.personal else None):
        raise ForbiddenError("It takes an admin to have a week reviewed for others.")
    now = timezone.now()
    week = week_of(now, ZoneInfo(schedule.zone)).before
    keep_review(schedule=schedule, week=week, press=PRESS, actor=actor, now=now)


@admin.register(ReviewSchedule)
class ReviewScheduleAdmin(ServiceAdmin):
    """When weeks are reviewed by themselves. *Make the last week* makes that of the week that is over now."""

    form = ScheduleForm
    sees = staticmethod(review_rights.visible_schedules)
    list_display = ("__str__", "person", "zone", "weekday", "hour", "enabled", "next_at")
    list_filter = ("enabled", "personal", "team")
    list_select_related = ("person",)
    search_fields = ("team", "person__username")
    autocomplete_fields = ("person",)
    actions = (with_reason("Make the last week…", _make, needs_reason=False),)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_staff)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return bool(request.user.is_staff)
        return review_rights.may_set_schedule(request.user, person=obj.person if obj.personal else None)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return ("team", "person") if obj is not None else ()


@admin.register(ReviewReader)
class ReviewReaderAdmin(SeenAdmin):
    """Who reads what; it is set with the schedule."""

    list_display = ("schedule", "person", "mail")
    list_filter = ("mail",)
    list_select_related = ("schedule", "person")
    search_fields = ("schedule__team", "person__username")

    @staticmethod
    def sees(actor: Any) -> QuerySet[ReviewReader]:
        return ReviewReader.objects.filter(schedule__in=review_rights.visible_schedules(actor).values("pk"))


class DecisionInline(SeenInline):
    model = ReviewDecision
    fields = ("question", "choice", "note", "decided_by_name", "at")


class SignatureInline(SeenInline):
    model = ReviewSignature
    fields = ("signed_by_name", "note", "digest", "at")


def _sign(review: KeptReview, actor: Any, reason: str) -> None:
    sign_review(review=review, digest=review.digest, note=reason, actor=actor, now=timezone.now())


@admin.register(KeptReview)
class KeptReviewAdmin(SeenAdmin):
    """Weeks as they were reviewed. The database refuses to change one."""

    sees = staticmethod(review_rights.visible_reviews)
    list_display = ("week", "team", "headline", "asked", "made_at", "made_by_name", "signed")
    list_filter = ("team", "made_at", ("signature", admin.EmptyFieldListFilter))
    list_select_related = ("signature",)
    search_fields = ("week", "team", "headline")
    date_hierarchy = "made_at"
    exclude = ("figures",)
    readonly_fields = ("what_it_says",)
    inlines = (DecisionInline, SignatureInline)
    actions = (with_reason("Sign…", _sign),)

    @admin.display(description="Signed by")
    def signed(self, review: KeptReview) -> str:
        signature = getattr(review, "signature", None)
        return signature.signed_by_name if signature is not None else "–"

    @admin.display(description="Figures")
    def what_it_says(self, review: KeptReview) -> SafeString:
        return as_json(review.figures)


class AnswerForm(ServiceForm):
    class Meta:
        model = ReviewDecision
        fields = ("review", "question", "choice", "note")

    def validate_unique(self) -> None:
        """Another answer to the same question takes the place of the first."""

    def validate_constraints(self) -> None:
        """Likewise."""

    def save_through_service(self) -> models.Model:
        given = dict(self.cleaned_data)
        seen = review_rights.visible_reviews(self.actor)
        if not seen.filter(pk=given["review"].pk).exists():
            raise NotFoundError("There is no such review.")
        return answer_question(**given, actor=self.actor, now=timezone.now())


@admin.register(ReviewDecision)
class ReviewDecisionAdmin(ServiceAdmin):
    """What was answered to reviews. Add one to answer; until the review is signed, the newest stands."""

    form = AnswerForm
    list_display = ("review", "question", "choice", "note", "decided_by_name", "at")
    list_filter = ("choice", "at", "review__team")
    list_select_related = ("review",)
    search_fields = ("question", "note", "decided_by_name", "review__week", "review__team")
    raw_id_fields = ("review",)

    @staticmethod
    def sees(actor: Any) -> QuerySet[ReviewDecision]:
        return ReviewDecision.objects.filter(review__in=review_rights.visible_reviews(actor).values("pk"))

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.is_staff)


@admin.register(ReviewSignature)
class ReviewSignatureAdmin(SeenAdmin):
    """Who has signed which week, with the answers and the triage as they stood."""

    list_display = ("review", "signed_by_name", "note", "at")
    list_filter = ("at", "review__team")
    list_select_related = ("review",)
    search_fields = ("signed_by_name", "note", "review__week", "review__team")

    @staticmethod
    def sees(actor: Any) -> QuerySet[ReviewSignature]:
        return ReviewSignature.objects.filter(review__in=review_rights.visible_reviews(actor).values("pk"))
