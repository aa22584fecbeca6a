from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class Order(models.Model):
    """An ordinary model of an ordinary app: it knows nothing of workflows; `apps.py` makes it a module."""

    class Status(models.TextChoices):
        DRAFT = "draft"
        PAID = "paid"
        SHIPPED = "shipped"
        REFUNDED = "refunded"

    number = models.CharField(max_length=40, unique=True)
    customer = models.CharField(max_length=120)
    region = models.CharField(max_length=40, blank=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.DRAFT, db_index=True)
    placed_at = models.DateTimeField(default=timezone.now)
    due_on = models.DateField(null=True, blank=True)
    is_priority = models.BooleanField(default=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    notes = models.TextField(blank=True)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return self.number
