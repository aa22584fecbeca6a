from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Secret(models.Model):
    """A value that is sent and never shown: not to its owner, not in the admin, not in an export."""

    key = models.SlugField(max_length=80, unique=True)
    description = models.CharField(max_length=300, blank=True)
    value = models.TextField(editable=False, help_text="Encrypted; see `webhooks.encryption`.")
    hosts = models.JSONField(
        default=list, help_text="Where it may be sent: host names; *.example.com for all below example.com."
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(help_text="When its value was last set.")
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="When its host takes the value no more, where that is known."
    )
    expiry_told_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its owner was told that it expires."
    )
    last_used_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When it was last sent, to the minute."
    )
    kept_value = models.TextField(
        blank=True, editable=False, help_text="Encrypted: the value before this one, while it is kept."
    )
    kept_until = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Until then the value before can be taken back."
    )

    class Meta:
        ordering = ("key",)
        permissions = (("use_secret", "Can send the secret to its hosts"),)
        constraints = (
            models.CheckConstraint(condition=~Q(value=""), name="secret_has_a_value"),
            models.CheckConstraint(
                condition=Q(kept_value="", kept_until__isnull=True)
                | ~Q(kept_value="") & Q(kept_until__isnull=False),
                name="secret_kept_value_has_its_end",
            ),
        )

    def __str__(self) -> str:
        return self.key
