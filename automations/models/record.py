from __future__ import annotations

from django.conf import settings
from django.db import models

from automations.models.module import Module


class Record(models.Model):
    """One record of a stored module; `data` holds canonical values by field key."""

    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="records", db_index=False)
    key = models.CharField(max_length=120)
    data = models.JSONField(default=dict)
    version = models.PositiveIntegerField(
        default=1, help_text="Rises with every change; the optimistic lock."
    )
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (models.UniqueConstraint(fields=("module", "key"), name="record_key_unique_in_module"),)

    def __str__(self) -> str:
        return self.key


class RecordChange(models.Model):
    """One field of one record changed: who, which run or which undo did it, from what to what.

    Records are named by module and key, not by foreign key, because a native module's records live in the
    host's own tables, and because the history outlives the record.
    """

    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+", db_index=False)
    record_key = models.CharField(max_length=120)
    version = models.PositiveIntegerField(default=0)
    field = models.CharField(max_length=63)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    run = models.ForeignKey(
        "automations.Run", null=True, on_delete=models.SET_NULL, related_name="record_changes"
    )
    undo = models.ForeignKey(
        "automations.RunUndo", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("module", "record_key", "-id"), name="recordchange_by_record"),
            models.Index(
                fields=("actor",), name="recordchange_by_actor", condition=models.Q(actor__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return f"{self.record_key}.{self.field}"


class RecordComment(models.Model):
    """A remark on a record, written by a person or by a run."""

    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+", db_index=False)
    record_key = models.CharField(max_length=120)
    text = models.TextField()
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    run = models.ForeignKey("automations.Run", null=True, on_delete=models.SET_NULL, related_name="comments")

    class Meta:
        ordering = ("-id",)
        indexes = (
            models.Index(fields=("module", "record_key", "-id"), name="recordcomment_by_record"),
            models.Index(
                fields=("actor",), name="recordcomment_by_actor", condition=models.Q(actor__isnull=False)
            ),
        )

    def __str__(self) -> str:
        return self.text[:60]
