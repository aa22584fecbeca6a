from __future__ import annotations

from django.conf import settings
from django.db import models


class AuditEntry(models.Model):
    """Who changed what; the database refuses to change or delete a row (see the first migration)."""

    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
    )
    actor_name = models.CharField(max_length=150, help_text="Kept as it was, also when the user is gone.")
    action = models.CharField(max_length=80, help_text="Dotted, past tense: workflow.published.")
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=120)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "audit entries"
        indexes = (
            models.Index(fields=("object_type", "object_id", "-id"), name="audit_by_object"),
            models.Index(fields=("action", "-id"), name="audit_by_action"),
        )

    def __str__(self) -> str:
        return self.action


class AuditSeal(models.Model):
    """A link of the chain over the trail: each holds the hash of its entry together with the link before.

    The database makes it when the entry's transaction commits (migration 0008), so no entry is without one. `seq`
    counts from 1 without gaps, in the order of the commits.
    """

    seq = models.BigIntegerField(primary_key=True)
    entry = models.OneToOneField(
        AuditEntry, on_delete=models.DO_NOTHING, related_name="seal", db_constraint=False
    )
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64, help_text="SHA-256 (hex) of the link before and the entry.")

    class Meta:
        ordering = ("-seq",)

    def __str__(self) -> str:
        return f"{self.seq} {self.hash[:12]}"
