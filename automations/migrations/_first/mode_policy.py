import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="ModePolicy",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "module",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="mode_policies",
                    to="automations.module",
                ),
            ),
            (
                "rule",
                models.CharField(
                    choices=[
                        ("simulate_only", "simulate only"),
                        ("four_eyes", "four eyes at every promotion"),
                        ("shadow", "a shadow that agrees before every promotion"),
                    ],
                    max_length=13,
                ),
            ),
            ("reason", models.CharField(max_length=300)),
            (
                "set_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("set_by_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            ("set_at", models.DateTimeField()),
            (
                "ends_at",
                models.DateTimeField(
                    blank=True, help_text="When it ends by itself; empty: when an admin lifts it.", null=True
                ),
            ),
            (
                "min_events",
                models.PositiveIntegerField(
                    blank=True,
                    help_text="Of a shadow: how many live events it has judged at least.",
                    null=True,
                ),
            ),
            (
                "min_hours",
                models.PositiveSmallIntegerField(
                    blank=True, help_text="Of a shadow: over how many hours at least.", null=True
                ),
            ),
            (
                "min_agreement",
                models.DecimalField(
                    blank=True,
                    decimal_places=1,
                    help_text="Of a shadow: on how many of a hundred events it agrees at least.",
                    max_digits=4,
                    null=True,
                ),
            ),
        ],
        options={
            "verbose_name_plural": "mode policies",
            "ordering": ("id",),
            "constraints": [
                models.UniqueConstraint(
                    fields=("module", "rule"), name="modepolicy_once", nulls_distinct=False
                ),
                models.CheckConstraint(
                    condition=models.Q(("rule__in", ["simulate_only", "four_eyes", "shadow"])),
                    name="modepolicy_rule_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("ends_at", None), ("ends_at__gt", models.F("set_at")), _connector="OR"
                    ),
                    name="modepolicy_ends_after_it_began",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(
                            ("min_agreement__gt", 0),
                            ("min_agreement__isnull", False),
                            ("min_agreement__lte", 100),
                            ("min_events__gte", 1),
                            ("min_events__isnull", False),
                            ("min_hours__gte", 0),
                            ("min_hours__isnull", False),
                            ("rule", "shadow"),
                        ),
                        models.Q(
                            models.Q(("rule", "shadow"), _negated=True),
                            ("min_agreement", None),
                            ("min_events", None),
                            ("min_hours", None),
                        ),
                        _connector="OR",
                    ),
                    name="modepolicy_shadow_says_how_much",
                ),
            ],
        },
    ),
)
