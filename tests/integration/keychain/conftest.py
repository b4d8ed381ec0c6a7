"""Every test of the keychain begins and ends with a process that holds nothing, and a key folder of its own."""

from uuid import uuid4

import pytest

from ascend.keychain import acquisition, clock, keyring, setup
from ascend.providers import registry
from ascend.providers.local import LocalProvider


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


class FakeClock:
    """Wall and boot clock of the keychain; `advance` moves both."""

    def __init__(self):
        self.boot, self.wall = 1000.0, 2_000_000.0

    def advance(self, seconds):
        self.boot += seconds
        self.wall += seconds


@pytest.fixture
def fake_clock(monkeypatch):
    """Leases end when the test says so. No ticker runs: it would wait by the real clock."""
    fake = FakeClock()
    monkeypatch.setattr(clock, "boot_seconds", lambda: fake.boot)
    monkeypatch.setattr(clock, "wall_seconds", lambda: fake.wall)
    monkeypatch.setattr(acquisition, "before_first_lease", [])
    return fake


@pytest.fixture
def key_file(settings):
    """Return where the local provider keeps an organization's master key."""
    return lambda organization_id: settings.ASCEND_LOCAL_KEYS_DIR / f"{organization_id}.key"


@pytest.fixture
def provider(monkeypatch, settings):
    """The local provider with switches: `provider.fails[organization]` is raised, `provider.calls` counts."""
    double = SwitchedProvider(settings.ASCEND_LOCAL_KEYS_DIR)
    registry.register("local", lambda: double)
    yield double
    setup.register_providers()


class SwitchedProvider(LocalProvider):
    def __init__(self, folder):
        super().__init__(folder)
        self.fails, self.holds, self.calls = {}, {}, []

    def _read(self, uri):
        organization = uri.partition(":")[2]
        self.calls.append(organization)
        if organization in self.holds:
            self.holds[organization].wait(20)
        if organization in self.fails:
            raise self.fails[organization]
        return super()._read(uri)
