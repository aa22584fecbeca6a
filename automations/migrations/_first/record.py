import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Record",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "module",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="records",
                    to="automations.module",
                ),
            ),
            ("key", models.CharField(max_length=120)),
            ("data", models.JSONField(default=dict)),
            (
                "version",
                models.PositiveIntegerField(
                    default=1, help_text="Rises with every change; the optimistic lock."
                ),
            ),
            ("created_at", models.DateTimeField()),
            ("updated_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
            "constraints": [
                models.UniqueConstraint(fields=("module", "key"), name="record_key_unique_in_module")
            ],
        },
    ),
    migrations.CreateModel(
        name="RecordChange",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "module",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.module",
                ),
            ),
            ("record_key", models.CharField(max_length=120)),
            ("version", models.PositiveIntegerField(default=0)),
            ("field", models.CharField(max_length=63)),
            ("before", models.JSONField(null=True)),
            ("after", models.JSONField(null=True)),
            ("at", models.DateTimeField()),
            (
                "actor",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "run",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="record_changes",
                    to="automations.run",
                ),
            ),
            (
                "undo",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="automations.runundo",
                ),
            ),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(fields=["module", "record_key", "-id"], name="recordchange_by_record"),
                models.Index(
                    condition=models.Q(("actor__isnull", False)),
                    fields=["actor"],
                    name="recordchange_by_actor",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RecordComment",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "module",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.module",
                ),
            ),
            ("record_key", models.CharField(max_length=120)),
            ("text", models.TextField()),
            ("at", models.DateTimeField()),
            (
                "actor",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "run",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="comments",
                    to="automations.run",
                ),
            ),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(fields=["module", "record_key", "-id"], name="recordcomment_by_record"),
                models.Index(
                    condition=models.Q(("actor__isnull", False)),
                    fields=["actor"],
                    name="recordcomment_by_actor",
                ),
            ],
        },
    ),
)
