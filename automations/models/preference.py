from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Preference(models.Model):
    """How one person wants the pages, and which first steps they have taken. Who never chose has no row."""

    class Theme(models.TextChoices):
        SYSTEM = "system"
        LIGHT = "light"
        DARK = "dark"

    class Density(models.TextChoices):
        COMFORTABLE = "comfortable"
        COMPACT = "compact"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    theme = models.CharField(max_length=6, choices=Theme.choices, default=Theme.SYSTEM)
    density = models.CharField(max_length=11, choices=Density.choices, default=Density.COMFORTABLE)
    single_keys = models.BooleanField(default=True, help_text="Single letters are commands on the graph.")
    first_steps = models.BooleanField(
        default=True, help_text="The list of first steps stands on the home page."
    )
    steps = models.JSONField(default=dict, blank=True, help_text="When each first step was taken.")

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(theme__in=["system", "light", "dark"]), name="preference_theme_known"
            ),
            models.CheckConstraint(
                condition=Q(density__in=["comfortable", "compact"]), name="preference_density_known"
            ),
        )

    def __str__(self) -> str:
        return f"Preferences of {self.user}"
