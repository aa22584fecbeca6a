from __future__ import annotations

from django.db import models
from django.db.models import Q

from automations.models.run import Run
from automations.models.workflow import Workflow


class Place(models.Model):
    """A run among those of its workflow that may be at work at once; without a number it waits for a place.

    A place is held until its run has ended, in whatever way: that is asked of the run, so that no way to an end can forget
    to give it back.
    """

    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="place")
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=64, blank=True, help_text="Runs with the same one share the places.")
    about = models.CharField(max_length=120, blank=True, help_text="What the key stands for, to read.")
    number = models.PositiveIntegerField(null=True)
    since = models.DateTimeField(help_text="Since when it waits, or holds its place.")

    class Meta:
        ordering = ("run_id",)
        constraints = (
            # Two may never hold the same place, whatever the code believes.
            models.UniqueConstraint(
                fields=("workflow", "key", "number"),
                condition=Q(number__isnull=False),
                name="place_held_by_one",
            ),
            models.CheckConstraint(
                condition=Q(number__isnull=True) | Q(number__gte=1), name="place_counts_from_one"
            ),
        )
        indexes = (
            models.Index(
                fields=("workflow", "key", "run"), name="place_waiting", condition=Q(number__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"place {self.number}" if self.number else "waits for a place"
