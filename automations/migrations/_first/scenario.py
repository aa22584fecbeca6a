import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Scenario",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="scenarios",
                    to="automations.workflow",
                ),
            ),
            ("name", models.CharField(max_length=120)),
            (
                "kind",
                models.CharField(
                    choices=[("positive", "should fire"), ("negative", "should not fire")], max_length=8
                ),
            ),
            (
                "origin",
                models.CharField(
                    choices=[
                        ("record", "Record"),
                        ("event", "Event"),
                        ("run", "Run"),
                        ("hand", "Hand"),
                        ("file", "File"),
                    ],
                    default="hand",
                    max_length=6,
                ),
            ),
            (
                "given",
                models.JSONField(help_text="{trigger, event, record: {module, key, values}, input, answers}"),
            ),
            ("at", models.DateTimeField(help_text="The moment that stands in for now.")),
            ("as_user", models.CharField(blank=True, help_text="Act as this person.", max_length=150)),
            (
                "as_role",
                models.CharField(blank=True, help_text="Act with this role's rights.", max_length=150),
            ),
            (
                "expected",
                models.JSONField(blank=True, default=dict, help_text="{path, effects, fields, outcome}"),
            ),
            (
                "created_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("created_at", models.DateTimeField()),
            ("updated_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("name", "id"),
            "constraints": [
                models.UniqueConstraint(fields=("workflow", "name"), name="scenario_name_unique"),
                models.CheckConstraint(
                    condition=models.Q(("kind__in", ["positive", "negative"])), name="scenario_kind_known"
                ),
                models.CheckConstraint(
                    condition=models.Q(("origin__in", ["record", "event", "run", "hand", "file"])),
                    name="scenario_origin_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("as_user", ""), ("as_role", ""), _connector="OR"),
                    name="scenario_as_one",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ScenarioResult",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "scenario",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="results",
                    to="automations.scenario",
                ),
            ),
            ("digest", models.CharField(max_length=64)),
            ("status", models.CharField(choices=[("passed", "Passed"), ("failed", "Failed")], max_length=6)),
            ("differences", models.JSONField(default=list, help_text="[{aspect, node, message}]")),
            ("duration_ms", models.PositiveIntegerField()),
            (
                "run_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("run_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
            "constraints": [
                models.UniqueConstraint(fields=("scenario", "digest"), name="scenarioresult_one_a_digest"),
                models.CheckConstraint(
                    condition=models.Q(("status__in", ["passed", "failed"])),
                    name="scenarioresult_status_known",
                ),
            ],
        },
    ),
)
