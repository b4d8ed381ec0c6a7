"""What was asked and what was voted stays as it was; a requester has no vote on the own request."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION accounts_refuse_rewritten_request() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.organization_id, NEW.operation, NEW.target, NEW.target_version, NEW.params, NEW.requester_id,
        NEW.votes_needed, NEW.nonce, NEW.expires_at, NEW.request_hash, NEW.reason, NEW.created_at)
       IS DISTINCT FROM
       (OLD.id, OLD.organization_id, OLD.operation, OLD.target, OLD.target_version, OLD.params, OLD.requester_id,
        OLD.votes_needed, OLD.nonce, OLD.expires_at, OLD.request_hash, OLD.reason, OLD.created_at) THEN
        RAISE EXCEPTION 'what was requested is never changed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.state IN ('succeeded', 'failed', 'rejected', 'expired') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'a closed request stays closed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.fence < OLD.fence THEN
        RAISE EXCEPTION 'a fence never goes back' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_approval_never_rewritten BEFORE UPDATE ON accounts_approvalrequest
    FOR EACH ROW EXECUTE FUNCTION accounts_refuse_rewritten_request();

CREATE FUNCTION accounts_refuse_requesters_vote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM accounts_approvalrequest WHERE id = NEW.request_id AND requester_id = NEW.person_id) THEN
        RAISE EXCEPTION 'nobody votes on their own request' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_vote_not_by_requester BEFORE INSERT ON accounts_vote
    FOR EACH ROW EXECUTE FUNCTION accounts_refuse_requesters_vote();

CREATE FUNCTION accounts_refuse_changed_vote() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a vote is never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER accounts_vote_never_changed BEFORE UPDATE OR DELETE ON accounts_vote
    FOR EACH ROW EXECUTE FUNCTION accounts_refuse_changed_vote();
"""
BACKWARD = """
DROP TRIGGER accounts_approval_never_rewritten ON accounts_approvalrequest;
DROP FUNCTION accounts_refuse_rewritten_request();
DROP TRIGGER accounts_vote_not_by_requester ON accounts_vote;
DROP FUNCTION accounts_refuse_requesters_vote();
DROP TRIGGER accounts_vote_never_changed ON accounts_vote;
DROP FUNCTION accounts_refuse_changed_vote();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_operators_never_members")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
