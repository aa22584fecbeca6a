import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Endpoint",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "key",
                models.SlugField(
                    help_text="Events of it have the type webhook.<key>.…", max_length=40, unique=True
                ),
            ),
            ("name", models.CharField(max_length=120)),
            (
                "source",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.PROTECT,
                    related_name="+",
                    to="automations.triggersource",
                ),
            ),
            (
                "scheme",
                models.CharField(
                    choices=[
                        ("standard", "Standard Webhooks"),
                        ("standard_key", "Standard Webhooks, ed25519"),
                        ("github", "GitHub"),
                        ("stripe", "Stripe"),
                        ("slack", "Slack"),
                        ("shopify", "Shopify"),
                        ("unsigned", "Unsigned"),
                    ],
                    default="standard",
                    max_length=16,
                ),
            ),
            ("token_hash", models.CharField(max_length=64, unique=True)),
            ("token", models.TextField(help_text="Encrypted: the address can be shown again.")),
            (
                "tolerance_seconds",
                models.PositiveIntegerField(default=300, help_text="How far a signed time may be from ours."),
            ),
            ("max_body", models.PositiveIntegerField(default=1048576, help_text="Bytes of a body.")),
            (
                "rate_per_minute",
                models.PositiveIntegerField(
                    default=6000, help_text="Requests that are let in, by all web processes together."
                ),
            ),
            (
                "allowed_networks",
                models.JSONField(
                    blank=True,
                    default=list,
                    help_text='Addresses and networks such as "203.0.113.0/24"; empty: all.',
                ),
            ),
            (
                "type_path",
                models.CharField(
                    blank=True,
                    help_text="Where the body names the event's type, such as meta.kind.",
                    max_length=200,
                ),
            ),
            (
                "record_path",
                models.CharField(
                    blank=True,
                    help_text="Where the body names the record, such as order.number.",
                    max_length=200,
                ),
            ),
            (
                "dedupe_path",
                models.CharField(
                    blank=True, help_text="Where the body names what must happen once.", max_length=200
                ),
            ),
            ("is_enabled", models.BooleanField(default=True)),
            (
                "owner",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("updated_at", models.DateTimeField(auto_now=True)),
            (
                "archived_at",
                models.DateTimeField(
                    blank=True, editable=False, help_text="When it was deleted; its receipts stay.", null=True
                ),
            ),
        ],
        options={
            "ordering": ("key",),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("archived_at__isnull", True), ("is_enabled", False), _connector="OR"),
                    name="endpoint_archived_is_closed",
                ),
                models.CheckConstraint(
                    condition=models.Q(("tolerance_seconds__gte", 1), ("tolerance_seconds__lte", 3600)),
                    name="endpoint_tolerance_within_an_hour",
                ),
                models.CheckConstraint(
                    condition=models.Q(("max_body__gte", 1), ("max_body__lte", 1048576)),
                    name="endpoint_body_is_capped",
                ),
                models.CheckConstraint(
                    condition=models.Q(("rate_per_minute__gte", 1), ("rate_per_minute__lte", 600000)),
                    name="endpoint_rate_is_capped",
                ),
            ],
        },
    ),
    migrations.CreateModel(
        name="Misdirected",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("minute", models.DateTimeField(unique=True)),
            ("count", models.PositiveBigIntegerField()),
            ("sender", models.GenericIPAddressField(help_text="Of the last one.", null=True)),
        ],
        options={
            "verbose_name_plural": "misdirected requests",
            "ordering": ("-minute",),
        },
    ),
    migrations.CreateModel(
        name="EndpointPace",
        fields=[
            (
                "endpoint",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    primary_key=True,
                    related_name="+",
                    serialize=False,
                    to="webhooks.endpoint",
                ),
            ),
            ("room", models.FloatField()),
            ("taken", models.FloatField(help_text="By the newest draw.")),
            ("at", models.DateTimeField()),
        ],
    ),
    migrations.CreateModel(
        name="EndpointSecret",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "endpoint",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="secrets",
                    to="webhooks.endpoint",
                ),
            ),
            ("secret", models.TextField(help_text="Encrypted.")),
            (
                "hint",
                models.CharField(help_text="Its last characters, to tell it from others.", max_length=8),
            ),
            ("created_at", models.DateTimeField()),
            (
                "expires_at",
                models.DateTimeField(help_text="Until when it counts; empty: without end.", null=True),
            ),
            (
                "created_by",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
        ],
        options={
            "ordering": ("-id",),
        },
    ),
    migrations.CreateModel(
        name="Receipt",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "endpoint",
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="receipts",
                    to="webhooks.endpoint",
                ),
            ),
            (
                "verdict",
                models.CharField(
                    choices=[
                        ("accepted", "Accepted"),
                        ("handshake", "Handshake"),
                        ("duplicate", "Duplicate"),
                        ("conflict", "Conflict"),
                        ("sender_refused", "Sender Refused"),
                        ("throttled", "Throttled"),
                        ("too_large", "Too Large"),
                        ("wrong_type", "Wrong Type"),
                        ("malformed", "Malformed"),
                        ("stale", "Stale"),
                        ("bad_signature", "Bad Signature"),
                        ("bad_body", "Bad Body"),
                        ("contract", "Contract"),
                    ],
                    max_length=16,
                ),
            ),
            ("status", models.PositiveSmallIntegerField(help_text="What was answered.")),
            (
                "webhook_id",
                models.CharField(blank=True, help_text="The sender's name for it.", max_length=256),
            ),
            (
                "body_hash",
                models.CharField(blank=True, help_text="SHA-256 (hex) of the body.", max_length=64),
            ),
            ("body_bytes", models.PositiveIntegerField(default=0)),
            ("detail", models.CharField(blank=True, max_length=300)),
            ("sender", models.GenericIPAddressField(null=True)),
            (
                "secret_hint",
                models.CharField(blank=True, help_text="The secret that had signed it.", max_length=8),
            ),
            (
                "event",
                models.ForeignKey(
                    db_constraint=False,
                    db_index=False,
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="automations.event",
                ),
            ),
            (
                "bundle",
                models.CharField(help_text="What it is counted together with.", max_length=300, null=True),
            ),
            ("count", models.PositiveBigIntegerField(default=1)),
            (
                "took_ms",
                models.FloatField(default=0, help_text="From the first byte until this row was written."),
            ),
            ("received_at", models.DateTimeField()),
            ("last_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(fields=["endpoint", "-id"], name="receipt_by_endpoint"),
                models.Index(fields=["received_at"], name="receipt_by_age"),
            ],
            "constraints": [
                models.UniqueConstraint(
                    condition=models.Q(("verdict", "accepted"), models.Q(("webhook_id", ""), _negated=True)),
                    fields=("endpoint", "webhook_id"),
                    name="receipt_accepted_once",
                ),
                models.UniqueConstraint(
                    condition=models.Q(("bundle__isnull", False)),
                    fields=("endpoint", "bundle"),
                    name="receipt_bundle_once",
                ),
            ],
        },
    ),
)
