"""A pickle is read by rules, never run."""

import contextlib
import datetime as dt
import os
import pickle
import uuid
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils.safestring import mark_safe
from hypothesis import given
from hypothesis import strategies as st

from ascend.fields.accept import DjangoCryptography, UnreadableContent
from ascend.fields.accept.pickled import Refused, plain_value
from tests.unit.fields.accept.sealed_pickles import sealed

BERLIN = ZoneInfo("Europe/Berlin")
VALUES = [
    "", "text", "x" * 70_000, "東京 🗝", b"", b"\x00\xff", b"b" * 300, 0, -1, 255, 70_000, 2**63, -(2**200), 1.5,
    float("inf"), True, False, None, Decimal("12.30"), Decimal("-0"), dt.date(1980, 2, 29), dt.time(1, 2, 3, 4),
    dt.timedelta(-1, 2, 3), dt.datetime(2020, 1, 1, 12),  # noqa: DTZ001 - fields without a zone hold such
    dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2020, 7, 1, 12, tzinfo=BERLIN),
    dt.datetime(2020, 7, 1, 12, tzinfo=dt.timezone(dt.timedelta(hours=-3))), uuid.UUID(int=5), uuid.uuid1(),
    [1, [2, "b"]], {"a": [1, None, {"b": "b"}], "c": "b"}, [],
]  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary() | st.dates()
    | st.datetimes() | st.times() | st.timedeltas() | st.uuids() | st.decimals(allow_nan=False)
)  # fmt: skip


class Status(StrEnum):
    ACTIVE = "active"


class Runs:
    """Unpickling it leaves a file behind."""

    def __init__(self, path: Path) -> None:
        self.path = str(path)

    def __reduce__(self) -> object:
        return os.mkdir, (self.path,)


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:30])
def test_plain_values_are_read_as_they_were(value: object, protocol: int) -> None:
    found = plain_value(pickle.dumps(value, protocol))
    assert (found, type(found)) == (value, type(value))


@given(value=st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=20))
def test_any_plain_value_is_read_as_the_library_reads_it(value: object) -> None:
    pickled = pickle.dumps(value)
    assert plain_value(pickled) == pickle.loads(pickled)  # noqa: S301 - our own bytes


@given(junk=st.binary(max_size=200))
def test_any_other_bytes_are_refused_and_nothing_else_happens(junk: bytes) -> None:
    with contextlib.suppress(Refused):
        plain_value(junk + b".")


@given(value=SCALARS, at=st.integers(min_value=0), mask=st.integers(min_value=1, max_value=255))
def test_a_changed_byte_never_raises_anything_else(value: object, at: int, mask: int) -> None:
    pickled = bytearray(pickle.dumps(value))
    pickled[at % len(pickled)] ^= mask
    with contextlib.suppress(Refused):
        plain_value(bytes(pickled))


def test_a_safe_string_is_text() -> None:
    assert type(plain_value(pickle.dumps(mark_safe("bold")))) is str


def test_a_time_in_a_pytz_zone_is_the_same_instant() -> None:
    # What pickle.dumps(pytz.timezone("Europe/Berlin").localize(datetime(2020, 7, 1, 12))) gives, without pytz.
    zone = b"\x8c\x04pytz\x8c\x02_p\x93(\x8c\rEurope/BerlinM \x1cM\x10\x0e\x8c\x04CESTtR"
    pickled = (
        b"\x80\x04\x8c\x08datetime\x8c\x08datetime\x93C\n\x07\xe4\x07\x01\x0c\x00\x00\x00\x00\x00" + zone + b"\x86R."
    )
    assert plain_value(pickled) == dt.datetime(2020, 7, 1, 10, tzinfo=dt.UTC)


class TestEnumerations:
    PATH = f"{Status.__module__}.Status"

    def test_a_named_one_is_read_as_its_value_without_its_class(self) -> None:
        found = plain_value(pickle.dumps(Status.ACTIVE), (self.PATH,))
        assert (found, type(found)) == ("active", str)

    def test_one_that_nobody_named_is_refused(self) -> None:
        with pytest.raises(Refused):
            plain_value(pickle.dumps(Status.ACTIVE))

    def test_naming_a_function_does_not_call_it(self, tmp_path: Path) -> None:
        pickled = pickle.dumps(Runs(tmp_path / "ran"))
        assert plain_value(pickled, ("posix.mkdir", "os.mkdir")) == str(tmp_path / "ran")
        assert not (tmp_path / "ran").exists()


