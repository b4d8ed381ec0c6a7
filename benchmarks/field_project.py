"""A Django project for the benchmark of the fields: settings, a database, and one model for each kind of field.

Every model has six columns. Four are of the kind that is measured; "name" and "visits" are plain.
"""

import base64
import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ORGANIZATION = uuid.UUID("6f0c1d52-7a0e-4f5e-9d5b-1f7f4d1f7a10")

Make = Callable[[], Any]


@dataclass(frozen=True)
class Kind:
    """One model that is measured, and the one without encryption that it is compared with."""

    model: Any
    beside: str = ""
    is_searchable: bool = False
    fill: Callable[[Any], None] | None = None
    """What the project has to do with a row before bulk_create(), where a package does not."""

    asked: Callable[[str], dict[str, Any]] = lambda email: {"email": email}
    """How a row is looked up by its e-mail."""


def configure(database: Mapping[str, Any], folder: Path, **more: Any) -> None:
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="bench" * 10,
        USE_TZ=True,
        INSTALLED_APPS=["django.contrib.contenttypes", "ascend", *more.pop("apps", ())],
        DATABASES={"default": dict(database)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ASCEND_DEPLOYMENT="bench",
        ASCEND_REGISTRY_KEY=base64.b64encode(os.urandom(32)).decode(),
        ASCEND_LOCAL_KEYS_DIR=folder,
        ASCEND_LEASE_SECONDS=300,
        **more,
    )
    django.setup()


def sqlite(folder: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": folder / "bench.sqlite3",
        "OPTIONS": {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"},
    }


def postgresql(given: Mapping[str, str]) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql", "NAME": given["PGDATABASE"], "USER": given["PGUSER"],
        "PASSWORD": given["PGPASSWORD"], "HOST": given["PGHOST"], "PORT": given.get("PGPORT", ""),
    }  # fmt: skip


def bare_field() -> type:
    """Return what no design of this kind can be faster than: AES-GCM with an AAD, and nothing else."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from django.db import models

    class BareField(models.BinaryField):  # type: ignore[type-arg]  # not subscriptable without django-stubs-ext
        cipher = AESGCM(os.urandom(32))
        aad = b"bench.person.ssn"

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "editable": True})

        def get_db_prep_value(self, value: Any, connection: Any, *_: Any, **__: Any) -> Any:
            nonce = os.urandom(12)
            return nonce + self.cipher.encrypt(nonce, value.encode(), self.aad)

        def from_db_value(self, value: bytes, expression: Any, connection: Any) -> str:
            return self.cipher.decrypt(value[:12], value[12:], self.aad).decode()

    return BareField


def person(
    name: str, make: Make, key: Make | None = None, email: Make | None = None, manager: Make | None = None, **more: Make
) -> Any:
    """Return a model with four columns made by `make`; `email` makes the searchable one, `more` what it needs."""
    from django.db import models

    body = {
        "__module__": __name__,
        "Meta": type("Meta", (), {"app_label": "bench"}),
        "id": (key or serial)(),
        "name": models.CharField(max_length=40),
        "visits": models.IntegerField(),
        "ssn": make(),
        **{column: made() for column, made in more.items()},
        "email": (email or make)(),
        "account_number": make(),
        "city": make(),
    }
    if manager is not None:
        body["objects"] = manager()
    return type(name, (models.Model,), body)


def serial() -> Any:
    from django.db import models

    return models.BigAutoField(primary_key=True)


def uuid_key() -> Any:
    from django.db import models

    return models.UUIDField(primary_key=True, default=uuid.uuid4)


def plain(**options: Any) -> Any:
    from django.db import models

    return models.CharField(max_length=40, **options)


def ours(**options: Any) -> Any:
    from ascend.fields import EncryptedCharField

    return EncryptedCharField(max_length=40, **options)


def kinds() -> dict[str, Kind]:
    """Return what is measured where no other package is."""
    from ascend.fields import EncryptedManager

    return {
        "plain": Kind(person("Plain", plain)),
        "bare": Kind(person("Bare", bare_field()), "plain"),
        "field": Kind(person("FieldBound", ours), "plain"),
        "field, our manager": Kind(person("FieldManaged", ours, manager=EncryptedManager), "plain"),
        "plain, UUID": Kind(person("PlainUuid", plain, uuid_key)),
        "row": Kind(person("RowBound", lambda: ours(bind="row"), uuid_key, manager=EncryptedManager), "plain, UUID"),
        "plain, db_index": Kind(person("PlainIndexed", plain, email=lambda: plain(db_index=True)), is_searchable=True),
        "field, exact index": Kind(
            person("FieldIndexed", ours, email=lambda: ours(indexes=["exact"]), manager=EncryptedManager),
            "plain, db_index",
            is_searchable=True,
        ),
        "field, deterministic": Kind(
            person("FieldDeterministic", ours, email=lambda: ours(deterministic=True, db_index=True)),
            "plain, db_index",
            is_searchable=True,
        ),
    }


def rows_of(model: Any, count: int) -> list[Any]:
    return [
        model(
            name=f"Name {n}", visits=n, ssn=f"{n:011d}", email=f"person{n:08d}@example.org",
            account_number=f"{n:016d}", city="Northampton",
        )
        for n in range(count)
    ]  # fmt: skip
