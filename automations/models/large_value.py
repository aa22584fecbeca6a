from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Q

LEAST_LARGE = 1_024
"""Bytes up to which a value always stays in its row: its preview would be as long."""
PREVIEW = 1_000
"""Characters of a large value that its row shows beside its size."""


class LargeValue(models.Model):
    """A value too large for its own row, kept once for all that are equal to it.

    What has such a value refers to it in a column of its own (`large`), never within its data, so that nothing a user
    sends can be taken for a reference.
    """

    hash = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of its canonical JSON.")
    size = models.PositiveIntegerField(help_text="Bytes of its canonical JSON.")
    preview = models.CharField(max_length=PREVIEW, help_text="Its first characters.")
    body = models.JSONField()
    touched_at = models.DateTimeField(
        db_index=True,
        help_text="When something referred to it anew, or it was last looked at whether anything does.",
    )

    class Meta:
        ordering = ("hash",)
        constraints = (
            models.CheckConstraint(condition=Q(hash__regex=r"^[0-9a-f]{64}$"), name="largevalue_hash_sound"),
        )

    def __str__(self) -> str:
        return f"{self.size:,} bytes: {self.preview[:80]}…"


def bodies(hashes: Iterable[str | None]) -> dict[str, Any]:
    """The values that are referred to, in one query; none where there is no reference."""
    wanted = {key for key in hashes if key is not None}
    if not wanted:
        return {}
    return dict(LargeValue.objects.filter(pk__in=wanted).values_list("pk", "body"))
