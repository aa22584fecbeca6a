from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.models import Event, TriggerSource
from webhooks.inbound.presets import SCHEMES
from webhooks.inbound.requests import MAX_BODY

UNSIGNED = "unsigned"


class Endpoint(models.Model):
    """An address that one sender posts to, and what its requests are held against.

    The address is looked up by the hash of its token. Its events belong to a trigger source of its own, which holds
    the contract of the payload and the module that it is about.
    """

    key = models.SlugField(max_length=40, unique=True, help_text="Events of it have the type webhook.<key>.…")
    name = models.CharField(max_length=120)
    source = models.OneToOneField(TriggerSource, on_delete=models.PROTECT, related_name="+")
    scheme = models.CharField(
        max_length=16, choices={key: scheme.label for key, scheme in SCHEMES.items()}, default="standard"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    token = models.TextField(help_text="Encrypted: the address can be shown again.")
    tolerance_seconds = models.PositiveIntegerField(
        default=300, help_text="How far a signed time may be from ours."
    )
    max_body = models.PositiveIntegerField(default=MAX_BODY, help_text="Bytes of a body.")
    rate_per_minute = models.PositiveIntegerField(
        default=6000, help_text="Requests that are let in, by all web processes together."
    )
    allowed_networks = models.JSONField(
        default=list, blank=True, help_text='Addresses and networks such as "203.0.113.0/24"; empty: all.'
    )
    type_path = models.CharField(
        max_length=200, blank=True, help_text="Where the body names the event's type, such as meta.kind."
    )
    record_path = models.CharField(
        max_length=200, blank=True, help_text="Where the body names the record, such as order.number."
    )
    dedupe_path = models.CharField(
        max_length=200, blank=True, help_text="Where the body names what must happen once."
    )
    is_enabled = models.BooleanField(default=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it was deleted; its receipts stay."
    )

    class Meta:
        ordering = ("key",)
        constraints = (
            models.CheckConstraint(
                condition=Q(archived_at__isnull=True) | Q(is_enabled=False),
                name="endpoint_archived_is_closed",
            ),
            models.CheckConstraint(
                condition=Q(tolerance_seconds__gte=1, tolerance_seconds__lte=3600),
                name="endpoint_tolerance_within_an_hour",
            ),
            models.CheckConstraint(
                condition=Q(max_body__gte=1, max_body__lte=MAX_BODY), name="endpoint_body_is_capped"
            ),
            models.CheckConstraint(
                condition=Q(rate_per_minute__gte=1, rate_per_minute__lte=600_000),
                name="endpoint_rate_is_capped",
            ),
        )

    def __str__(self) -> str:
        return self.name


class Misdirected(models.Model):
    """Requests of one minute to addresses that are none: unknown, switched off, deleted. They have no receipts."""

    minute = models.DateTimeField(unique=True)
    count = models.PositiveBigIntegerField()
    sender = models.GenericIPAddressField(null=True, help_text="Of the last one.")

    class Meta:
        ordering = ("-minute",)
        verbose_name_plural = "misdirected requests"

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M}: {self.count}"


class EndpointPace(models.Model):
    """What is left of an endpoint's share of requests, for all web processes together. They draw from it in portions; a row
    is made by the first draw and is worth nothing: without it the share is whole."""

    endpoint = models.OneToOneField(Endpoint, on_delete=models.CASCADE, primary_key=True, related_name="+")
    room = models.FloatField()
    taken = models.FloatField(help_text="By the newest draw.")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.endpoint_id}: {self.room:.0f}"


class EndpointSecret(models.Model):
    """One of an endpoint's secrets, encrypted. It counts until `expires_at`, if it has one."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="secrets")
    secret = models.TextField(help_text="Encrypted.")
    hint = models.CharField(max_length=8, help_text="Its last characters, to tell it from others.")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, help_text="Until when it counts; empty: without end.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        ordering = ("-id",)

    def __str__(self) -> str:
        return f"…{self.hint}"


class Receipt(models.Model):
    """What came of a request to an endpoint.

    An accepted one has a row of its own, whose id is the delivery's. Refusals share a row per kind and minute, and
    repetitions one per delivery, so that no sender can fill the table: `count` says how many, `detail` tells the last.
    """

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted"
        HANDSHAKE = "handshake"
        DUPLICATE = "duplicate"
        CONFLICT = "conflict"
        SENDER_REFUSED = "sender_refused"
        THROTTLED = "throttled"
        TOO_LARGE = "too_large"
        WRONG_TYPE = "wrong_type"
        MALFORMED = "malformed"
        STALE = "stale"
        BAD_SIGNATURE = "bad_signature"
        BAD_BODY = "bad_body"
        CONTRACT = "contract"

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="receipts", db_index=False)
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    status = models.PositiveSmallIntegerField(help_text="What was answered.")
    webhook_id = models.CharField(max_length=256, blank=True, help_text="The sender's name for it.")
    body_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 (hex) of the body.")
    body_bytes = models.PositiveIntegerField(default=0)
    detail = models.CharField(max_length=300, blank=True)
    sender = models.GenericIPAddressField(null=True)
    secret_hint = models.CharField(max_length=8, blank=True, help_text="The secret that had signed it.")
    event = models.ForeignKey(
        Event, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False, db_index=False
    )
    bundle = models.CharField(max_length=300, null=True, help_text="What it is counted together with.")
    count = models.PositiveBigIntegerField(default=1)
    took_ms = models.FloatField(default=0, help_text="From the first byte until this row was written.")
    received_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("endpoint", "webhook_id"),
                condition=Q(verdict="accepted") & ~Q(webhook_id=""),
                name="receipt_accepted_once",
            ),
            models.UniqueConstraint(
                fields=("endpoint", "bundle"), condition=Q(bundle__isnull=False), name="receipt_bundle_once"
            ),
        )
        indexes = (
            models.Index(fields=("endpoint", "-id"), name="receipt_by_endpoint"),
            models.Index(fields=("received_at",), name="receipt_by_age"),
        )

    def __str__(self) -> str:
        return f"{self.verdict} #{self.pk}"
