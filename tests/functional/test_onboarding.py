"""Kamila connects her organization's own key, Olivia signs, Arjun approves; nobody else gets anywhere."""

import json
import re
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApprovalRequest
from accounts.roles import Role
from ascend.keychain import keyring
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.models import Key
from ascend.keychain.states import Level, State
from ascend.scope import organization_scope
from ascend.testing.kms import StrictKms
from byok.models import Check, Finding, Registration
from byok.services import checking
from byok.waivers import STATEMENTS, waiver
from tests.contract.aws_kms_environment import environment_of
from tests.factories import accounts as make
from tests.factories import byok as keys

pytestmark = pytest.mark.django_db
ALIAS = "northwind-production"


@pytest.fixture
def kms(monkeypatch, settings, tmp_path):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path
    keyring.close()
    with StrictKms() as server:
        role = server.add_role("ascend-byok-service")
        environment_of(monkeypatch, server.credentials_of(role))
        settings.ASCEND_AWS_ENDPOINT_URL = server.url
        settings.ASCEND_OUTBOUND_ALLOW = ("127.0.0.0/8",)
        settings.BYOK_PRINCIPAL_ARN = role
        yield server
    keyring.close()


@pytest.fixture
def northwind():
    return make.organization()


@pytest.fixture
def kamila(northwind):
    return make.sign_in(Client(), make.member(northwind, "Kamila", Role.KEY_ADMIN))


@pytest.fixture
def olivia(northwind):
    return make.sign_in(Client(), make.member(northwind, "Olivia", Role.OFFICER))


@pytest.fixture
def arjun(northwind):
    return make.sign_in(Client(), make.member(northwind, "Arjun", Role.APPROVER))


class Wizard:
    """The pages, as a person goes through them."""

    def __init__(self, kms, kamila):
        self.kms, self.kamila = kms, kamila
        self.key = kms.create_key()
        self.registration = None

    def url(self, step):
        return f"/onboarding/{self.registration.pk}/{step}/"

    def start(self):
        assert self.kamila.post("/onboarding/start/").status_code == 302
        self.registration = Registration.objects.latest("started_at")

    def name_the_key(self, **changes):
        said = {"alias": ALIAS, "key_arn": self.key.arn, "access": "key_policy", **changes}
        return self.kamila.post(self.url("key"), said)

    def apply_the_policy(self):
        text = self.kamila.get(self.url("policy") + "policy/").content.decode()
        self.kms.put_policy(self.key, text)
        return self.kamila.post(self.url("policy"), {"applied": "on"})

    def check(self):
        assert self.kamila.post(self.url("verify")).status_code == 302
        self.registration.refresh_from_db()
        checking.run_checks(registration_id=self.registration.pk, number=self.registration.checks_run)
        self.registration.refresh_from_db()
        return {line.slug: line for line in Check.objects.of_run(self.registration.pk, self.registration.checks_run)}

    def prove(self, **changes):
        """Run the command of the page as the key's owner does."""
        page = unescape(self.kamila.get(self.url("verify")).content.decode())
        context = re.search(r'--encryption-context "([^"]+)"', page)[1]
        said = {
            "Plaintext": re.search(r'--plaintext "([^"]+)"', page)[1],
            "EncryptionContext": dict(entry.split("=", 1) for entry in context.split(",")),
        }
        answer = self.kms.on_key("Encrypt", self.key, **{**said, **changes})
        return self.kamila.post(self.url("verify"), {"ciphertext": answer["CiphertextBlob"]})

    def sign(self, officer, **changes):
        said = {**dict.fromkeys(STATEMENTS, "on"), "typed_name": "Olivia Officer", "password": make.PASSWORD}
        return officer.post(self.url("waiver"), {**said, "sha256": waiver().sha256, **changes})

    def request(self, **changes):
        said = {"typed_alias": ALIAS, "reason": "our own key", "password": make.PASSWORD, **changes}
        return self.kamila.post(self.url("activate"), said)

    def all_but_the_request(self, olivia):
        self.start()
        self.name_the_key()
        self.apply_the_policy()
        self.check()
        self.prove()
        self.sign(olivia)


@pytest.fixture
def wizard(kms, kamila):
    return Wizard(kms, kamila)


