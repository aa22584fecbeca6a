from __future__ import annotations

from django.conf import settings
from django.db import models


class RotationCursor(models.Model):
    """Where a round-robin assignment stands; its row lock orders concurrent runs."""

    workflow = models.ForeignKey("automations.Workflow", on_delete=models.CASCADE, related_name="+")
    node = models.CharField(max_length=64)
    position = models.PositiveBigIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("workflow", "node"), name="rotation_unique"),)

    def __str__(self) -> str:
        return f"{self.node}: {self.position}"


class IdempotencyKey(models.Model):
    """The answer given to a POST that named a key, so that its repetition gets the same one."""

    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    route = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("actor", "key"), name="idempotency_key_once"),)

    def __str__(self) -> str:
        return self.key


class ProcessStamp(models.Model):
    """The last sign of life of a worker cluster or ticker; the watchdog restarts what goes silent."""

    name = models.CharField(max_length=120, unique=True)
    role = models.CharField(max_length=12)
    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    stamped_at = models.DateTimeField()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
