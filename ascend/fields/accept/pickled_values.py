"""The classes that a pickled field value may name, and how each is built here. Nothing else is ever called."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

SCALARS: Final = frozenset({
    type(None), str, bytes, bool, int, float, Decimal, date, datetime, time, timedelta, UUID,
})  # fmt: skip
# Deeper than any JSON document that a form takes; a list that holds itself ends here too.
DEEPEST: Final = 64


@dataclass(frozen=True)
class Name:
    """A class or function that the pickle names. It is a word only: nothing is imported."""

    dotted: str


@dataclass(frozen=True)
class UnfinishedUuid:
    """What `UUID.__new__` leaves on a pickle's stack until its state arrives."""

    def with_state(self, state: Any) -> UUID:
        if type(state) is not dict or type(state.get("int")) is not int:
            raise ValueError
        return UUID(int=state["int"])


def is_plain(value: Any, depth: int = DEEPEST) -> bool:
    """Return whether a value, and all that is in it, is of the types that a field can hold."""
    if type(value) in SCALARS:
        return True
    if depth == 0:
        return False
    if type(value) is dict:
        return all(type(key) in SCALARS and is_plain(each, depth - 1) for key, each in value.items())
    return type(value) is list and all(is_plain(each, depth - 1) for each in value)


def _from_state(kind: Any, length: int) -> Callable[..., Any]:
    """Return a builder of dates and times, which pickle their fields as a few bytes."""

    def build(state: Any, *zone: Any) -> Any:
        if type(state) is not bytes or len(state) != length or not all(isinstance(each, tzinfo) for each in zone):
            raise ValueError
        return kind(state, *zone)

    return build


def _decimal(digits: Any) -> Decimal:
    if type(digits) is not str:
        raise ValueError  # noqa: TRY004 - what the bytes say, not how we were called
    return Decimal(digits)


def _span(days: Any, seconds: Any, microseconds: Any) -> timedelta:
    if {type(days), type(seconds), type(microseconds)} != {int}:
        raise ValueError
    return timedelta(days, seconds, microseconds)


def _latin_1(text: Any, encoding: Any) -> bytes:
    """Return bytes that a pickle of protocol 2 spelled as text."""
    if type(text) is not str or encoding != "latin1":
        raise ValueError
    return text.encode("latin-1")


def _no_bytes() -> bytes:
    """Return the empty bytes of a pickle of protocol 2."""
    return b""


def _attribute(owner: Any, attribute: Any) -> Name:
    """Return the one attribute that a pickled ZoneInfo looks up."""
    if owner != Name("zoneinfo.ZoneInfo") or attribute != "_unpickle":
        raise ValueError
    return Name("zoneinfo.ZoneInfo._unpickle")


def _zone(key: Any, _from_cache: Any) -> ZoneInfo:
    if type(key) is not str:
        raise ValueError  # noqa: TRY004
    return ZoneInfo(key)


def _pytz_zone(_name: Any, offset_seconds: Any, _summer_seconds: Any, _abbreviation: Any) -> timezone:
    """Return the offset that a pytz zone had at this instant; the instant stays the same."""
    if type(offset_seconds) is not int:
        raise ValueError  # noqa: TRY004
    return timezone(timedelta(seconds=offset_seconds))


def _fixed_zone(offset: Any) -> timezone:
    return timezone(offset)


def _safe_string(text: Any) -> str:
    if type(text) is not str:
        raise ValueError  # noqa: TRY004
    return text


BUILDERS: Final[dict[str, Callable[..., Any]]] = {
    "datetime.date": _from_state(date, 4),
    "datetime.time": _from_state(time, 6),
    "datetime.datetime": _from_state(datetime, 10),
    "datetime.timedelta": _span,
    "datetime.timezone": _fixed_zone,
    "decimal.Decimal": _decimal,
    "uuid.UUID": UnfinishedUuid,
    "_codecs.encode": _latin_1,
    "__builtin__.bytes": _no_bytes,
    "builtins.getattr": _attribute,
    "__builtin__.getattr": _attribute,
    "zoneinfo.ZoneInfo._unpickle": _zone,
    "pytz._UTC": lambda: UTC,
    "pytz._p": _pytz_zone,
    "django.utils.safestring.SafeString": _safe_string,
}
