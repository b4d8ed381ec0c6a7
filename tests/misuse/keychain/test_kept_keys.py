"""Whoever keeps an object that holds a key past its lease, or takes it into another scope, gets nothing by it."""

import pytest

from ascend.keychain import keyring, process
from ascend.keychain.errors import KeyUnavailable
from ascend.keychain.keyring import field_keys
from ascend.providers.contract import Transient
from ascend.scope import NoOrganization, WrongOrganization, organization_scope
from tests.integration.keychain.test_keyring import LABEL, sealed

pytestmark = pytest.mark.django_db(transaction=True)
AWAY = Transient("No answer.", "Wait.")


def index_key(organization):
    return field_keys(LABEL).index_key(organization, label_or_group=LABEL, transform="exact")


def test_an_index_key_that_somebody_kept_ends_with_its_lease(organization, fake_clock, provider):
    with organization_scope(organization):
        kept = index_key(organization)
        before = kept.digest("value")
        provider.fails[str(organization)] = AWAY
        fake_clock.advance(31)
        with pytest.raises(KeyUnavailable):
            kept.digest("value")
        provider.fails.clear()
        process.tenancy(organization).refuse_until = 0.0
        assert kept.digest("value") == before


def test_an_index_key_whose_lease_was_taken_away_asks_for_another(organization, provider):
    with organization_scope(organization):
        kept = index_key(organization)
        kept.digest("value")
        provider.fails[str(organization)] = AWAY
        process.lose(organization)
        with pytest.raises(KeyUnavailable):
            kept.digest("value")


def test_an_index_key_of_another_organization_is_refused(organization, other_organization):
    sealed(organization)
    with organization_scope(other_organization), pytest.raises(WrongOrganization):
        index_key(organization).digest("value")
    with pytest.raises(NoOrganization):
        index_key(organization).digest("value")


def test_an_index_key_kept_from_one_scope_hashes_nothing_in_another(organization, other_organization):
    with organization_scope(organization):
        kept = index_key(organization)
        kept.digest("value")
    with organization_scope(other_organization), pytest.raises(WrongOrganization):
        kept.digest("value")
    keyring.close()
