import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = (
    migrations.CreateModel(
        name="RunUndo",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "run",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE, related_name="undos", to="automations.run"
                ),
            ),
            (
                "takes_back",
                models.OneToOneField(
                    null=True,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="taken_back_by",
                    to="automations.runundo",
                ),
            ),
            (
                "actor",
                models.ForeignKey(
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to=settings.AUTH_USER_MODEL,
                ),
            ),
            ("actor_name", models.CharField(help_text="Kept as it was.", max_length=150)),
            ("reason", models.CharField(blank=True, max_length=300)),
            (
                "children",
                models.BooleanField(default=False, help_text="Also what runs did that the run had started."),
            ),
            ("plan_hash", models.CharField(help_text="Names what was shown and done.", max_length=64)),
            ("at", models.DateTimeField()),
        ],
        options={
            "ordering": ("-id",),
            "constraints": [
                models.CheckConstraint(
                    condition=models.Q(
                        ("takes_back__isnull", True),
                        models.Q(("takes_back", models.F("id")), _negated=True),
                        _connector="OR",
                    ),
                    name="runundo_not_of_itself",
                )
            ],
        },
    ),
    migrations.CreateModel(
        name="UndoneField",
        fields=[
            (
                "id",
                models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"),
            ),
            (
                "undo",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="fields",
                    to="automations.runundo",
                ),
            ),
            (
                "run",
                models.ForeignKey(
                    help_text="Whose change it was.",
                    null=True,
                    on_delete=django.db.models.deletion.SET_NULL,
                    related_name="+",
                    to="automations.run",
                ),
            ),
            (
                "module",
                models.ForeignKey(
                    on_delete=django.db.models.deletion.PROTECT, related_name="+", to="automations.module"
                ),
            ),
            ("record_key", models.CharField(max_length=120)),
            ("field", models.CharField(blank=True, max_length=63)),
            ("before", models.JSONField(help_text="What stood there when it was undone.", null=True)),
            ("after", models.JSONField(help_text="What was put there.", null=True)),
            ("restored", models.BooleanField()),
            ("why", models.CharField(blank=True, help_text="Why it was left: a stable code.", max_length=40)),
            ("said", models.CharField(blank=True, help_text="The same as a sentence.", max_length=300)),
        ],
        options={
            "ordering": ("id",),
            "indexes": [models.Index(fields=["module", "record_key", "-id"], name="undonefield_by_record")],
            "constraints": [
                models.UniqueConstraint(
                    fields=("undo", "module", "record_key", "field"), name="undonefield_once"
                ),
                models.CheckConstraint(
                    condition=models.Q(
                        models.Q(("restored", True), ("why", "")),
                        models.Q(("restored", False), models.Q(("why", ""), _negated=True)),
                        _connector="OR",
                    ),
                    name="undonefield_left_says_why",
                ),
            ],
        },
    ),
)
