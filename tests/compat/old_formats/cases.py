"""The golden files of other packages, as tests want them."""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from django.db import models

from ascend.fields import accept

HERE = Path(__file__).parent
READERS: dict[str, accept.Reader] = {
    "django-cryptography": accept.DjangoCryptography(),
    "django-cryptography-django5": accept.DjangoCryptography(),
    "django-fernet-fields": accept.FernetFields(),
    "django-fernet-fields-v2": accept.FernetFields(),
    "djfernet": accept.Djfernet(),
    "djfernet-postgresql": accept.Djfernet(),
    "django-fernet-encrypted-fields": accept.DjangoFernetEncryptedFields(),
    "django-encrypted-model-fields": accept.EncryptedModelFields(),
    "django-searchable-encrypted-fields": accept.SearchableEncryptedFields(),
    "django-pgcrypto": accept.PgCrypto(),
    "django-pgcrypto-fields": accept.PgCryptoFields(),
}
FIELDS: dict[str, Any] = {
    "text": models.TextField(),
    "char": models.CharField(max_length=2000),
    "email": models.EmailField(),
    "integer": models.IntegerField(),
    "big_integer": models.BigIntegerField(),
    "float": models.FloatField(),
    "decimal": models.DecimalField(max_digits=12, decimal_places=2),
    "boolean": models.BooleanField(),
    "date": models.DateField(),
    "datetime": models.DateTimeField(),
    "uuid": models.UUIDField(),
}


@dataclass(frozen=True)
class Case:
    """One stored value, the reader for it and what the application had written."""

    package: str
    reader: accept.Reader
    kind: str
    stored: Any
    written: Any
    by_bulk_update: bool


@cache
def golden(package: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((HERE / f"{package}.json").read_text(encoding="utf-8"))
    return content


def settings_of(given: dict[str, Any]) -> dict[str, Any]:
    """Return settings as the package had them: JSON has no bytes."""
    return {name: value[2:].encode() if str(value).startswith("b:") else value for name, value in given.items()}


def cases(package: str, run: dict[str, Any]) -> Iterator[Case]:
    for case in run["cases"]:
        reader = reader_for(package, case["kind"])
        yield Case(package, reader, case["kind"], raw(case["stored"]), raw(case["value"]), "by" in case)


def reader_for(package: str, kind: str) -> accept.Reader:
    """Return the reader as a developer declares it for such a column."""
    reader: Any = READERS[package]
    if kind == "binary" and package.startswith("djfernet"):
        return replace(reader, binary=True)
    if kind == "json" and package == "django-fernet-encrypted-fields":
        return replace(reader, json=True)
    return reader


def raw(given: dict[str, Any] | None) -> Any:
    if given is None:
        return None
    ((kind, value),) = given.items()
    return bytes.fromhex(value) if kind == "bytes" else value


def as_field_sees_it(kind: str, value: Any) -> Any:
    """Return a value as the Django field of its kind makes it; a date-time without a zone was UTC (SQLite)."""
    if kind not in FIELDS:
        return value
    seen = FIELDS[kind].to_python(value)
    return seen.replace(tzinfo=UTC) if isinstance(seen, datetime) and seen.tzinfo is None else seen


def flipped(stored: Any, mask: int) -> Iterator[Any]:
    """Yield the stored value with each of its bytes, or characters, changed in turn."""
    for at in range(len(stored)):
        if isinstance(stored, str):
            yield stored[:at] + chr(ord(stored[at]) ^ mask) + stored[at + 1 :]
        else:
            yield stored[:at] + bytes([stored[at] ^ mask]) + stored[at + 1 :]


def armored(octets: bytes, checksum: int) -> str:
    body, crc = base64.b64encode(octets).decode(), base64.b64encode(checksum.to_bytes(3, "big")).decode()
    return f"-----BEGIN PGP MESSAGE-----\n\n{body}\n={crc}\n-----END PGP MESSAGE-----"
