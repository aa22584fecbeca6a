import django.db.models.deletion
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Delivery",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "destination",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="deliveries",
                    to="webhooks.destination",
                ),
            ),
            (
                "key",
                models.CharField(
                    help_text="What made it, for good: run:step, or subscription:event.",
                    max_length=200,
                    unique=True,
                ),
            ),
            (
                "message_id",
                models.CharField(help_text="The webhook-id of every attempt.", max_length=64, unique=True),
            ),
            ("type", models.CharField(max_length=80)),
            ("content_type", models.CharField(default="application/json", max_length=100)),
            ("body", models.TextField()),
            (
                "run",
                models.ForeignKey(
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="deliveries",
                    to="automations.run",
                ),
            ),
            ("node", models.CharField(blank=True, max_length=64)),
            (
                "workflow",
                models.ForeignKey(
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="deliveries",
                    to="automations.workflow",
                ),
            ),
            (
                "about",
                models.CharField(
                    blank=True,
                    help_text="What it is about: where the destination is ordered, one at a time.",
                    max_length=200,
                ),
            ),
            (
                "resending",
                models.ForeignKey(
                    db_index=False,
                    help_text="The newest sending of many anew that it was part of.",
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="deliveries",
                    to="webhooks.resending",
                ),
            ),
            ("waits", models.BooleanField(default=False, help_text="The run waits for how it ends.")),
            ("retry_refusals", models.BooleanField(default=True)),
            (
                "retry_safe",
                models.BooleanField(
                    default=True,
                    help_text="Whether a call that may have arrived is tried again by itself; else somebody is asked.",
                ),
            ),
            ("max_attempts", models.PositiveSmallIntegerField()),
            (
                "state",
                models.CharField(
                    choices=[
                        ("pending", "Pending"),
                        ("sending", "Sending"),
                        ("needs_review", "Needs Review"),
                        ("succeeded", "Succeeded"),
                        ("failed", "Failed"),
                        ("cancelled", "Cancelled"),
                    ],
                    default="pending",
                    max_length=12,
                ),
            ),
            ("due_at", models.DateTimeField()),
            ("lease_token", models.UUIDField(null=True)),
            ("attempt", models.PositiveIntegerField(default=0, help_text="Claims so far, over all series.")),
            (
                "series",
                models.PositiveIntegerField(
                    default=0, help_text="The attempt that its newest series of attempts came after."
                ),
            ),
            ("status", models.PositiveSmallIntegerField(help_text="Of the newest answer.", null=True)),
            (
                "error",
                models.CharField(blank=True, help_text="Why the newest attempt failed.", max_length=64),
            ),
            ("created_at", models.DateTimeField()),
            ("finished_at", models.DateTimeField(null=True)),
        ],
        options={
            "verbose_name_plural": "deliveries",
            "ordering": ("-id",),
            "indexes": [
                models.Index(
                    condition=models.Q(("state__in", ("pending", "sending"))),
                    fields=["destination", "due_at", "id"],
                    name="delivery_due",
                ),
                models.Index(fields=["destination", "-id"], name="delivery_by_destination"),
                models.Index(fields=["workflow", "-id"], name="delivery_by_workflow"),
                models.Index(fields=["state", "-id"], name="delivery_by_state"),
                models.Index(
                    condition=models.Q(
                        ("state__in", ("pending", "sending", "needs_review")),
                        models.Q(("about", ""), _negated=True),
                    ),
                    fields=["destination", "about", "id"],
                    name="delivery_in_order",
                ),
                models.Index(
                    condition=models.Q(("resending__isnull", False)),
                    fields=["resending", "state"],
                    name="delivery_by_resending",
                ),
                models.Index(
                    condition=models.Q(("finished_at__isnull", False)),
                    fields=["finished_at"],
                    name="delivery_ended",
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        (
                            "state__in",
                            ["pending", "sending", "needs_review", "succeeded", "failed", "cancelled"],
                        )
                    ),
                    name="delivery_state_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("finished_at__isnull", True),
                            ("state__in", ("pending", "sending", "needs_review")),
                        ),
                        models.Q(
                            models.Q(("state__in", ("pending", "sending", "needs_review")), _negated=True),
                            ("finished_at__isnull", False),
                        ),
                        _connector="OR",
                    ),
                    name="delivery_finished_when_terminal",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("lease_token__isnull", False), ("state", "sending")),
                        models.Q(
                            models.Q(("state", "sending"), _negated=True), ("lease_token__isnull", True)
                        ),
                        _connector="OR",
                    ),
                    name="delivery_sending_holds_lease",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("waits", False),
                        ("run__isnull", False),
                        models.Q(("state__in", ("pending", "sending")), _negated=True),
                        _connector="OR",
                    ),
                    name="delivery_waiting_names_its_run",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Attempt",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "delivery",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="attempts",
                    to="webhooks.delivery",
                ),
            ),
            ("number", models.PositiveIntegerField()),
            ("started_at", models.DateTimeField()),
            ("finished_at", models.DateTimeField()),
            (
                "address",
                models.CharField(blank=True, help_text="The address that was dialled.", max_length=45),
            ),
            ("status", models.PositiveSmallIntegerField(null=True)),
            (
                "error",
                models.CharField(blank=True, help_text="A code; empty where it succeeded.", max_length=64),
            ),
            ("message", models.CharField(blank=True, max_length=500)),
            ("response_headers", models.JSONField(default=dict)),
            ("response_body", models.TextField(blank=True)),
            ("response_cut", models.BooleanField(default=False)),
            (
                "unknown",
                models.BooleanField(default=False, help_text="It failed, and may have arrived all the same."),
            ),
            ("next_attempt_at", models.DateTimeField(null=True)),
        ],
        options={
            "ordering": ("-number",),
            "constraints": [
                models.UniqueConstraint(fields=("delivery", "number"), name="attempt_counted_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("error", ""), ("status__gte", 200), ("status__lte", 299)),
                        models.Q(("error", ""), _negated=True),
                        _connector="OR",
                    ),
                    name="attempt_without_error_was_accepted",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("unknown", False), models.Q(("error", ""), _negated=True), _connector="OR"
                    ),
                    name="attempt_that_succeeded_is_known",
                ),
            ],
        },
    ),
)
