import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Checkpoint",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="checkpoints",
                    to="automations.workflow",
                ),
            ),
            ("number", models.PositiveIntegerField()),
            (
                "occasion",
                models.CharField(
                    choices=[("open", "Open"), ("save", "Save"), ("leave", "Leave"), ("publish", "Publish")],
                    default="save",
                    max_length=7,
                ),
            ),
            ("name", models.CharField(blank=True, max_length=120)),
            ("document", models.JSONField()),
            (
                "made_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("made_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-number",),
            "constraints": [
                models.UniqueConstraint(fields=("workflow", "number"), name="checkpoint_number_unique"),
                models.CheckConstraint(
                    condition=models.Q(("occasion__in", ["open", "save", "leave", "publish"])),
                    name="checkpoint_occasion_known",
                ),
            ],
        },
    ),
)
