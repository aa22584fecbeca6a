from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.models import AlertRule, Workflow
from webhooks.outbound.models.destination import Destination


class Subscription(models.Model):
    """Events of the product itself that a destination is told of: those that its owner may see."""

    destination = models.ForeignKey(Destination, on_delete=models.CASCADE, related_name="subscriptions")
    kinds = models.JSONField(help_text='The kinds of events: ["run.failed", "approval.asked"].')
    workflow = models.ForeignKey(
        Workflow,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Of this workflow alone.",
    )
    team = models.CharField(max_length=80, blank=True, help_text="Of the workflows of this team alone.")
    rule = models.ForeignKey(
        AlertRule,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Of what this alert rule finds alone. Others hear of it only where it names no destination.",
    )
    with_values = models.BooleanField(
        default=False,
        help_text="With what a record holds and people wrote, where its owner may see the workflow's payloads.",
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Whose sight limits it; without one nothing is sent.",
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(workflow__isnull=True) | Q(team=""), name="subscription_limited_by_one_thing"
            ),
            models.CheckConstraint(
                condition=Q(rule__isnull=True) | Q(workflow__isnull=True, team=""),
                name="subscription_of_a_rule_has_no_limit",
            ),
            models.UniqueConstraint(
                fields=("destination", "rule"),
                condition=Q(rule__isnull=False),
                name="subscription_once_of_a_rule",
            ),
            models.CheckConstraint(condition=~Q(kinds=[]), name="subscription_names_kinds"),
        )

    def __str__(self) -> str:
        return f"{', '.join(self.kinds)} → {self.destination}"
