from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from webhooks.secrets.models import Secret

MAX_ATTEMPTS = 10


class Destination(models.Model):
    """Where deliveries go, how, and how it has been of late."""

    class Format(models.TextChoices):
        WEBHOOK = "webhook", "Standard Webhooks, signed"
        SLACK = "slack", "Slack's incoming webhook"
        TEAMS = "teams", "Microsoft Teams' workflow webhook"

    class State(models.TextChoices):
        ENABLED = "enabled"
        DISABLED = "disabled"

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=160)
    format = models.CharField(max_length=7, choices=Format.choices, default=Format.WEBHOOK)
    url = models.CharField(max_length=2_000)
    url_secret = models.ForeignKey(
        Secret,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="addresses",
        help_text="Its value is put behind the address, as for the incoming webhooks of chat programs.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    max_attempts = models.PositiveSmallIntegerField(default=MAX_ATTEMPTS)
    retry_other_refusals = models.BooleanField(
        null=True,
        blank=True,
        help_text="Whether 4xx answers beside 408, 425, 429 are tried again; empty: for events, not for steps.",
    )
    retry_safe = models.BooleanField(
        default=True,
        help_text="The receiver knows a repeated call by its webhook-id, or a repeat does no harm: a call that may have"
        " arrived is tried again by itself. Off: somebody is asked whether it happened.",
    )
    concurrency = models.PositiveSmallIntegerField(default=4, help_text="Calls at the same time.")
    rate = models.PositiveIntegerField(default=600, help_text="Calls a minute.")
    timeout_seconds = models.PositiveSmallIntegerField(
        default=15, help_text="How long a call may take in all; never longer than the project's settings say."
    )
    ordered = models.BooleanField(
        default=False,
        help_text="What is about one record goes one after the other: a delivery that waits holds back the later ones of"
        " that record.",
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.ENABLED)
    disabled_reason = models.CharField(max_length=300, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0, help_text="Failed attempts since the last success.")
    failing_since = models.DateTimeField(null=True, blank=True)
    warned_at = models.DateTimeField(
        null=True, blank=True, help_text="When its owner was told that it fails."
    )
    open_until = models.DateTimeField(
        null=True, blank=True, help_text="The circuit is open: nothing is sent before; then one call tries."
    )
    rate_window = models.DateTimeField(null=True, blank=True, editable=False)
    rate_used = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("key",)
        permissions = (("use_destination", "Can send to the destination"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(state="enabled", disabled_at__isnull=True)
                | Q(state="disabled", disabled_at__isnull=False),
                name="destination_disabled_says_when",
            ),
            models.CheckConstraint(
                condition=Q(max_attempts__gte=1, max_attempts__lte=MAX_ATTEMPTS),
                name="destination_attempts_in_range",
            ),
            models.CheckConstraint(
                condition=Q(concurrency__gte=1, concurrency__lte=50, rate__gte=1, rate__lte=60_000),
                name="destination_pace_in_range",
            ),
            models.CheckConstraint(
                condition=Q(timeout_seconds__gte=1, timeout_seconds__lte=60),
                name="destination_timeout_in_range",
            ),
            models.CheckConstraint(
                condition=Q(failures=0, failing_since__isnull=True)
                | Q(failures__gt=0, failing_since__isnull=False),
                name="destination_failing_says_since",
            ),
        )

    def __str__(self) -> str:
        return self.name


class DestinationHeader(models.Model):
    """A header of every call: a text, with a secret behind it where there is one (“Bearer ” and the token)."""

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="headers")
    name = models.CharField(max_length=80)
    text = models.CharField(max_length=1_000, blank=True)
    secret = models.ForeignKey(
        Secret, null=True, blank=True, on_delete=models.PROTECT, related_name="headers"
    )

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(fields=("destination", "name"), name="destination_header_once"),
            models.CheckConstraint(
                condition=~Q(text="") | Q(secret__isnull=False), name="destination_header_has_a_value"
            ),
        )

    def __str__(self) -> str:
        return self.name


class FingerprintKey(models.Model):
    """What fingerprints of destinations are made with, so that nobody can try guesses against them. One row."""

    value = models.TextField(editable=False, help_text="Encrypted.")
    created_at = models.DateTimeField()

    class Meta:
        constraints = (models.CheckConstraint(condition=Q(id=1), name="fingerprintkey_single_row"),)

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d}"


class SigningKey(models.Model):
    """What calls to a destination are signed with; after a rotation the old one signs beside the new until it expires."""

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="signing_keys")
    value = models.TextField(editable=False, help_text="Encrypted.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("destination",),
                condition=Q(expires_at__isnull=True),
                name="signingkey_one_that_stays",
            ),
            models.CheckConstraint(condition=~Q(value=""), name="signingkey_has_a_value"),
        )

    def __str__(self) -> str:
        return f"{self.destination_id} {self.created_at:%Y-%m-%d}"
