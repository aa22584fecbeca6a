import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Subscription",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "destination",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="subscriptions",
                    to="webhooks.destination",
                ),
            ),
            ("kinds", models.JSONField(help_text='The kinds of events: ["run.failed", "approval.asked"].')),
            (
                "workflow",
                models.ForeignKey(
                    blank=True,
                    help_text="Of this workflow alone.",
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="+",
                    to="automations.workflow",
                ),
            ),
            (
                "team",
                models.CharField(blank=True, help_text="Of the workflows of this team alone.", max_length=80),
            ),
            (
                "with_values",
                models.BooleanField(
                    default=False,
                    help_text="With what a record holds and people wrote, where its owner may see the workflow's payloads.",
                ),
            ),
            (
                "owner",
                models.ForeignKey(
                    help_text="Whose sight limits it; without one nothing is sent.",
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("created_at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("workflow__isnull", True), ("team", ""), _connector="OR"),
                    name="subscription_limited_by_one_thing",
                ),
                models.CheckConstraint(
                    condition=models.Q(("kinds", []), _negated=True), name="subscription_names_kinds"
                ),
            ],
        },
    ),
)
