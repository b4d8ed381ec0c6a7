"""Other projects' tests: `shred_with=` with keys in memory, no key database."""

import pytest
from django.db import transaction

from ascend.envelope import DecryptionFailed
from ascend.keychain.errors import KeyUnavailable, Shredded
from ascend.keychain.subject_models import SubjectKey
from ascend.scope import organization_scope
from ascend.testing import memory_keyring
from tests.integration.shredding.conftest import KEYS

pytestmark = pytest.mark.django_db(databases=["default", "person_keys"])


@pytest.fixture
def ring():
    with memory_keyring() as ring:
        yield ring


def test_values_go_in_and_out_and_a_person_is_forgotten(ring, shop, organization, customer):
    other = shop.Customer.objects.create(organization_id=organization, number="2", ssn="1")
    shop.Customer.objects.bulk_create([shop.Customer(organization_id=organization, number="3", ssn="3")])
    assert {row.ssn for row in shop.Customer.objects.all()} == {"123-45-6789", "1", "3"}
    ring.subjects.shred(organization, customer.pk)
    read = shop.Customer.objects.get(pk=customer.pk)
    with pytest.raises(Shredded):
        _ = read.ssn
    read.ssn = "2"
    with pytest.raises(Shredded), transaction.atomic():
        read.save()
    ring.subjects.renew(organization, customer.pk)
    read.email = ""
    read.save()
    assert shop.Customer.objects.get(pk=customer.pk).ssn == "2"
    assert shop.Customer.objects.get(pk=other.pk).ssn == "1"
    assert not SubjectKey.objects.using(KEYS).exists()


def test_a_value_that_was_only_read_is_written_back(ring, shop, customer, stored):
    before = stored(customer, "ssn")
    shop.Customer.objects.get(pk=customer.pk).save()
    assert stored(customer, "ssn") == before


def test_other_organizations_and_revoked_keys(ring, shop, organization, customer, other_organization):
    read = shop.Customer.objects.only("ssn").get()
    with organization_scope(other_organization), pytest.raises(DecryptionFailed):
        _ = read.ssn
    with ring.revoked(organization):
        with pytest.raises(KeyUnavailable):
            _ = read.ssn
        with pytest.raises(KeyUnavailable):
            shop.Customer.objects.create(organization_id=organization, number="2", ssn="1")
    assert read.ssn == "123-45-6789"
