"""The AWS provider keeps the contract against a KMS as strict as AWS: by key policy, and by an assumed role.

PV-50: full ARNs in every call; PV-52: external ids; PV-56: what answers must hold.
"""

from uuid import uuid4

import pytest

from ascend.envelope.keys import SecretKey
from ascend.providers.aws_kms.provider import AwsKmsProvider
from ascend.providers.contract import Denied, Integrity, Operator
from ascend.testing.kms import byok_policy
from tests.contract.aws_kms_environment import DEPLOYMENT, StrictKmsFixtures
from tests.contract.provider_contract import ProviderContract, context

CUSTOMER = "222222222222"


class TestAwsKmsByKeyPolicy(StrictKmsFixtures, ProviderContract):
    @pytest.fixture
    def other_uri(self, kms, role):
        return f"aws-kms:{kms.create_key(policy=byok_policy(role, DEPLOYMENT)).arn}"

    @pytest.fixture
    def missing_uri(self):
        return f"aws-kms:arn:aws:kms:eu-central-1:{CUSTOMER}:key/{uuid4()}"

    def test_every_call_names_the_key_by_its_full_arn(self, kms, provider, key, uri):
        since, about = len(kms.calls), context()
        made = provider.generate(uri, about)
        provider.unwrap(uri, made.wrapped.ciphertext, about)
        provider.wrap(uri, made.key, about)
        provider.rewrap(uri, made.wrapped.ciphertext, about, to=uri, to_context=about)
        provider.describe(uri)
        calls = kms.calls[since:]
        named = {value for call in calls for name, value in call.params.items() if name.endswith("KeyId")}
        assert named == {key.arn}
        assert [call.operation for call in calls] == [
            "GenerateDataKey", "Decrypt", "Encrypt", "Decrypt", "ReEncrypt", "DescribeKey",
        ]  # fmt: skip

    def test_the_context_is_sent_as_it_is(self, kms, provider, uri):
        about = context()
        provider.generate(uri, about)
        assert kms.calls[-1].context == about

    def test_a_wrap_is_opened_again_before_it_is_relied_on_and_a_probe_s_is_not(self, kms, provider, uri):
        for purpose, operations in (("wrap", ["Encrypt", "Decrypt"]), ("probe", ["Encrypt"])):
            since = len(kms.calls)
            provider.wrap(uri, SecretKey.generate(), context(**{"ascend:purpose": purpose}))
            assert [call.operation for call in kms.calls[since:]] == operations

    def test_the_request_id_is_the_one_of_the_customer_s_log(self, kms, provider, uri):
        assert provider.generate(uri, context()).wrapped.request_id == kms.calls[-1].request_id

    def test_another_organization_s_context_is_denied_by_the_customer_s_policy(self, kms, provider, role):
        about = context()
        policy = byok_policy(role, {"ascend:organization": about["ascend:organization"], **DEPLOYMENT})
        uri = f"aws-kms:{kms.create_key(policy=policy).arn}"
        wrapped = provider.wrap(uri, SecretKey.generate(), about)
        with pytest.raises(Denied) as refusal:
            provider.unwrap(uri, wrapped.ciphertext, {**about, "ascend:organization": str(uuid4())})
        assert refusal.value.finding == "access-denied"

    def test_a_rewrap_moves_a_key_within_kms_and_its_plaintext_stays_there(self, kms, provider, uri, other_uri):
        about, key = context(), SecretKey.generate()
        wrapped = provider.wrap(uri, key, about)
        moved = provider.rewrap(uri, wrapped.ciphertext, about, to=other_uri, to_context=about)
        assert provider.unwrap(other_uri, moved.ciphertext, about) == key
        assert moved.material_id == provider.describe(other_uri).material_id != wrapped.material_id

    def test_a_rotation_of_the_customer_shows_in_the_material(self, kms, provider, key, uri):
        about, before = context(), provider.describe(uri).material_id
        wrapped = provider.wrap(uri, SecretKey.generate(), about)
        kms.on_key("RotateKeyOnDemand", key)
        assert provider.describe(uri).material_id != before == wrapped.material_id
        assert provider.rewrap(uri, wrapped.ciphertext, about, to=uri, to_context=about).material_id != before

    def test_where_kms_makes_no_data_keys_one_is_made_here_and_encrypted(self, kms, provider, uri):
        from ascend.testing.kms import Fault

        kms.faults.add(Fault("GenerateDataKey", code="UnsupportedOperationException"))
        about = context()
        made = provider.generate(uri, about)
        assert provider.unwrap(uri, made.wrapped.ciphertext, about) == made.key

    def test_a_plaintext_of_another_length_is_no_key(self, kms, provider, key, uri):
        about = context()
        blob = kms.on_key("Encrypt", key, Plaintext="c2hvcnQ=", EncryptionContext=about)["CiphertextBlob"]
        import base64

        assert provider.decrypt(uri, base64.b64decode(blob), about).plaintext == b"short"
        with pytest.raises(Integrity):
            provider.unwrap(uri, base64.b64decode(blob), about)

    @pytest.mark.parametrize("length", [6145, 100_000])
    def test_a_ciphertext_that_is_too_long_is_none(self, provider, uri, length):
        with pytest.raises(Integrity):
            provider.unwrap(uri, bytes(length), context())

    def test_a_dry_run_says_what_would_be_allowed(self, kms, provider, key, uri):
        about = context()
        provider.dry_run(uri, "GenerateDataKey", about)
        provider.dry_run(uri, "Encrypt", about)
        with pytest.raises(Denied):
            provider.dry_run(uri, "Encrypt", {**about, "ascend:deployment": "another"})

    def test_it_says_who_it_is_and_what_the_key_is(self, provider, role, key, uri):
        assert provider.caller_identity(uri).startswith(
            role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")
        )
        about = provider.metadata(uri)
        assert (about.arn, about.state, about.origin) == (key.arn, "Enabled", "AWS_KMS")
        assert (about.spec, about.usage) == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
        assert (about.account, about.region, about.manager) == (CUSTOMER, "eu-central-1", "CUSTOMER")
        assert not provider.rotation_status(uri).is_enabled


