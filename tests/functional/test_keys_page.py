"""Kamila looks at the keys of her organization."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.roles import Role
from ascend.keychain import provisioning, revocation
from ascend.keychain.models import Key
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db


@pytest.fixture
def northwind(settings, tmp_path):
    settings.ASCEND_LOCAL_KEYS_DIR = tmp_path
    return make.organization()


@pytest.fixture
def kamila(northwind):
    return make.sign_in(Client(), make.member(northwind, "Kamila", Role.KEY_ADMIN))


def shown(client):
    answer = client.get("/keys/")
    assert answer.status_code == 200
    return answer.content.decode()


class TestKeys:
    def test_before_the_first_value_it_says_that_there_are_none_yet(self, kamila):
        assert "No keys yet" in shown(kamila)

    def test_each_key_stands_below_the_one_that_wraps_it(self, northwind, kamila):
        provisioning.provision(northwind.pk)
        page = shown(kamila)
        at = [page.index(str(key.pk)) for key in Key.objects.for_organization(northwind.pk).order_by("level")]
        assert at == sorted(at)
        assert "L1 Master key" in page
        assert "L2 Tenant key" in page
        assert "Primary" in page

    def test_no_key_material_is_on_it(self, northwind, kamila):
        provisioning.provision(northwind.pk)
        page = shown(kamila)
        for key in Key.objects.for_organization(northwind.pk):
            for secret in filter(None, (key.wrapped, key.check_value, key.seal)):
                assert bytes(secret).hex() not in page
                assert repr(bytes(secret))[2:-1] not in page

    def test_a_suspension_is_said_with_cause_and_fix(self, northwind, kamila):
        provisioning.provision(northwind.pk)
        revocation.suspend(organization_id=northwind.pk, reason="The vault is shut.", fix="Open the vault.")
        page = shown(kamila)
        for said in ("No protected value can be read or written", "The vault is shut.", "Open the vault.", "Suspended"):
            assert said in page

    def test_another_organizations_keys_are_not_on_it(self, northwind, kamila):
        kestrel = make.organization("Kestrel Bank")
        provisioning.provision(kestrel.pk)
        page = shown(kamila)
        assert not any(str(key.pk) in page for key in Key.objects.for_organization(kestrel.pk))

    def test_only_a_key_admin_is_offered_the_change(self, northwind, kamila):
        provisioning.provision(northwind.pk)
        audra = make.sign_in(Client(), make.member(northwind, "Audra", Role.AUDITOR))
        assert "/keys/lease/" in shown(kamila)
        assert "/keys/lease/" not in shown(audra)

    def test_the_number_of_queries_does_not_grow_with_the_keys(self, northwind, kamila):
        counts = []
        for _round in range(2):
            with CaptureQueriesContext(connection) as queries:
                shown(kamila)
            counts.append(len(queries))
            provisioning.provision(northwind.pk)
        assert counts[0] == counts[1] <= 14
