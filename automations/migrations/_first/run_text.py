import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models

import automations.models.run_text

TABLES = (
    migrations.CreateModel(
        name="RunText",
        fields=[
            (
                "run",
                models.OneToOneField(
                    db_constraint=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    primary_key=True,
                    related_name="text",
                    serialize=False,
                    to="automations.run",
                ),
            ),
            (
                "workflow",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="automations.workflow",
                ),
            ),
            ("correlation_id", models.UUIDField(db_index=True)),
            (
                "told",
                automations.models.run_text.WordsField(
                    help_text="Words that all may search who see the run: record, error, names of steps."
                ),
            ),
            (
                "everything",
                automations.models.run_text.WordsField(
                    help_text="Those, and the words of values: for who may see payloads."
                ),
            ),
            ("last_seq", models.PositiveIntegerField(help_text="The newest log entry when it was read.")),
            ("is_final", models.BooleanField(help_text="Whether the run had ended when it was read.")),
        ],
        options={
            "indexes": [
                django.contrib.postgres.indexes.GinIndex(fields=["told"], name="runtext_told"),
                django.contrib.postgres.indexes.GinIndex(fields=["everything"], name="runtext_everything"),
                models.Index(
                    condition=models.Q(("is_final", False)), fields=["run"], name="runtext_unfinished"
                ),
            ],
        },
    ),
)
