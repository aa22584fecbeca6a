import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Preference",
        fields=[
            (
                "user",
                models.OneToOneField(
                    on_delete=django.db.models.deletion.CASCADE,
                    primary_key=True,
                    related_name="+",
                    serialize=False,
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            (
                "theme",
                models.CharField(
                    choices=[("system", "System"), ("light", "Light"), ("dark", "Dark")],
                    default="system",
                    max_length=6,
                ),
            ),
            (
                "density",
                models.CharField(
                    choices=[("comfortable", "Comfortable"), ("compact", "Compact")],
                    default="comfortable",
                    max_length=11,
                ),
            ),
            (
                "single_keys",
                models.BooleanField(default=True, help_text="Single letters are commands on the graph."),
            ),
            (
                "first_steps",
                models.BooleanField(
                    default=True, help_text="The list of first steps stands on the home page."
                ),
            ),
            (
                "steps",
                models.JSONField(blank=True, default=dict, help_text="When each first step was taken."),
            ),
        ],
        options={
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(("theme__in", ["system", "light", "dark"])),
                    name="preference_theme_known",
                ),
                models.CheckConstraint(
                    condition=models.Q(("density__in", ["comfortable", "compact"])),
                    name="preference_density_known",
                ),
            ],
        },
    ),
)
