from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from automations.models.module import Module
from automations.models.workflow import Workflow


class Standstill(models.Model):
    """Triggers judge nothing meanwhile: events are kept, and judged afterwards. Of everything, or of one module's, one team's
    or one workflow's triggers; planned for a time, or at once and until somebody lifts it."""

    module = models.ForeignKey(
        Module, null=True, blank=True, on_delete=models.CASCADE, related_name="standstills"
    )
    team = models.CharField(max_length=80, blank=True)
    workflow = models.ForeignKey(
        Workflow, null=True, blank=True, on_delete=models.CASCADE, related_name="standstills"
    )
    reason = models.CharField(max_length=300)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: until somebody lifts it.")
    set_by_name = models.CharField(max_length=150, help_text="Kept as it was.")
    set_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True)
    lifted_by_name = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="standstill_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(module__isnull=True, team="")
                | Q(module__isnull=True, workflow__isnull=True)
                | Q(team="", workflow__isnull=True),
                name="standstill_one_scope",
            ),
        )
        indexes = (
            models.Index(fields=("starts_at",), name="standstill_open", condition=Q(lifted_at__isnull=True)),
        )

    def __str__(self) -> str:
        return self.reason

    @property
    def of_everything(self) -> bool:
        return self.module_id is None and not self.team and self.workflow_id is None

    @property
    def over_at(self) -> datetime | None:
        """When it was over, or will be; None: when somebody lifts it."""
        return min((end for end in (self.lifted_at, self.ends_at) if end is not None), default=None)

    def covers(self, workflow: Workflow, *modules: int | None) -> bool:
        """Whether it is of this workflow, which has to do with `modules` beside its own."""
        if self.module_id is not None:
            return self.module_id in (workflow.module_id, *modules)
        if self.workflow_id is not None:
            return self.workflow_id == workflow.pk
        return not self.team or self.team == workflow.team

    @property
    def subject(self) -> str:
        """What stands still, as the subject of a sentence."""
        if self.workflow is not None:
            return f"“{self.workflow.name}”"
        if self.module is not None:
            return f"The module {self.module.name}"
        return f"The team {self.team}" if self.team else "Everything"
