import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Resending",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("wanted", models.JSONField(help_text="The filter: {destination, state, error, since, until}.")),
            ("count", models.PositiveIntegerField()),
            ("per_minute", models.PositiveIntegerField()),
            (
                "actor",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("created_at", models.DateTimeField()),
            ("stopped_at", models.DateTimeField(null=True)),
        ],
        options={
            "ordering": ("-id",),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("per_minute__gte", 1), ("per_minute__lte", 60000)),
                    name="resending_pace_in_range",
                )
            ],
        },
    ),
)
