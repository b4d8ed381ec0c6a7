"""What a table still knows of the old values once none is left in its column, and how it forgets them."""

import datetime as dt

from django.utils import timezone
from django.utils.translation import gettext as _

from ascend import conf
from ascend.campaigns.target import Target


def steps(target: Target) -> str:
    """Return what remains to be done by hand, and the day from which no backup holds an old value."""
    table, days = target.model._meta.db_table, conf.backup_retention_days()
    expires = timezone.now().date() + dt.timedelta(days=days)
    first = _("1. Take accept=, replaces=, accept_until= and %s out of the model; makemigrations drops the column.")
    last = _("Backups from before today hold old values until %(day)s (ASCEND_BACKUP_RETENTION_DAYS = %(days)d).")
    lines = [first % target.replaced.name, *_of_the_database(target, table), last % {"day": expires, "days": days}]
    return "\n".join(lines)


def _of_the_database(target: Target, table: str) -> list[str]:
    if target.connection.vendor == "postgresql":
        return [
            _("2. VACUUM FULL %s; or pg_repack: dead rows and dropped columns keep their bytes until then.") % table,
            _("3. ANALYZE %s; then VACUUM FULL pg_statistic: it keeps values, of dropped columns too.") % table,
            _("4. Archived WAL, replicas and logical subscribers have their own copies.") ,
        ]  # fmt: skip
    if target.connection.vendor == "sqlite":
        return [_("2. VACUUM: free pages of the file keep their bytes until then.")]
    return [_("2. OPTIMIZE TABLE %s; then let the binary logs from before today expire.") % table]
