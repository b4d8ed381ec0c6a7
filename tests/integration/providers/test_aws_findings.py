"""What each answer of AWS KMS means to whoever reads it (PV-55, PV-57): every row of its error matrix, once."""

import json

import pytest

from ascend.envelope.keys import SecretKey
from ascend.providers.aws_kms.findings import FINDINGS
from ascend.providers.aws_kms.provider import AwsKmsProvider
from ascend.providers.contract import Denied, Integrity, Operator, ProviderError
from ascend.testing.kms import Fault, byok_policy
from tests.contract.aws_kms_environment import StrictKmsFixtures, environment_of
from tests.contract.provider_contract import context
from tests.integration.providers.kms_rows import ROWS, Scene

# Seen with a whole deployment, or with an answer that no server sends twice: tested below.
BESIDES = {"role-denied", "own-role-replaced", "replaced"}


def raised(call):
    with pytest.raises(ProviderError) as refusal:
        call()
    return refusal.value


class TestRows(StrictKmsFixtures):
    @pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
    def test_it_is_found_named_and_over_when_it_is_put_right(self, kms, proxy, provider, key, uri, role, row):
        scene, about = Scene(kms, proxy, key, role), context()
        made = provider.generate(uri, about)
        row.begin(scene)
        for use in (
            lambda: provider.generate(uri, about),
            lambda: provider.wrap(uri, SecretKey.generate(), about),
            lambda: provider.unwrap(uri, made.wrapped.ciphertext, about),
            lambda: provider.rewrap(uri, made.wrapped.ciphertext, about, to=uri, to_context=about),
        ):
            error = raised(use)
            assert (type(error), error.finding) == (row.reaction, row.finding)
            assert error.cause
            assert error.fix.endswith(".")
        row.end(scene)
        assert provider.unwrap(uri, made.wrapped.ciphertext, about) == made.key

    def test_every_finding_has_a_row(self):
        assert {row.finding for row in ROWS} | BESIDES == {finding.name for finding in FINDINGS}
        assert len(ROWS) == 48


class TestDiagnosis(StrictKmsFixtures):
    def test_the_day_of_deletion_is_said(self, kms, provider, key, uri):
        kms.on_key("ScheduleKeyDeletion", key, PendingWindowInDays=7)
        error = raised(lambda: provider.generate(uri, context()))
        assert "It will be deleted on 20" in error.cause
        assert "CancelKeyDeletion" in error.fix

    def test_a_denial_stands_where_the_description_gives_no_answer(self, kms, provider, key, uri):
        kms.on_key("DisableKey", key)
        for fault in (
            Fault("DescribeKey", code="AccessDeniedException"),
            Fault("DescribeKey", code="KMSInternalException", status=500),
            Fault("DescribeKey", body=b"<html>", status=200),
            Fault("DescribeKey", delay_seconds=2),
        ):
            kms.faults.add(fault)
            error = raised(lambda: provider.generate(uri, context()))
            assert (type(error), error.finding) == (Denied, "disabled")
            kms.faults.clear()

    def test_no_denial_is_its_own_cause(self, kms, provider, uri):
        for code in ("SomethingNew", "AccessDeniedException", "DisabledException"):
            kms.faults.add(Fault("GenerateDataKey", code=code))
            error, chain = raised(lambda: provider.generate(uri, context())), []
            while error is not None and len(chain) < 20:
                chain.append(error)
                error = error.__cause__ or error.__context__
            assert len(chain) < 10

    def test_a_description_that_says_enabled_turns_no_denial_into_permission(self, kms, provider, uri):
        kms.faults.add(Fault("GenerateDataKey", code="DisabledException"))
        assert raised(lambda: provider.generate(uri, context())).finding == "disabled"

    def test_a_refused_description_alone_refuses_nothing(self, kms, provider, uri):
        kms.faults.add(Fault("DescribeKey", times=0, code="AccessDeniedException"))
        provider.generate(uri, context())
        assert isinstance(raised(lambda: provider.describe(uri)), Denied)

    @pytest.fixture
    def canary(self, kms, role):
        """Its policy names the role itself. Were its account let in, any new role would be, and nothing would show."""
        administration = {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "kms:Put*"}
        encryption = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "kms:Encrypt"}
        policy = json.dumps({"Statement": [administration, encryption]})
        return kms.create_key(account="111111111111", policy=policy)

    def test_what_our_own_key_refuses_too_is_our_fault(self, kms, role, settings_of, key, uri, canary, monkeypatch):
        """The row "our role was deleted and made again": every customer's policy names an id that is dead."""
        kms.world.identities.remove_role(role)
        kms.add_role("ascend-byok-service")
        environment_of(monkeypatch, kms.credentials_of(role))
        provider = AwsKmsProvider(settings_of(canary=canary.arn))
        error = raised(lambda: provider.generate(uri, context()))
        assert (type(error), error.finding) == (Operator, "own-role-replaced")
        for one in (key, canary):
            kms.put_policy(one, one.policy.text)
        provider.generate(uri, context())

    def test_what_the_portal_s_own_key_allows_the_customer_has_refused(self, kms, role, settings_of, key, uri, canary):
        provider = AwsKmsProvider(settings_of(canary=canary.arn))
        provider.generate(uri, context())
        kms.put_policy(key, byok_policy(role, {"ascend:deployment": "another"}))
        assert raised(lambda: provider.generate(uri, context())).finding == "access-denied"

    def test_a_canary_that_gives_no_answer_excuses_nothing(self, kms, role, settings_of, key, uri, canary):
        provider = AwsKmsProvider(settings_of(canary=canary.arn))
        kms.put_policy(key, byok_policy(role, {"ascend:deployment": "another"}))
        kms.faults.add(Fault(key=canary.arn, times=0, code="KMSInternalException", status=500))
        assert raised(lambda: provider.generate(uri, context())).finding == "access-denied"


class TestAnswers(StrictKmsFixtures):
    """An answer that is well-formed and wrong (PV-56)."""

    def test_an_answer_for_another_key_is_not_taken(self, kms, provider, key, uri):
        other = kms.create_key()
        body = kms.on_key("GenerateDataKey", other, KeySpec="AES_256")
        kms.faults.garble("GenerateDataKey", body=json.dumps(body).encode())
        error = raised(lambda: provider.generate(uri, context()))
        assert (type(error), error.finding) == (Integrity, "replaced")

    def test_a_wrap_that_opens_to_another_key_is_not_taken(self, kms, provider, key, uri):
        about = context()
        body = kms.on_key(
            "Encrypt", key, Plaintext="QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE=", EncryptionContext=about
        )
        kms.faults.garble("Encrypt", body=json.dumps(body).encode())
        error = raised(lambda: provider.wrap(uri, SecretKey.generate(), about))
        assert (type(error), error.finding) == (Integrity, "replaced")

    def test_a_role_that_was_taken_back_is_a_denial(self, kms, provider, key, role):
        about = context()
        organization = about["ascend:organization"]
        access = kms.add_role("Access", account="222222222222", trusts=role, external_id="someone else's")
        uri = f"aws-kms:{key.arn}?role={access}&external_id={organization}"
        error = raised(lambda: provider.generate(uri, about))
        assert (type(error), error.finding) == (Denied, "role-denied")
