import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="WorkflowVersion",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="versions",
                    to="automations.workflow",
                ),
            ),
            ("number", models.PositiveIntegerField()),
            (
                "digest",
                models.CharField(
                    help_text="SHA-256 of the canonical JSON of the executable document.", max_length=64
                ),
            ),
            ("document", models.JSONField()),
            ("note", models.CharField(blank=True, max_length=300)),
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
            "constraints": [
                models.UniqueConstraint(fields=("workflow", "number"), name="version_number_unique")
            ],
        },
    ),
    migrations.CreateModel(
        name="ActiveTrigger",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="active_triggers",
                    to="automations.workflow",
                ),
            ),
            (
                "version",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="automations.workflowversion",
                ),
            ),
            ("node", models.CharField(max_length=64)),
            ("kind", models.CharField(max_length=64)),
            (
                "module",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.module",
                ),
            ),
            ("config", models.JSONField(default=dict)),
            ("next_slot_at", models.DateTimeField(help_text="Schedules: the next due moment.", null=True)),
            (
                "problem",
                models.CharField(
                    blank=True, help_text="Why the ticker can't serve it; shown as broken.", max_length=300
                ),
            ),
        ],
        options={
            "ordering": ("workflow", "node"),
            "indexes": [models.Index(fields=["kind", "next_slot_at"], name="activetrigger_due")],
            "constraints": [
                models.UniqueConstraint(fields=("workflow", "node"), name="activetrigger_unique")
            ],
        },
    ),
    migrations.CreateModel(
        name="Activation",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("mark", models.PositiveBigIntegerField(default=0)),
        ],
        options={
            "constraints": [
                models.CheckConstraint(condition=models.Q(("id", 1)), name="activation_single_row")
            ],
        },
    ),
)
