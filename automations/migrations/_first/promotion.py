import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Promotion",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="promotions",
                    to="automations.workflow",
                ),
            ),
            (
                "version",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="promotions",
                    to="automations.workflowversion",
                ),
            ),
            (
                "way",
                models.CharField(
                    choices=[
                        ("gate", "through the gate"),
                        ("break_glass", "past the gate"),
                        ("before", "before there was a gate"),
                    ],
                    max_length=11,
                ),
            ),
            (
                "promoted_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("promoted_by_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            ("reason", models.CharField(blank=True, max_length=300)),
            ("gate", models.JSONField(default=list, help_text="The gate's lines as they stood.")),
            ("at", models.DateTimeField()),
            (
                "settled_at",
                models.DateTimeField(
                    help_text="A broken glass: when the gate was found green, or the version stopped acting.",
                    null=True,
                ),
            ),
            ("settled_why", models.CharField(blank=True, max_length=120)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(fields=["workflow", "-id"], name="promotion_by_workflow"),
                models.Index(
                    condition=models.Q(("settled_at", None), ("way", "break_glass")),
                    fields=["workflow"],
                    name="promotion_glass_broken",
                ),
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("way__in", ["gate", "break_glass", "before"])),
                    name="promotion_way_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("way", "break_glass"), _negated=True),
                        ("reason__regex", ".{10}"),
                        _connector="OR",
                    ),
                    name="promotion_glass_broken_with_reason",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Consent",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "workflow",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="consents",
                    to="automations.workflow",
                ),
            ),
            (
                "version",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="consents",
                    to="automations.workflowversion",
                ),
            ),
            ("digest", models.CharField(max_length=64)),
            (
                "state",
                models.CharField(
                    choices=[
                        ("asked", "Asked"),
                        ("given", "Given"),
                        ("withdrawn", "Withdrawn"),
                        ("void", "Void"),
                    ],
                    default="asked",
                    max_length=9,
                ),
            ),
            (
                "asked_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("asked_by_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            ("asked_at", models.DateTimeField()),
            ("note", models.CharField(blank=True, max_length=300)),
            (
                "given_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("given_by_name", models.CharField(blank=True, help_text="Kept as it was.", max_length=150)),
            ("given_at", models.DateTimeField(null=True)),
            (
                "answer",
                models.CharField(blank=True, help_text="What the second person said.", max_length=300),
            ),
            ("ended_at", models.DateTimeField(null=True)),
            ("ended_why", models.CharField(blank=True, max_length=300)),
        ],
        options={
            "ordering": ("-id",),
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("state__in", ["asked", "given"])),
                    fields=("workflow",),
                    name="consent_one_open",
                ),
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["asked", "given", "withdrawn", "void"])),
                    name="consent_state_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("given_by", None),
                        ("asked_by", None),
                        models.Q(("given_by", models.F("asked_by")), _negated=True),
                        _connector="OR",
                    ),
                    name="consent_of_somebody_else",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("state", "given"), _negated=True),
                        models.Q(("given_at__isnull", False), models.Q(("given_by_name", ""), _negated=True)),
                        _connector="OR",
                    ),
                    name="consent_given_by_somebody",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="FirstRelease",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "version",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="first_release",
                    to="automations.workflowversion",
                ),
            ),
            (
                "confirmed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("confirmed_by_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            ("note", models.CharField(blank=True, max_length=300)),
            ("at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
        },
    ),
)
