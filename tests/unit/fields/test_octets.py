"""The octets that each type seals (docs/spec/fields.md, section 5), and what it refuses to seal or to read."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.test import override_settings

from ascend import fields
from ascend.fields import OperationRefused, sealing

MONEY = {"max_digits": 7, "decimal_places": 2}
BERLIN = dt.timezone(dt.timedelta(hours=2))
NAIVE_NOON = dt.datetime(2026, 7, 1, 12)  # noqa: DTZ001
AN_ID = uuid.UUID("6f0c1d52-7a0e-4f5e-9d5b-1f7f4d1f7a10")

# type, options, value, octets, what is read (None: the value itself)
SEALED = [
    ("Char", {}, "Ada é", "Ada é".encode(), None),
    ("Char", {}, "", b"", None),
    ("Text", {}, "a\nb", b"a\nb", None),
    ("Email", {}, "Ada@Example.org", b"Ada@Example.org", None),
    ("URL", {}, "https://example.org/?q=ä", "https://example.org/?q=ä".encode(), None),
    ("Slug", {}, "a-slug_1", b"a-slug_1", None),
    ("Integer", {}, 0, bytes(8), None),
    ("Integer", {}, -1, b"\xff" * 8, None),
    ("Integer", {}, "42", b"\0\0\0\0\0\0\0\x2a", 42),
    ("Integer", {}, True, b"\0\0\0\0\0\0\0\x01", 1),
    ("BigInteger", {}, -(2**63), b"\x80" + bytes(7), None),
    ("BigInteger", {}, 2**63 - 1, b"\x7f" + b"\xff" * 7, None),
    ("PositiveInteger", {}, 2**31 - 1, b"\0\0\0\0\x7f\xff\xff\xff", None),
    ("Float", {}, 0.1, bytes.fromhex("3fb999999999999a"), None),
    ("Float", {}, 1, bytes.fromhex("3ff0000000000000"), 1.0),
    ("Float", {}, -0.0, b"\x80" + bytes(7), None),
    ("Float", {}, float("inf"), bytes.fromhex("7ff0000000000000"), None),
    ("Float", {}, 5e-324, bytes.fromhex("0000000000000001"), None),
    ("Decimal", MONEY, Decimal("1.5"), b"+00001.50", Decimal("1.50")),
    ("Decimal", MONEY, Decimal("-12345.67"), b"-12345.67", None),
    ("Decimal", MONEY, Decimal("-0.00"), b"+00000.00", Decimal("0.00")),
    ("Decimal", MONEY, Decimal("1E+3"), b"+01000.00", Decimal("1000.00")),
    ("Decimal", MONEY, 0.1, b"+00000.10", Decimal("0.10")),
    ("Decimal", {"max_digits": 3, "decimal_places": 0}, 7, b"+007", Decimal(7)),
    ("Decimal", {"max_digits": 2, "decimal_places": 2}, Decimal("0.25"), b"+0.25", None),
    ("Boolean", {}, True, b"\x01", None),
    ("Boolean", {}, "f", b"\x00", False),
    ("Date", {}, dt.date(980, 1, 2), b"0980-01-02", None),
    ("DateTime", {}, dt.datetime(2026, 3, 1, 1, 2, 3, 4, BERLIN), b"2026-02-28T23:02:03.000004Z", None),
    ("DateTime", {}, "2026-03-01T00:00Z", b"2026-03-01T00:00:00.000000Z", dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
    ("Time", {}, dt.time(1, 2), b"01:02:00.000000", None),
    ("Time", {}, "23:59:59.5", b"23:59:59.500000", dt.time(23, 59, 59, 500000)),
    ("Duration", {}, dt.timedelta(microseconds=-1), b"\xff" * 10, None),
    ("Duration", {}, dt.timedelta.max, bytes.fromhex("0004af0a763bb1bfffff"), None),
    ("Duration", {}, "1 00:00:01", bytes.fromhex("0000000000141de6a240"), None),
    ("UUID", {}, AN_ID, AN_ID.bytes, None),
    ("UUID", {}, AN_ID.hex.upper(), AN_ID.bytes, AN_ID),
    ("GenericIPAddress", {}, "192.0.2.1", b"\xc0\x00\x02\x01", None),
    ("GenericIPAddress", {}, "2001:DB8:0::1", bytes.fromhex("20010db8000000000000000000000001"), "2001:db8::1"),
    ("GenericIPAddress", {}, "::ffff:192.0.2.1", bytes(10) + b"\xff\xff\xc0\x00\x02\x01", None),
    ("JSON", {}, {"b": [1, 1.5, None], "a": "é\0"}, '{"a":"é\\u0000","b":[1,1.5,null]}'.encode(), None),
    ("JSON", {}, {10: 1, 9: 2}, b'{"10":1,"9":2}', {"10": 1, "9": 2}),
    ("JSON", {}, {1: "x", "a": 0}, b'{"1":"x","a":0}', {"1": "x", "a": 0}),
    ("JSON", {}, "", b'""', None),
    ("JSON", {}, False, b"false", None),
    ("JSON", {"encoder": DjangoJSONEncoder}, [Decimal("1.50")], b'["1.50"]', ["1.50"]),
    ("Binary", {}, b"\0\xff", b"\0\xff", None),
    ("Binary", {}, memoryview(b"ab"), b"ab", b"ab"),
    ("Binary", {}, "YWI=", b"ab", b"ab"),
    ("Binary", {}, b"", b"", None),
]  # fmt: skip
REFUSED = [
    ("Char", {}, "secret \ud800"),
    ("Integer", {}, 2**31),
    ("Integer", {}, -(2**31) - 1),
    ("Integer", {}, "secret"),
    ("Integer", {}, float("nan")),
    ("BigInteger", {}, 2**63),
    ("PositiveInteger", {}, -1),
    ("Float", {}, "secret"),
    ("Decimal", MONEY, Decimal("1.005")),
    ("Decimal", MONEY, Decimal(100000)),
    ("Decimal", MONEY, Decimal("NaN")),
    ("Decimal", MONEY, float("inf")),
    ("Decimal", MONEY, "secret"),
    ("Boolean", {}, "secret"),
    ("Date", {}, "secret"),
    ("DateTime", {}, "2026-13-01 00:00"),
    ("DateTime", {}, dt.datetime(1, 1, 1, tzinfo=BERLIN)),
    ("Time", {}, dt.time(1, tzinfo=dt.UTC)),
    ("Time", {}, "25:00"),
    ("Duration", {}, "secret"),
    ("UUID", {}, "secret"),
    ("GenericIPAddress", {}, "192.0.2.256"),
    ("GenericIPAddress", {}, "1:2:3:secret"),
    ("JSON", {}, {"a": object()}),
    ("JSON", {}, float("nan")),
    ("JSON", {}, "secret \ud800"),
    ("Binary", {}, "secret!"),
    ("Binary", {}, 7),
]
UNREADABLE = [
    ("Integer", b"42"),
    ("Float", b"0.1"),
    ("Decimal", b"1.5"),
    ("Decimal", b"+1e5"),
    ("Decimal", b"+"),
    ("Boolean", b"1"),
    ("Boolean", b""),
    ("Date", b"2026-13-01"),
    ("DateTime", b"yesterday"),
    ("Time", b"noon"),
    ("Duration", b"1"),
    ("Duration", b"\x7f" + bytes(9)),
    ("UUID", b"6f0c1d52-7a0e-4f5e-9d5b-1f7f4d1f7a10"),
    ("GenericIPAddress", b"192.0.2.1"),
    ("JSON", b"{"),
    ("JSON", b"\xff"),
]


def field_of(kind, **options):
    field = getattr(fields, f"Encrypted{kind}Field")(**options)
    field.set_attributes_from_name("value")
    return field


@pytest.mark.parametrize(("kind", "options", "value", "octets", "read"), SEALED)
def test_a_value_has_these_octets_and_they_are_read_back(kind, options, value, octets, read):
    field = field_of(kind, **options)
    assert sealing.octets(field, value) == octets
    expected = field.to_python(value) if read is None else read
    opened = field.decode(octets)
    assert (opened, type(opened), repr(opened)) == (expected, type(expected), repr(opened))
    assert sealing.octets(field, opened) == octets
    assert field.to_python(opened) == opened


def test_nan_has_one_form_and_stays_nan():
    field = field_of("Float")
    negative_nan = field.decode(bytes.fromhex("fff8000000000001"))
    assert negative_nan != negative_nan  # noqa: PLR0124
    assert sealing.octets(field, negative_nan).hex() == "7ff8000000000000"
    assert str(field.decode(bytes.fromhex("7ff8000000000000"))) == "nan"


def test_the_scale_of_a_decimal_is_the_columns_and_its_index_does_not_depend_on_it():
    cents, mills = field_of("Decimal", **MONEY), field_of("Decimal", max_digits=9, decimal_places=3)
    assert str(cents.decode(b"+00001.50")) == "1.50"
    assert str(mills.decode(b"+00001.50")) == "1.50"
    texts = {field.text_of(value) for field in (cents, mills) for value in ("1.5", Decimal("1.500"), 1.5)}
    assert texts == {"1.5"}
    assert [cents.text_of(value) for value in ("0.00", "-0", "100", "1E2", "-1.10")] == ["0", "0", "100", "100", "-1.1"]


@pytest.mark.parametrize(("kind", "options", "value"), REFUSED)
def test_what_could_not_be_read_back_is_refused_without_being_repeated(kind, options, value):
    with pytest.raises(ValidationError) as error:
        sealing.octets(field_of(kind, **options), value)
    assert error.value.__context__ is None
    told = repr([(single.message, single.params) for single in error.value.error_list])
    assert str(value) not in told
    assert "secret" not in told


@pytest.mark.parametrize(("kind", "octets"), UNREADABLE)
def test_octets_of_another_type_are_no_value(kind, octets):
    with pytest.raises(ValueError):
        field_of(kind, **(MONEY if kind == "Decimal" else {})).decode(octets)


@pytest.mark.parametrize("kind", ["Float", "JSON", "Binary"])
def test_three_types_have_no_text_for_an_index(kind):
    with pytest.raises(OperationRefused, match="index"):
        field_of(kind).text_of(b"1" if kind == "Binary" else 1)


class TestTimeZones:
    def test_the_year_of_a_moment_is_that_of_utc(self):
        field = field_of("DateTime")
        new_year_in_berlin = dt.datetime(2026, 1, 1, 0, 30, tzinfo=BERLIN)
        assert fields.Index("year").normalise(field.text_of(new_year_in_berlin)) == "2025"

    def test_a_naive_datetime_is_local_and_warned_of_without_its_value(self):
        with override_settings(TIME_ZONE="Europe/Berlin"), pytest.warns(RuntimeWarning) as told:
            octets = sealing.octets(field_of("DateTime"), NAIVE_NOON)
        assert octets == b"2026-07-01T10:00:00.000000Z"
        assert "2026" not in str(told[0].message)

    def test_a_date_begins_at_midnight_local_time(self):
        with override_settings(TIME_ZONE="Europe/Berlin"), pytest.warns(RuntimeWarning):
            octets = sealing.octets(field_of("DateTime"), dt.date(2026, 7, 1))
        assert octets == b"2026-06-30T22:00:00.000000Z"

    def test_a_project_without_time_zones_stores_local_time(self):
        field = field_of("DateTime")
        with override_settings(USE_TZ=False, TIME_ZONE="Europe/Berlin"):
            assert sealing.octets(field, NAIVE_NOON) == b"2026-07-01T12:00:00.000000"
            assert field.decode(b"2026-07-01T10:00:00.000000Z") == NAIVE_NOON
        with override_settings(USE_TZ=True, TIME_ZONE="Europe/Berlin"):
            assert field.decode(b"2026-07-01T12:00:00.000000") == dt.datetime(2026, 7, 1, 10, tzinfo=dt.UTC)


def test_every_type_is_in_these_tables():
    kinds = {name.removeprefix("Encrypted").removesuffix("Field") for name in fields.types.__all__}
    assert {row[0] for row in SEALED} == kinds
    assert (len(kinds), len(SEALED), len(REFUSED), len(UNREADABLE)) == (19, 50, 28, 16)