def in_zone(key: bytes) -> bytes:
    """Return a pickled date-time in a ZoneInfo."""
    zone = b"\x8c\x08builtins\x8c\x07getattr\x93\x8c\x08zoneinfo\x8c\x08ZoneInfo\x93\x8c\x09_unpickle\x86R"
    zone += b"\x8c" + bytes([len(key)]) + key + b"K\x01\x86R"
    return b"\x80\x04\x8c\x08datetime\x8c\x08datetime\x93C\n\x07\xe4\x07\x01\x0c\x00\x00\x00\x00\x00" + zone + b"\x86R."


def test_a_time_in_a_zone_written_by_hand_is_read() -> None:
    assert plain_value(in_zone(b"Europe/Berlin")) == dt.datetime(2020, 7, 1, 12, tzinfo=BERLIN)


def nested(depth: int) -> bytes:
    return b"\x80\x04" + b"]" * depth + b"a" * (depth - 1) + b"."


REFUSED = {
    "a call by name": b"cos\nsystem\n(S'true'\ntR.",
    "a call with plain text": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x04true\x85R.",
    "eval": b"\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x011\x85R.",
    "getattr of another class": b"\x80\x04\x8c\x08builtins\x8c\x07getattr\x93\x8c\x02os\x8c\x06system\x86R.",
    "an instance": b"(cos\nsystem\no.",
    "INST": b"(S'true'\nios\nsystem\n.",
    "a persistent id": b"\x80\x04\x8c\x01aQ.",
    "an extension": b"\x80\x02\x82\x01.",
    "a state set on a class": b"\x80\x04\x8c\x04uuid\x8c\x04UUID\x93}\x8c\x03int\x8c\x01asb.",
    "a UUID without an integer": b"\x80\x04\x8c\x04uuid\x8c\x04UUID\x93)\x81}\x8c\x03int\x8c\x01asb.",
    "a class itself": b"\x80\x04\x8c\x04uuid\x8c\x04UUID\x93.",
    "a date of other bytes": b"\x80\x04\x8c\x08datetime\x8c\x04date\x93C\x02aa\x85R.",
    "a date of numbers": b"\x80\x04\x8c\x08datetime\x8c\x04date\x93M\xd0\x07K\x01K\x01\x87R.",
    "a span of the size of nothing": b"\x80\x04\x8c\x08datetime\x8c\ttimedelta\x93J\xff\xff\xff\x7fK\x00K\x00\x87R.",
    "a zone that is a path": in_zone(b"../../../etc/passwd"),
    "a zone that nobody knows": in_zone(b"Europe/Nowhere"),
    "a tuple": pickle.dumps((1, 2)),
    "a set": pickle.dumps({1, 2}),
    "a complex number": pickle.dumps(1j),
    "a list that holds itself": b"\x80\x04]\x94h\x00a.",
    "a list too deep": nested(100),
    "a list deeper than the interpreter": nested(100_000),
    "an unhashable key": b"\x80\x04}]K\x01s.",
    "two values": b"\x80\x04K\x01K\x02.",
    "no value": b"\x80\x04.",
    "no end": b"\x80\x04K\x01",
    "a mark": b"\x80\x04(.",
    "a missing memo": b"\x80\x04h\x07.",
    "nothing": b"",
    "a length beyond the bytes": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fa.",
}


@pytest.mark.parametrize("name", REFUSED)
def test_everything_else_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        plain_value(REFUSED[name])


class TestInAnAuthenticatedMessage:
    @pytest.fixture(autouse=True)
    def _secret(self, settings) -> None:
        settings.SECRET_KEY = "test secret one"

    def test_a_plain_value_is_read(self) -> None:
        assert DjangoCryptography().read(sealed(pickle.dumps("123-45-6789"))) == "123-45-6789"

    def test_a_pickle_that_would_run_something_is_refused_and_does_not_run(self, tmp_path: Path) -> None:
        trap = sealed(pickle.dumps(Runs(tmp_path / "ran")))
        with pytest.raises(UnreadableContent):
            DjangoCryptography().read(trap)
        assert not (tmp_path / "ran").exists()

    @pytest.mark.parametrize("name", REFUSED)
    def test_no_refused_pickle_becomes_a_value(self, name: str) -> None:
        with pytest.raises(UnreadableContent):
            DjangoCryptography().read(sealed(REFUSED[name]))

    def test_none_is_no_value(self) -> None:
        with pytest.raises(UnreadableContent):
            DjangoCryptography().read(sealed(pickle.dumps(None)))

    def test_an_enumeration_is_read_where_the_reader_names_it(self) -> None:
        reader = DjangoCryptography(enums=(TestEnumerations.PATH,))
        assert reader.read(sealed(pickle.dumps(Status.ACTIVE))) == "active"
