"""Two organizations with keys of their own, and the people who work with records."""

import pytest

from accounts.roles import Role
from tests.factories import accounts


@pytest.fixture(autouse=True)
def folders(settings, tmp_path):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path / "keys"
    settings.DATA_DIR = tmp_path / "data"
    settings.ASCEND_BROADCAST = ""


@pytest.fixture
def northwind(db):
    return accounts.organization()


@pytest.fixture
def kestrel(db):
    return accounts.organization("Kestrel Bank")


@pytest.fixture
def officer(northwind):
    return accounts.member(northwind, "Alice", Role.OFFICER)


@pytest.fixture
def steward(northwind):
    return accounts.member(northwind, "Bob", Role.STEWARD)


@pytest.fixture
def charlie(kestrel):
    return accounts.member(kestrel, "Charlie", Role.OFFICER, Role.STEWARD)
