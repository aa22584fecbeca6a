from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("automations", "0003_api_token")]

    operations = [migrations.RenameField(model_name="activation", old_name="number", new_name="mark")]
