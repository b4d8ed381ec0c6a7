"""A program connects an organization's own key by the documented API (spec: docs/spec/byok-api.md)."""

import json
import shlex
from itertools import pairwise

import pytest
from django.test import Client

from accounts.models import ApprovalRequest
from accounts.roles import Role
from ascend.keychain import keyring, revocation
from ascend.keychain.models import Key
from ascend.keychain.states import Level
from ascend.scope import organization_scope
from ascend.testing.kms import StrictKms
from audit.models import InboxEvent
from byok.models import Acknowledgement, Registration
from byok.services import checking
from byok.waivers import STATEMENTS, waiver
from tests.contract.aws_kms_environment import environment_of
from tests.factories import accounts as make
from tests.factories import byok as keys
from tests.factories.byok import KEY

pytestmark = pytest.mark.django_db
BASE = "/api/v1/byok"
ALL_THREE = dict.fromkeys(STATEMENTS, True)


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


class Caller:
    """A program with a person's session."""

    def __init__(self, organization, name, role):
        self.person = make.member(organization, name, role)
        self.client = make.sign_in(Client(), self.person)

    def get(self, path, **query):
        return self.client.get(BASE + path, query)

    def post(self, path, **body):
        return self.client.post(BASE + path, json.dumps(body), content_type="application/json")

    def delete(self, path):
        return self.client.delete(BASE + path)


@pytest.fixture
def kamila(northwind):
    return Caller(northwind, "Kamila", Role.KEY_ADMIN)


@pytest.fixture
def olivia(northwind):
    return Caller(northwind, "Olivia", Role.OFFICER)


@pytest.fixture
def audra(northwind):
    return Caller(northwind, "Audra", Role.AUDITOR)


@pytest.fixture
def charlie():
    return Caller(make.organization("Kestrel Bank"), "Charlie", Role.KEY_ADMIN)


def is_problem(answer, status, code):
    """Return whether the answer is the problem document of this status and code."""
    assert answer["Content-Type"] == "application/problem+json"
    said = answer.json()
    assert said["type"] == f"urn:ascend:problem:{code}"
    assert said["request_id"]
    return (answer.status_code, said["status"], said["code"]) == (status, status, code)


def steps(answer):
    return [step["step"] for step in answer.json()["next"]]


def register(caller, arn=KEY, alias="northwind"):
    return caller.post("/keys", cmk_arn=arn, cmk_alias=alias)


def sign(officer, **changes):
    return officer.post("/legal-waiver/acknowledge", **{**ALL_THREE, "password": make.PASSWORD, **changes})


def climb():
    registration = Registration.objects.get()
    checking.run_checks(registration_id=registration.pk, number=registration.checks_run)


def run_as_owner(kms, key, command):
    """Run what `proof_command` says as the key's owner does."""
    words = shlex.split(command.replace("\\\n", " "))
    said = dict(pairwise(words))
    context = dict(entry.split("=", 1) for entry in said["--encryption-context"].split(","))
    answer = kms.on_key("Encrypt", key, Plaintext=said["--plaintext"], EncryptionContext=context)
    return answer["CiphertextBlob"]


