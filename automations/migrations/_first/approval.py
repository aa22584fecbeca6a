import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Approval",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "kind",
                models.CharField(
                    choices=[("step", "Step"), ("blast_radius", "Blast Radius")],
                    default="step",
                    max_length=12,
                ),
            ),
            (
                "run",
                models.ForeignKey(
                    help_text="That asks; of a hold the first one held.",
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="approvals",
                    to="automations.run",
                ),
            ),
            (
                "hold",
                models.OneToOneField(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="approval",
                    to="automations.hold",
                ),
            ),
            ("node", models.CharField(max_length=64)),
            ("round", models.PositiveSmallIntegerField(default=1)),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="approvals",
                    to="automations.workflow",
                ),
            ),
            ("title", models.CharField(max_length=200)),
            ("body", models.TextField(blank=True)),
            ("users", models.JSONField(default=list, help_text="User names of those who are asked.")),
            ("groups", models.JSONField(default=list, help_text="Groups whose members are asked.")),
            ("quorum", models.PositiveSmallIntegerField(default=1)),
            ("allow_self", models.BooleanField(default=False)),
            ("form", models.JSONField(blank=True, default=dict)),
            (
                "requester",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "module",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.module",
                ),
            ),
            ("record_key", models.CharField(blank=True, max_length=120)),
            ("record", models.JSONField(help_text="The record's values when it was asked.", null=True)),
            (
                "plan",
                models.JSONField(
                    default=list, help_text="[{node, kind, risk, changes, preview}] of what would follow."
                ),
            ),
            ("plan_hash", models.CharField(max_length=64)),
            (
                "reach",
                models.JSONField(
                    help_text="Blast radius: {bound, count, cap, population, records or items}.", null=True
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("pending", "Pending"),
                        ("approved", "Approved"),
                        ("rejected", "Rejected"),
                        ("expired", "Expired"),
                        ("cancelled", "Cancelled"),
                    ],
                    default="pending",
                    max_length=9,
                ),
            ),
            ("note", models.CharField(blank=True, help_text="Why it ended as it did.", max_length=300)),
            ("asked_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("expires_at", models.DateTimeField(null=True)),
            ("remind_every", models.DurationField(null=True)),
            ("remind_at", models.DateTimeField(null=True)),
            ("escalate_at", models.DateTimeField(null=True)),
            ("escalate_to", models.JSONField(default=list)),
            ("escalated_at", models.DateTimeField(null=True)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(
                    condition=models.Q(("state", "pending")), fields=["expires_at"], name="approval_expiring"
                ),
                models.Index(
                    condition=models.Q(("state", "pending")), fields=["remind_at"], name="approval_reminding"
                ),
                models.Index(
                    condition=models.Q(("state", "pending")),
                    fields=["escalate_at"],
                    name="approval_escalating",
                ),
                models.Index(fields=["workflow", "-id"], name="approval_by_workflow"),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("hold__isnull", True), ("kind", "step"), ("reach__isnull", True)),
                        models.Q(("kind", "blast_radius"), ("reach__isnull", False)),
                        _connector="OR",
                    ),
                    name="approval_of_reach_says_how_far",
                ),
                models.UniqueConstraint(fields=("run", "node", "round"), name="approval_asked_once"),
                models.UniqueConstraint(
                    condition=models.Q(("state", "pending")),
                    fields=("run", "node"),
                    name="approval_one_pending",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("state__in", ["pending", "approved", "rejected", "expired", "cancelled"])
                    ),
                    name="approval_state_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("ended_at__isnull", True), ("state", "pending")),
                        models.Q(models.Q(("state", "pending"), _negated=True), ("ended_at__isnull", False)),
                        _connector="OR",
                    ),
                    name="approval_ended_when_terminal",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ApprovalDecision",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "approval",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="decisions",
                    to="automations.approval",
                ),
            ),
            (
                "person",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("person_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            (
                "verdict",
                models.CharField(choices=[("approve", "Approve"), ("reject", "Reject")], max_length=7),
            ),
            ("reason", models.CharField(blank=True, max_length=300)),
            ("answers", models.JSONField(default=dict)),
            ("plan_hash", models.CharField(max_length=64)),
            ("by_link", models.BooleanField(default=False, help_text="Decided by the link in the mail.")),
            ("at", models.DateTimeField()),
        ],
        options={
            "ordering": ("id",),
            "constraints": [
                models.UniqueConstraint(fields=("approval", "person"), name="approval_decided_once_each"),
                models.CheckConstraint(
                    condition=models.Q(("verdict__in", ["approve", "reject"])), name="approval_verdict_known"
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ApprovalDelegation",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "approval",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="delegations",
                    to="automations.approval",
                ),
            ),
            (
                "giver",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            (
                "receiver",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            ("reason", models.CharField(blank=True, max_length=300)),
            ("at", models.DateTimeField()),
        ],
        options={
            "constraints": [
                models.UniqueConstraint(fields=("approval", "giver"), name="approval_delegated_once_each")
            ],
        },
    ),
    migrations.CreateModel(
        name="ApprovalRemark",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "approval",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="remarks",
                    to="automations.approval",
                ),
            ),
            (
                "person",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("person_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            ("text", models.TextField()),
            ("at", models.DateTimeField()),
        ],
        options={
            "ordering": ("id",),
        },
    ),
)
