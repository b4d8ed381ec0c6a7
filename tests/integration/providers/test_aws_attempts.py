"""How often, how long and where the AWS provider asks (PV-53, PV-54, PV-58, PV-59)."""

import threading
import time
from uuid import uuid4

import pytest

from ascend.envelope.keys import SecretKey
from ascend.providers.aws_kms import clients
from ascend.providers.aws_kms.provider import AwsKmsProvider
from ascend.providers.contract import Denied, Integrity, Operator, Transient
from ascend.testing.fault_proxy import Mode
from ascend.testing.kms import Fault, byok_policy
from tests.contract.aws_kms_environment import DEPLOYMENT, StrictKmsFixtures
from tests.contract.provider_contract import context


def timed(call, error=Transient):
    started = time.monotonic()
    with pytest.raises(error) as refusal:
        call()
    return refusal.value, time.monotonic() - started


class TestAttempts(StrictKmsFixtures):
    @pytest.mark.parametrize(
        "code",
        ["KMSInternalException", "DependencyTimeoutException", "KeyUnavailableException", "ThrottlingException"],
    )
    def test_a_passing_trouble_is_survived_within_three_attempts(self, kms, provider, uri, code):
        provider.generate(uri, context())
        since = len(kms.calls)
        kms.faults.add(Fault("GenerateDataKey", times=2, code=code, status=400 if "Throttl" in code else 500))
        provider.generate(uri, context())
        assert [call.outcome for call in kms.calls[since:]] == [code, code, "ok"]

    @pytest.mark.parametrize("mode", [Mode.RESET, Mode.CUT, Mode.SERVER_ERROR, Mode.MALFORMED, Mode.REFUSE])
    def test_a_wire_that_stays_broken_is_asked_three_times_and_no_more(self, kms, proxy, provider, uri, mode):
        provider.generate(uri, context())
        proxy.mode, before = mode, proxy.connections
        refusal, seconds = timed(lambda: provider.generate(uri, context()))
        assert seconds < 3.5
        assert proxy.connections - before <= 3
        assert refusal.fix
        proxy.mode = Mode.FORWARD
        provider.generate(uri, context())

    def test_a_black_hole_takes_three_seconds_and_no_more(self, proxy, provider, uri):
        provider.generate(uri, context())
        proxy.mode = Mode.BLACK_HOLE
        refusal, seconds = timed(lambda: provider.generate(uri, context()))
        assert 1.9 < seconds < 3.6
        assert refusal.finding == "unreachable"

    def test_a_slow_answer_is_waited_for(self, proxy, provider, uri):
        proxy.mode, proxy.delay_seconds = Mode.SLOW, 0.3
        provider.generate(uri, context())

    def test_a_connection_that_never_stands_is_given_up_in_time(self, role, kms, settings_of, uri):
        nowhere = AwsKmsProvider(settings_of(endpoint_url="https://10.255.255.1", outbound_allow=("10.0.0.0/8",)))
        refusal, seconds = timed(lambda: nowhere.generate(uri, context()))
        assert refusal.finding == "unreachable"
        assert seconds < 4

    @pytest.mark.parametrize(
        ("code", "error"),
        [("DisabledException", Denied), ("AccessDeniedException", Denied), ("InvalidCiphertextException", Integrity),
         ("IncorrectKeyException", Integrity), ("ValidationException", Operator), ("SomethingNew", Denied)],
    )  # fmt: skip
    def test_a_verdict_is_not_asked_for_twice(self, kms, provider, uri, code, error):
        about = context()
        blob = provider.generate(uri, about).wrapped.ciphertext
        since = len(kms.calls)
        kms.faults.add(Fault("Decrypt", code=code))
        timed(lambda: provider.unwrap(uri, blob, about), error)
        assert [call.operation for call in kms.calls[since:]].count("Decrypt") == 1

    def test_boto3_s_environment_moves_no_call(self, monkeypatch, provider, uri):
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "10")
        provider.generate(uri, context())


