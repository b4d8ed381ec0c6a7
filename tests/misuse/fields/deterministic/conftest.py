"""The same models, databases and keys as the integration tests of joins."""

from tests.integration.fields.joins.conftest import (  # noqa: F401 (fixtures)
    alias,
    database,
    joined,
    joined_app,
    keyring,
    organization,
    other_organization,
    savepoint,
    stored,
    write,
)