class TestStory:
    def test_from_an_arn_to_a_request_for_approval(self, kms, kamila, olivia):
        """BYOK-13, BYOK-14 and BYOK-15: each step answers with what comes next."""
        key = kms.create_key()
        made = register(kamila, key.arn, "ascend-encryption-key")
        assert made.status_code == 201
        said = made.json()
        assert (said["cmk_arn"], said["cmk_alias"], said["status"]) == (key.arn, "ascend-encryption-key", "pending")
        assert steps(made) == ["policy", "verify", "waiver", "activate"]

        ladder = kamila.get("/keys/verify").json()
        assert (ladder["status"], ladder["checks"], ladder["proved"]) == ("not-run", [], False)
        kms.put_policy(key, json.dumps(ladder["key_policy"]))
        assert kamila.post("/keys/verify").status_code == 202
        assert is_problem(kamila.post("/keys/verify"), 409, "checks-running")
        climb()
        ladder = kamila.get("/keys/verify").json()
        assert (ladder["status"], len(ladder["checks"])) == ("passed", 14)

        missing = kamila.post("/keys/activate", reason="our key", password=make.PASSWORD)
        assert is_problem(missing, 409, "not-ready")
        assert missing.json()["missing"] == [
            "Prove that you control the key.", "An officer has to acknowledge the current waiver.",
        ]  # fmt: skip
        proved = kamila.post("/keys/proof", ciphertext=run_as_owner(kms, key, ladder["proof_command"]))
        assert (proved.status_code, steps(proved)) == (200, ["waiver", "activate"])
        assert sign(olivia).status_code == 201
        wanted = kamila.post("/keys/activate", reason="our key", password=make.PASSWORD)
        assert wanted.status_code == 202
        assert wanted.json()["approval"]["id"] == str(ApprovalRequest.objects.get().pk)
        assert is_problem(kamila.delete("/keys"), 409, "wrong-step")
        assert is_problem(kamila.post("/keys/verify"), 409, "wrong-step")

    def test_a_ciphertext_of_something_else_proves_nothing(self, kms, kamila):
        """BYOK-14."""
        key = kms.create_key()
        register(kamila, key.arn)
        kms.put_policy(key, json.dumps(kamila.get("/keys/verify").json()["key_policy"]))
        assert is_problem(kamila.post("/keys/proof", ciphertext="not base64!"), 422, "proof-refused")
        command = kamila.get("/keys/verify").json()["proof_command"].replace("ascend:purpose=proof", "x=y")
        assert is_problem(kamila.post("/keys/proof", ciphertext=run_as_owner(kms, key, command)), 422, "proof-refused")
        assert Registration.objects.get().proved_at is None

    def test_a_failed_check_says_why_and_what_to_do(self, kms, kamila):
        """BYOK-13."""
        key = kms.create_key()
        register(kamila, key.arn)
        kms.on_key("DisableKey", key)
        kamila.post("/keys/verify")
        climb()
        ladder = kamila.get("/keys/verify").json()
        assert ladder["status"] == "failed"
        assert all(line["cause"] and line["fix"] for line in ladder["checks"] if line["finding"] == "failed")


class TestKeys:
    def test_without_any_key_there_is_none(self, kamila):
        """BYOK-11."""
        for answer in (kamila.get("/keys"), kamila.get("/keys/verify"), kamila.delete("/keys")):
            assert is_problem(answer, 404, "no-registration")
        for path in ("/keys/verify", "/keys/proof", "/keys/activate"):
            body = {"/keys/proof": {"ciphertext": "AAAA"}, "/keys/verify": {}}
            said = body.get(path, {"reason": "x", "password": make.PASSWORD})
            assert is_problem(kamila.post(path, **said), 404, "no-registration")

    def test_the_pending_key_is_shown_alone_and_beside_the_one_in_charge(self, northwind, kamila):
        """BYOK-11."""
        register(kamila, alias="first")
        alone = kamila.get("/keys").json()
        assert (alone["cmk_alias"], alone["status"], alone["pending"]) == ("first", "pending", None)
        keys.registration(northwind, state="active", key_arn=KEY.replace("8f2c", "9f2c"), alias="second")
        both = kamila.get("/keys").json()
        assert (both["cmk_alias"], both["status"], both["next"]) == ("second", "active", [])
        assert both["pending"] == {name: alone[name] for name in both["pending"]}

    def test_one_registration_at_a_time(self, kamila):
        """BYOK-9."""
        register(kamila, alias="first")
        assert is_problem(register(kamila, alias="second"), 409, "already-pending")
        assert Registration.objects.get().alias == "first"

    def test_a_key_that_another_organization_holds_is_refused(self, kamila):
        """BYOK-9: and nothing of the other organization is said."""
        keys.registration(make.organization("Kestrel Bank"), state="active", key_arn=KEY, alias="theirs")
        answer = register(kamila)
        assert is_problem(answer, 409, "key-taken")
        assert "Kestrel" not in answer.content.decode()
        assert not Registration.objects.filter(alias="northwind").exists()

    def test_a_pending_key_is_given_up(self, kamila):
        """BYOK-12."""
        register(kamila)
        answer = kamila.delete("/keys")
        assert (answer.status_code, answer.content) == (204, b"")
        assert Registration.objects.get().state == "cancelled"

    def test_the_key_in_charge_stays(self, northwind, kamila):
        """BYOK-12."""
        keys.registration(northwind, state="active", key_arn=KEY, alias="ours")
        answer = kamila.delete("/keys")
        assert is_problem(answer, 409, "active-key-stays")
        assert "re-encrypted" in answer.json()["detail"]
        assert Registration.objects.get().state == "active"

    def test_the_older_form_registers_too(self, kamila):
        """BYOK-17."""
        body = {"kms_key_arn": KEY, "description": "Customer-managed encryption key"}
        answer = kamila.client.post("/api/byok/configure", json.dumps(body), content_type="application/json")
        assert answer.status_code == 201
        assert answer.json()["cmk_alias"] == "customer-managed-encryption-key"
        assert kamila.client.get("/api/byok/configure").status_code == 405


