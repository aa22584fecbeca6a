"""Every table as it stood after the first eight migrations, which this one replaces."""

from django.conf import settings
from django.db import migrations

from automations.migrations._together import Together
from webhooks.migrations._first import TABLES

GUARDS = """
CREATE TRIGGER webhooks_attempt_append_only BEFORE UPDATE ON webhooks_attempt
  FOR EACH ROW EXECUTE FUNCTION automations_refuse();

CREATE TRIGGER webhooks_delivery_stays BEFORE UPDATE OF destination_id, key, message_id, type, content_type, body
  ON webhooks_delivery FOR EACH ROW EXECUTE FUNCTION automations_refuse();
"""
NO_GUARDS = """
DROP TRIGGER webhooks_attempt_append_only ON webhooks_attempt;
DROP TRIGGER webhooks_delivery_stays ON webhooks_delivery;
"""


class Migration(migrations.Migration):
    replaces = [
        ("webhooks", "0001_endpoints_and_receipts"),
        ("webhooks", "0002_outbound"),
        ("webhooks", "0003_deliveries_by_end"),
        ("webhooks", "0004_secrets_have_a_life"),
        ("webhooks", "0005_fingerprint_key"),
        ("webhooks", "0006_subscriptions_order_and_resending"),
        ("webhooks", "0007_endpoints_are_deleted_and_share_a_pace"),
        ("webhooks", "0008_unknown_outcomes"),
    ]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("automations", "0001_squashed_0035_retention"),
    ]

    operations = [
        Together(TABLES),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