def approve(client, wanted):
    seen = bytes(wanted.request_hash).hex()
    said = {"choice": "approve", "reason": "checked", "password": make.PASSWORD, "seen": seen}
    return client.post(f"/approvals/{wanted.pk}/", said)


def sealed(organization):
    with organization_scope(organization.pk):
        return keyring.field_keys("app.model.field").sealer(organization.pk).seal(b"value")


def opened(organization, envelope):
    with organization_scope(organization.pk):
        return keyring.field_keys("app.model.field").opener(envelope[:9]).open(envelope)


class TestStory:
    def test_from_an_arn_to_a_key_in_charge(self, kms, northwind, wizard, olivia, arjun):
        wizard.start()
        assert wizard.name_the_key().url == wizard.url("policy")
        assert wizard.apply_the_policy().url == wizard.url("verify")
        lines = wizard.check()
        assert {line.slug: (line.finding, line.cause) for line in lines.values() if line.finding == "failed"} == {}
        assert wizard.prove().url == wizard.url("waiver")
        assert wizard.sign(olivia).url == wizard.url("activate")
        wanted = ApprovalRequest.objects.get(pk=wizard.request().url.split("/")[-2])
        approve(arjun, wanted)
        wizard.registration.refresh_from_db()
        assert wizard.registration.state == "active"
        master = Key.objects.for_organization(northwind.pk).primary(Level.MASTER_KEY).get()
        assert master.provider_uri == f"aws-kms:{wizard.key.arn}"
        envelope = sealed(northwind)
        kms.on_key("DisableKey", wizard.key)
        keyring.close()
        with pytest.raises(KeyUnavailable, match="disabled"):
            opened(northwind, envelope)

    def test_each_rung_of_the_ladder_passes_under_the_generated_policy(self, wizard):
        wizard.start()
        wizard.name_the_key()
        wizard.apply_the_policy()
        findings = {slug: line.finding for slug, line in wizard.check().items()}
        assert findings.pop("rotation") == Finding.WARNED
        assert set(findings.values()) == {Finding.PASSED}
        assert len(findings) == 13

    def test_the_portal_never_sees_the_order_of_steps_broken(self, wizard):
        wizard.start()
        for step in ("policy", "verify", "activate"):
            assert wizard.kamila.get(wizard.url(step)).url == wizard.url("key")

    def test_a_key_that_takes_over_from_the_organizations_own_keeps_its_values(
        self, kms, northwind, wizard, olivia, arjun
    ):
        wizard.all_but_the_request(olivia)
        approve(arjun, ApprovalRequest.objects.get(pk=wizard.request().url.split("/")[-2]))
        envelope = sealed(northwind)
        second = Wizard(kms, wizard.kamila)
        second.all_but_the_request(olivia)
        approve(arjun, ApprovalRequest.objects.get(pk=second.request().url.split("/")[-2]))
        kms.on_key("DisableKey", wizard.key)
        keyring.close()
        assert opened(northwind, envelope) == b"value"
        wizard.registration.refresh_from_db()
        assert wizard.registration.state == "retired"


def policy_without(wizard, *, condition):
    """Return the generated policy with one condition forgotten everywhere."""
    policy = json.loads(wizard.kamila.get(wizard.url("policy") + "policy/").content)
    for statement in policy["Statement"]:
        equals = statement.get("Condition", {}).get("StringEquals", {})
        for name in [name for name in equals if name.endswith(condition)]:
            del equals[name]
    return json.dumps(policy)


