from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="Module",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            ("key", models.SlugField(max_length=63, unique=True)),
            ("name", models.CharField(max_length=120)),
            (
                "kind",
                models.CharField(
                    choices=[("stored", "Stored"), ("native", "Native")], default="stored", max_length=8
                ),
            ),
            (
                "model_label",
                models.CharField(blank=True, help_text="app.Model of a native module.", max_length=120),
            ),
            (
                "fields",
                models.JSONField(
                    default=list, help_text="A list of {key, label, type, choices, required, indexed}."
                ),
            ),
            ("title_field", models.CharField(blank=True, max_length=63)),
            ("status_field", models.CharField(blank=True, max_length=63)),
            (
                "transitions",
                models.JSONField(
                    blank=True, default=dict, help_text='{"open": ["closed"]}; empty: every move is allowed.'
                ),
            ),
            ("team", models.CharField(blank=True, max_length=80)),
            ("zone", models.CharField(default="UTC", max_length=64)),
            ("created_at", models.DateTimeField(auto_now_add=True)),
            ("updated_at", models.DateTimeField(auto_now=True)),
        ],
        options={
            "ordering": ("key",),
            "permissions": (("use_module", "Can use the module in workflows"),),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("kind", "stored"), ("model_label", "")),
                        models.Q(("kind", "native"), models.Q(("model_label", ""), _negated=True)),
                        _connector="OR",
                    ),
                    name="module_native_names_its_model",
                )
            ],
        },
    ),
)
