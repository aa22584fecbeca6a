import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import automations.engine.statuses

TABLES = (
    migrations.CreateModel(
        name="Run",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="runs",
                    to="automations.workflow",
                ),
            ),
            (
                "version",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="runs",
                    to="automations.workflowversion",
                ),
            ),
            (
                "event",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="runs",
                    to="automations.event",
                ),
            ),
            ("trigger_node", models.CharField(max_length=64)),
            ("dedupe_key", models.CharField(max_length=200)),
            (
                "mode",
                models.CharField(choices=[("simulate", "Simulate"), ("execute", "Execute")], max_length=8),
            ),
            (
                "status",
                models.CharField(
                    choices=[
                        ("queued", "queued"),
                        ("running", "running"),
                        ("waiting", "waiting"),
                        ("succeeded", "succeeded"),
                        ("failed", "failed"),
                        ("cancelled", "cancelled"),
                    ],
                    default=automations.engine.statuses.RunStatus["QUEUED"],
                    max_length=10,
                ),
            ),
            (
                "module",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.module",
                ),
            ),
            ("record_key", models.CharField(blank=True, max_length=120)),
            (
                "input",
                models.JSONField(
                    default=dict,
                    help_text="Variables that the run starts with (manual input, for-each item).",
                ),
            ),
            (
                "outcome",
                models.JSONField(
                    default=dict, help_text="What a stop action said; {} when the graph just ended."
                ),
            ),
            (
                "inconclusive",
                models.BooleanField(default=False, help_text="Simulate met an action that has no plan."),
            ),
            ("failure_code", models.CharField(blank=True, max_length=64)),
            ("failure", models.JSONField(default=dict, help_text="{message, node, fault, retryable}")),
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
                "parent",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="children",
                    to="automations.run",
                ),
            ),
            ("parent_node", models.CharField(blank=True, max_length=64)),
            (
                "retry_of",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="retries",
                    to="automations.run",
                ),
            ),
            (
                "keys_of",
                models.BigIntegerField(
                    help_text="The run that the keys of its effects name, when it goes on with that one's steps.",
                    null=True,
                ),
            ),
            (
                "hold",
                models.ForeignKey(
                    db_index=False,
                    help_text="The blast radius held it until people agreed.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="runs",
                    to="automations.hold",
                ),
            ),
            ("depth", models.PositiveSmallIntegerField(default=0)),
            ("correlation_id", models.UUIDField(default=uuid.uuid4)),
            ("clock", models.CharField(blank=True, max_length=80)),
            ("as_of", models.DateTimeField(null=True)),
            (
                "attempt",
                models.PositiveSmallIntegerField(default=0, help_text="Claims since the last commit."),
            ),
            ("lease_token", models.UUIDField(null=True)),
            ("due_at", models.DateTimeField()),
            ("last_seq", models.PositiveIntegerField(default=0, help_text="Number of the newest log entry.")),
            ("created_at", models.DateTimeField()),
            ("started_at", models.DateTimeField(null=True)),
            ("finished_at", models.DateTimeField(null=True)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(
                    condition=models.Q(("status__in", ["queued", "running", "waiting"])),
                    fields=["due_at", "id"],
                    name="run_due",
                ),
                models.Index(
                    condition=models.Q(("attempt__gt", 0), ("status__in", ["queued", "running", "waiting"])),
                    fields=["due_at", "id"],
                    name="run_suspect",
                ),
                models.Index(fields=["workflow", "-id"], name="run_by_workflow"),
                models.Index(fields=["module", "record_key", "-id"], name="run_by_record"),
                models.Index(
                    condition=models.Q(("status__in", ["failed", "cancelled"])),
                    fields=["status", "-id"],
                    name="run_that_did_not_succeed",
                ),
                models.Index(
                    condition=models.Q(("finished_at__isnull", False)),
                    fields=["finished_at"],
                    include=("workflow", "status", "mode"),
                    name="run_ended",
                ),
                models.Index(
                    condition=models.Q(("actor__isnull", False)), fields=["actor"], name="run_by_actor"
                ),
                models.Index(
                    condition=models.Q(("hold__isnull", False)), fields=["hold", "id"], name="run_by_hold"
                ),
                models.Index(
                    condition=models.Q(("parent__isnull", False)), fields=["parent"], name="run_by_parent"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("workflow", "trigger_node", "dedupe_key"), name="run_started_once"
                ),
                models.UniqueConstraint(
                    condition=models.Q(("retry_of__isnull", False)),
                    fields=("retry_of",),
                    name="run_retried_once",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("status__in", ["queued", "running", "waiting", "succeeded", "failed", "cancelled"])
                    ),
                    name="run_status_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("finished_at__isnull", True), ("status__in", ["queued", "running", "waiting"])
                        ),
                        models.Q(
                            models.Q(("status__in", ["queued", "running", "waiting"]), _negated=True),
                            ("finished_at__isnull", False),
                        ),
                        _connector="OR",
                    ),
                    name="run_finished_when_terminal",
                ),
                models.CheckConstraint(
                    condition=models.Q(("mode__in", ["simulate", "execute"])), name="run_mode_known"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("status", "running"), _negated=True),
                        ("lease_token__isnull", False),
                        _connector="OR",
                    ),
                    name="run_running_holds_lease",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Step",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "run",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="steps",
                    to="automations.run",
                ),
            ),
            ("node", models.CharField(max_length=64)),
            ("position", models.PositiveIntegerField()),
            ("kind", models.CharField(max_length=64)),
            (
                "status",
                models.CharField(
                    choices=[
                        ("pending", "pending"),
                        ("running", "running"),
                        ("waiting", "waiting"),
                        ("succeeded", "succeeded"),
                        ("failed", "failed"),
                        ("skipped", "skipped"),
                        ("cancelled", "cancelled"),
                    ],
                    max_length=10,
                ),
            ),
            ("branches", models.JSONField(default=list, help_text="The ways out that were taken.")),
            ("attempt", models.PositiveSmallIntegerField(default=0)),
            ("output", models.JSONField(null=True)),
            ("changes", models.JSONField(default=list, help_text="[{module, record, field, before, after}]")),
            ("error", models.JSONField(help_text="{code, message, fault, retryable}", null=True)),
            ("wait", models.JSONField(help_text="{kind, until} while waiting.", null=True)),
            ("assumed", models.BooleanField(default=False)),
            (
                "kept_from",
                models.BigIntegerField(help_text="The run that did it, when a retry kept it.", null=True),
            ),
            ("started_at", models.DateTimeField(null=True)),
            ("finished_at", models.DateTimeField(null=True)),
        ],
        options={
            "ordering": ("run", "position"),
            "indexes": [
                models.Index(
                    condition=models.Q(("wait__kind", "needs_review")),
                    fields=["run"],
                    name="step_needing_review",
                )
            ],
            "constraints": [
                models.UniqueConstraint(fields=("run", "node"), name="step_once_per_run"),
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "status__in",
                            ["pending", "running", "waiting", "succeeded", "failed", "skipped", "cancelled"],
                        )
                    ),
                    name="step_status_known",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="LogEntry",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "run",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="logs",
                    to="automations.run",
                ),
            ),
            ("seq", models.PositiveIntegerField()),
            ("at", models.DateTimeField()),
            ("level", models.CharField(max_length=8)),
            ("node", models.CharField(blank=True, max_length=64)),
            ("message", models.TextField()),
            ("data", models.JSONField(null=True)),
        ],
        options={
            "verbose_name_plural": "log entries",
            "ordering": ("run", "seq"),
            "constraints": [models.UniqueConstraint(fields=("run", "seq"), name="log_seq_unique")],
        },
    ),
    migrations.CreateModel(
        name="RunSignal",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "run",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="signals", to="automations.run"
                ),
            ),
            ("node", models.CharField(max_length=64)),
            ("key", models.CharField(max_length=120)),
            ("outcome", models.JSONField()),
            ("created_at", models.DateTimeField()),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("run", "node", "key"), name="runsignal_once")],
        },
    ),
)
