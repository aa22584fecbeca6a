import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Destination",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("key", models.SlugField(max_length=80, unique=True)),
            ("name", models.CharField(max_length=160)),
            (
                "format",
                models.CharField(
                    choices=[
                        ("webhook", "Standard Webhooks, signed"),
                        ("slack", "Slack's incoming webhook"),
                        ("teams", "Microsoft Teams' workflow webhook"),
                    ],
                    default="webhook",
                    max_length=7,
                ),
            ),
            ("url", models.CharField(max_length=2000)),
            (
                "url_secret",
                models.ForeignKey(
                    blank=True,
                    help_text="Its value is put behind the address, as for the incoming webhooks of chat programs.",
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="addresses",
                    to="webhooks.secret",
                ),
            ),
            (
                "owner",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("max_attempts", models.PositiveSmallIntegerField(default=10)),
            (
                "retry_other_refusals",
                models.BooleanField(
                    blank=True,
                    help_text="Whether 4xx answers beside 408, 425, 429 are tried again; empty: for events, not for steps.",
                    null=True,
                ),
            ),
            (
                "retry_safe",
                models.BooleanField(
                    default=True,
                    help_text="The receiver knows a repeated call by its webhook-id, or a repeat does no harm: a call that may have arrived is tried again by itself. Off: somebody is asked whether it happened.",
                ),
            ),
            ("concurrency", models.PositiveSmallIntegerField(default=4, help_text="Calls at the same time.")),
            ("rate", models.PositiveIntegerField(default=600, help_text="Calls a minute.")),
            (
                "timeout_seconds",
                models.PositiveSmallIntegerField(
                    default=15,
                    help_text="How long a call may take in all; never longer than the project's settings say.",
                ),
            ),
            (
                "ordered",
                models.BooleanField(
                    default=False,
                    help_text="What is about one record goes one after the other: a delivery that waits holds back the later ones of that record.",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[("enabled", "Enabled"), ("disabled", "Disabled")],
                    default="enabled",
                    max_length=8,
                ),
            ),
            ("disabled_reason", models.CharField(blank=True, max_length=300)),
            ("disabled_at", models.DateTimeField(blank=True, null=True)),
            (
                "failures",
                models.PositiveIntegerField(default=0, help_text="Failed attempts since the last success."),
            ),
            ("failing_since", models.DateTimeField(blank=True, null=True)),
            (
                "warned_at",
                models.DateTimeField(
                    blank=True, help_text="When its owner was told that it fails.", null=True
                ),
            ),
            (
                "open_until",
                models.DateTimeField(
                    blank=True,
                    help_text="The circuit is open: nothing is sent before; then one call tries.",
                    null=True,
                ),
            ),
            ("rate_window", models.DateTimeField(blank=True, editable=False, null=True)),
            ("rate_used", models.PositiveIntegerField(default=0, editable=False)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("archived_at", models.DateTimeField(blank=True, null=True)),
        ],
        options={
            "ordering": ("key",),
            "permissions": (("use_destination", "Can send to the destination"),),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("disabled_at__isnull", True), ("state", "enabled")),
                        models.Q(("disabled_at__isnull", False), ("state", "disabled")),
                        _connector="OR",
                    ),
                    name="destination_disabled_says_when",
                ),
                models.CheckConstraint(
                    condition=models.Q(("max_attempts__gte", 1), ("max_attempts__lte", 10)),
                    name="destination_attempts_in_range",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        ("concurrency__gte", 1),
                        ("concurrency__lte", 50),
                        ("rate__gte", 1),
                        ("rate__lte", 60000),
                    ),
                    name="destination_pace_in_range",
                ),
                models.CheckConstraint(
                    condition=models.Q(("timeout_seconds__gte", 1), ("timeout_seconds__lte", 60)),
                    name="destination_timeout_in_range",
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("failing_since__isnull", True), ("failures", 0)),
                        models.Q(("failing_since__isnull", False), ("failures__gt", 0)),
                        _connector="OR",
                    ),
                    name="destination_failing_says_since",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="DestinationHeader",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "destination",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="headers",
                    to="webhooks.destination",
                ),
            ),
            ("name", models.CharField(max_length=80)),
            ("text", models.CharField(blank=True, max_length=1000)),
            (
                "secret",
                models.ForeignKey(
                    blank=True,
                    null=True,
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="headers",
                    to="webhooks.secret",
                ),
            ),
        ],
        options={
            "ordering": ("id",),
            "constraints": [
                models.UniqueConstraint(fields=("destination", "name"), name="destination_header_once"),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("text", ""), _negated=True), ("secret__isnull", False), _connector="OR"
                    ),
                    name="destination_header_has_a_value",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="FingerprintKey",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("value", models.TextField(editable=False, help_text="Encrypted.")),
            ("created_at", models.DateTimeField()),
        ],
        options={
            "constraints": [
                models.CheckConstraint(condition=models.Q(("id", 1)), name="fingerprintkey_single_row")
            ],
        },
    ),
    migrations.CreateModel(
        name="SigningKey",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "destination",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="signing_keys",
                    to="webhooks.destination",
                ),
            ),
            ("value", models.TextField(editable=False, help_text="Encrypted.")),
            ("created_at", models.DateTimeField()),
            ("expires_at", models.DateTimeField(null=True)),
        ],
        options={
            "ordering": ("-id",),
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("expires_at__isnull", True)),
                    fields=("destination",),
                    name="signingkey_one_that_stays",
                ),
                models.CheckConstraint(
                    condition=models.Q(("value", ""), _negated=True), name="signingkey_has_a_value"
                ),
            ],
        },
    ),
)
