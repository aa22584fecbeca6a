import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Notification",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "user",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="notifications",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("key", models.CharField(help_text="run:step of its sender: sent once.", max_length=200)),
            ("title", models.CharField(max_length=200)),
            ("body", models.TextField(blank=True)),
            (
                "run",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="notifications",
                    to="automations.run",
                ),
            ),
            (
                "address",
                models.CharField(
                    blank=True,
                    help_text="The page that it is about, below the app's own address.",
                    max_length=200,
                ),
            ),
            ("created_at", models.DateTimeField()),
            ("read_at", models.DateTimeField(null=True)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(
                    condition=models.Q(("read_at", None)), fields=["user", "-id"], name="notification_unread"
                )
            ],
            "constraints": [models.UniqueConstraint(fields=("user", "key"), name="notification_once")],
        },
    ),
    migrations.CreateModel(
        name="OutgoingEmail",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("key", models.CharField(max_length=200, unique=True)),
            ("to", models.EmailField(max_length=254)),
            ("subject", models.CharField(max_length=300)),
            ("body", models.TextField()),
            (
                "html",
                models.TextField(blank=True, help_text="The same for programs that show more than text."),
            ),
            (
                "run",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="emails",
                    to="automations.run",
                ),
            ),
            (
                "state",
                models.CharField(
                    choices=[("pending", "Pending"), ("sent", "Sent"), ("failed", "Failed")],
                    default="pending",
                    max_length=8,
                ),
            ),
            ("attempt", models.PositiveSmallIntegerField(default=0)),
            ("error", models.CharField(blank=True, max_length=300)),
            ("due_at", models.DateTimeField()),
            ("created_at", models.DateTimeField()),
            ("sent_at", models.DateTimeField(null=True)),
        ],
        options={
            "ordering": ("-id",),
            "indexes": [
                models.Index(condition=models.Q(("state", "pending")), fields=["due_at"], name="email_due")
            ],
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("state__in", ["pending", "sent", "failed"])), name="email_state_known"
                )
            ],
        },
    ),
)
