from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0009_rule_destinations")]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="request_headers",
            field=models.JSONField(
                default=dict, help_text="What it was sent with; secrets by name, signatures left out."
            ),
        ),
    ]
