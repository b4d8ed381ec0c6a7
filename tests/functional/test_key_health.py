"""A program and a person see how the organization's key is (spec: docs/spec/byok-api.md §6)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.roles import Role
from ascend.keychain import counters, keyring, provisioning, revocation, transitions
from ascend.keychain.last_use import LastUse
from ascend.keychain.models import Key, Revocation
from ascend.keychain.states import Level, State
from ascend.providers import probing
from ascend.scope import organization_scope
from tests.factories import accounts as make
from tests.factories import byok as keys
from tests.factories.byok import KEY

pytestmark = pytest.mark.django_db
LABEL = "app.model.field"


@pytest.fixture
def northwind(settings, tmp_path):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path
    keyring.close()
    yield make.organization()
    keyring.close()


@pytest.fixture
def audra(northwind):
    return make.sign_in(Client(), make.member(northwind, "Audra", Role.AUDITOR))


def health(client):
    answer = client.get("/api/v1/byok/health")
    assert answer.status_code == 200
    return answer.json()


def probed(organization, ago=0):
    Revocation.objects.filter(organization_id=organization.pk).update(
        probed_at=timezone.now() - timedelta(seconds=ago), changed_at=timezone.now() - timedelta(days=1)
    )


def sealed(organization):
    with organization_scope(organization.pk):
        return keyring.field_keys(LABEL).sealer(organization.pk).seal(b"value")


def opened(organization, envelope):
    with organization_scope(organization.pk):
        return keyring.field_keys(LABEL).opener(envelope[:9]).open(envelope)


def times(client):
    said = health(client)
    return said["last_encryption"], said["last_decryption"]


class TestStatus:
    def test_before_the_first_value_nothing_is_wrong(self, audra):
        """BYOK-22 and BYOK-24."""
        assert health(audra) == {
            "status": "healthy", "key_status": "none", "last_encryption": None, "last_decryption": None,
            "cmk_accessible": False, "checked_at": None, "since": None, "cause": "", "fix": "",
        }  # fmt: skip

    def test_a_probe_that_had_no_answer_for_long_degrades(self, northwind, audra):
        """BYOK-23."""
        provisioning.provision(northwind.pk)
        keys.registration(northwind, state="active", key_arn=KEY, alias="ours")
        probed(northwind, ago=10)
        said = health(audra)
        assert (said["status"], said["cmk_accessible"], said["cause"]) == ("healthy", True, "")
        probed(northwind, ago=90)
        said = health(audra)
        assert (said["status"], said["cmk_accessible"], said["since"]) == ("degraded", False, said["checked_at"])
        assert said["cause"]
        assert said["fix"]

    def test_a_suspension_is_said_with_cause_fix_and_since(self, northwind, audra):
        """BYOK-23 and BYOK-24."""
        provisioning.provision(northwind.pk)
        keys.registration(northwind, state="active", key_arn=KEY, alias="ours")
        revocation.suspend(organization_id=northwind.pk, reason="The key is disabled.", fix="Enable it.")
        said = health(audra)
        assert (said["status"], said["key_status"], said["cmk_accessible"]) == ("unavailable", "suspended", False)
        assert (said["cause"], said["fix"]) == ("The key is disabled.", "Enable it.")
        assert said["since"]

    def test_a_key_on_its_way_is_pending_and_the_platforms_stays_unsaid(self, northwind, audra):
        """BYOK-24."""
        provisioning.provision(northwind.pk)
        keys.registration(northwind, approval=None, key_arn=KEY, alias="ours")
        said = health(audra)
        assert (said["key_status"], said["cmk_accessible"]) == ("pending", False)

    def test_a_deactivated_key_is_said_to_be(self, northwind, audra):
        """BYOK-24."""
        provisioning.provision(northwind.pk)
        keys.registration(northwind, state="active", key_arn=KEY, alias="ours")
        master = Key.objects.for_organization(northwind.pk).primary(Level.MASTER_KEY).get()
        transitions.change_state(key_id=master.pk, to=State.DEACTIVATED)
        said = health(audra)
        assert (said["key_status"], said["status"], said["cmk_accessible"]) == ("deactivated", "degraded", False)
        assert "none can be written" in said["cause"]

    def test_asking_calls_no_key_service_and_costs_a_handful_of_queries(
        self, northwind, audra, monkeypatch, django_assert_max_num_queries
    ):
        """BYOK-22."""
        provisioning.provision(northwind.pk)
        monkeypatch.setattr(probing, "probe", None)
        keyring.close()
        with django_assert_max_num_queries(9):
            health(audra)


class TestLastUse:
    def test_what_was_sealed_and_opened_since_the_last_time_is_noted(self, northwind, audra):
        """BYOK-25."""
        envelope = sealed(northwind)
        assert times(audra) == (None, None)
        counters.publish()
        written, read = times(audra)
        assert written is not None
        assert read is None
        opened(northwind, envelope)
        counters.publish()
        again, read = times(audra)
        assert again == written
        assert read > written

    def test_without_another_value_nothing_moves(self, northwind, audra):
        """BYOK-25."""
        opened(northwind, sealed(northwind))
        counters.publish()
        before = times(audra)
        counters.publish()
        assert times(audra) == before

    def test_it_outlives_the_lease_and_the_process(self, northwind, audra):
        """BYOK-25."""
        opened(northwind, sealed(northwind))
        counters.withdraw()
        keyring.close()
        assert None not in times(audra)

    def test_what_a_lost_lease_had_served_is_counted_once(self, northwind, audra):
        """BYOK-25."""
        from ascend.keychain import process

        sealed(northwind)
        process.lose(northwind.pk)
        counters.publish()
        before = times(audra)
        assert before[0] is not None
        counters.publish()
        assert times(audra) == before

    def test_a_search_and_a_lease_are_no_use(self, northwind, audra):
        """BYOK-25."""
        keyring.require(northwind.pk)
        with organization_scope(northwind.pk):
            keyring.field_keys(LABEL).index_key(
                northwind.pk, label_or_group=LABEL, transform="exact", bits=128, generation=1
            ).digest("value")
        counters.publish()
        assert times(audra) == (None, None)

    def test_files_count(self, northwind, audra):
        """BYOK-25."""
        with organization_scope(northwind.pk):
            _, key_id = keyring.file_key(northwind.pk, LABEL)
            counters.publish()
            assert times(audra)[1] is None
            keyring.file_key_by_id(key_id, northwind.pk, LABEL)
        counters.publish()
        assert None not in times(audra)

    def test_another_organizations_values_are_not_ours(self, northwind, audra):
        kestrel = make.organization("Kestrel Bank")
        sealed(kestrel)
        counters.publish()
        assert times(audra) == (None, None)
        assert LastUse.objects.get().organization_id == kestrel.pk

    def test_it_costs_two_statements_however_many_organizations(self, northwind, django_assert_num_queries):
        for each in (northwind, make.organization("Kestrel Bank"), make.organization("Third")):
            opened(each, sealed(each))
        with django_assert_num_queries(2):
            counters.note_last_use(timezone.now())


class TestPage:
    def test_the_card_says_the_same(self, northwind, audra):
        opened(northwind, sealed(northwind))
        probed(northwind)
        page = audra.get("/keys/").content.decode()
        assert "Healthy" in page
        assert "None yet" in page
        counters.publish()
        assert "None yet" not in audra.get("/keys/").content.decode()
        probed(northwind, ago=90)
        page = audra.get("/keys/").content.decode()
        assert "Degraded" in page
        assert "No probe of the key has had an answer" in page
