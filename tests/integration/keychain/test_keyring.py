"""Values go in and come out again, for the organization in force and for nobody else."""

import pytest

from ascend.envelope.errors import DecryptionFailed
from ascend.keychain import keyring
from ascend.keychain.models import Key
from ascend.scope import WrongOrganization, organization_scope

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_value_sealed_is_opened_again(organization):
    keys = keyring.field_keys("app.model.field")
    with organization_scope(organization):
        envelope = keys.sealer(organization).seal(b"value")
        assert keys.opener(envelope[:9]).open(envelope) == b"value"


def test_all_four_levels_are_made_on_demand(organization):
    keys = keyring.field_keys("app.model.field")
    with organization_scope(organization):
        keys.sealer(organization).seal(b"value")
    rows = Key.objects.for_organization(organization).order_by("level")
    assert [row.level for row in rows] == [1, 2, 3, 4]
    assert rows[3].usage == 2**16
