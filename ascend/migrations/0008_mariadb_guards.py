"""The rules of 0001 and 0002 that MariaDB and MySQL say in other words: triggers, and uniqueness under a condition.

They have no partial index, so Django leaves those constraints out. A column that is NULL wherever the
condition does not hold, and unique, says the same.
"""

from importlib import import_module

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

guards = import_module("ascend.migrations.0002_key_guards")

MASTER_AND_TENANT_KEYS = "(1, 2)"
ONE_PRIMARY = {
    "ascend_key_one_primary_root": (
        f"level IN {MASTER_AND_TENANT_KEYS}",
        "CONCAT_WS('|', organization_id, environment, level)",
        150,
    ),
    "ascend_key_one_primary": (
        "parent_id IS NOT NULL",
        "CONCAT_WS('|', parent_id, purpose, classification, context_label)",
        500,
    ),
}


def _rules() -> list[tuple[str, str, str]]:
    changed = " OR ".join(f"NOT (NEW.{column} <=> OLD.{column})" for column in guards.NEVER_CHANGES)
    theirs = guards._changed("mysql")  # noqa: SLF001 (of the migration that holds the rules)
    rules = guards._rules("mysql")  # noqa: SLF001 (ditto)
    return [(event, changed if rule == theirs else rule, told) for event, rule, told in rules]


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Install them, on MariaDB and MySQL only."""
    if editor.connection.vendor != "mysql":
        return
    # No guard against DELETE: Django's test runner empties tables with it.
    for event in ("INSERT", "UPDATE"):
        checks = " ".join(
            f"IF {condition} THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message}'; END IF;"
            for its_event, condition, message in _rules()
            if its_event == event
        )
        name = f"ascend_key_guard_{event.lower()}"
        editor.execute(f"CREATE TRIGGER {name} BEFORE {event} ON ascend_key FOR EACH ROW BEGIN {checks} END")
    for name, (condition, key, length) in ONE_PRIMARY.items():
        value = f"IF(`primary` AND {condition}, {key}, NULL)"
        editor.execute(f"ALTER TABLE ascend_key ADD COLUMN {name} VARCHAR({length}) AS ({value}) VIRTUAL")
        editor.execute(f"ALTER TABLE ascend_key ADD CONSTRAINT {name} UNIQUE ({name})")


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Remove them again."""
    if editor.connection.vendor != "mysql":
        return
    for event in ("insert", "update"):
        editor.execute(f"DROP TRIGGER ascend_key_guard_{event}")
    for name in ONE_PRIMARY:
        editor.execute(f"ALTER TABLE ascend_key DROP COLUMN {name}")


class Migration(migrations.Migration):
    dependencies = [("ascend", "0007_campaigns")]
    operations = [migrations.RunPython(install, remove, atomic=False)]  # MariaDB has no transaction around a table
