import django.db.models.deletion
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Retention",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="retention",
                    to="automations.workflow",
                ),
            ),
            (
                "days",
                models.PositiveIntegerField(blank=True, help_text="Empty: as the settings say.", null=True),
            ),
            ("hold_reason", models.CharField(blank=True, help_text="Empty: no legal hold.", max_length=300)),
            (
                "hold_until",
                models.DateTimeField(blank=True, help_text="Empty: until somebody lifts it.", null=True),
            ),
            ("held_at", models.DateTimeField(blank=True, null=True)),
            ("held_by_name", models.CharField(blank=True, help_text="Kept as it was.", max_length=150)),
        ],
        options={
            "ordering": ("workflow",),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("days__isnull", True), ("days__gte", 30), _connector="OR"),
                    name="retention_days_enough",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("held_at__isnull", True), ("hold_reason", ""), ("hold_until__isnull", True)
                        ),
                        models.Q(("held_at__isnull", False), models.Q(("hold_reason", ""), _negated=True)),
                        _connector="OR",
                    ),
                    name="retention_hold_says_why",
                ),
            ],
        },
    ),
)
