"""Weekly reviews that are kept: when they are made and for whom, their figures, what was answered, who has signed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.engine.weeks import LONGEST_NAME


class ReviewSchedule(models.Model):
    """When a week is reviewed by itself: of a team's workflows or of all, for its readers; or `personal`, of what one
    person may see."""

    team = models.CharField(max_length=80, blank=True, help_text="Without it: all workflows.")
    personal = models.BooleanField(default=False, help_text="Only of what its person may see.")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    zone = models.CharField(max_length=64, default="UTC", help_text="Whose weeks and hours.")
    weekday = models.PositiveSmallIntegerField(default=0, help_text="0 is Monday.")
    hour = models.PositiveSmallIntegerField(default=8)
    enabled = models.BooleanField(default=True)
    next_at = models.DateTimeField(help_text="When the next review is made.")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.CheckConstraint(condition=Q(weekday__lte=6), name="reviewschedule_weekday_known"),
            models.CheckConstraint(condition=Q(hour__lte=23), name="reviewschedule_hour_known"),
            models.CheckConstraint(
                condition=Q(personal=True) | Q(person__isnull=True), name="reviewschedule_person_of_personal"
            ),
            models.UniqueConstraint(
                fields=("team",), condition=Q(personal=False), name="reviewschedule_one_a_team"
            ),
            models.UniqueConstraint(
                fields=("person", "team"), condition=Q(personal=True), name="reviewschedule_one_a_person"
            ),
        )
        indexes = (models.Index(fields=("next_at",), name="reviewschedule_due", condition=Q(enabled=True)),)

    def __str__(self) -> str:
        return self.team or ("What one may see" if self.personal else "All workflows")


class ReviewReader(models.Model):
    """Who may see the reviews of a schedule, answers what they ask, and is told when one is ready."""

    schedule = models.ForeignKey(ReviewSchedule, on_delete=models.CASCADE, related_name="readers")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    mail = models.BooleanField(default=True, help_text="Also by mail.")

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("schedule", "person"), name="reviewreader_once"),)

    def __str__(self) -> str:
        return str(self.person)


class KeptReview(models.Model):
    """A week's review as it was made. The database refuses to change or delete it: runs may go, their review stays."""

    schedule = models.ForeignKey(ReviewSchedule, on_delete=models.PROTECT, related_name="reviews")
    team = models.CharField(max_length=80, blank=True)
    week = models.CharField(max_length=LONGEST_NAME, help_text="As ISO 8601 names it: 2026-W48.")
    zone = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    headline = models.TextField()
    asked = models.PositiveIntegerField(help_text="Questions that it asks.")
    figures = models.JSONField(help_text="All that it says, as it was when it was made.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the figures.")
    made_at = models.DateTimeField()
    made_by_name = models.CharField(max_length=150, help_text="Kept as it was.")

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("schedule", "week"), name="keptreview_once_a_week"),
            models.CheckConstraint(
                condition=Q(made_at__gte=models.F("ends_at")), name="keptreview_of_a_week_that_is_over"
            ),
        )

    def __str__(self) -> str:
        return f"{self.week} {self.team}".strip()


class ReviewDecision(models.Model):
    """What somebody has answered to a question of a review; it can be changed until the review is signed."""

    class Choice(models.TextChoices):
        KEEP = "keep"
        CHANGE = "change"
        LATER = "later"

    review = models.ForeignKey(KeptReview, on_delete=models.PROTECT, related_name="decisions")
    question = models.CharField(max_length=160, help_text="The key of the question among the figures.")
    choice = models.CharField(max_length=6, choices=Choice.choices)
    note = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_by_name = models.CharField(max_length=150, help_text="Kept as it was.")
    at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("review", "question"), name="reviewdecision_once"),
            models.CheckConstraint(
                condition=Q(choice__in=["keep", "change", "later"]), name="reviewdecision_choice_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.question}: {self.choice}"


class ReviewSignature(models.Model):
    """A person has signed a review whose causes of failure were all looked at. The database refuses to change it."""

    review = models.OneToOneField(KeptReview, on_delete=models.PROTECT, related_name="signature")
    digest = models.CharField(max_length=64, help_text="Of the figures that were signed.")
    note = models.CharField(max_length=300)
    decided = models.JSONField(help_text="The answers as they stood: [{question, choice, note, by, at}].")
    triage = models.JSONField(help_text="How the causes of failure stood: [{workflow, fingerprint, …}].")
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    signed_by_name = models.CharField(max_length=150, help_text="Kept as it was.")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"{self.digest[:8]} by {self.signed_by_name}"
