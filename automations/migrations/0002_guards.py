"""What must never change is guarded by the database itself, not by good manners."""

from __future__ import annotations

from django.db import migrations

FORWARDS = """
CREATE FUNCTION automations_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% rows are never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON automations_auditentry
  FOR EACH ROW EXECUTE FUNCTION automations_refuse();

CREATE TRIGGER version_immutable BEFORE UPDATE OF workflow_id, number, digest, document ON automations_workflowversion
  FOR EACH ROW EXECUTE FUNCTION automations_refuse();

CREATE TRIGGER policy_revision_immutable BEFORE UPDATE OF policy_id, number, rule ON automations_policyrevision
  FOR EACH ROW EXECUTE FUNCTION automations_refuse();

INSERT INTO automations_activation (id, number) VALUES (1, 0);
"""

BACKWARDS = """
DROP TRIGGER audit_append_only ON automations_auditentry;
DROP TRIGGER version_immutable ON automations_workflowversion;
DROP TRIGGER policy_revision_immutable ON automations_policyrevision;
DROP FUNCTION automations_refuse();
DELETE FROM automations_activation;
"""


class Migration(migrations.Migration):
    dependencies = (("automations", "0001_initial"),)
    operations = (migrations.RunSQL(FORWARDS, BACKWARDS),)
