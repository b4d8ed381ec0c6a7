"""Every test of the keychain begins and ends with a process that holds nothing, and a key folder of its own."""

from uuid import uuid4

import pytest

from ascend.keychain import keyring


@pytest.fixture(autouse=True)
def fresh_process(settings, tmp_path):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path / "keys"
    settings.ASCEND_JOURNAL = "ascend.journal.to_logging"
    settings.ASCEND_BROADCAST = ""
    keyring.close()
    yield
    keyring.close()


@pytest.fixture
def organization():
    return uuid4()


@pytest.fixture
def other_organization():
    return uuid4()
