import django.db.models.deletion
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Hold",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="holds",
                    to="automations.workflow",
                ),
            ),
            ("trigger_node", models.CharField(blank=True, max_length=64)),
            ("firing", models.CharField(blank=True, max_length=120)),
            (
                "bound",
                models.CharField(
                    choices=[("firing", "Firing"), ("share", "Share"), ("hour", "Hour")], max_length=6
                ),
            ),
            ("cap", models.PositiveIntegerField(help_text="Records, runs an hour, or per cent.")),
            ("count", models.PositiveIntegerField(default=0, help_text="Runs held.")),
            ("population", models.PositiveIntegerField(help_text="Share: of how many records.", null=True)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("pending", "Pending"),
                        ("released", "Released"),
                        ("rejected", "Rejected"),
                        ("expired", "Expired"),
                    ],
                    default="pending",
                    max_length=8,
                ),
            ),
            ("opened_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
        ],
        options={
            "ordering": ("-id",),
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("firing", ""), _negated=True),
                    fields=("workflow", "trigger_node", "firing"),
                    name="hold_one_per_firing",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("bound", "hour"), ("state", "pending")),
                    fields=("workflow",),
                    name="hold_one_hour_pending",
                ),
                models.CheckConstraint(
                    condition=models.Q(("bound__in", ["firing", "share", "hour"])), name="hold_bound_known"
                ),
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["pending", "released", "rejected", "expired"])),
                    name="hold_state_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("bound", "hour"), models.Q(("firing", ""), _negated=True), _connector="XOR"
                    ),
                    name="hold_firing_is_named",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("ended_at__isnull", True), ("state", "pending")),
                        models.Q(models.Q(("state", "pending"), _negated=True), ("ended_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="hold_ended_when_decided",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="StartCount",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to="automations.workflow"
                ),
            ),
            ("slot", models.DateTimeField()),
            ("started", models.PositiveIntegerField(default=0)),
        ],
        options={
            "constraints": [models.UniqueConstraint(fields=("workflow", "slot"), name="startcount_once")],
        },
    ),
)
