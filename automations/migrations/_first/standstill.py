import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Standstill",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("reason", models.CharField(max_length=300)),
            ("starts_at", models.DateTimeField()),
            (
                "ends_at",
                models.DateTimeField(blank=True, help_text="Empty: until somebody lifts it.", null=True),
            ),
            ("set_by_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            (
                "set_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("lifted_at", models.DateTimeField(null=True)),
            ("lifted_by_name", models.CharField(blank=True, max_length=150)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(
                    condition=models.Q(("lifted_at__isnull", True)),
                    fields=["starts_at"],
                    name="standstill_open",
                )
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("ends_at__isnull", True), ("ends_at__gt", models.F("starts_at")), _connector="OR"
                    ),
                    name="standstill_ends_after_it_starts",
                )
            ],
        },
    ),
)
