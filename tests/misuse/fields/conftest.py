"""The same models, databases and keys as the integration tests of the fields."""

from tests.integration.fields.conftest import (  # noqa: F401 (fixtures)
    database,
    keyring,
    organization,
    people,
    people_app,
    people_tables,
    savepoint,
    second_organization,
    stored,
)