class TestEndpoints(StrictKmsFixtures):
    @pytest.mark.parametrize(
        ("url", "message"),
        [
            ("http://127.0.0.1:1", "no address that this portal may call"),
            ("https://localhost", "no address that this portal may call"),
            ("https://169.254.169.254", "no address that this portal may call"),
            ("http://1.1.1.1", "over http"),
            ("ftp://kms.example", "cannot be used"),
        ],
    )
    def test_an_endpoint_that_may_not_be_called_is_our_own_mistake(self, role, settings_of, uri, url, message):
        provider = AwsKmsProvider(settings_of(endpoint_url=url, outbound_allow=()))
        with pytest.raises(Operator, match=message):
            provider.generate(uri, context())

    def test_region_and_service_have_their_place_in_it(self, role, proxy, settings_of, kms, uri):
        provider = AwsKmsProvider(settings_of(endpoint_url=proxy.url + "/{service}/{region}"))
        assert provider._access.settings.endpoint("kms", "eu-west-1").endswith("/kms/eu-west-1")

    def test_a_certificate_that_nobody_issued_is_no_answer(self, role, settings_of, uri):
        from tests.integration.providers.answering import AnsweringServer, ok

        with AnsweringServer(lambda *_: ok()) as server:
            provider = AwsKmsProvider(settings_of(endpoint_url=server.url))
            refusal, _ = timed(lambda: provider.generate(uri, context()))
            assert "SSLError" in refusal.cause
            assert server.requests == []

    def test_without_credentials_it_is_our_own_mistake(self, monkeypatch, role, settings_of, uri):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name)
        with pytest.raises(Operator, match="NoCredentialsError"):
            AwsKmsProvider(settings_of()).generate(uri, context())


class TestReplicas(StrictKmsFixtures):
    @pytest.fixture
    def key(self, kms, role):
        key = kms.create_key(MultiRegion=True, policy=byok_policy(role, DEPLOYMENT))
        kms.on_key("ReplicateKey", key, ReplicaRegion="eu-west-1", Policy=byok_policy(role, DEPLOYMENT))
        return key

    @pytest.fixture
    def replica(self, kms, key):
        return kms.world.keys.get(key.arn.replace("eu-central-1", "eu-west-1"))

    @pytest.fixture
    def uri(self, key):
        return f"aws-kms:{key.arn}?replicas=eu-west-1"

    def regions(self, kms, since):
        return [call.region for call in kms.calls[since:]]

    def test_a_replica_is_not_asked_while_the_key_answers(self, kms, provider, uri):
        since = len(kms.calls)
        provider.generate(uri, context())
        assert self.regions(kms, since) == ["eu-central-1"]

    @pytest.mark.parametrize("fault", [
        Fault(region="eu-central-1", times=0, code="KMSInternalException", status=500),
        Fault(region="eu-central-1", times=0, code="ThrottlingException"),
        Fault(region="eu-central-1", times=0, body=b"<html>", status=200),
    ], ids=["5xx", "throttled", "malformed"])  # fmt: skip
    def test_a_replica_serves_where_the_key_s_own_region_gives_no_answer(self, kms, provider, uri, fault):
        about = context()
        made = provider.generate(uri, about)
        since = len(kms.calls)
        fault.met = fault.seen = 0
        kms.faults.add(fault)
        assert provider.unwrap(uri, made.wrapped.ciphertext, about) == made.key
        assert self.regions(kms, since) == ["eu-central-1", "eu-west-1"]

    @pytest.mark.parametrize("operation", ["DisableKey", "ScheduleKeyDeletion"])
    def test_a_replica_is_never_asked_where_the_owner_refused(self, kms, provider, key, uri, operation):
        since = len(kms.calls)
        kms.on_key(operation, key)
        with pytest.raises(Denied):
            provider.generate(uri, context())
        assert set(self.regions(kms, since)) == {"eu-central-1"}

    def test_what_a_replica_refuses_is_no_verdict_and_nothing_is_given(self, kms, provider, replica, uri):
        kms.on_key("DisableKey", replica)
        kms.faults.add(Fault(region="eu-central-1", times=0, code="KMSInternalException", status=500))
        refusal, _ = timed(lambda: provider.generate(uri, context()))
        assert refusal.finding == "aws-trouble"

    def test_the_metadata_names_every_region(self, provider, uri):
        assert provider.metadata(uri).replicas == ("eu-central-1", "eu-west-1")


