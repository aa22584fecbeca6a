"""Every table as it stood after the first 35 migrations, which this one replaces."""

from django.conf import settings
from django.db import migrations

from automations.migrations._first import TABLES
from automations.migrations._together import Together

GUARDS = """
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

CREATE TRIGGER approval_decision_immutable
  BEFORE UPDATE OF approval_id, person_name, verdict, reason, answers, plan_hash, at ON automations_approvaldecision
  FOR EACH ROW EXECUTE FUNCTION automations_refuse();

CREATE TRIGGER sign_off_immutable BEFORE UPDATE OF workflow_id, version_id, digest, checklist, at ON automations_signoff
  FOR EACH ROW EXECUTE FUNCTION automations_refuse();

CREATE TRIGGER kept_review_immutable BEFORE UPDATE OR DELETE ON automations_keptreview
  FOR EACH ROW EXECUTE FUNCTION automations_refuse();
CREATE TRIGGER review_signature_immutable
  BEFORE DELETE OR UPDATE OF review_id, digest, note, decided, triage, signed_by_name, at ON automations_reviewsignature
  FOR EACH ROW EXECUTE FUNCTION automations_refuse();
"""
NO_GUARDS = "DROP FUNCTION automations_refuse() CASCADE;"

AUDIT_CHAIN = """
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

CREATE CONSTRAINT TRIGGER audit_sealed AFTER INSERT ON automations_auditentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION automations_seal_new_audit();

CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE ON automations_auditseal
  FOR EACH ROW EXECUTE FUNCTION automations_refuse();
"""
NO_AUDIT_CHAIN = """
DROP FUNCTION automations_seal_new_audit() CASCADE;
DROP FUNCTION automations_seal_audit(automations_auditentry);
DROP FUNCTION automations_audit_text(automations_auditentry);
"""

FIRST_ACTIVATION = "INSERT INTO automations_activation (id, mark) VALUES (1, 0);"


class Migration(migrations.Migration):
    replaces = [
        ("automations", "0001_initial"),
        ("automations", "0002_guards"),
        ("automations", "0003_api_token"),
        ("automations", "0004_activation_mark"),
        ("automations", "0005_indexes_of_the_hot_path"),
        ("automations", "0006_idempotency_keys_expire"),
        ("automations", "0007_workflow_mode_and_identity"),
        ("automations", "0008_audit_chain"),
        ("automations", "0009_approvals"),
        ("automations", "0010_preference"),
        ("automations", "0011_checkpoint"),
        ("automations", "0012_notes_and_disabled_steps"),
        ("automations", "0013_scenarios"),
        ("automations", "0014_backtests"),
        ("automations", "0015_undo_of_runs"),
        ("automations", "0016_blast_radius_holds"),
        ("automations", "0017_approval_remarks"),
        ("automations", "0018_retries"),
        ("automations", "0019_policy_uses"),
        ("automations", "0020_promotion_gate"),
        ("automations", "0021_go_live"),
        ("automations", "0022_shadows"),
        ("automations", "0023_known_choices"),
        ("automations", "0024_what_ended_and_what_began_it"),
        ("automations", "0025_dead_letters_by_cause"),
        ("automations", "0026_alerts_and_breakers"),
        ("automations", "0027_redrives"),
        ("automations", "0028_standstills"),
        ("automations", "0029_mode_policies_end_and_ask_for_shadows"),
        ("automations", "0030_places"),
        ("automations", "0031_workflow_retry"),
        ("automations", "0032_kept_reviews"),
        ("automations", "0033_run_texts"),
        ("automations", "0034_steps_that_need_review"),
        ("automations", "0035_retention"),
    ]

    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Together(TABLES),
        migrations.RunSQL(GUARDS, NO_GUARDS),
        migrations.RunSQL(AUDIT_CHAIN, NO_AUDIT_CHAIN),
        migrations.RunSQL(FIRST_ACTIVATION, migrations.RunSQL.noop),
    ]
