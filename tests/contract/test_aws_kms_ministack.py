"""The AWS provider against a KMS that is not ours. What ministack does not enforce is left out by name."""

import socket
from uuid import uuid4

import pytest

from ascend.envelope.keys import SecretKey
from ascend.providers.aws_kms.provider import AwsKmsProvider
from ascend.providers.aws_kms.settings import AwsSettings
from ascend.providers.contract import Denied
from ascend.testing.kms import Credentials
from tests.contract.aws_kms_environment import LOOPBACK, environment_of
from tests.contract.ministack import CUSTOMER, PORTAL, REGION, Ministack
from tests.contract.provider_contract import ProviderContract, context


@pytest.fixture(scope="module")
def ministack():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Ministack(port)
    yield server
    server.stop()


class TestAwsKmsOnMinistack(ProviderContract):
    """By assumed role: its keys are found in the caller's own account only, so a policy lets no stranger in."""

    # It XORs: changed bytes and another key's bytes open to something else, which no client can see.
    test_every_changed_byte_of_a_wrap_is_refused = None
    test_every_truncated_wrap_is_refused = None
    test_a_wrap_does_not_open_under_another_master_key = None

    @pytest.fixture
    def organization(self):
        return str(uuid4())

    @pytest.fixture(autouse=True)
    def _contexts_of_this_organization(self, organization, monkeypatch):
        def about(**changes):
            return context(**{"ascend:organization": organization, **changes})

        monkeypatch.setattr("tests.contract.provider_contract.context", about)

    @pytest.fixture
    def provider(self, ministack, monkeypatch):
        worker = ministack.add_role(PORTAL, f"Worker-{uuid4().hex[:8]}", trusts=f"arn:aws:iam::{PORTAL}:root")
        given = ministack.client("sts", PORTAL).assume_role(RoleArn=worker, RoleSessionName="tests")["Credentials"]
        session = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        environment_of(monkeypatch, session)
        return AwsKmsProvider(AwsSettings(endpoint_url=ministack.url, outbound_allow=LOOPBACK, calls_per_second=10_000))

    @pytest.fixture
    def uri_of(self, ministack, organization):
        name = f"Access-{uuid4().hex[:8]}"
        access = ministack.add_role(CUSTOMER, name, trusts=f"arn:aws:iam::{PORTAL}:root", external_id=organization)
        return lambda arn: f"aws-kms:{arn}?role={access}&external_id={organization}"

    def make_key(self, ministack):
        return ministack.client("kms", CUSTOMER).create_key()["KeyMetadata"]["Arn"]

    @pytest.fixture
    def uri(self, ministack, uri_of):
        return uri_of(self.make_key(ministack))

    @pytest.fixture
    def other_uri(self, ministack, uri_of):
        return uri_of(self.make_key(ministack))

    @pytest.fixture
    def missing_uri(self, uri_of):
        return uri_of(f"arn:aws:kms:{REGION}:{CUSTOMER}:key/{uuid4()}")

    @pytest.mark.parametrize(
        ("operation", "undo", "finding"),
        [
            ("disable_key", "enable_key", "disabled"),
            ("schedule_key_deletion", "cancel_key_deletion", "pending-deletion"),
        ],
    )
    def test_a_key_in_a_state_without_use_is_denied(
        self, ministack, provider, uri, organization, operation, undo, finding
    ):
        about = context(**{"ascend:organization": organization})
        wrapped = provider.wrap(uri, SecretKey.generate(), about).ciphertext
        arn = uri.removeprefix("aws-kms:").partition("?")[0]
        owner = ministack.client("kms", CUSTOMER)
        getattr(owner, operation)(KeyId=arn)
        for call in (
            lambda: provider.unwrap(uri, wrapped, about),
            lambda: provider.wrap(uri, SecretKey.generate(), about),
            lambda: provider.generate(uri, about),
        ):
            with pytest.raises(Denied) as refusal:
                call()
            assert refusal.value.finding == finding
        getattr(owner, undo)(KeyId=arn)
        owner.enable_key(KeyId=arn)
        provider.unwrap(uri, wrapped, about)

    @pytest.mark.parametrize("external_id", ["another", "ANOTHER"])
    def test_a_role_that_expects_another_external_id_is_denied(self, ministack, provider, organization, external_id):
        name = f"Other-{uuid4().hex[:8]}"
        access = ministack.add_role(
            CUSTOMER, name, trusts=f"arn:aws:iam::{PORTAL}:root", external_id=external_id or "x"
        )
        uri = f"aws-kms:{self.make_key(ministack)}?role={access}&external_id={organization}"
        with pytest.raises(Denied) as refusal:
            provider.generate(uri, context(**{"ascend:organization": organization}))
        assert refusal.value.finding == "role-denied"