class TestSessions(StrictKmsFixtures):
    @pytest.fixture
    def organization(self):
        return str(uuid4())

    @pytest.fixture
    def uri(self, kms, role, organization):
        access = kms.add_role(f"A-{uuid4().hex}", account="222222222222", trusts=role, external_id=organization)
        return f"aws-kms:{kms.create_key().arn}?role={access}&external_id={organization}"

    def assumed(self, kms, since):
        return [call.operation for call in kms.calls[since:]].count("AssumeRole")

    def test_a_session_is_renewed_in_the_background_while_it_serves(
        self, kms, provider, uri, organization, monkeypatch
    ):
        about = context(**{"ascend:organization": organization})
        provider.generate(uri, about)
        held = next(iter(provider._access._clients._roles.values()))
        held.taken_at -= clients.SESSION_SECONDS * 0.7
        since = len(kms.calls)
        with kms.faults.held_back("AssumeRole") as fault:
            provider.generate(uri, about)
            assert fault.reached.wait(5)
            provider.generate(uri, about)
        deadline = time.monotonic() + 5
        while next(iter(provider._access._clients._roles.values())) is held and time.monotonic() < deadline:
            time.sleep(0.01)
        assert next(iter(provider._access._clients._roles.values())) is not held
        provider.generate(uri, about)
        assert self.assumed(kms, since) == 1

    def test_a_session_that_is_over_is_taken_anew_once_by_many_threads(self, kms, provider, uri, organization):
        about = context(**{"ascend:organization": organization})
        provider.generate(uri, about)
        next(iter(provider._access._clients._roles.values())).taken_at -= clients.SESSION_SECONDS
        since = len(kms.calls)
        threads = [threading.Thread(target=provider.generate, args=(uri, about)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert self.assumed(kms, since) == 1

    def test_a_session_that_aws_ended_is_taken_anew_once(self, kms, provider, uri, organization):
        about = context(**{"ascend:organization": organization})
        provider.generate(uri, about)
        kms.faults.add(Fault("GenerateDataKey", times=1, code="ExpiredTokenException"))
        since = len(kms.calls)
        provider.generate(uri, about)
        assert self.assumed(kms, since) == 1
        kms.faults.add(Fault("GenerateDataKey", times=0, code="ExpiredTokenException"))
        with pytest.raises(Operator):
            provider.generate(uri, about)

    def test_a_renewal_that_is_refused_is_said_when_the_session_is_over(self, kms, provider, uri, organization):
        about = context(**{"ascend:organization": organization})
        provider.generate(uri, about)
        kms.world.identities.add_role(provider._access._clients._roles.copy().popitem()[0][0])
        held = next(iter(provider._access._clients._roles.values()))
        held.taken_at -= clients.SESSION_SECONDS
        with pytest.raises(Denied) as refusal:
            provider.generate(uri, about)
        assert refusal.value.finding == "role-denied"


class TestQuota(StrictKmsFixtures):
    def test_one_organization_cannot_use_the_quota_of_the_others(self, role, settings_of, kms, uri):
        provider = AwsKmsProvider(settings_of(calls_per_second=1))
        greedy, other = context(), context()
        for _ in range(2):
            provider.generate(uri, greedy)
        since = len(kms.calls)
        refusal, _ = timed(lambda: provider.generate(uri, greedy))
        assert "ASCEND_AWS_CALLS_PER_SECOND" in refusal.fix
        assert len(kms.calls) - since <= 1
        provider.generate(uri, other)

    def test_the_share_fills_again(self, role, settings_of, uri):
        provider = AwsKmsProvider(settings_of(calls_per_second=20))
        about = context()
        for _ in range(40):
            provider.wrap(uri, SecretKey.generate(), context(**{**about, "ascend:purpose": "probe"}))
        time.sleep(0.3)
        provider.generate(uri, about)