class TestAwsKmsByAssumedRole(StrictKmsFixtures, ProviderContract):
    """Each organization's key is in its own account, and its role knows the organization's id as external id."""

    @pytest.fixture
    def organization(self):
        return str(uuid4())

    @pytest.fixture(autouse=True)
    def _contexts_of_this_organization(self, organization, monkeypatch):
        def about(**changes):
            return context(**{"ascend:organization": organization, **changes})

        monkeypatch.setattr("tests.contract.provider_contract.context", about)

    @pytest.fixture
    def access(self, kms, role, organization):
        return kms.add_role(f"Access-{uuid4().hex}", account=CUSTOMER, trusts=role, external_id=organization)

    @pytest.fixture
    def uri_of(self, access, organization):
        return lambda arn: f"aws-kms:{arn}?role={access}&external_id={organization}"

    @pytest.fixture
    def key(self, kms, access):
        return kms.create_key()

    @pytest.fixture
    def uri(self, key, uri_of):
        return uri_of(key.arn)

    @pytest.fixture
    def other_uri(self, kms, uri_of):
        return uri_of(kms.create_key().arn)

    @pytest.fixture
    def missing_uri(self, uri_of):
        return uri_of(f"arn:aws:kms:eu-central-1:{CUSTOMER}:key/{uuid4()}")

    def here(self, organization, **changes):
        return context(**{"ascend:organization": organization, **changes})

    def test_a_role_is_never_entered_in_the_name_of_another_organization(self, kms, provider, uri):
        since = len(kms.calls)
        with pytest.raises(Operator, match="another organization"):
            provider.wrap(uri, SecretKey.generate(), context())
        assert kms.calls[since:] == []

    def test_a_role_is_assumed_once_and_not_for_every_call(self, kms, provider, uri, organization):
        since, about = len(kms.calls), self.here(organization)
        for _ in range(5):
            provider.unwrap(uri, provider.generate(uri, about).wrapped.ciphertext, about)
        assumed = [call for call in kms.calls[since:] if call.operation == "AssumeRole"]
        assert [call.params["ExternalId"] for call in assumed] == [organization]
        assert [call.params["DurationSeconds"] for call in assumed] == ["900"]

    def test_a_role_that_lets_nobody_in_is_a_denial(self, kms, provider, uri, access, organization):
        kms.world.identities.add_role(access)
        with pytest.raises(Denied) as refusal:
            provider.generate(uri, self.here(organization))
        assert refusal.value.finding == "role-denied"

    def test_the_key_s_owner_sees_the_role(self, provider, uri, access):
        assert provider.caller_identity(uri).startswith(f"arn:aws:sts::{CUSTOMER}:assumed-role/Access-")


def test_two_providers_of_the_same_settings_are_one_and_need_no_network(settings):
    from ascend.providers import registry

    settings.ASCEND_AWS_CALLS_PER_SECOND = 7
    first = registry.provider_for("aws-kms:x")
    assert registry.provider_for("aws-kms:y") is first
    assert isinstance(first, AwsKmsProvider)
    settings.ASCEND_AWS_CALLS_PER_SECOND = 8
    assert registry.provider_for("aws-kms:x") is not first


@pytest.mark.parametrize("calls", [0, -1])
def test_a_setting_that_allows_no_call_is_our_own_mistake(settings, calls):
    from ascend.providers import registry

    settings.ASCEND_AWS_CALLS_PER_SECOND = calls
    with pytest.raises(Operator, match="ASCEND_AWS_CALLS_PER_SECOND"):
        registry.provider_for("aws-kms:x")
