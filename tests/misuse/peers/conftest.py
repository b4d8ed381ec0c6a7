"""The same models, databases and keys as the integration tests of the fields: PostgreSQL and SQLite."""

from tests.misuse.fields.conftest import *  # noqa: F403 (fixtures)
