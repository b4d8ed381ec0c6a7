"""django-fernet-fields (orcasgit) and -v2, and djfernet: a Fernet token in a binary column.

The Fernet key is HKDF-SHA-256 of each of FERNET_KEYS, or of SECRET_KEY, under a fixed salt; with
FERNET_USE_HKDF = False the keys are Fernet keys as they stand.
"""

import base64
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ascend.fields.accept import keys
from ascend.fields.accept.bytea_literal import without_literal
from ascend.fields.accept.fernet import FernetReader
from ascend.fields.accept.keys import KeySource
from ascend.fields.accept.reader import SOURCE, OldValue

FERNET_KEY_BYTES: Final = 32
PREFIX: Final = b"django-fernet-fields"
SALT_SUFFIX: Final = b"-hkdf-salt"
KEPT_KEYS: Final = 64


@dataclass(frozen=True, repr=False, kw_only=True)
class FernetFields(FernetReader):
    """Reads django-fernet-fields 0.x and django-fernet-fields-v2.

    Args:
        keys: where the keys are; where FERNET_KEYS does not exist SECRET_KEY is the key, as in the package.
        use_hkdf: as FERNET_USE_HKDF; None reads that setting.
        binary: the old field held bytes (djfernet's EncryptedBinaryField), so bytes are returned. Under psycopg2
            djfernet encrypted their SQL literal, also in what it reads itself; the bytes are taken out of it.
    """

    keys: KeySource = field(default="FERNET_KEYS", metadata=SOURCE)
    use_hkdf: bool | None = None
    binary: bool = False

    def read(self, stored: object) -> OldValue:
        opened = self.open_token(self.octets(stored))
        return without_literal(opened) if self.binary else self.text(opened)

    def key_source(self) -> KeySource:
        without = self.keys == "FERNET_KEYS" and keys.setting("FERNET_KEYS", None) is None
        return "SECRET_KEY" if without else self.keys

    def fernet_keys(self) -> tuple[bytes, ...]:
        secrets = keys.secret_list(self.key_source())
        derived = keys.setting("FERNET_USE_HKDF", True) if self.use_hkdf is None else self.use_hkdf
        return tuple(_derive(secret, self.hkdf_prefix()) for secret in secrets) if derived else secrets

    def hkdf_prefix(self) -> bytes:
        return PREFIX


@dataclass(frozen=True, repr=False, kw_only=True)
class Djfernet(FernetFields):
    """Reads djfernet and djfernet-redux: as FernetFields, and DJFERNET_PREFIX changes the derivation."""

    def hkdf_prefix(self) -> bytes:
        return keys.as_bytes("DJFERNET_PREFIX", keys.setting("DJFERNET_PREFIX", PREFIX))


@lru_cache(maxsize=KEPT_KEYS)
def _derive(secret: bytes, prefix: bytes) -> bytes:
    kdf = HKDF(algorithm=SHA256(), length=FERNET_KEY_BYTES, salt=prefix + SALT_SUFFIX, info=prefix)
    return base64.urlsafe_b64encode(kdf.derive(secret))
