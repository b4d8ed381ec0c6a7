"""An operator of the deployment is never a member of an organization, in either order of events.

The membership's trigger locks the person FOR SHARE, which waits for an update of that person; so
one of two transactions that race always sees the other.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION accounts_refuse_operator_as_member() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE operator boolean;
BEGIN
    SELECT is_staff INTO operator FROM accounts_person WHERE id = NEW.person_id FOR SHARE;
    IF operator THEN
        RAISE EXCEPTION 'an operator is never a member' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_membership_no_operator BEFORE INSERT OR UPDATE ON accounts_membership
    FOR EACH ROW EXECUTE FUNCTION accounts_refuse_operator_as_member();

CREATE FUNCTION accounts_refuse_member_as_operator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM accounts_membership WHERE person_id = NEW.id) THEN
        RAISE EXCEPTION 'a member is never an operator' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER accounts_person_no_member_operator AFTER UPDATE OF is_staff ON accounts_person
    FOR EACH ROW WHEN (NEW.is_staff) EXECUTE FUNCTION accounts_refuse_member_as_operator();
"""
BACKWARD = """
DROP TRIGGER accounts_membership_no_operator ON accounts_membership;
DROP FUNCTION accounts_refuse_operator_as_member();
DROP TRIGGER accounts_person_no_member_operator ON accounts_person;
DROP FUNCTION accounts_refuse_member_as_operator();
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
