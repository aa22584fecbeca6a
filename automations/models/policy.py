from __future__ import annotations

from django.conf import settings
from django.db import models

from automations.models.module import Module


class Policy(models.Model):
    """A named rule that workflows refer to by key."""

    key = models.SlugField(max_length=80, unique=True)
    name = models.CharField(max_length=160)
    description = models.TextField(blank=True)
    module = models.ForeignKey(Module, on_delete=models.PROTECT, related_name="policies")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("key",)
        verbose_name_plural = "policies"
        permissions = (("use_policy", "Can use the policy in workflows"),)

    def __str__(self) -> str:
        return self.name


class PolicyRevision(models.Model):
    """A published wording of a policy; never changed, because versions pin it."""

    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    rule = models.JSONField()
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("policy", "number"), name="policy_revision_unique"),)

    def __str__(self) -> str:
        return f"{self.policy_id} r{self.number}"
