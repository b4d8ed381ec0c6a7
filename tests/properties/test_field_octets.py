"""What any value of a type seals is read back as that value, and no two values seal the same (fields, section 5)."""

import datetime as dt
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend import fields
from ascend.fields import sealing

PLAIN = st.characters(exclude_categories=["Cs"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(PLAIN),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(PLAIN), inner),
    max_leaves=12,
)  # fmt: skip
VALUES = {
    "Char": st.text(PLAIN),
    "Integer": st.integers(-(2**31), 2**31 - 1),
    "BigInteger": st.integers(-(2**63), 2**63 - 1),
    "PositiveInteger": st.integers(0, 2**31 - 1),
    "Float": st.floats(allow_nan=False),
    "Decimal": st.decimals(-(10**9), 10**9, places=4),
    "Boolean": st.booleans(),
    "Date": st.dates(),
    "DateTime": st.datetimes(timezones=st.just(dt.UTC)),
    "Time": st.times(),
    "Duration": st.timedeltas(),
    "UUID": st.uuids(),
    "GenericIPAddress": st.ip_addresses().map(str),
    "JSON": JSON.filter(lambda value: value is not None),
    "Binary": st.binary(),
}
OPTIONS = {"Decimal": {"max_digits": 14, "decimal_places": 4}}
ONE_SIZE = {
    "Integer", "BigInteger", "PositiveInteger", "Float", "Decimal", "Boolean", "Date", "DateTime", "Time", "Duration",
    "UUID",
}  # fmt: skip


def field_of(kind):
    field = getattr(fields, f"Encrypted{kind}Field")(**OPTIONS.get(kind, {}))
    field.set_attributes_from_name("value")
    return field


def same(kind, one, other):
    if kind == "JSON":
        return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    signs = kind != "Float" or math.copysign(1, one) == math.copysign(1, other)
    return one == other and signs


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_a_value_is_read_back_and_has_octets_of_its_own(kind, data):
    field = field_of(kind)
    one, other = (field.to_python(data.draw(VALUES[kind])) for _ in range(2))
    octets = sealing.octets(field, one)
    assert same(kind, field.decode(octets), one)
    assert (sealing.octets(field, other) == octets) == same(kind, one, other)
    if kind in ONE_SIZE:
        assert len(sealing.octets(field, other)) == len(octets)


@pytest.mark.parametrize("kind", sorted(set(VALUES) - {"Float", "JSON", "Binary"}))
@given(data=st.data())
def test_the_text_for_an_index_is_equal_where_the_values_are(kind, data):
    field = field_of(kind)
    one, other = (field.to_python(data.draw(VALUES[kind])) for _ in range(2))
    assert (field.text_of(one) == field.text_of(other)) == (one == other)
    assert field.text_of(field.decode(sealing.octets(field, one))) == field.text_of(one)
