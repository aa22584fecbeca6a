import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="ApiToken",
        fields=[
            ("token_key", models.CharField(db_index=True, max_length=25)),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="auth_token_set",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("created", models.DateTimeField(auto_now_add=True)),
            ("expiry", models.DateTimeField(blank=True, null=True)),
            ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
            ("digest", models.CharField(max_length=128, unique=True)),
            ("name", models.CharField(max_length=80)),
            (
                "scope",
                models.CharField(
                    choices=[("read", "Read"), ("write", "Write")], default="read", max_length=5
                ),
            ),
        ],
        options={
            "ordering": ("-created",),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("scope__in", ["read", "write"])), name="apitoken_scope_known"
                )
            ],
        },
    ),
)
