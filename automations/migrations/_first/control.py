import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="RotationCursor",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to="automations.workflow"
                ),
            ),
            ("node", models.CharField(max_length=64)),
            ("position", models.PositiveBigIntegerField(default=0)),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("workflow", "node"), name="rotation_unique")],
        },
    ),
    migrations.CreateModel(
        name="IdempotencyKey",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "actor",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            ("key", models.CharField(max_length=200)),
            ("route", models.CharField(max_length=200)),
            ("request_hash", models.CharField(max_length=64)),
            ("status", models.PositiveSmallIntegerField()),
            ("body", models.JSONField(null=True)),
            ("created_at", models.DateTimeField(db_index=True)),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("actor", "key"), name="idempotency_key_once")],
        },
    ),
    migrations.CreateModel(
        name="ProcessStamp",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("name", models.CharField(max_length=120, unique=True)),
            ("role", models.CharField(max_length=12)),
            ("host", models.CharField(max_length=120)),
            ("pid", models.PositiveIntegerField()),
            ("stamped_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("name",),
        },
    ),
)
