"""Refuse to change or remove an event, whoever asks: this is prevention, the tree will be detection."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION audit_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an event of the log is never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_inbox_append_only BEFORE UPDATE OR DELETE ON audit_inboxevent
    FOR EACH ROW EXECUTE FUNCTION audit_refuse_change();
"""
BACKWARD = """
DROP TRIGGER audit_inbox_append_only ON audit_inboxevent;
DROP FUNCTION audit_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
