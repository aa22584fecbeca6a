from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Notification(models.Model):
    """A message to a person in the app, written in the transaction of the step that sends it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    key = models.CharField(max_length=200, help_text="run:step of its sender: sent once.")
    title = models.CharField(max_length=200)
    body = models.TextField(blank=True)
    run = models.ForeignKey(
        "automations.Run", null=True, on_delete=models.SET_NULL, related_name="notifications"
    )
    address = models.CharField(
        max_length=200, blank=True, help_text="The page that it is about, below the app's own address."
    )
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("user", "key"), name="notification_once"),)
        indexes = (
            models.Index(fields=("user", "-id"), name="notification_unread", condition=Q(read_at=None)),
        )

    def __str__(self) -> str:
        return self.title


class OutgoingEmail(models.Model):
    """A mail that waits to be sent: committed with its step, sent by the ticker, at least once."""

    class State(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        FAILED = "failed"

    key = models.CharField(max_length=200, unique=True)
    to = models.EmailField()
    subject = models.CharField(max_length=300)
    body = models.TextField()
    html = models.TextField(blank=True, help_text="The same for programs that show more than text.")
    run = models.ForeignKey("automations.Run", null=True, on_delete=models.SET_NULL, related_name="emails")
    state = models.CharField(max_length=8, choices=State.choices, default=State.PENDING)
    attempt = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(state__in=["pending", "sent", "failed"]), name="email_state_known"
            ),
        )
        indexes = (models.Index(fields=("due_at",), name="email_due", condition=Q(state="pending")),)

    def __str__(self) -> str:
        return self.subject
