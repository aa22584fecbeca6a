from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("automations", "0005_indexes_of_the_hot_path")]

    operations = [
        migrations.RunSQL(
            "DELETE FROM automations_idempotencykey WHERE status IS NULL", migrations.RunSQL.noop
        ),
        migrations.AlterField(
            model_name="idempotencykey", name="status", field=models.PositiveSmallIntegerField()
        ),
        migrations.AlterField(
            model_name="idempotencykey", name="created_at", field=models.DateTimeField(db_index=True)
        ),
    ]
