from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.models.module import Module


class ModePolicy(models.Model):
    """What an admin demands of every workflow on a module, or of all (no module). It holds while the row is there;
    the trail keeps the rest."""

    class Rule(models.TextChoices):
        SIMULATE_ONLY = "simulate_only", "simulate only"
        FOUR_EYES = "four_eyes", "four eyes at every promotion"

    module = models.ForeignKey(
        Module, null=True, blank=True, on_delete=models.CASCADE, related_name="mode_policies"
    )
    rule = models.CharField(max_length=13, choices=Rule.choices)
    reason = models.CharField(max_length=300)
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    set_by_name = models.CharField(max_length=150, help_text="Kept as it was.")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "mode policies"
        constraints = (
            models.UniqueConstraint(fields=("module", "rule"), nulls_distinct=False, name="modepolicy_once"),
            models.CheckConstraint(
                condition=Q(rule__in=["simulate_only", "four_eyes"]), name="modepolicy_rule_known"
            ),
        )

    def __str__(self) -> str:
        return f"{self.module or 'Everything'}: {self.get_rule_display()}"
