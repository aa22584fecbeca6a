from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.models.module import Module
from automations.models.run import Run


class RunUndo(models.Model):
    """Somebody took back what a run had done to records, or took such an undo back (`takes_back`)."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="undos")
    takes_back = models.OneToOneField(
        "self", null=True, on_delete=models.CASCADE, related_name="taken_back_by"
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor_name = models.CharField(max_length=150, help_text="Kept as it was.")
    reason = models.CharField(max_length=300, blank=True)
    children = models.BooleanField(default=False, help_text="Also what runs did that the run had started.")
    plan_hash = models.CharField(max_length=64, help_text="Names what was shown and done.")
    at = models.DateTimeField()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(
                condition=Q(takes_back__isnull=True) | ~Q(takes_back=models.F("id")),
                name="runundo_not_of_itself",
            ),
        )

    def __str__(self) -> str:
        return f"undo {self.pk} of run {self.run_id}"


class UndoneField(models.Model):
    """One field of one record that an undo put back, or left; `field` is empty for a whole record."""

    undo = models.ForeignKey(RunUndo, on_delete=models.CASCADE, related_name="fields")
    run = models.ForeignKey(
        Run, null=True, on_delete=models.SET_NULL, related_name="+", help_text="Whose change it was."
    )
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="+")
    record_key = models.CharField(max_length=120)
    field = models.CharField(max_length=63, blank=True)
    before = models.JSONField(null=True, help_text="What stood there when it was undone.")
    after = models.JSONField(null=True, help_text="What was put there.")
    restored = models.BooleanField()
    why = models.CharField(max_length=40, blank=True, help_text="Why it was left: a stable code.")
    said = models.CharField(max_length=300, blank=True, help_text="The same as a sentence.")

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                fields=("undo", "module", "record_key", "field"), name="undonefield_once"
            ),
            models.CheckConstraint(
                condition=Q(restored=True, why="") | Q(restored=False) & ~Q(why=""),
                name="undonefield_left_says_why",
            ),
        )
        indexes = (models.Index(fields=("module", "record_key", "-id"), name="undonefield_by_record"),)

    def __str__(self) -> str:
        return f"{self.record_key}.{self.field}" if self.field else self.record_key
