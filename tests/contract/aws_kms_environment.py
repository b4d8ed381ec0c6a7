"""A strict KMS, the portal's role in it, customers' keys, and the provider on its way through a fault proxy."""

import pytest

from ascend.providers.aws_kms.provider import AwsKmsProvider
from ascend.providers.aws_kms.settings import AwsSettings
from ascend.testing.fault_proxy import FaultProxy
from ascend.testing.kms import StrictKms, byok_policy

LOOPBACK = ("127.0.0.0/8",)
DEPLOYMENT = {"ascend:deployment": "tests"}


def environment_of(monkeypatch, credentials):
    """Let boto3 find these credentials and no others."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", credentials.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", credentials.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", credentials.token)


class StrictKmsFixtures:
    """Fixtures for test classes: `kms`, `proxy`, `role`, `settings_of`, `provider`, `key`, `uri`."""

    @pytest.fixture(scope="class")
    @classmethod
    def kms(cls):
        with StrictKms() as server:
            yield server

    @pytest.fixture(scope="class")
    @classmethod
    def proxy(cls, kms):
        with FaultProxy("127.0.0.1", kms.port) as between:
            yield between

    @pytest.fixture
    def role(self, kms, proxy, monkeypatch):
        arn = kms.add_role("ascend-byok-service")
        environment_of(monkeypatch, kms.credentials_of(arn, seconds=10_000_000))
        yield arn
        proxy.mode = proxy.mode.FORWARD
        kms.faults.clear()

    @pytest.fixture
    def settings_of(self, proxy):
        def make(**changes):
            here = {"endpoint_url": proxy.url, "outbound_allow": LOOPBACK, "calls_per_second": 10_000}
            return AwsSettings(**{**here, **changes})

        return make

    @pytest.fixture
    def provider(self, role, settings_of):
        return AwsKmsProvider(settings_of())

    @pytest.fixture
    def key(self, kms, role):
        return kms.create_key(policy=byok_policy(role, DEPLOYMENT))

    @pytest.fixture
    def uri(self, key):
        return f"aws-kms:{key.arn}"
