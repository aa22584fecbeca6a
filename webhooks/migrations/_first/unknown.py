import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="UnknownOutcome",
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
                    related_name="unknowns",
                    to="webhooks.delivery",
                ),
            ),
            ("attempt", models.PositiveIntegerField(help_text="Its number within the delivery.")),
            ("error", models.CharField(help_text="Why there is no answer, as a code.", max_length=64)),
            ("message", models.CharField(max_length=500)),
            ("asked_at", models.DateTimeField()),
            (
                "reply",
                models.CharField(
                    blank=True,
                    choices=[
                        ("happened", "It happened"),
                        ("resend", "It did not happen: send it again"),
                        ("fail", "It did not happen: leave it"),
                    ],
                    max_length=8,
                ),
            ),
            ("note", models.CharField(blank=True, help_text="How the person knows.", max_length=300)),
            (
                "status",
                models.PositiveSmallIntegerField(
                    blank=True, help_text="What the other side answered, where the person knows.", null=True
                ),
            ),
            ("body", models.TextField(blank=True, help_text="The answer's body, masked.")),
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
            ("person_name", models.CharField(blank=True, max_length=150)),
            ("answered_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(
                    condition=models.Q(("answered_at__isnull", True)),
                    fields=["-id"],
                    name="unknownoutcome_open",
                )
            ],
            "constraints": [
                models.UniqueConstraint(fields=("delivery", "attempt"), name="unknownoutcome_asked_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("answered_at__isnull", True),
                            ("body", ""),
                            ("note", ""),
                            ("reply", ""),
                            ("status__isnull", True),
                        ),
                        models.Q(
                            models.Q(("reply", ""), _negated=True),
                            ("answered_at__isnull", False),
                            models.Q(("note", ""), _negated=True),
                        ),
                        _connector="OR",
                    ),
                    name="unknownoutcome_answered_with_a_note",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("reply", "happened"),
                        models.Q(("body", ""), ("status__isnull", True)),
                        _connector="OR",
                    ),
                    name="unknownoutcome_answer_of_what_happened",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("status__isnull", True),
                        models.Q(("status__gte", 200), ("status__lte", 299)),
                        _connector="OR",
                    ),
                    name="unknownoutcome_status_of_success",
                ),
            ],
        },
    ),
)
