"""Another master key (KC-80 to KC-84): from the first value on, or as the successor of one's own. No value is lost."""

import contextlib
import threading

import pytest
from django.db import transaction
from django.utils import timezone

from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import keyring, moving, provisioning, transitions
from ascend.keychain.errors import KeyInUse, KeyTampered, KeyUnavailable
from ascend.keychain.models import Key, Revocation
from ascend.keychain.states import Level, State
from ascend.providers import registry
from ascend.providers.contract import ProviderError
from ascend.scope import organization_scope

pytestmark = pytest.mark.django_db(transaction=True)
LABEL = "app.model.field"
OWN = "local:customer-one"
SUCCESSOR = "local:customer-two"


def sealed(organization, value=b"value"):
    with organization_scope(organization):
        return keyring.field_keys(LABEL).sealer(organization).seal(value)


def opened(organization, envelope):
    with organization_scope(organization):
        return keyring.field_keys(LABEL).opener(envelope[:9]).open(envelope)


@pytest.fixture(autouse=True)
def customers_keys(fresh_process):
    for uri in (OWN, SUCCESSOR):
        registry.provider_for(uri).provision(uri)


def adopt(organization, uri=OWN):
    now = timezone.now()
    prepared = moving.prepare_adoption(organization_id=organization, provider_uri=uri, now=now)
    with transaction.atomic():
        return moving.adopt(prepared, now=now)


def succeed(organization, uri=SUCCESSOR):
    rewrapped = moving.prepare_rewrap(organization_id=organization, provider_uri=uri)
    with transaction.atomic():
        return moving.succeed_master(
            organization_id=organization, provider_uri=uri, rewrapped=rewrapped, now=timezone.now()
        )


def primary_master(organization):
    return Key.objects.for_organization(organization).primary(Level.MASTER_KEY).get()


class TestAdoption:
    def test_an_organization_without_keys_begins_under_its_own(self, organization):
        adopt(organization)
        assert opened(organization, sealed(organization)) == b"value"
        assert primary_master(organization).provider_uri == OWN
        assert Key.objects.for_organization(organization).filter(level=Level.MASTER_KEY).count() == 1

    def test_before_the_first_value_the_platforms_keys_are_retired(self, organization):
        provisioning.provision(organization)
        adopt(organization)
        platform = Key.objects.for_organization(organization).exclude(provider_uri=OWN).get(level=Level.MASTER_KEY)
        assert (platform.state, platform.primary) == (State.DEACTIVATED, False)
        envelope = sealed(organization)
        keyring.close()
        assert opened(organization, envelope) == b"value"

    def test_without_the_own_key_nothing_is_read_or_written(self, organization, settings):
        adopt(organization)
        envelope = sealed(organization)
        keyring.close()
        (settings.ASCEND_LOCAL_KEYS_DIR / "customer-one.key").unlink()
        with pytest.raises(KeyUnavailable):
            opened(organization, envelope)
        with pytest.raises(KeyUnavailable):
            sealed(organization)

    def test_after_the_first_value_it_is_refused_and_nothing_changes(self, organization):
        envelope = sealed(organization)
        before = list(Key.objects.for_organization(organization).order_by("id").values_list("id", "state", "primary"))
        with pytest.raises(KeyInUse):
            adopt(organization)
        after = list(Key.objects.for_organization(organization).order_by("id").values_list("id", "state", "primary"))
        assert after == before
        assert opened(organization, envelope) == b"value"

    def test_a_value_sealed_while_it_is_prepared_stops_it(self, organization):
        provisioning.provision(organization)
        now = timezone.now()
        prepared = moving.prepare_adoption(organization_id=organization, provider_uri=OWN, now=now)
        envelope = sealed(organization)
        with pytest.raises(KeyInUse), transaction.atomic():
            moving.adopt(prepared, now=now)
        assert opened(organization, envelope) == b"value"

    def test_of_writers_and_an_adoption_at_once_every_value_written_can_be_read(self, organization):
        provisioning.provision(organization)
        envelopes, refused = [], []
        begin = threading.Barrier(4)

        def write():
            from django.db import connections

            begin.wait()
            for _ in range(20):
                try:
                    envelopes.append(sealed(organization))
                except KeyUnavailable as error:
                    refused.append(error)
            connections.close_all()

        writers = [threading.Thread(target=write) for _ in range(3)]
        for writer in writers:
            writer.start()
        begin.wait()
        with contextlib.suppress(KeyInUse):
            adopt(organization)
        for writer in writers:
            writer.join()
        keyring.close()
        assert [opened(organization, envelope) for envelope in envelopes] == [b"value"] * len(envelopes)
        assert len(envelopes) + len(refused) == 60

    def test_the_other_organization_keeps_its_keys(self, organization, other_organization):
        envelope = sealed(other_organization)
        epoch = Revocation.objects.get(pk=other_organization).epoch
        adopt(organization)
        assert primary_master(other_organization).provider_uri == f"local:{other_organization}"
        assert Revocation.objects.get(pk=other_organization).epoch == epoch
        assert opened(other_organization, envelope) == b"value"

    def test_a_key_that_refuses_changes_nothing(self, organization):
        provisioning.provision(organization)
        with pytest.raises(ProviderError):
            adopt(organization, "local:nobody-made-this")
        assert primary_master(organization).state == State.ACTIVE


