import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="ReviewSchedule",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("team", models.CharField(blank=True, help_text="Without it: all workflows.", max_length=80)),
            ("personal", models.BooleanField(default=False, help_text="Only of what its person may see.")),
            (
                "person",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("zone", models.CharField(default="UTC", help_text="Whose weeks and hours.", max_length=64)),
            ("weekday", models.PositiveSmallIntegerField(default=0, help_text="0 is Monday.")),
            ("hour", models.PositiveSmallIntegerField(default=8)),
            ("enabled", models.BooleanField(default=True)),
            ("next_at", models.DateTimeField(help_text="When the next review is made.")),
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
        ],
        options={
            "ordering": ("id",),
            "indexes": [
                models.Index(
                    condition=models.Q(("enabled", True)), fields=["next_at"], name="reviewschedule_due"
                )
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("weekday__lte", 6)), name="reviewschedule_weekday_known"
                ),
                models.CheckConstraint(
                    condition=models.Q(("hour__lte", 23)), name="reviewschedule_hour_known"
                ),
                models.CheckConstraint(
                    condition=models.Q(("personal", True), ("person__isnull", True), _connector="OR"),
                    name="reviewschedule_person_of_personal",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("personal", False)),
                    fields=("team",),
                    name="reviewschedule_one_a_team",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("personal", True)),
                    fields=("person", "team"),
                    name="reviewschedule_one_a_person",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ReviewReader",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "schedule",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="readers",
                    to="automations.reviewschedule",
                ),
            ),
            (
                "person",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                ),
            ),
            ("mail", models.BooleanField(default=True, help_text="Also by mail.")),
        ],
        options={
            "ordering": ("id",),
            "constraints": [models.UniqueConstraint(fields=("schedule", "person"), name="reviewreader_once")],
        },
    ),
    migrations.CreateModel(
        name="KeptReview",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "schedule",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="reviews",
                    to="automations.reviewschedule",
                ),
            ),
            ("team", models.CharField(blank=True, max_length=80)),
            ("week", models.CharField(help_text="As ISO 8601 names it: 2026-W48.", max_length=8)),
            ("zone", models.CharField(max_length=64)),
            ("starts_at", models.DateTimeField()),
            ("ends_at", models.DateTimeField()),
            ("headline", models.TextField()),
            ("asked", models.PositiveIntegerField(help_text="Questions that it asks.")),
            ("figures", models.JSONField(help_text="All that it says, as it was when it was made.")),
            ("digest", models.CharField(help_text="SHA-256 of the figures.", max_length=64)),
            ("made_at", models.DateTimeField()),
            ("made_by_name", models.CharField(help_text="Kept as it was.", max_length=150)),
        ],
        options={
            "ordering": ("-id",),
            "constraints": [
                models.UniqueConstraint(fields=("schedule", "week"), name="keptreview_once_a_week"),
                models.CheckConstraint(
                    condition=models.Q(("made_at__gte", models.F("ends_at"))),
                    name="keptreview_of_a_week_that_is_over",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ReviewDecision",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "review",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="decisions",
                    to="automations.keptreview",
                ),
            ),
            (
                "question",
                models.CharField(help_text="The key of the question among the figures.", max_length=160),
            ),
            (
                "choice",
                models.CharField(
                    choices=[("keep", "Keep"), ("change", "Change"), ("later", "Later")], max_length=6
                ),
            ),
            ("note", models.CharField(blank=True, max_length=300)),
            (
                "decided_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("decided_by_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            ("at", models.DateTimeField()),
        ],
        options={
            "ordering": ("id",),
            "constraints": [
                models.UniqueConstraint(fields=("review", "question"), name="reviewdecision_once"),
                models.CheckConstraint(
                    condition=models.Q(("choice__in", ["keep", "change", "later"])),
                    name="reviewdecision_choice_known",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="ReviewSignature",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "review",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="signature",
                    to="automations.keptreview",
                ),
            ),
            ("digest", models.CharField(help_text="Of the figures that were signed.", max_length=64)),
            ("note", models.CharField(max_length=300)),
            (
                "decided",
                models.JSONField(help_text="The answers as they stood: [{question, choice, note, by, at}]."),
            ),
            (
                "triage",
                models.JSONField(help_text="How the causes of failure stood: [{workflow, fingerprint, …}]."),
            ),
            (
                "signed_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("signed_by_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            ("at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
        },
    ),
)
