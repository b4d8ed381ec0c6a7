"""What a constraint cannot say about keys: the ways between states, counts that only grow, no deletion.

Spec: docs/spec/keychain.md §4. PostgreSQL and SQLite; elsewhere the model alone holds these rules.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# As released with this migration: `ascend.keychain.states.ALLOWED`, and a test compares the two.
TRANSITIONS = {
    "pre_active": ("active",),
    "active": ("suspended", "deactivated", "compromised"),
    "suspended": ("active",),
    "deactivated": ("compromised", "destroyed"),
    "compromised": ("destroyed",),
}
FIRST_STATES = "('pre_active', 'active')"
NEVER_CHANGES = (
    "id", "level", "organization_id", "environment", "purpose", "classification", "context_label", "short_id",
    "algorithm", "created_at",
)  # fmt: skip


def _is_allowed() -> str:
    ways = [f"(OLD.state = '{old}' AND NEW.state = '{new}')" for old, news in TRANSITIONS.items() for new in news]
    return f"(OLD.state = NEW.state OR {' OR '.join(ways)})"


def _changed(vendor: str) -> str:
    differs = "IS DISTINCT FROM" if vendor == "postgresql" else "IS NOT"
    return " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in NEVER_CHANGES)


def _rules(vendor: str) -> list[tuple[str, str, str]]:
    """Return (event, condition that refuses, message) for each rule."""
    return [
        ("UPDATE", f"NOT {_is_allowed()}", "ascend: a key may not change to this state"),
        ("UPDATE", "NEW.usage < OLD.usage", "ascend: usage never decreases"),
        ("UPDATE", "NEW.state_version < OLD.state_version", "ascend: a key never goes back to an older version"),
        (
            "UPDATE",
            "NEW.state_version = OLD.state_version AND (NEW.state <> OLD.state)",
            "ascend: a change of state is a new version",
        ),
        ("UPDATE", _changed(vendor), "ascend: this column of a key never changes"),
        ("INSERT", f"NEW.state NOT IN {FIRST_STATES}", "ascend: a key begins as pre_active or active"),
    ]


def install(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Install the triggers of this database's dialect."""
    installers = {"postgresql": _install_postgresql, "sqlite": _install_sqlite}
    if editor.connection.vendor in installers:
        installers[editor.connection.vendor](editor)


def _install_postgresql(editor: BaseDatabaseSchemaEditor) -> None:
    for event in ("INSERT", "UPDATE"):
        checks = "".join(
            f"IF {condition} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'check_violation'; END IF;\n"
            for its_event, condition, message in _rules("postgresql")
            if its_event == event
        )
        _function(editor, event.lower(), f"{checks}RETURN NEW;")
    # A tombstone keeps its short id taken for ever. TRUNCATE is left to whoever owns the table.
    _function(editor, "delete", "RAISE EXCEPTION 'ascend: a key is never deleted' USING ERRCODE = 'check_violation';")


def _function(editor: BaseDatabaseSchemaEditor, event: str, body: str) -> None:
    editor.execute(
        f"CREATE FUNCTION ascend_key_guard_{event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN\n{body}\nEND $$"
    )
    editor.execute(
        f"CREATE TRIGGER ascend_key_guard_{event} BEFORE {event.upper()} ON ascend_key "
        f"FOR EACH ROW EXECUTE FUNCTION ascend_key_guard_{event}()"
    )


def _install_sqlite(editor: BaseDatabaseSchemaEditor) -> None:
    # No guard against DELETE here: Django's test runner empties SQLite tables with it.
    for number, (event, condition, message) in enumerate(_rules("sqlite")):
        editor.execute(
            f"CREATE TRIGGER ascend_key_guard_{number} BEFORE {event} ON ascend_key "
            f"WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"
        )


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Remove the triggers again."""
    if editor.connection.vendor == "postgresql":
        for event in ("insert", "update", "delete"):
            editor.execute(f"DROP FUNCTION IF EXISTS ascend_key_guard_{event}() CASCADE")
    if editor.connection.vendor == "sqlite":
        for number in range(len(_rules("sqlite"))):
            editor.execute(f"DROP TRIGGER IF EXISTS ascend_key_guard_{number}")


class Migration(migrations.Migration):
    dependencies = [("ascend", "0001_initial")]
    operations = [migrations.RunPython(install, remove)]
