"""The keyring in memory behaves as the keychain does, but for where its keys come from."""

import uuid

import pytest

from ascend.envelope import DecryptionFailed
from ascend.fields import keys
from ascend.keychain.errors import KeyUnavailable
from ascend.scope import NoOrganization, organization_scope
from ascend.testing import memory_keyring

LABEL = "people.customer.ssn"
ALICE, CHARLIE = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def ring():
    with memory_keyring() as ring, organization_scope(ALICE):
        yield ring


@pytest.fixture
def envelope(ring):
    return ring(LABEL).sealer(ALICE).seal(b"value", b"row")


def opened(envelope, label=LABEL, row=b"row"):
    return keys.field_keys(label).opener(envelope[:9]).open(envelope, row)


def test_it_opens_what_it_sealed(envelope):
    assert opened(envelope) == b"value"


def test_it_refuses_another_row_column_and_organization(envelope):
    for attempt in (lambda: opened(envelope, row=b""), lambda: opened(envelope, "people.customer.notes")):
        with pytest.raises(DecryptionFailed):
            attempt()
    with organization_scope(CHARLIE), pytest.raises(DecryptionFailed):
        opened(envelope)


def test_it_needs_an_organization(ring, envelope):
    import contextvars

    with pytest.raises(NoOrganization):
        contextvars.Context().run(opened, envelope)


def test_a_rotated_key_still_opens_and_is_not_primary(ring, envelope):
    assert ring(LABEL).opener(envelope[:9]).is_primary
    successor = ring(LABEL).rotate(ALICE)
    assert not ring(LABEL).opener(envelope[:9]).is_primary
    assert successor.is_primary
    assert opened(envelope) == b"value"


def test_revoked_keys_do_nothing_until_they_are_restored(ring, envelope):
    ring.revoke(ALICE)
    for use in (
        lambda: opened(envelope),
        lambda: ring(LABEL).sealer(ALICE),
        lambda: ring(LABEL).index_key(ALICE, label_or_group=LABEL, transform="exact", bits=128, generation=0),
    ):
        with pytest.raises(KeyUnavailable):
            use()
    ring.restore(ALICE)
    assert opened(envelope) == b"value"


def test_other_organizations_notice_nothing(ring, envelope):
    ring.revoke(CHARLIE)
    assert opened(envelope) == b"value"


def test_each_keyring_has_keys_of_its_own(envelope):
    with memory_keyring(), pytest.raises(DecryptionFailed):
        opened(envelope)
    assert opened(envelope) == b"value"


def test_each_index_has_a_key_of_its_own(ring):
    def digest(organization_id, label, transform):
        key = ring(label).index_key(organization_id, label_or_group=label, transform=transform, bits=128, generation=0)
        return key.digest("value")

    digests = {digest(ALICE, LABEL, "exact"), digest(CHARLIE, LABEL, "exact"), digest(ALICE, LABEL, "last4")}
    assert len(digests | {digest(ALICE, "other", "exact")}) == 4
    assert digest(ALICE, LABEL, "exact") in digests


def test_no_key_is_shown(ring, envelope):
    assert "cipher" not in repr(ring(LABEL).opener(envelope[:9]))
