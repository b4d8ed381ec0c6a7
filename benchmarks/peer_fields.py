"""The fields of each peer, and the settings that they need. Choices that help a peer are kept (see RESULTS.md)."""

import base64
import json
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.field_project import Kind, Make, person, plain

KEY = base64.urlsafe_b64encode(os.urandom(32)).decode()
HEX_KEY = os.urandom(32).hex()
TINK_KEYSETS = {
    "default": ("AesGcmKey", b"\x1a\x20" + os.urandom(32)),
    "search": ("AesSivKey", b"\x12\x40" + os.urandom(64)),
}


@dataclass(frozen=True)
class Peer:
    """How one package is used: its field, its searchable model if it has one, its settings."""

    make: Make
    searchable: Callable[[], Kind] | None = None
    settings: Callable[[Path], dict[str, Any]] = lambda _: {}


def _searchable(make: Make, email: Make, **more: Any) -> Kind:
    return Kind(person("PeerIndexed", make, email=email), "plain, db_index", is_searchable=True, **more)


def _char(module: str, name: str = "EncryptedCharField", **options: Any) -> Make:
    def make() -> Any:
        return getattr(__import__(module, fromlist=[name]), name)(**{"max_length": 40, **options})

    return make


def _django_cryptography() -> Any:
    from django_cryptography.fields import encrypt  # type: ignore[import-not-found]

    return encrypt(plain())


def field_aad(field: Any) -> bytes:
    return f"{field.model._meta.label}:{field.name}".encode()


def _tink_settings(folder: Path) -> dict[str, Any]:
    config = {}
    for name, (kind, value) in TINK_KEYSETS.items():
        url = f"type.googleapis.com/google.crypto.tink.{kind}"
        data = {"typeUrl": url, "value": base64.b64encode(value).decode(), "keyMaterialType": "SYMMETRIC"}
        key = {"keyData": data, "status": "ENABLED", "keyId": 1, "outputPrefixType": "TINK"}
        path = folder / f"{name}.json"
        path.write_text(json.dumps({"primaryKeyId": 1, "key": [key]}))
        config[name] = {"path": str(path), "cleartext": True}
    return {"TINK_FIELDS_CONFIG": config}


def _tink(name: str, **options: Any) -> Make:
    return _char("tink_fields", name, aad_callback=field_aad, **options)


def _search_field() -> Kind:
    from encrypted_fields.fields import SearchField  # type: ignore[import-not-found]

    make = _char("encrypted_fields.fields")

    def email() -> Any:
        return SearchField(hash_key=HEX_KEY, encrypted_field_name="e_data", db_index=True)

    found = person("PeerIndexed", make, email=email, e_data=make)
    return Kind(found, "plain, db_index", is_searchable=True)


def _blind_index_field() -> Kind:
    from django_field_encryption import BlindIndexField  # type: ignore[import-not-found]
    from django_field_encryption.encryption import compute_hash  # type: ignore[import-not-found]

    def fill(row: Any) -> None:  # bulk_create() does not
        row.email_hash = compute_hash(row.email)

    make = _char("django_field_encryption")
    found = person("PeerIndexed", make, email_hash=lambda: BlindIndexField("email", db_index=True))
    return Kind(
        found, "plain, db_index", is_searchable=True, fill=fill, asked=lambda email: {"email_hash": compute_hash(email)}
    )


def _fieldseal(**options: Any) -> Any:
    from fieldseal_django import Encrypted  # type: ignore[import-not-found]

    return Encrypted(plain(), column_uuid=str(uuid.uuid4()), **options)


def _fieldseal_settings(_: Path) -> dict[str, Any]:
    from fieldseal.keyprovider import StaticKeyProvider  # type: ignore[import-not-found]

    keys = StaticKeyProvider(key_id=os.urandom(16), tenant_dek=os.urandom(32), tenant_index_key=os.urandom(32))
    options = {"ALLOWED_SUITES": {0xFF01}, "WRITE_SUITE": 0xFF01, "ARM_PROVISIONAL_SUITES": True}
    return {"apps": ["fieldseal_django"], "FIELDSEAL": {"KEY_PROVIDER": lambda: keys, **options}}


def _pgcrypto() -> Any:
    from pgcrypto.fields import CharPGPSymmetricKeyField  # type: ignore[import-not-found]

    return CharPGPSymmetricKeyField(max_length=40)


PEERS = {
    "django-cryptography-django5": Peer(_django_cryptography),
    "django-fernet-fields-v2": Peer(_char("fernet_fields"), settings=lambda _: {"FERNET_KEYS": [KEY]}),
    "djfernet-redux": Peer(_char("fernet_fields"), settings=lambda _: {"FERNET_KEYS": [KEY]}),
    "django-fernet-encrypted-fields": Peer(_char("encrypted_fields.fields"), settings=lambda _: {"SALT_KEY": HEX_KEY}),
    "django-encrypted-model-fields": Peer(
        _char("encrypted_model_fields.fields"), settings=lambda _: {"FIELD_ENCRYPTION_KEY": KEY}
    ),
    "django-searchable-encrypted-fields": Peer(
        _char("encrypted_fields.fields"), _search_field, lambda _: {"FIELD_ENCRYPTION_KEYS": [HEX_KEY]}
    ),
    "django-secured-fields": Peer(
        _char("secured_fields"),
        lambda: _searchable(_char("secured_fields"), _char("secured_fields", searchable=True)),
        lambda _: {"SECURED_FIELDS_KEY": KEY, "SECURED_FIELDS_HASH_SALT": "5004", "apps": ["secured_fields"]},
    ),
    "django-tink-fields": Peer(
        _tink("EncryptedCharField"),
        lambda: _searchable(
            _tink("EncryptedCharField"), _tink("DeterministicEncryptedCharField", keyset="search", db_index=True)
        ),
        _tink_settings,
    ),
    "fieldseal-django": Peer(_fieldseal, settings=_fieldseal_settings),
    "django-mirage-field": Peer(
        _char("mirage.fields", max_length=80),
        lambda: _searchable(
            _char("mirage.fields", max_length=80), _char("mirage.fields", max_length=80, db_index=True)
        ),
    ),
    "django-field-encryption": Peer(
        _char("django_field_encryption"),
        _blind_index_field,
        lambda _: {"DATA_PROTECTION_KEYS": {"v1": KEY}, "DATA_PROTECTION_ACTIVE_KEY_ID": "v1"},
    ),
    "django-pgcrypto-fields": Peer(_pgcrypto, settings=lambda _: {"PGCRYPTO_KEY": HEX_KEY, "apps": ["pgcrypto"]}),
}