class TestRotation:
    """BYOK-16."""

    @pytest.fixture(autouse=True)
    def _keys(self, settings, tmp_path):
        settings.ASCEND_LOCAL_KEYS_DIR = tmp_path
        keyring.close()
        yield
        keyring.close()

    def rotate(self, caller, kind="dek"):
        return caller.post("/keys/rotate", rotation_type=kind, reason="Scheduled quarterly rotation")

    def test_new_values_go_under_new_keys_and_old_ones_stay_readable(self, northwind, kamila):
        old = {label: sealed(northwind, label) for label in ("app.model.one", "app.model.two")}
        answer = self.rotate(kamila)
        assert answer.status_code == 202
        assert answer.json() == {
            "campaign": None, "rotation_type": "dek", "reason": "Scheduled quarterly rotation", "data_keys": 2,
        }  # fmt: skip
        for label, envelope in old.items():
            new = sealed(northwind, label)
            assert new[:9] != envelope[:9]
            assert opened(northwind, label, envelope) == opened(northwind, label, new) == b"value"
        keyring.close()
        assert opened(northwind, "app.model.one", old["app.model.one"]) == b"value", "another process reads it, too"

    def test_a_file_keeps_its_key_and_a_new_one_gets_another(self, northwind, kamila):
        with organization_scope(northwind.pk):
            key, key_id = keyring.file_key(northwind.pk, "app.model.file")
            assert self.rotate(kamila).json()["data_keys"] == 1
            assert keyring.file_key(northwind.pk, "app.model.file")[1] != key_id
            assert keyring.file_key_by_id(key_id, northwind.pk, "app.model.file") == key

    def test_what_is_searched_and_joined_by_stays(self, northwind, kamila):
        sealed(northwind, "app.model.one")
        with organization_scope(northwind.pk):
            named = {"label_or_group": "app.model.one", "transform": "exact", "bits": 128, "generation": 1}
            before = keyring.field_keys("app.model.one").index_key(northwind.pk, **named).digest("value")
            assert self.rotate(kamila).json()["data_keys"] == 1
            assert keyring.field_keys("app.model.one").index_key(northwind.pk, **named).digest("value") == before

    def test_again_and_again_and_without_a_key_at_all(self, northwind, kamila):
        assert self.rotate(kamila).json()["data_keys"] == 0
        envelopes = [sealed(northwind, "app.model.one")]
        for _ in range(2):
            assert self.rotate(kamila).json()["data_keys"] == 1
            envelopes.append(sealed(northwind, "app.model.one"))
        assert len({envelope[:9] for envelope in envelopes}) == 3
        assert {opened(northwind, "app.model.one", envelope) for envelope in envelopes} == {b"value"}

    def test_the_other_organizations_keys_stay(self, northwind, charlie):
        before = sealed(northwind, "app.model.one")
        assert self.rotate(charlie).json()["data_keys"] == 0
        assert sealed(northwind, "app.model.one")[:9] == before[:9]

    def test_who_asked_and_why_is_in_the_log_with_each_successor(self, northwind, kamila, audra):
        sealed(northwind, "app.model.one")
        self.rotate(kamila)
        rows = audra.get("/audit").json()["results"]
        asked = next(row for row in rows if row["event"] == "byok:rotation:request")
        assert (asked["actor"]["name"], asked["reason"]) == ("Kamila", "Scheduled quarterly rotation")
        assert sum(row["event"] == "keychain:key:succeed" for row in rows) == 1

    def test_suspended_keys_rotate_nothing(self, northwind, kamila):
        sealed(northwind, "app.model.one")
        revocation.suspend(organization_id=northwind.pk, reason="The key is disabled.", fix="Enable it.")
        answer = self.rotate(kamila)
        assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
        assert "The key is disabled." in answer.json()["detail"]
        assert Key.objects.for_organization(northwind.pk).filter(level=Level.DATA_KEY).count() == 1

    def test_another_kind_is_refused_with_the_reason(self, kamila):
        assert is_problem(self.rotate(kamila, "tenant_key"), 501, "rotation-not-offered")
        assert is_problem(self.rotate(kamila, "cmk"), 400, "invalid")
        assert is_problem(kamila.post("/keys/rotate", rotation_type="dek"), 400, "invalid")


