import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Backtest",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="backtests",
                    to="automations.workflow",
                ),
            ),
            (
                "version",
                models.ForeignKey(
                    db_index=False,
                    help_text="What is tried; empty: the draft as it was.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.workflowversion",
                ),
            ),
            ("digest", models.CharField(help_text="Of what is tried.", max_length=64)),
            ("document", models.JSONField()),
            (
                "against",
                models.ForeignKey(
                    db_index=False,
                    help_text="What it is compared with; empty: nothing was published before.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.workflowversion",
                ),
            ),
            (
                "is_shadow",
                models.BooleanField(default=False, help_text="It follows live events as they come."),
            ),
            ("since", models.DateTimeField(help_text="Events after this moment …")),
            (
                "until",
                models.DateTimeField(help_text="… up to and with this one; of a shadow, at the latest."),
            ),
            (
                "status",
                models.CharField(
                    choices=[
                        ("queued", "Queued"),
                        ("running", "Running"),
                        ("succeeded", "Succeeded"),
                        ("failed", "Failed"),
                        ("cancelled", "Cancelled"),
                    ],
                    default="queued",
                    max_length=10,
                ),
            ),
            ("failure", models.CharField(blank=True, max_length=500)),
            (
                "ended_why",
                models.CharField(blank=True, help_text="Why a shadow goes no further.", max_length=300),
            ),
            (
                "to_read",
                models.PositiveIntegerField(
                    help_text="Stored events, records with alarms, and days of the calendar; empty: not yet counted.",
                    null=True,
                ),
            ),
            (
                "read",
                models.PositiveIntegerField(default=0, help_text="How many of them it has gone through."),
            ),
            (
                "looked_at",
                models.PositiveIntegerField(default=0, help_text="Events that both sides have judged."),
            ),
            ("same", models.PositiveIntegerField(default=0)),
            ("newly_selected", models.PositiveIntegerField(default=0)),
            ("no_longer_selected", models.PositiveIntegerField(default=0)),
            ("other_effect", models.PositiveIntegerField(default=0)),
            ("other_branch", models.PositiveIntegerField(default=0)),
            ("selected_before", models.PositiveIntegerField(default=0)),
            ("selected_after", models.PositiveIntegerField(default=0)),
            (
                "assumed",
                models.PositiveIntegerField(
                    default=0, help_text="Events of which something had to be assumed."
                ),
            ),
            (
                "notes",
                models.JSONField(
                    default=list, help_text="[{code, message}]: what the result does not cover."
                ),
            ),
            (
                "position",
                models.JSONField(
                    default=dict, help_text="How far it has read: {part, after}; a shadow: {id, at, to}."
                ),
            ),
            (
                "requested_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "attempt",
                models.PositiveSmallIntegerField(
                    default=0, help_text="Claims since the last slice was kept."
                ),
            ),
            ("lease_token", models.UUIDField(null=True)),
            ("due_at", models.DateTimeField()),
            ("created_at", models.DateTimeField()),
            ("started_at", models.DateTimeField(null=True)),
            ("finished_at", models.DateTimeField(null=True)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(
                    condition=models.Q(("status__in", ("queued", "running"))),
                    fields=["due_at", "id"],
                    name="backtest_due",
                )
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("status__in", ["queued", "running", "succeeded", "failed", "cancelled"])
                    ),
                    name="backtest_status_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("until__gt", models.F("since"))), name="backtest_looks_at_some_time"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("finished_at__isnull", True), ("status__in", ("queued", "running"))),
                        models.Q(
                            models.Q(("status__in", ("queued", "running")), _negated=True),
                            ("finished_at__isnull", False),
                        ),
                        _connector="OR",
                    ),
                    name="backtest_finished_when_terminal",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "looked_at",
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("same"), "+", models.F("newly_selected")
                                        ),
                                        "+",
                                        models.F("no_longer_selected"),
                                    ),
                                    "+",
                                    models.F("other_effect"),
                                ),
                                "+",
                                models.F("other_branch"),
                            ),
                        )
                    ),
                    name="backtest_counts_each_event_once",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("ended_why", ""), ("is_shadow", False)),
                        models.Q(("against__isnull", False), ("is_shadow", True)),
                        _connector="OR",
                    ),
                    name="backtest_shadow_has_a_live_version",
                ),
                models.UniqueConstraint(
                    condition=models.Q(
                        ("ended_why", ""), ("is_shadow", True), ("status__in", ("queued", "running"))
                    ),
                    fields=("workflow",),
                    name="backtest_one_shadow",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="BacktestDifference",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "backtest",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="differences",
                    to="automations.backtest",
                ),
            ),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("newly_selected", "newly_selected"),
                        ("no_longer_selected", "no_longer_selected"),
                        ("other_effect", "other_effect"),
                        ("other_branch", "other_branch"),
                    ],
                    max_length=18,
                ),
            ),
            (
                "event",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to="automations.event",
                ),
            ),
            ("event_type", models.CharField(max_length=80)),
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
            ("at", models.DateTimeField()),
            (
                "before",
                models.JSONField(
                    help_text="{selected, at, why_not, runs: [{trigger, path, status, failure, actions}]}"
                ),
            ),
            ("after", models.JSONField(help_text="The same of what was tried.")),
            ("assumed", models.JSONField(default=list, help_text="What could not be known, as sentences.")),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [models.Index(fields=["backtest", "kind", "-id"], name="backtestdifference_by_kind")],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("kind__in", ["newly_selected", "no_longer_selected", "other_effect", "other_branch"])
                    ),
                    name="backtestdifference_kind_known",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="BacktestAlarm",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "backtest",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="alarms",
                    to="automations.backtest",
                ),
            ),
            (
                "module",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="automations.module",
                ),
            ),
            ("record_key", models.CharField(max_length=120)),
            (
                "mark",
                models.CharField(
                    help_text="Trigger, field, date, and which time it has that date.", max_length=250
                ),
            ),
        ],
        options={
            "ordering": ("id",),
            "constraints": [
                models.UniqueConstraint(
                    fields=("backtest", "module", "record_key", "mark"), name="backtestalarm_judged_once"
                )
            ],
        },
    ),
)
