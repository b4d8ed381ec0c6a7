"""django-fernet-encrypted-fields (jazzband): a Fernet token in a text column.

The keys are PBKDF2-HMAC-SHA-256, 100,000 rounds, of SECRET_KEY and each of SECRET_KEY_FALLBACKS, salted with
each of SALT_KEY.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from ascend.fields.accept import keys
from ascend.fields.accept.encrypted_again import ForgivingFernetReader
from ascend.fields.accept.keys import KeySource
from ascend.fields.accept.reader import SOURCE, OldValue

FERNET_KEY_BYTES: Final = 32
ROUNDS: Final = 100_000
KEPT_KEYS: Final = 64


def _secrets_of_django() -> list[object]:
    """Return SECRET_KEY and SECRET_KEY_FALLBACKS, in the order in which the package tries them."""
    fallbacks = keys.setting("SECRET_KEY_FALLBACKS", [])
    return [keys.fetch("SECRET_KEY"), *(fallbacks if isinstance(fallbacks, list | tuple) else [])]


@dataclass(frozen=True, repr=False, kw_only=True)
class DjangoFernetEncryptedFields(ForgivingFernetReader):
    """Reads django-fernet-encrypted-fields 0.1 to 0.4.

    The package stored '', 0 and False as NULL: what was lost there cannot be read by anybody.
    It returned what it could not open and encrypted
    that again; this opens both, or raises.

    Args:
        tokens: the column holds Fernet tokens by design, so one that was inside is the value.
        salts: where the salts are, one or a list (SALT_KEY).
        secrets: where the secrets are; by default SECRET_KEY and SECRET_KEY_FALLBACKS.
        json: the old field was an EncryptedJSONField: a JSON text whose leaves are tokens.
    """

    salts: KeySource = field(default="SALT_KEY", metadata=SOURCE)
    secrets: KeySource = field(default="SECRET_KEY", metadata=SOURCE)
    json: bool = False

    def read(self, stored: object) -> OldValue:
        if not self.json:
            return super().read(stored)
        tree = stored if isinstance(stored, dict | list) else _parsed(self.text(self.octets(stored)))
        if not isinstance(tree, dict | list | str):
            self.not_this_format("the stored value is no JSON text with tokens")
        opened: OldValue = _map_leaves(tree, super().read)
        return opened

    def key_source(self) -> KeySource:
        return self.secrets

    def fernet_keys(self) -> tuple[bytes, ...]:
        secrets = keys.secret_list(_secrets_of_django if self.secrets == "SECRET_KEY" else self.secrets)
        return tuple(_derive(secret, salt) for secret, salt in product(secrets, keys.secret_list(self.salts)))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _map_leaves(tree: Any, read: Callable[[object], OldValue]) -> Any:
    if isinstance(tree, dict):
        return {key: _map_leaves(value, read) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_map_leaves(value, read) for value in tree]
    return read(tree)


@lru_cache(maxsize=KEPT_KEYS)
def _derive(secret: bytes, salt: bytes) -> bytes:
    kdf = PBKDF2HMAC(algorithm=SHA256(), length=FERNET_KEY_BYTES, salt=salt, iterations=ROUNDS)
    return base64.urlsafe_b64encode(kdf.derive(secret))
