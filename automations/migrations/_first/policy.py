import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Policy",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("key", models.SlugField(max_length=80, unique=True)),
            ("name", models.CharField(max_length=160)),
            ("description", models.TextField(blank=True)),
            (
                "module",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="policies",
                    to="automations.module",
                ),
            ),
            (
                "owner",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            (
                "archived_at",
                models.DateTimeField(
                    blank=True,
                    help_text="Workflows that use it go on; it is not offered to others.",
                    null=True,
                ),
            ),
        ],
        options={
            "verbose_name_plural": "policies",
            "ordering": ("key",),
            "permissions": (("use_policy", "Can use the policy in workflows"),),
        },
    ),
    migrations.CreateModel(
        name="PolicyRevision",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "policy",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="revisions",
                    to="automations.policy",
                ),
            ),
            ("number", models.PositiveIntegerField()),
            ("rule", models.JSONField()),
            (
                "form",
                models.CharField(
                    help_text="SHA-256 of the rule's normal form: equal for rules that say the same.",
                    max_length=64,
                ),
            ),
            (
                "published_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("published_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-number",),
            "indexes": [models.Index(fields=["form"], name="policyrevision_same")],
            "constraints": [
                models.UniqueConstraint(fields=("policy", "number"), name="policy_revision_unique")
            ],
        },
    ),
    migrations.CreateModel(
        name="PolicyUse",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("policy_key", models.CharField(max_length=80)),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="policy_uses",
                    to="automations.workflow",
                ),
            ),
            (
                "version",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="policy_uses",
                    to="automations.workflowversion",
                ),
            ),
            (
                "revision",
                models.PositiveIntegerField(help_text="Which a version pins; a draft pins none.", null=True),
            ),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(
                    fields=("policy_key", "workflow", "version"),
                    name="policyuse_unique",
                    nulls_distinct=False,
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("revision__isnull", True), ("version__isnull", True)),
                        models.Q(("revision__isnull", False), ("version__isnull", False)),
                        _connector="OR",
                    ),
                    name="policyuse_version_pins",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RulePlace",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="rule_places",
                    to="automations.workflow",
                ),
            ),
            (
                "module",
                models.CharField(help_text="Key of the module whose records it looks at.", max_length=63),
            ),
            ("node", models.CharField(max_length=64)),
            ("path", models.CharField(help_text="From the node: config.cases[1].rule", max_length=120)),
            ("form", models.CharField(help_text="SHA-256 of the rule's normal form.", max_length=64)),
            ("rule", models.JSONField()),
        ],
        options={
            "indexes": [models.Index(fields=["module", "form"], name="ruleplace_same")],
            "constraints": [
                models.UniqueConstraint(fields=("workflow", "node", "path"), name="ruleplace_unique")
            ],
        },
    ),
)
