"""Equal values of one group have equal envelopes, for every type that can be deterministic, and nothing else has."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend import fields
from ascend.envelope import DecryptionFailed
from ascend.fields import sealing
from ascend.scope import organization_scope
from ascend.testing import memory_keyring
from tests.properties.test_field_octets import OPTIONS, VALUES

KINDS = sorted(set(VALUES) - {"Float", "JSON"})
ONE, OTHER = uuid.UUID(int=1), uuid.UUID(int=2)


@pytest.fixture(scope="module")
def keyring():
    with memory_keyring() as ring:
        yield ring


def field_of(kind, **options):
    field = getattr(fields, f"Encrypted{kind}Field")(deterministic=True, **OPTIONS.get(kind, {}), **options)
    field.set_attributes_from_name("value")
    return field


def sealed(field, value, whose=ONE):
    with organization_scope(whose):
        return sealing.seal(field, whose, value)


def opened(field, envelope, whose=ONE):
    with organization_scope(whose):
        return field.open(envelope)


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_envelopes_are_equal_exactly_where_the_values_are(kind, keyring, data):
    column, joined = (field_of(kind, join_group=kind, context=name) for name in ("app.one.value", "app.two.value"))
    one, other = (column.to_python(data.draw(VALUES[kind])) for _ in range(2))
    envelope = sealed(column, one)
    assert sealed(joined, one) == envelope
    assert (sealed(joined, other) == envelope) == (one == other)
    assert opened(joined, envelope) == one


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
def test_no_envelope_is_equal_or_opens_across_groups_and_organizations(kind, keyring, data):
    field, elsewhere = field_of(kind, join_group=kind), field_of(kind, join_group=f"other {kind}")
    value = field.to_python(data.draw(VALUES[kind]))
    envelope = sealed(field, value)
    for column, whose in ((elsewhere, ONE), (field, OTHER)):
        foreign = sealed(column, value, whose)
        assert foreign[9:] != envelope[9:]
        with pytest.raises(DecryptionFailed):
            opened(column, envelope, whose)
        with pytest.raises(DecryptionFailed):
            opened(column, foreign[:9] + envelope[9:], whose)


@given(value=VALUES["Char"], position=st.integers(0), flip=st.integers(1, 255))
def test_a_changed_byte_anywhere_is_refused(keyring, value, position, flip):
    field = field_of("Char", context="app.one.value")
    envelope = bytearray(sealed(field, value))
    envelope[position % len(envelope)] ^= flip
    with pytest.raises(DecryptionFailed):
        opened(field, bytes(envelope))
