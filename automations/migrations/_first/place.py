import django.db.models.deletion
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Place",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "run",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE, related_name="place", to="automations.run"
                ),
            ),
            (
                "workflow",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="automations.workflow",
                ),
            ),
            (
                "key",
                models.CharField(
                    blank=True, help_text="Runs with the same one share the places.", max_length=64
                ),
            ),
            (
                "about",
                models.CharField(blank=True, help_text="What the key stands for, to read.", max_length=120),
            ),
            ("number", models.PositiveIntegerField(null=True)),
            ("since", models.DateTimeField(help_text="Since when it waits, or holds its place.")),
        ],
        options={
            "ordering": ("run_id",),
            "indexes": [
                models.Index(
                    condition=models.Q(("number__isnull", True)),
                    fields=["workflow", "key", "run"],
                    name="place_waiting",
                )
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("number__isnull", False)),
                    fields=("workflow", "key", "number"),
                    name="place_held_by_one",
                ),
                models.CheckConstraint(
                    condition=models.Q(("number__isnull", True), ("number__gte", 1), _connector="OR"),
                    name="place_counts_from_one",
                ),
            ],
        },
    ),
)
