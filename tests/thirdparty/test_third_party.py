"""The library alone: a project with Django and `cryptography` and nothing else of ours, on SQLite."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
STEPS = ["migrated", "created", "read", "searched", "refused", "secret_at_rest", "checked"]


def test_a_project_needs_nothing_but_the_library(tmp_path):
    told = subprocess.run(
        [sys.executable, "-W", "error::DeprecationWarning", str(HERE / "story.py")],
        env={**os.environ, "THIRDPARTY_DATA_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert told.returncode == 0, told.stderr
    assert told.stdout.split() == STEPS


def test_its_migration_holds_labels_and_no_value_or_key():
    migration = (HERE / "people/migrations/0001_initial.py").read_text()
    assert 'context="people.customer.ssn"' in migration
    assert 'context="people.worker.badge"' in migration
    assert migration.count('"ssn_exact_a"') == 2  # one for each model that has an ssn
    for word in ("key=", "secret", "salt", "default="):
        assert word not in migration.replace("primary_key=", "").replace("default=uuid.uuid4", "")
