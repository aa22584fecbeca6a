from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from webhooks.outbound.models.delivery import Delivery


class UnknownOutcome(models.Model):
    """One attempt of which nobody knows whether it arrived, and what a person has said of it. While nobody has, its delivery
    needs review: nothing is sent. The first answer stands."""

    class Reply(models.TextChoices):
        HAPPENED = "happened", "It happened"
        RESEND = "resend", "It did not happen: send it again"
        FAIL = "fail", "It did not happen: leave it"

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="unknowns", db_index=False)
    attempt = models.PositiveIntegerField(help_text="Its number within the delivery.")
    error = models.CharField(max_length=64, help_text="Why there is no answer, as a code.")
    message = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    reply = models.CharField(max_length=8, choices=Reply.choices, blank=True)
    note = models.CharField(max_length=300, blank=True, help_text="How the person knows.")
    status = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="What the other side answered, where the person knows."
    )
    body = models.TextField(blank=True, help_text="The answer's body, masked.")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    person_name = models.CharField(max_length=150, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("delivery", "attempt"), name="unknownoutcome_asked_once"),
            models.CheckConstraint(
                condition=Q(reply="", answered_at__isnull=True, note="", status__isnull=True, body="")
                | ~Q(reply="") & Q(answered_at__isnull=False) & ~Q(note=""),
                name="unknownoutcome_answered_with_a_note",
            ),
            models.CheckConstraint(
                condition=Q(reply="happened") | Q(status__isnull=True, body=""),
                name="unknownoutcome_answer_of_what_happened",
            ),
            models.CheckConstraint(
                condition=Q(status__isnull=True) | Q(status__gte=200, status__lte=299),
                name="unknownoutcome_status_of_success",
            ),
        )
        indexes = (
            models.Index(fields=("-id",), name="unknownoutcome_open", condition=Q(answered_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"{self.delivery_id} #{self.attempt}"
