import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Redrive",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
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
            ("asked", models.JSONField(default=dict, help_text="By what the runs were chosen.")),
            ("start", models.CharField(help_text="failed_step or start.", max_length=11)),
            ("version", models.CharField(help_text="run or active.", max_length=6)),
            ("reason", models.CharField(blank=True, max_length=300)),
            ("is_dry_run", models.BooleanField(default=False)),
            ("rate", models.PositiveSmallIntegerField(help_text="Runs a minute.")),
            (
                "canary",
                models.BooleanField(default=True, help_text="One first; the rest once it has succeeded."),
            ),
            ("most_failures", models.PositiveSmallIntegerField(help_text="It stops when so many …")),
            (
                "among",
                models.PositiveSmallIntegerField(
                    help_text="… of the last so many that ended did not succeed."
                ),
            ),
            (
                "status",
                models.CharField(
                    choices=[
                        ("queued", "Queued"),
                        ("running", "Running"),
                        ("done", "Done"),
                        ("stopped", "Stopped"),
                        ("cancelled", "Cancelled"),
                    ],
                    default="queued",
                    max_length=9,
                ),
            ),
            ("ended_why", models.CharField(blank=True, max_length=300)),
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
                    name="redrive_due",
                )
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("status__in", ["queued", "running", "done", "stopped", "cancelled"])),
                    name="redrive_status_known",
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
                    name="redrive_finished_when_ended",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("start__in", ["failed_step", "start"]), ("version__in", ["run", "active"])
                    ),
                    name="redrive_way_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("among__gte", models.F("most_failures")), ("most_failures__gte", 1), ("rate__gte", 1)
                    ),
                    name="redrive_bounds_sound",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="RedriveItem",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "redrive",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="items",
                    to="automations.redrive",
                ),
            ),
            (
                "run",
                models.ForeignKey(
                    db_constraint=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="automations.run",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[
                        ("waiting", "Waiting"),
                        ("started", "Started"),
                        ("foreseen", "Foreseen"),
                        ("refused", "Refused"),
                        ("skipped", "Skipped"),
                    ],
                    default="waiting",
                    max_length=8,
                ),
            ),
            (
                "retry",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="automations.run",
                ),
            ),
            (
                "outcome",
                models.CharField(
                    blank=True,
                    help_text="Of a dry run: succeeds, fails, asks or inconclusive.",
                    max_length=12,
                ),
            ),
            (
                "code",
                models.CharField(blank=True, help_text="Why it was refused, or would fail.", max_length=64),
            ),
            ("message", models.TextField(blank=True)),
            ("changes", models.JSONField(default=list, help_text="Of a dry run: what would be changed.")),
        ],
        options={
            "ordering": ("redrive", "id"),
            "indexes": [models.Index(fields=["redrive", "state", "id"], name="redriveitem_by_state")],
            "constraints": [
                models.UniqueConstraint(fields=("redrive", "run"), name="redriveitem_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        ("state__in", ["waiting", "started", "foreseen", "refused", "skipped"])
                    ),
                    name="redriveitem_state_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("outcome__in", ["", "succeeds", "fails", "asks", "inconclusive"])),
                    name="redriveitem_outcome_known",
                ),
            ],
        },
    ),
)