class TestRefusals:
    @pytest.fixture
    def granted(self, wizard):
        wizard.start()
        wizard.name_the_key()
        wizard.apply_the_policy()
        return wizard

    def failed(self, wizard):
        return {slug for slug, line in wizard.check().items() if line.finding == Finding.FAILED}

    def test_a_policy_that_forgot_the_organization_is_too_wide(self, kms, granted):
        kms.put_policy(granted.key, policy_without(granted, condition=":organization"))
        assert self.failed(granted) == {"foreign-wrap", "foreign-unwrap"}
        assert granted.registration.verified_at is None

    def test_a_policy_that_forgot_every_condition_is_too_wide(self, kms, granted):
        kms.put_policy(granted.key, policy_without(granted, condition=""))
        assert self.failed(granted) == {
            "foreign-wrap", "foreign-unwrap", "no-context-wrap", "no-context-unwrap", "forged-proof",
        }  # fmt: skip

    def test_a_policy_that_lets_the_portal_prove_is_too_wide(self, kms, granted):
        kms.put_policy(granted.key, policy_without(granted, condition=":purpose"))
        assert self.failed(granted) == {"forged-proof"}

    def test_without_the_policy_it_stops_where_nothing_more_can_be_learned(self, wizard):
        wizard.start()
        wizard.name_the_key()
        wizard.kamila.post(wizard.url("policy"), {"applied": "on"})
        lines = wizard.check()
        assert lines["generate"].finding == Finding.FAILED
        assert lines["generate"].fix
        assert lines["latency"].finding == Finding.SKIPPED

    def test_a_disabled_key_says_so_and_how_to_mend_it(self, kms, granted):
        kms.on_key("DisableKey", granted.key)
        line = granted.check()["describe"]
        assert (line.finding, line.cause) == (Finding.FAILED, "The key's state is Disabled.")
        assert "Enable" in line.fix

    def test_a_scheduled_deletion_is_found(self, kms, granted):
        kms.on_key("ScheduleKeyDeletion", granted.key, PendingWindowInDays=7)
        assert granted.check()["deletion"].finding == Finding.FAILED

    @pytest.mark.parametrize(
        ("params", "said"),
        [
            ({"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}, "RSA_2048"),
            ({"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}, "HMAC_256"),
        ],
    )
    def test_a_key_of_another_kind_is_refused(self, kms, wizard, params, said):
        wizard.key = kms.create_key(**params)
        wizard.start()
        wizard.name_the_key()
        wizard.apply_the_policy()
        line = wizard.check()["describe"]
        assert line.finding == Finding.FAILED
        assert said in line.cause

    def test_a_region_that_is_not_allowed_is_refused_at_the_form(self, settings, wizard):
        settings.BYOK_ALLOWED_REGIONS = ("us-east-1",)
        wizard.start()
        answer = wizard.name_the_key()
        assert answer.status_code == 422
        assert "us-east-1" in answer.content.decode()

    @pytest.mark.parametrize(
        "typed",
        [
            "",
            "my-key",
            "arn:aws:kms:eu-central-1:222222222222:alias/my-key",
            "arn:aws-cn:kms:eu-central-1:222222222222:key/8f2c0a4e-77b1-4c0e-9a61-2f6d0c1e0b7a",
            "arn:aws:s3:::bucket",
            "arn:aws:kms:eu-central-1:22222:key/8f2c0a4e-77b1-4c0e-9a61-2f6d0c1e0b7a",
        ],
    )
    def test_a_malformed_arn_gets_its_own_message_and_changes_nothing(self, wizard, typed):
        wizard.start()
        answer = wizard.name_the_key(key_arn=typed)
        assert answer.status_code == 422
        assert "id_key_arn_error" in answer.content.decode()
        wizard.registration.refresh_from_db()
        assert wizard.registration.key_arn == ""

    def test_a_key_of_another_organization_is_refused(self, wizard):
        keys.registration(make.organization("Kestrel Bank"), state="active", key_arn=wizard.key.arn, alias="theirs")
        wizard.start()
        answer = wizard.name_the_key()
        assert answer.status_code == 422
        assert "registered in this portal already" in answer.content.decode()

    def test_a_ciphertext_of_an_earlier_draft_proves_nothing(self, kms, granted):
        first = granted.registration
        page = unescape(granted.kamila.get(granted.url("verify")).content.decode())
        context = re.search(r'--encryption-context "([^"]+)"', page)[1]
        context = dict(entry.split("=", 1) for entry in context.split(","))
        plaintext = re.search(r'--plaintext "([^"]+)"', page)[1]
        old = kms.on_key("Encrypt", granted.key, Plaintext=plaintext, EncryptionContext=context)["CiphertextBlob"]
        granted.start()
        granted.name_the_key()
        granted.apply_the_policy()
        assert granted.registration.pk != first.pk
        assert granted.kamila.post(granted.url("verify"), {"ciphertext": old}).status_code == 422
        granted.registration.refresh_from_db()
        assert granted.registration.proved_at is None

    @pytest.mark.parametrize("text", ["", "not base64!", "AAAA", "é" * 10])
    def test_something_else_than_a_ciphertext_proves_nothing(self, granted, text):
        assert granted.kamila.post(granted.url("verify"), {"ciphertext": text}).status_code == 422

    def test_another_number_under_the_right_context_proves_nothing(self, granted):
        assert granted.prove(Plaintext="A" * 43 + "=").status_code == 422
        granted.registration.refresh_from_db()
        assert granted.registration.proved_at is None

    @pytest.mark.parametrize("left_out", STATEMENTS)
    def test_a_waiver_with_one_box_open_is_not_signed(self, granted, olivia, left_out):
        assert granted.sign(olivia, **{left_out: ""}).status_code == 422

    def test_a_key_admin_cannot_sign_and_an_officer_cannot_activate(self, granted, kamila, olivia):
        assert granted.sign(kamila).status_code == 403
        assert olivia.post(granted.url("key"), {}).status_code == 403

    def test_a_steps_last_page_names_what_is_missing(self, granted):
        assert granted.request().url == granted.url("verify")
        assert not ApprovalRequest.objects.exists()

    def test_values_under_the_platforms_keys_stop_the_activation(self, northwind, wizard, olivia):
        sealed(northwind)
        wizard.all_but_the_request(olivia)
        answer = wizard.request()
        assert answer.status_code == 409
        assert "re-encryption of all values" in answer.content.decode()

    def test_a_rejected_request_makes_it_a_draft_again(self, wizard, olivia, arjun):
        wizard.all_but_the_request(olivia)
        wanted = ApprovalRequest.objects.get(pk=wizard.request().url.split("/")[-2])
        said = {"choice": "reject", "reason": "no", "password": make.PASSWORD, "seen": bytes(wanted.request_hash).hex()}
        arjun.post(f"/approvals/{wanted.pk}/", said)
        assert wizard.name_the_key(alias="renamed").status_code == 302
        wizard.registration.refresh_from_db()
        assert wizard.registration.state == "draft"

    def test_checks_run_again_after_the_request_void_it(self, kms, northwind, wizard, olivia, arjun):
        wizard.all_but_the_request(olivia)
        wanted = ApprovalRequest.objects.get(pk=wizard.request().url.split("/")[-2])
        Registration.objects.filter(pk=wizard.registration.pk).update(details_version=99)
        approve(arjun, wanted)
        wanted.refresh_from_db()
        assert wanted.state == "failed"
        assert not Key.objects.for_organization(northwind.pk).filter(provider_uri__startswith="aws-kms").exists()

    def test_a_key_that_is_disabled_before_the_approval_changes_nothing(self, kms, northwind, wizard, olivia, arjun):
        wizard.all_but_the_request(olivia)
        wanted = ApprovalRequest.objects.get(pk=wizard.request().url.split("/")[-2])
        kms.on_key("DisableKey", wizard.key)
        approve(arjun, wanted)
        wanted.refresh_from_db()
        assert wanted.state == "failed"
        assert "disabled" in wanted.failure
        assert not Key.objects.for_organization(northwind.pk).exclude(state=State.ACTIVE).exists()


class TestAnotherOrganization:
    def test_charlie_finds_nothing(self, wizard):
        wizard.start()
        charlie = make.sign_in(Client(), make.member(make.organization("Kestrel Bank"), "Charlie", Role.KEY_ADMIN))
        for step in ("key", "policy", "verify", "waiver", "activate", "checks", "policy/policy"):
            assert charlie.get(wizard.url(step)).status_code == 404
        for step in ("key", "policy", "verify", "waiver", "activate", "cancel"):
            assert charlie.post(wizard.url(step), {}).status_code == 404
        assert ALIAS not in charlie.get("/onboarding/").content.decode()


class TestRuns:
    def test_a_run_that_nobody_ends_is_said_to_have_stopped_and_may_be_started_again(self, wizard):
        wizard.start()
        wizard.name_the_key()
        wizard.apply_the_policy()
        wizard.kamila.post(wizard.url("verify"))
        Registration.objects.update(checks_started_at=timezone.now() - checking.STALLED)
        assert "Stopped before its end" in wizard.kamila.get(wizard.url("verify")).content.decode()
        assert wizard.check()["latency"].finding == Finding.PASSED

    def test_a_second_click_starts_no_second_run(self, wizard):
        wizard.start()
        wizard.name_the_key()
        wizard.apply_the_policy()
        for _ in range(2):
            wizard.kamila.post(wizard.url("verify"))
        wizard.registration.refresh_from_db()
        assert wizard.registration.checks_run == 1
