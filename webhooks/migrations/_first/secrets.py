import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Secret",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("key", models.SlugField(max_length=80, unique=True)),
            ("description", models.CharField(blank=True, max_length=300)),
            ("value", models.TextField(editable=False, help_text="Encrypted; see `webhooks.encryption`.")),
            (
                "hosts",
                models.JSONField(
                    default=list,
                    help_text="Where it may be sent: host names; *.example.com for all below example.com.",
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
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("changed_at", models.DateTimeField(help_text="When its value was last set.")),
            (
                "expires_at",
                models.DateTimeField(
                    blank=True,
                    help_text="When its host takes the value no more, where that is known.",
                    null=True,
                ),
            ),
            (
                "expiry_told_at",
                models.DateTimeField(
                    blank=True,
                    editable=False,
                    help_text="When its owner was told that it expires.",
                    null=True,
                ),
            ),
            (
                "last_used_at",
                models.DateTimeField(
                    blank=True, editable=False, help_text="When it was last sent, to the minute.", null=True
                ),
            ),
            (
                "kept_value",
                models.TextField(
                    blank=True,
                    editable=False,
                    help_text="Encrypted: the value before this one, while it is kept.",
                ),
            ),
            (
                "kept_until",
                models.DateTimeField(
                    blank=True,
                    editable=False,
                    help_text="Until then the value before can be taken back.",
                    null=True,
                ),
            ),
        ],
        options={
            "ordering": ("key",),
            "permissions": (("use_secret", "Can send the secret to its hosts"),),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("value", ""), _negated=True), name="secret_has_a_value"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kept_until__isnull", True), ("kept_value", "")),
                        models.Q(models.Q(("kept_value", ""), _negated=True), ("kept_until__isnull", False)),
                        _connector="OR",
                    ),
                    name="secret_kept_value_has_its_end",
                ),
            ],
        },
    ),
)
