import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="AuditEntry",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("at", models.DateTimeField()),
            (
                "actor",
                models.ForeignKey(
                    db_constraint=False,
                    null=True,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "actor_name",
                models.CharField(help_text="Kept as it was, also when the user is gone.", max_length=150),
            ),
            ("action", models.CharField(help_text="Dotted, past tense: workflow.published.", max_length=80)),
            ("object_type", models.CharField(max_length=40)),
            ("object_id", models.CharField(max_length=120)),
            ("before", models.JSONField(null=True)),
            ("after", models.JSONField(null=True)),
            ("reason", models.CharField(blank=True, max_length=300)),
            ("request_id", models.CharField(blank=True, max_length=64)),
        ],
        options={
            "verbose_name_plural": "audit entries",
            "ordering": ("-id",),
            "indexes": [
                models.Index(fields=["object_type", "object_id", "-id"], name="audit_by_object"),
                models.Index(fields=["action", "-id"], name="audit_by_action"),
            ],
        },
    ),
    migrations.CreateModel(
        name="AuditSeal",
        fields=[
            ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
            (
                "entry",
                models.OneToOneField(
                    db_constraint=False,
                    on_delete=django.db.models.deletion.DO_NOTHING,
                    related_name="seal",
                    to="automations.auditentry",
                ),
            ),
            ("previous", models.CharField(blank=True, max_length=64)),
            (
                "hash",
                models.CharField(help_text="SHA-256 (hex) of the link before and the entry.", max_length=64),
            ),
        ],
        options={
            "ordering": ("-seq",),
        },
    ),
)
