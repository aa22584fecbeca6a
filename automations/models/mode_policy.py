from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from automations.models.module import Module


class ModePolicy(models.Model):
    """What an admin demands of every workflow on a module, or of all (no module). It holds while the row is there;
    the trail keeps the rest. With an end it is taken away then, by the ticker: a ticker that stands still ends none."""

    class Rule(models.TextChoices):
        SIMULATE_ONLY = "simulate_only", "simulate only"
        FOUR_EYES = "four_eyes", "four eyes at every promotion"
        SHADOW = "shadow", "a shadow that agrees before every promotion"

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
    ends_at = models.DateTimeField(
        null=True, blank=True, help_text="When it ends by itself; empty: when an admin lifts it."
    )
    min_events = models.PositiveIntegerField(
        null=True, blank=True, help_text="Of a shadow: how many live events it has judged at least."
    )
    min_hours = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Of a shadow: over how many hours at least."
    )
    min_agreement = models.DecimalField(
        null=True,
        blank=True,
        max_digits=4,
        decimal_places=1,
        help_text="Of a shadow: on how many of a hundred events it agrees at least.",
    )

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "mode policies"
        constraints = (
            models.UniqueConstraint(fields=("module", "rule"), nulls_distinct=False, name="modepolicy_once"),
            models.CheckConstraint(
                condition=Q(rule__in=["simulate_only", "four_eyes", "shadow"]), name="modepolicy_rule_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("set_at")), name="modepolicy_ends_after_it_began"
            ),
            models.CheckConstraint(
                condition=Q(
                    rule="shadow",
                    min_events__isnull=False,
                    min_hours__isnull=False,
                    min_agreement__isnull=False,
                    min_events__gte=1,
                    min_hours__gte=0,
                    min_agreement__gt=0,
                    min_agreement__lte=100,
                )
                | ~Q(rule="shadow") & Q(min_events=None, min_hours=None, min_agreement=None),
                name="modepolicy_shadow_says_how_much",
            ),
        )

    def __str__(self) -> str:
        return f"{self.module or 'Everything'}: {self.get_rule_display()}"

    @property
    def demand(self) -> str:
        """What a shadow has to come to, in words; "" for the other rules."""
        if self.rule != self.Rule.SHADOW:
            return ""
        over = f" over {self.min_hours} hours" if self.min_hours else ""
        return f"at least {self.min_events} live events{over}, {self.min_agreement} % of them answered alike"