def sealed(organization, label):
    with organization_scope(organization.pk):
        return keyring.field_keys(label).sealer(organization.pk).seal(b"value")


def opened(organization, label, envelope):
    with organization_scope(organization.pk):
        return keyring.field_keys(label).opener(envelope[:9]).open(envelope)


ARN = "arn:aws:kms:eu-central-1:123456789012:"


class TestBadInput:
    @pytest.mark.parametrize(
        ("typed", "said"),
        [
            ("", "blank"),
            ("my-key", "ARN"),
            (f"{ARN}alias/my-key", "alias"),
            (KEY.replace("arn:aws:", "arn:aws-cn:"), "aws-cn"),
            ("arn:aws:s3:::bucket", "key"),
            (KEY.replace("123456789012", "1234"), "account"),
        ],
    )
    def test_each_bad_arn_has_a_message_of_its_own(self, kamila, typed, said):
        """BYOK-10."""
        answer = register(kamila, typed)
        assert is_problem(answer, 400, "invalid")
        assert said in answer.json()["errors"]["cmk_arn"][0]
        assert not Registration.objects.exists()

    def test_a_region_that_is_not_allowed(self, settings, kamila):
        """BYOK-10."""
        settings.BYOK_ALLOWED_REGIONS = ("us-east-1",)
        assert "us-east-1" in register(kamila).json()["errors"]["cmk_arn"][0]

    @pytest.mark.parametrize("path", ["/keys", "/keys/verify", "/keys/proof", "/keys/activate", "/keys/rotate"])
    def test_unknown_fields_are_named(self, kamila, path):
        """BYOK-6."""
        answer = kamila.post(path, surprise=1)
        assert is_problem(answer, 400, "invalid")
        assert answer.json()["errors"] == {"surprise": ["There is no such field."]}

    @pytest.mark.parametrize(
        ("body", "content_type", "status", "code"),
        [
            ("cmk_arn=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
            ("<a/>", "application/xml", 415, "unsupported_media_type"),
            ("{", "application/json", 400, "parse_error"),
            ("[]", "application/json", 400, "invalid"),
            ("null", "application/json", 400, "invalid"),
        ],
    )
    def test_another_form_than_json_is_refused(self, kamila, body, content_type, status, code):
        """BYOK-5 and BYOK-7."""
        assert is_problem(kamila.client.post(f"{BASE}/keys", body, content_type=content_type), status, code)
        assert not Registration.objects.exists()


class TestWaiver:
    def test_the_text_is_what_is_signed(self, olivia, audra):
        """BYOK-20: the status says which version."""
        text = audra.get("/legal-waiver").json()
        assert (text["version"], text["sha256"], text["required"]) == (
            waiver().version, waiver().sha256, list(STATEMENTS),
        )  # fmt: skip
        assert audra.get("/legal-waiver/status").json() == {
            "acknowledged": False, "version": None, "current_version": text["version"],
        }  # fmt: skip
        signed = sign(olivia, version=text["version"])
        assert signed.status_code == 201
        assert signed.json()["sha256"] == text["sha256"]
        assert signed.json()["acknowledged_by"] == {"id": str(olivia.person.pk), "name": "Olivia"}
        status = audra.get("/legal-waiver/status").json()
        assert (status["acknowledged"], status["version"]) == (True, text["version"])

    @pytest.mark.parametrize("name", STATEMENTS)
    def test_one_that_is_not_true_is_named(self, olivia, name):
        """BYOK-18."""
        refused = sign(olivia, **{name: False})
        assert is_problem(refused, 400, "waiver-incomplete")
        assert refused.json()["missing"] == [name]
        for value in ("true", 1, None):
            assert name in sign(olivia, **{name: value}).json()["errors"]
        assert not Acknowledgement.objects.exists()

    def test_one_that_is_absent_is_named(self, olivia):
        """BYOK-18."""
        answer = olivia.post("/legal-waiver/acknowledge", password=make.PASSWORD)
        assert set(answer.json()["errors"]) == set(STATEMENTS)

    def test_an_old_version_is_not_signed(self, olivia):
        """BYOK-19."""
        assert is_problem(sign(olivia, version="0.9"), 409, "waiver-outdated")
        assert not Acknowledgement.objects.exists()

    def test_a_session_alone_signs_and_activates_nothing(self, kamila, olivia):
        """BYOK-4."""
        assert is_problem(sign(olivia, password="wrong"), 403, "confirmation-refused")
        assert is_problem(kamila.post("/keys/activate", reason="x", password="wrong"), 403, "confirmation-refused")
        assert "password" in olivia.post("/legal-waiver/acknowledge", **ALL_THREE).json()["errors"]
        assert InboxEvent.objects.filter(event="accounts:confirmation:refuse").count() == 2
        assert not Acknowledgement.objects.exists()


class TestLog:
    def test_it_is_paged_newest_first_and_of_keys_alone(self, kamila, audra):
        """BYOK-8 and BYOK-21."""
        register(kamila)
        kamila.delete("/keys")
        answer = audra.get("/audit", limit=2)
        assert answer["Cache-Control"] == "no-store"
        page = answer.json()
        assert [row["event"] for row in page["results"]] == ["byok:registration:cancel", "byok:registration:describe"]
        assert page["results"][0]["actor"] == {"id": str(kamila.person.pk), "name": "Kamila"}
        assert page["results"][0]["at"].endswith("Z")
        rest = audra.client.get(page["next"]).json()
        assert [row["event"] for row in rest["results"]] == ["byok:registration:start"]
        assert rest["next"] is None
        read = InboxEvent.objects.filter(event="audit:log:read")
        assert read.count() == 2

    @pytest.mark.parametrize(
        "query", [{"limit": 0}, {"limit": 1001}, {"limit": "many"}, {"limit": ""}, {"before": "x"}, {"offset": 3}]
    )
    def test_what_it_does_not_take_is_refused(self, audra, query):
        """BYOK-6 and BYOK-21."""
        answer = audra.get("/audit", **query)
        assert is_problem(answer, 400, "invalid")
        assert set(answer.json()["errors"]) == set(query)

    def test_a_page_costs_the_same_at_any_length(self, kamila, audra, django_assert_max_num_queries):
        for _ in range(10):
            register(kamila)
            kamila.delete("/keys")
        with django_assert_max_num_queries(10):
            assert len(audra.get("/audit", limit=1000).json()["results"]) == 30


class TestAnotherOrganization:
    def test_charlie_finds_nothing_and_changes_nothing(self, northwind, kamila, charlie):
        """BYOK-2."""
        register(kamila)
        keys.registration(northwind, state="active", key_arn=KEY.replace("8f2c", "9f2c"), alias="ours")
        keys.acknowledge_waiver(northwind, kamila.person)
        assert is_problem(charlie.get("/keys"), 404, "no-registration")
        assert is_problem(charlie.get("/keys/verify"), 404, "no-registration")
        assert is_problem(charlie.delete("/keys"), 404, "no-registration")
        assert is_problem(charlie.post("/keys/verify"), 404, "no-registration")
        assert charlie.get("/audit").json()["results"] == []
        assert charlie.get("/legal-waiver/status").json()["acknowledged"] is False
        assert kamila.get("/keys").json()["pending"]["cmk_alias"] == "northwind"


class TestQueries:
    def test_the_key_costs_a_handful(self, northwind, kamila, django_assert_max_num_queries):
        register(kamila)
        keys.registration(northwind, state="active", key_arn=KEY.replace("8f2c", "9f2c"), alias="ours")
        with django_assert_max_num_queries(7):
            kamila.get("/keys")
        with django_assert_max_num_queries(7):
            kamila.get("/keys/verify")
