from __future__ import annotations

from django.db import models
from django.db.models import Q


class Module(models.Model):
    """A kind of business record: typed fields, statuses and the moves allowed between them.

    A *stored* module keeps its records in `Record`. A *native* module is a Django model registered in code
    (`automations.modules.register_module`); its row here mirrors the registration, so that workflows, timers
    and permissions can point at both kinds alike.
    """

    class Kind(models.TextChoices):
        STORED = "stored"
        NATIVE = "native"

    key = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=120)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.STORED)
    model_label = models.CharField(max_length=120, blank=True, help_text="app.Model of a native module.")
    fields = models.JSONField(
        default=list, help_text="A list of {key, label, type, choices, required, indexed}."
    )
    title_field = models.CharField(max_length=63, blank=True)
    status_field = models.CharField(max_length=63, blank=True)
    transitions = models.JSONField(
        default=dict, blank=True, help_text='{"open": ["closed"]}; empty: every move is allowed.'
    )
    team = models.CharField(max_length=80, blank=True)
    zone = models.CharField(max_length=64, default="UTC")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("key",)
        permissions = (("use_module", "Can use the module in workflows"),)
        constraints = (
            models.CheckConstraint(
                condition=Q(kind="stored", model_label="") | Q(kind="native") & ~Q(model_label=""),
                name="module_native_names_its_model",
            ),
        )

    def __str__(self) -> str:
        return self.name
