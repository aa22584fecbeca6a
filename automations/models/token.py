from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from knox.models import AbstractAuthToken, AuthTokenManager


class ApiToken(AbstractAuthToken):
    """A person's key to the API: stored as a hash, expiring, named so that its owner knows what it is for."""

    class Scope(models.TextChoices):
        READ = "read"
        WRITE = "write"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    digest = models.CharField(max_length=128, unique=True)
    name = models.CharField(max_length=80)
    scope = models.CharField(max_length=5, choices=Scope.choices, default=Scope.READ)

    objects: ClassVar[AuthTokenManager] = AuthTokenManager()

    class Meta:
        ordering = ("-created",)
        constraints = (
            models.CheckConstraint(condition=Q(scope__in=["read", "write"]), name="apitoken_scope_known"),
        )

    def __str__(self) -> str:
        return self.name
