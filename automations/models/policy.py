from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from automations.models.module import Module
from automations.models.version import WorkflowVersion
from automations.models.workflow import Workflow


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
    archived_at = models.DateTimeField(
        null=True, blank=True, help_text="Workflows that use it go on; it is not offered to others."
    )

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
    form = models.CharField(
        max_length=64, help_text="SHA-256 of the rule's normal form: equal for rules that say the same."
    )
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField()

    class Meta:
        ordering = ("-number",)
        constraints = (models.UniqueConstraint(fields=("policy", "number"), name="policy_revision_unique"),)
        indexes = (models.Index(fields=("form",), name="policyrevision_same"),)

    def __str__(self) -> str:
        return f"{self.policy_id} r{self.number}"


class PolicyUse(models.Model):
    """A draft or a version names a policy. Kept with the draft and with the version, so that “used by” reads no
    document. By key, because a draft may name a policy that is yet to be made."""

    policy_key = models.CharField(max_length=80)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="policy_uses")
    version = models.ForeignKey(
        WorkflowVersion, null=True, on_delete=models.CASCADE, related_name="policy_uses"
    )
    revision = models.PositiveIntegerField(null=True, help_text="Which a version pins; a draft pins none.")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("policy_key", "workflow", "version"), nulls_distinct=False, name="policyuse_unique"
            ),
            models.CheckConstraint(
                condition=Q(version__isnull=True, revision__isnull=True)
                | Q(version__isnull=False, revision__isnull=False),
                name="policyuse_version_pins",
            ),
        )

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.policy_key}"


class RulePlace(models.Model):
    """A rule of a draft that could be a policy, with the name that equal rules share."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="rule_places")
    module = models.CharField(max_length=63, help_text="Key of the module whose records it looks at.")
    node = models.CharField(max_length=64)
    path = models.CharField(max_length=120, help_text="From the node: config.cases[1].rule")
    form = models.CharField(max_length=64, help_text="SHA-256 of the rule's normal form.")
    rule = models.JSONField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("workflow", "node", "path"), name="ruleplace_unique"),)
        indexes = (models.Index(fields=("module", "form"), name="ruleplace_same"),)

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.node} {self.path}"
