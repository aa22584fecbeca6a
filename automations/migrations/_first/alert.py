import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="AlertRule",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("name", models.CharField(max_length=120)),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("failures", "Runs fail"),
                        ("failure_ratio", "A large part of the runs fails"),
                        ("silence", "No run succeeds"),
                        ("dead_letters", "Dead letters pile up"),
                        ("approvals_overdue", "Questions wait for too long"),
                        ("queue_lag", "Work is late"),
                        ("noisy_trigger", "A trigger starts too many runs"),
                    ],
                    max_length=20,
                ),
            ),
            (
                "workflow",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="alert_rules",
                    to="automations.workflow",
                ),
            ),
            (
                "team",
                models.CharField(
                    blank=True, help_text="Without it and a workflow: all of them.", max_length=80
                ),
            ),
            ("raise_at", models.FloatField()),
            ("clear_at", models.FloatField(default=0)),
            ("window_seconds", models.PositiveIntegerField(default=900)),
            (
                "hold_seconds",
                models.PositiveIntegerField(default=0, help_text="For so long it has to be out of bounds."),
            ),
            (
                "least",
                models.PositiveIntegerField(default=1, help_text="A ratio of fewer runs says nothing."),
            ),
            (
                "breaks",
                models.BooleanField(
                    default=False, help_text="A workflow that is out of bounds is taken back to simulate."
                ),
            ),
            (
                "retry_minutes",
                models.PositiveIntegerField(
                    blank=True,
                    help_text="After so long one run is let act, to try; empty: when somebody says so.",
                    null=True,
                ),
            ),
            ("tell_owner", models.BooleanField(default=True)),
            ("fallback", models.BooleanField(default=False, editable=False)),
            ("enabled", models.BooleanField(default=True)),
            ("snoozed_until", models.DateTimeField(blank=True, null=True)),
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
            ("people", models.ManyToManyField(blank=True, related_name="+", to=settings.AUTH_USER_MODEL)),
        ],
        options={
            "ordering": ("id",),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "kind__in",
                            [
                                "failures",
                                "failure_ratio",
                                "silence",
                                "dead_letters",
                                "approvals_overdue",
                                "queue_lag",
                                "noisy_trigger",
                            ],
                        )
                    ),
                    name="alertrule_kind_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("clear_at__gte", 0), ("clear_at__lt", models.F("raise_at"))),
                    name="alertrule_clears_below",
                ),
                models.CheckConstraint(
                    condition=models.Q(("workflow__isnull", True), ("team", ""), _connector="OR"),
                    name="alertrule_one_scope",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind__in", ["queue_lag"]), _negated=True),
                        models.Q(("team", ""), ("workflow__isnull", True)),
                        _connector="OR",
                    ),
                    name="alertrule_of_everything",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("breaks", False),
                        ("kind__in", ["failures", "failure_ratio", "noisy_trigger"]),
                        _connector="OR",
                    ),
                    name="alertrule_can_break",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("fallback", False),
                        models.Q(
                            ("enabled", True),
                            ("fallback", True),
                            ("kind", "failures"),
                            ("team", ""),
                            ("workflow__isnull", True),
                        ),
                        _connector="OR",
                    ),
                    name="alertrule_fallback_of_all",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("fallback", True)),
                    fields=("fallback",),
                    name="alertrule_one_fallback",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Alert",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "rule",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="alerts",
                    to="automations.alertrule",
                ),
            ),
            ("rule_name", models.CharField(help_text="Kept as it was.", max_length=120)),
            (
                "kind",
                models.CharField(
                    choices=[
                        ("failures", "Runs fail"),
                        ("failure_ratio", "A large part of the runs fails"),
                        ("silence", "No run succeeds"),
                        ("dead_letters", "Dead letters pile up"),
                        ("approvals_overdue", "Questions wait for too long"),
                        ("queue_lag", "Work is late"),
                        ("noisy_trigger", "A trigger starts too many runs"),
                    ],
                    max_length=20,
                ),
            ),
            (
                "workflow",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="alerts",
                    to="automations.workflow",
                ),
            ),
            (
                "node",
                models.CharField(blank=True, help_text="The trigger, where one is too noisy.", max_length=64),
            ),
            (
                "phase",
                models.CharField(
                    choices=[("pending", "pending"), ("raised", "raised"), ("resolved", "resolved")],
                    default="pending",
                    max_length=8,
                ),
            ),
            ("since", models.DateTimeField()),
            ("raised_at", models.DateTimeField(null=True)),
            ("told_at", models.DateTimeField(null=True)),
            ("value", models.FloatField(help_text="The newest measurement.")),
            ("worst", models.FloatField()),
            ("bound", models.FloatField(help_text="From which it was raised.")),
            ("window_seconds", models.PositiveIntegerField()),
            (
                "failures",
                models.PositiveIntegerField(
                    help_text="Runs that failed in the whole of it, once it is over.", null=True
                ),
            ),
            (
                "run",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    help_text="The newest that failed.",
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="automations.run",
                ),
            ),
            ("acknowledged_at", models.DateTimeField(null=True)),
            ("acknowledged_by", models.CharField(blank=True, max_length=150)),
            (
                "note",
                models.CharField(blank=True, help_text="What who took note of it said.", max_length=300),
            ),
            ("snoozed_until", models.DateTimeField(null=True)),
            ("resolved_at", models.DateTimeField(null=True)),
            ("resolved_why", models.CharField(blank=True, max_length=200)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(fields=["workflow", "-id"], name="alert_by_workflow"),
                models.Index(
                    condition=models.Q(("resolved_at__isnull", True)), fields=["-id"], name="alert_open"
                ),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("resolved_at__isnull", True)),
                    fields=("rule", "workflow", "node"),
                    name="alert_one_open",
                    nulls_distinct=False,
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "kind__in",
                            [
                                "failures",
                                "failure_ratio",
                                "silence",
                                "dead_letters",
                                "approvals_overdue",
                                "queue_lag",
                                "noisy_trigger",
                            ],
                        )
                    ),
                    name="alert_kind_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("phase", "pending"), ("raised_at__isnull", True), ("resolved_at__isnull", True)
                        ),
                        models.Q(
                            ("phase", "raised"), ("raised_at__isnull", False), ("resolved_at__isnull", True)
                        ),
                        models.Q(
                            ("phase", "resolved"),
                            ("raised_at__isnull", False),
                            ("resolved_at__isnull", False),
                        ),
                        _connector="OR",
                    ),
                    name="alert_phase_says_when",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Breaker",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="breakers",
                    to="automations.workflow",
                ),
            ),
            (
                "alert",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="automations.alert",
                ),
            ),
            (
                "promotion",
                models.ForeignKey(
                    help_text="What had let it act.",
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.promotion",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[("open", "Open"), ("half_open", "half open"), ("closed", "Closed")],
                    default="open",
                    max_length=9,
                ),
            ),
            ("reason", models.CharField(max_length=300)),
            ("tripped_at", models.DateTimeField()),
            ("retry_minutes", models.PositiveIntegerField(null=True)),
            ("retry_at", models.DateTimeField(help_text="When one run is let act by itself.", null=True)),
            ("tries", models.PositiveIntegerField(default=0)),
            (
                "canary",
                models.ForeignKey(
                    db_constraint=False,
                    help_text="The run that acts to try.",
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="automations.run",
                ),
            ),
            ("closed_at", models.DateTimeField(null=True)),
            ("closed_by", models.CharField(blank=True, max_length=150)),
            ("closed_why", models.CharField(blank=True, max_length=300)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [models.Index(fields=["workflow", "-id"], name="breaker_by_workflow")],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("closed_at__isnull", True)),
                    fields=("workflow",),
                    name="breaker_one_open",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("closed_at__isnull", True), ("state__in", ["open", "half_open"])),
                        models.Q(("closed_at__isnull", False), ("state", "closed")),
                        _connector="OR",
                    ),
                    name="breaker_closed_says_when",
                ),
            ],
        },
    ),
)
