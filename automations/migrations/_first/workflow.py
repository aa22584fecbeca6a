import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Workflow",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("key", models.SlugField(max_length=80, unique=True)),
            ("name", models.CharField(max_length=160)),
            ("description", models.TextField(blank=True)),
            (
                "module",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="workflows",
                    to="automations.module",
                ),
            ),
            ("team", models.CharField(blank=True, max_length=80)),
            (
                "owner",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="owned_workflows",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "run_as",
                models.ForeignKey(
                    blank=True,
                    help_text="The service identity that runs act as.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("runbook_url", models.URLField(blank=True)),
            ("zone", models.CharField(default="UTC", max_length=64)),
            (
                "mode",
                models.CharField(
                    choices=[("simulate", "Simulate"), ("execute", "Execute")],
                    default="simulate",
                    max_length=8,
                ),
            ),
            (
                "active_version",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.workflowversion",
                ),
            ),
            (
                "promotion",
                models.ForeignKey(
                    blank=True,
                    help_text="What let the live version act; empty in simulate.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.promotion",
                ),
            ),
            ("draft_revision", models.PositiveIntegerField(default=0)),
            ("layout", models.JSONField(blank=True, default=dict)),
            (
                "notes",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text="Texts on the graph: [{id, text, x, y, width, height}].",
                ),
            ),
            (
                "limits",
                models.JSONField(
                    blank=True,
                    default=dict,
                    help_text='{"blast_radius": 100, "share": 20, "runs_per_hour": 500}; above, work waits for approval. {"at_once": 3, "at_once_per": "event.record", "when_full": "queue"}: how many runs are at work at once.',
                ),
            ),
            (
                "retry",
                models.JSONField(
                    blank=True,
                    default=dict,
                    help_text='{"max_attempts": 3, "base_seconds": 10}: of every action that has none of its own, from the next version on.',
                ),
            ),
            ("paused_at", models.DateTimeField(blank=True, null=True)),
            ("pause_reason", models.CharField(blank=True, max_length=300)),
            ("archived_at", models.DateTimeField(blank=True, null=True)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("updated_at", models.DateTimeField(auto_now=True)),
        ],
        options={
            "ordering": ("name", "id"),
            "permissions": (
                ("edit_workflow", "Can edit the draft"),
                ("run_test_workflow", "Can run-test"),
                ("run_workflow", "Can start a run by hand"),
                ("publish_workflow", "Can publish a version"),
                ("promote_workflow", "Can promote from simulate to execute"),
                ("rollback_workflow", "Can roll back to an earlier version"),
                ("approve_workflow", "Can decide approvals"),
                ("retry_workflow", "Can retry and redrive runs"),
                ("view_payloads_workflow", "Can see inputs and outputs of runs"),
            ),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("mode__in", ["simulate", "execute"])), name="workflow_mode_known"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("mode", "simulate"), ("active_version__isnull", False), _connector="OR"
                    ),
                    name="workflow_executes_only_a_version",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("mode", "simulate"), ("promotion__isnull", True)),
                        models.Q(models.Q(("mode", "simulate"), _negated=True), ("promotion__isnull", False)),
                        _connector="OR",
                    ),
                    name="workflow_executes_only_what_was_promoted",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Trigger",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("node_id", models.CharField(max_length=64)),
            ("position", models.PositiveIntegerField(default=0, help_text="Order in the document.")),
            ("type", models.CharField(max_length=64)),
            ("title", models.CharField(blank=True, max_length=200)),
            ("lane", models.CharField(blank=True, max_length=80)),
            ("config", models.JSONField(default=dict)),
            (
                "disabled",
                models.BooleanField(
                    default=False, help_text="A run goes through a disabled action as if it were not there."
                ),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="triggers",
                    to="automations.workflow",
                ),
            ),
        ],
        options={
            "ordering": ("workflow", "position"),
            "abstract": False,
            "constraints": [
                models.UniqueConstraint(fields=("workflow", "node_id"), name="trigger_node_unique")
            ],
        },
    ),
    migrations.CreateModel(
        name="Condition",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("node_id", models.CharField(max_length=64)),
            ("position", models.PositiveIntegerField(default=0, help_text="Order in the document.")),
            ("type", models.CharField(max_length=64)),
            ("title", models.CharField(blank=True, max_length=200)),
            ("lane", models.CharField(blank=True, max_length=80)),
            ("config", models.JSONField(default=dict)),
            (
                "disabled",
                models.BooleanField(
                    default=False, help_text="A run goes through a disabled action as if it were not there."
                ),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="conditions",
                    to="automations.workflow",
                ),
            ),
        ],
        options={
            "ordering": ("workflow", "position"),
            "abstract": False,
            "constraints": [
                models.UniqueConstraint(fields=("workflow", "node_id"), name="condition_node_unique")
            ],
        },
    ),
    migrations.CreateModel(
        name="Action",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("node_id", models.CharField(max_length=64)),
            ("position", models.PositiveIntegerField(default=0, help_text="Order in the document.")),
            ("type", models.CharField(max_length=64)),
            ("title", models.CharField(blank=True, max_length=200)),
            ("lane", models.CharField(blank=True, max_length=80)),
            ("config", models.JSONField(default=dict)),
            (
                "disabled",
                models.BooleanField(
                    default=False, help_text="A run goes through a disabled action as if it were not there."
                ),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="actions",
                    to="automations.workflow",
                ),
            ),
        ],
        options={
            "ordering": ("workflow", "position"),
            "abstract": False,
            "constraints": [
                models.UniqueConstraint(fields=("workflow", "node_id"), name="action_node_unique")
            ],
        },
    ),
    migrations.CreateModel(
        name="Edge",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="edges",
                    to="automations.workflow",
                ),
            ),
            ("position", models.PositiveIntegerField(default=0)),
            ("source", models.CharField(max_length=64)),
            ("target", models.CharField(max_length=64)),
            ("branch", models.CharField(blank=True, max_length=80)),
        ],
        options={
            "ordering": ("workflow", "position"),
            "constraints": [
                models.UniqueConstraint(fields=("workflow", "source", "branch", "target"), name="edge_unique")
            ],
        },
    ),
)
