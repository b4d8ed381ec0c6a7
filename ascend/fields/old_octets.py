"""The old column as octets: what a query selects beside the envelope, and what a campaign compares byte for byte.

One selected expression must carry either form, so the old value travels as bytes whatever the type of its
column is. `expression` says how the database makes them, `decode` what Django would have read.
"""

import datetime as dt
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from ascend.fields.accept import NotThisFormat

Reading: TypeAlias = Callable[[Any, str, BaseDatabaseWrapper], object]

WHOLE_NUMBERS: Final = frozenset(
    {"AutoField", "BigAutoField", "BigIntegerField", "IntegerField", "PositiveBigIntegerField",
     "PositiveIntegerField", "PositiveSmallIntegerField", "SmallAutoField", "SmallIntegerField"}
)  # fmt: skip
POSTGRESQL_TEXT: Final = {
    "GenericIPAddressField": "host({0})",
    "BooleanField": "({0})::int::text",
    # A text of days and hours depends on the session; microseconds do not.
    "DurationField": "(extract(epoch FROM {0}) * 1000000)::bigint::text",
}


def expression(field: "models.Field[Any, Any]", column: str, connection: BaseDatabaseWrapper) -> str:
    """Return the SQL of a column's octets: bytes as they are, everything else as UTF-8 text.

    Args:
        field: the Django field that the column was made by.
        column: the column as it stands in the query, quoted.
        connection: the database that the query goes to.
    """
    kind = field.get_internal_type()
    if kind == "BinaryField":
        return column
    if connection.vendor == "postgresql":
        return f"convert_to({POSTGRESQL_TEXT.get(kind, '({0})::text').format(column)}, 'UTF8')"
    if connection.vendor == "sqlite":
        # A cast keeps 15 digits of a float; 17 are needed to read the same one again.
        text = f"printf('%%!.17g', {column})" if kind == "FloatField" else f"CAST({column} AS TEXT)"
        return f"CAST({text} AS BLOB)"
    return f"CAST(CONVERT({column} USING utf8mb4) AS BINARY)"


def marked(mark: bytes, octets: str, connection: BaseDatabaseWrapper) -> str:
    """Return the SQL of one literal octet followed by `octets`, as bytes."""
    literal = f"'\\x{mark.hex()}'::bytea" if connection.vendor == "postgresql" else f"x'{mark.hex()}'"
    if connection.vendor == "mysql":
        return f"CONCAT({literal}, {octets})"
    joined = f"{literal} || {octets}"
    # In SQLite `||` gives text, whatever was joined.
    return f"CAST({joined} AS BLOB)" if connection.vendor == "sqlite" else f"({joined})"


def decode(field: "models.Field[Any, Any]", octets: bytes, connection: BaseDatabaseWrapper) -> object:
    """Return what Django would have read from the column, as readers of old formats expect it.

    Raises:
        NotThisFormat: the octets are none of the column's type.
    """
    kind = field.get_internal_type()
    if kind == "BinaryField":
        return octets
    try:
        text = octets.decode()
        if kind in WHOLE_NUMBERS:
            return int(text)
        as_read: Reading = _BY_KIND.get(kind, _as_text)
        return as_read(field, text, connection)
    except (ArithmeticError, ValueError):
        pass  # raised outside: its context would hold the value
    raise NotThisFormat("OldColumn", f"the column holds what no {kind} is")


def _as_text(_field: Any, text: str, _connection: Any) -> str:
    return text


def _decimal(field: Any, text: str, _connection: Any) -> Decimal:
    # SQLite stores 1.50 as 1.5.
    return Decimal(text).quantize(Decimal(1).scaleb(-field.decimal_places), context=field.context)


def _date_time(_field: Any, text: str, connection: BaseDatabaseWrapper) -> dt.datetime:
    value = dt.datetime.fromisoformat(text)
    if settings.USE_TZ and timezone.is_naive(value):
        return timezone.make_aware(value, connection.timezone)
    return value


_BY_KIND: Final[dict[str, Reading]] = {
    "BooleanField": lambda _field, text, _connection: bool(int(text)),
    "DateField": lambda _field, text, _connection: dt.date.fromisoformat(text),
    "DateTimeField": _date_time,
    "DecimalField": _decimal,
    "DurationField": lambda _field, text, _connection: dt.timedelta(microseconds=int(text)),
    "FloatField": lambda _field, text, _connection: float(text),
    "JSONField": lambda field, text, _connection: json.loads(text, cls=field.decoder),
    "TimeField": lambda _field, text, _connection: dt.time.fromisoformat(text),
    "UUIDField": lambda _field, text, _connection: UUID(text),
}
