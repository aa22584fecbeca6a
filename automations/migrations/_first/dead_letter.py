import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="DeadLetter",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "run",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="dead_letter",
                    to="automations.run",
                ),
            ),
            (
                "workflow",
                models.ForeignKey(
                    db_index=False,
                    help_text="That of the run.",
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="dead_letters",
                    to="automations.workflow",
                ),
            ),
            ("code", models.CharField(max_length=64)),
            ("message", models.TextField()),
            (
                "node",
                models.CharField(blank=True, help_text="Empty when no step is to blame.", max_length=64),
            ),
            ("fingerprint", models.CharField(max_length=16)),
            ("attempts", models.PositiveSmallIntegerField()),
            (
                "state",
                models.CharField(
                    choices=[("open", "Open"), ("redriven", "Redriven"), ("discarded", "Discarded")],
                    default="open",
                    max_length=10,
                ),
            ),
            ("created_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(fields=["workflow", "fingerprint", "created_at"], name="deadletter_by_cause"),
                models.Index(fields=["fingerprint", "-id"], name="deadletter_by_fingerprint"),
                models.Index(
                    condition=models.Q(("state", "open")), fields=["workflow", "-id"], name="deadletter_open"
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["open", "redriven", "discarded"])),
                    name="deadletter_state_known",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="Triage",
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
                    related_name="triages",
                    to="automations.workflow",
                ),
            ),
            ("fingerprint", models.CharField(max_length=16)),
            ("code", models.CharField(max_length=64)),
            ("kind", models.CharField(blank=True, help_text="Of the step that failed.", max_length=64)),
            ("cause", models.TextField(help_text="The message, without what differs from case to case.")),
            (
                "state",
                models.CharField(
                    choices=[
                        ("new", "New"),
                        ("looking", "Looking"),
                        ("fixed", "Fixed"),
                        ("ignored", "Ignored"),
                    ],
                    default="new",
                    max_length=8,
                ),
            ),
            (
                "fixed_in",
                models.ForeignKey(
                    blank=True,
                    db_index=False,
                    help_text="Failures of earlier versions don't speak against it; empty: mended outside of the workflow.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.workflowversion",
                ),
            ),
            (
                "assignee",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("note", models.CharField(blank=True, max_length=300)),
            ("first_seen_at", models.DateTimeField()),
            ("changed_at", models.DateTimeField(help_text="When people last changed its state.", null=True)),
            (
                "reopened_at",
                models.DateTimeField(help_text="When it was last seen although it was fixed.", null=True),
            ),
            ("reopened", models.PositiveIntegerField(default=0, help_text="How often that was.")),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [models.Index(fields=["fingerprint"], name="triage_by_fingerprint")],
            "constraints": [
                models.UniqueConstraint(fields=("workflow", "fingerprint"), name="triage_once_per_cause"),
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["new", "looking", "fixed", "ignored"])),
                    name="triage_state_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("state", "fixed"), ("fixed_in__isnull", True), _connector="OR"),
                    name="triage_version_when_fixed",
                ),
            ],
        },
    ),
)
