"""Two organizations, each with a key of its own in a strict KMS behind a fault proxy, and the real keychain."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from ascend.keychain import acquisition, clock, keyring, prober, process, provisioning
from ascend.keychain.models import Revocation
from ascend.keychain.prober import Prober, Watch
from ascend.testing.fault_proxy import FaultProxy, Mode
from ascend.testing.kms import StrictKms, byok_policy
from tests.contract.aws_kms_environment import environment_of
from tests.integration.fields.conftest import people_app, people_tables  # noqa: F401  (fixtures)
from tests.integration.providers.kms_rows import Scene


@dataclass(frozen=True)
class Customer:
    """An organization with its own key, and the scene in which that key can be disturbed."""

    organization_id: UUID
    key: Any
    scene: Scene


@pytest.fixture(scope="session")
def kms():
    with StrictKms() as server:
        yield server


@pytest.fixture(scope="session")
def proxy(kms):
    with FaultProxy("127.0.0.1", kms.port) as between:
        yield between


@pytest.fixture(scope="session")
def role(kms):
    arn = kms.add_role("ascend-byok-service")
    with pytest.MonkeyPatch.context() as patch:
        environment_of(patch, kms.credentials_of(arn, seconds=10_000_000))
        yield arn


@pytest.fixture(autouse=True)
def aws(settings, kms, proxy, role):
    """Let the keychain reach the KMS, and leave nothing disturbed behind."""
    settings.ASCEND_AWS_ENDPOINT_URL = proxy.url
    settings.ASCEND_OUTBOUND_ALLOW = ["127.0.0.0/8"]
    settings.ASCEND_AWS_CALLS_PER_SECOND = 10_000
    settings.ASCEND_JOURNAL = "ascend.journal.to_logging"
    settings.ASCEND_BROADCAST = ""
    yield
    proxy.mode = Mode.FORWARD
    kms.faults.clear()


@pytest.fixture
def customer(kms, proxy, role):
    """Return what makes an organization with a key of its own."""

    def make(organization_id=None, *, provision=True):
        organization_id = organization_id or uuid4()
        key = kms.create_key(policy=byok_policy(role, {"ascend:organization": str(organization_id)}))
        if provision:
            provisioning.provision(organization_id, provider_uri=f"aws-kms:{key.arn}")
        return Customer(organization_id, key, Scene(kms, proxy, key, role))

    return make


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


def begin_empty():
    """Be a process that holds nothing."""
    keyring.close()
    process.forget()


def state_of(organization_id):
    return Revocation.objects.get(organization_id=organization_id).state


def probe_until_good(organization_id, fake_clock):
    """Do what the prober does: two good probes, three seconds apart."""
    watch, leader = Watch(epoch=Revocation.objects.get(organization_id=organization_id).epoch), Prober()
    for _ in range(2):
        truth = Revocation.objects.get(organization_id=organization_id)
        leader._note(truth, watch, prober.ask(organization_id))
        fake_clock.advance(3.1)
