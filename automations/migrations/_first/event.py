import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="TriggerSource",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("key", models.CharField(max_length=120, unique=True)),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("module", "Module"),
                        ("deadline", "Deadline"),
                        ("schedule", "Schedule"),
                        ("manual", "Manual"),
                        ("api", "Api"),
                        ("workflow", "Workflow"),
                        ("webhook", "Webhook"),
                    ],
                    max_length=12,
                ),
            ),
            ("name", models.CharField(max_length=120)),
            (
                "module",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="sources",
                    to="automations.module",
                ),
            ),
            (
                "contract",
                models.JSONField(
                    blank=True, default=dict, help_text="JSON Schema of `data`; {} accepts any object."
                ),
            ),
            (
                "rejected_count",
                models.PositiveBigIntegerField(default=0, help_text="Payloads refused by the contract."),
            ),
            ("is_active", models.BooleanField(default=True)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
        ],
        options={
            "ordering": ("key",),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "kind__in",
                            ["module", "deadline", "schedule", "manual", "api", "workflow", "webhook"],
                        )
                    ),
                    name="triggersource_kind_known",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Event",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "source",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="events",
                    to="automations.triggersource",
                ),
            ),
            ("type", models.CharField(max_length=80)),
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
            ("snapshot", models.JSONField()),
            ("idempotency_key", models.CharField(max_length=200, null=True)),
            ("request_hash", models.CharField(blank=True, max_length=64)),
            (
                "state",
                models.CharField(
                    choices=[("pending", "Pending"), ("matched", "Matched")], default="pending", max_length=8
                ),
            ),
            ("occurred_at", models.DateTimeField()),
            ("received_at", models.DateTimeField()),
            (
                "clock",
                models.CharField(
                    blank=True,
                    help_text="Name of the replay this belongs to; empty: real time.",
                    max_length=80,
                ),
            ),
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
                "cause_run",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="caused_events",
                    to="automations.run",
                ),
            ),
            (
                "cause_workflow",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="automations.workflow",
                ),
            ),
            (
                "correlation_id",
                models.UUIDField(
                    help_text="Of the request that sent it; runs that it starts take it over.", null=True
                ),
            ),
            (
                "depth",
                models.PositiveSmallIntegerField(
                    default=0, help_text="How many runs stand between this and the outside."
                ),
            ),
            (
                "target",
                models.JSONField(
                    help_text="{workflow, node} when the event is for one trigger (schedule, deadline, manual); {firing, size} when it is one of several that fire together.",
                    null=True,
                ),
            ),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(condition=models.Q(("state", "pending")), fields=["id"], name="event_pending"),
                models.Index(fields=["module", "record_key", "-id"], name="event_by_record"),
                models.Index(fields=["type", "-occurred_at"], name="event_by_type"),
                models.Index(
                    condition=models.Q(("actor__isnull", False)), fields=["actor"], name="event_by_actor"
                ),
                models.Index(
                    condition=models.Q(("cause_run__isnull", False)),
                    fields=["cause_run"],
                    name="event_by_cause_run",
                ),
            ],
            "constraints": [
                models.UniqueConstraint(fields=("source", "idempotency_key"), name="event_accepted_once"),
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["pending", "matched"])), name="event_state_known"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Decision",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "event",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="decisions",
                    to="automations.event",
                ),
            ),
            (
                "workflow",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="decisions",
                    to="automations.workflow",
                ),
            ),
            (
                "version",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.workflowversion",
                ),
            ),
            ("trigger_node", models.CharField(max_length=64)),
            (
                "outcome",
                models.CharField(
                    choices=[
                        ("matched", "Matched"),
                        ("filtered", "Filtered"),
                        ("duplicate", "Duplicate"),
                        ("throttled", "Throttled"),
                        ("out_of_scope", "Out Of Scope"),
                        ("paused", "Paused"),
                        ("loop", "Loop"),
                        ("broken", "Broken"),
                        ("no_place", "No Place"),
                    ],
                    max_length=12,
                ),
            ),
            ("reason", models.JSONField(default=dict)),
            (
                "run",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="decisions",
                    to="automations.run",
                ),
            ),
            ("at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [models.Index(fields=["workflow", "-id"], name="decision_by_workflow")],
            "constraints": [
                models.UniqueConstraint(
                    fields=("event", "workflow", "trigger_node"), name="decision_once_per_trigger"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "outcome__in",
                            [
                                "matched",
                                "filtered",
                                "duplicate",
                                "throttled",
                                "out_of_scope",
                                "paused",
                                "loop",
                                "broken",
                                "no_place",
                            ],
                        )
                    ),
                    name="decision_outcome_known",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Deadline",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="deadlines",
                    to="automations.workflow",
                ),
            ),
            ("trigger_node", models.CharField(max_length=64)),
            (
                "module",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to="automations.module"
                ),
            ),
            ("record_key", models.CharField(max_length=120)),
            ("due_at", models.DateTimeField()),
            ("clock", models.CharField(blank=True, max_length=80)),
            (
                "fired_for",
                models.DateTimeField(
                    help_text="The due value that it has fired for: once per value.", null=True
                ),
            ),
        ],
        options={
            "ordering": ("due_at",),
            "indexes": [
                models.Index(
                    condition=models.Q(("fired_for", models.F("due_at")), _negated=True),
                    fields=["clock", "due_at"],
                    name="deadline_due",
                )
            ],
            "constraints": [
                models.UniqueConstraint(
                    fields=("workflow", "trigger_node", "module", "record_key"),
                    name="deadline_one_per_trigger_and_record",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="ScheduleSlot",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="slots",
                    to="automations.workflow",
                ),
            ),
            ("trigger_node", models.CharField(max_length=64)),
            ("slot_at", models.DateTimeField()),
            (
                "fired_at",
                models.DateTimeField(help_text="Empty: skipped by the missed-slot policy.", null=True),
            ),
        ],
        options={
            "ordering": ("-slot_at",),
            "constraints": [
                models.UniqueConstraint(
                    fields=("workflow", "trigger_node", "slot_at"), name="schedule_slot_once"
                )
            ],
        },
    ),
)
