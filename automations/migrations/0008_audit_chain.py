"""The trail as a chain: the database itself links each entry to the one before, when its transaction commits.

At commit, not at insert: until then nobody waits for anybody, and two transactions that note something can't come
to wait for each other.
"""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models

FORWARDS = """
CREATE FUNCTION automations_audit_text(entry automations_auditentry) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT jsonb_build_array(
    entry.id, (extract(epoch FROM entry.at) * 1000000)::bigint, entry.actor_id, entry.actor_name, entry.action,
    entry.object_type, entry.object_id, entry.before, entry.after, entry.reason, entry.request_id
  )::text
$$;

CREATE FUNCTION automations_seal_audit(entry automations_auditentry) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  last_seq bigint;
  last_hash text;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('automations_auditseal'));
  SELECT seq, hash INTO last_seq, last_hash FROM automations_auditseal ORDER BY seq DESC LIMIT 1;
  INSERT INTO automations_auditseal (seq, entry_id, previous, hash) VALUES (
    coalesce(last_seq, 0) + 1, entry.id, coalesce(last_hash, ''),
    encode(sha256(convert_to(coalesce(last_hash, '') || automations_audit_text(entry), 'UTF8')), 'hex')
  );
END $$;

CREATE FUNCTION automations_seal_new_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM automations_seal_audit(NEW);
  RETURN NULL;
END $$;

DO $$
DECLARE
  entry automations_auditentry;
BEGIN
  FOR entry IN SELECT * FROM automations_auditentry ORDER BY id LOOP
    PERFORM automations_seal_audit(entry);
  END LOOP;
END $$;

CREATE CONSTRAINT TRIGGER audit_sealed AFTER INSERT ON automations_auditentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION automations_seal_new_audit();

CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE ON automations_auditseal
  FOR EACH ROW EXECUTE FUNCTION automations_refuse();
"""

BACKWARDS = """
DROP TRIGGER seal_append_only ON automations_auditseal;
DROP TRIGGER audit_sealed ON automations_auditentry;
DROP FUNCTION automations_seal_new_audit();
DROP FUNCTION automations_seal_audit(automations_auditentry);
DROP FUNCTION automations_audit_text(automations_auditentry);
"""


class Migration(migrations.Migration):
    dependencies = (("automations", "0007_workflow_mode_and_identity"),)
    operations = (
        migrations.CreateModel(
            name="AuditSeal",
            fields=[
                ("seq", models.BigIntegerField(primary_key=True, serialize=False)),
                ("previous", models.CharField(blank=True, max_length=64)),
                (
                    "hash",
                    models.CharField(
                        help_text="SHA-256 (hex) of the link before and the entry.", max_length=64
                    ),
                ),
                (
                    "entry",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="seal",
                        to="automations.auditentry",
                    ),
                ),
            ],
            options={"ordering": ("-seq",)},
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    )
