"""A signature under the waiver is never changed or removed."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION byok_refuse_changed_acknowledgement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an acknowledgement is never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER byok_acknowledgement_never_changed BEFORE UPDATE OR DELETE ON byok_acknowledgement
    FOR EACH ROW EXECUTE FUNCTION byok_refuse_changed_acknowledgement();
"""
BACKWARD = """
DROP TRIGGER byok_acknowledgement_never_changed ON byok_acknowledgement;
DROP FUNCTION byok_refuse_changed_acknowledgement();
"""


class Migration(migrations.Migration):
    dependencies = [("byok", "0001_initial")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
