import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="RunTestMark",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="run_test_marks",
                    to="automations.workflow",
                ),
            ),
            ("digest", models.CharField(max_length=64)),
            (
                "tested_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("tested_by_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            ("tested_at", models.DateTimeField()),
            ("candidates", models.PositiveIntegerField(default=0)),
        ],
        options={
            "ordering": ("-id",),
            "constraints": [
                models.UniqueConstraint(fields=("workflow", "digest"), name="runtestmark_one_a_digest")
            ],
        },
    ),
    migrations.CreateModel(
        name="SignOff",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="sign_offs",
                    to="automations.workflow",
                ),
            ),
            (
                "version",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="sign_offs",
                    to="automations.workflowversion",
                ),
            ),
            ("digest", models.CharField(max_length=64)),
            (
                "signed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("signed_by_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            ("note", models.CharField(blank=True, max_length=300)),
            ("checklist", models.JSONField(help_text="The chapters as they stood.")),
            ("at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
        },
    ),
)