class TestSuccessor:
    def test_values_open_under_the_new_key_and_need_the_old_one_no_more(self, organization, settings):
        adopt(organization)
        envelope = sealed(organization)
        succeed(organization)
        (settings.ASCEND_LOCAL_KEYS_DIR / "customer-one.key").unlink()
        keyring.close()
        assert opened(organization, envelope) == b"value"
        assert opened(organization, sealed(organization)) == b"value"

    def test_only_the_master_key_and_the_wraps_of_tenant_keys_change(self, organization):
        adopt(organization)
        sealed(organization)
        below = Key.objects.for_organization(organization).filter(level__gte=Level.SERVICE_KEY).order_by("id")
        before = list(below.values_list("id", "wrapped", "state_version"))
        tenant = Key.objects.for_organization(organization).get(level=Level.TENANT_KEY)
        succeed(organization)
        assert list(below.values_list("id", "wrapped", "state_version")) == before
        moved = Key.objects.get(pk=tenant.pk)
        assert moved.check_value == tenant.check_value
        assert moved.wrapped != tenant.wrapped
        assert moved.parent.provider_uri == SUCCESSOR

    def test_the_old_master_key_is_retired_and_names_its_successor(self, organization):
        old = adopt(organization)
        new = succeed(organization)
        row = Key.objects.get(pk=old.pk)
        assert (row.state, row.primary, row.successor_id) == (State.DEACTIVATED, False, new.pk)

    def test_a_tenant_key_that_changed_meanwhile_stops_it(self, organization):
        adopt(organization)
        envelope = sealed(organization)
        rewrapped = moving.prepare_rewrap(organization_id=organization, provider_uri=SUCCESSOR)
        transitions.set_lease_seconds(organization_id=organization, seconds=60)
        with pytest.raises(KeyInUse), transaction.atomic():
            moving.succeed_master(
                organization_id=organization, provider_uri=SUCCESSOR, rewrapped=rewrapped, now=timezone.now()
            )
        assert primary_master(organization).provider_uri == OWN
        assert opened(organization, envelope) == b"value"

    def test_a_changed_row_is_noticed_before_anything_is_moved(self, organization):
        adopt(organization)
        Key.objects.filter(organization_id=organization, level=Level.TENANT_KEY).update(material_id="forged")
        with pytest.raises(KeyTampered):
            succeed(organization)

    def test_a_damaged_tenant_key_is_not_carried_over(self, organization):
        adopt(organization)
        tenant = Key.objects.for_organization(organization).get(level=Level.TENANT_KEY)
        tenant.wrapped = bytes(tenant.wrapped)[:-1] + bytes([bytes(tenant.wrapped)[-1] ^ 1])
        transitions.reseal(tenant)
        with pytest.raises((ProviderError, DecryptionFailed)):
            succeed(organization)
        assert primary_master(organization).provider_uri == OWN
