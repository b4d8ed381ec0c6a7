"""django-searchable-encrypted-fields: nonce 16 ‖ tag 16 ‖ AES-256-GCM ciphertext, in a binary column."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ascend.fields.accept import keys
from ascend.fields.accept.keys import KeySource
from ascend.fields.accept.reader import SOURCE, OldValue, Reader

NONCE_BYTES: Final = 16
TAG_BYTES: Final = 16
AES_256_KEY_BYTES: Final = 32
KEPT_CIPHERS: Final = 64


@dataclass(frozen=True, repr=False, kw_only=True)
class SearchableEncryptedFields(Reader):
    """Reads the encrypted fields of django-searchable-encrypted-fields; its SearchField is a hash and holds no value.

    Args:
        keys: where the keys are, each 32 bytes in hexadecimal, newest first.
    """

    authenticated: ClassVar[bool] = True

    keys: KeySource = field(default="FIELD_ENCRYPTION_KEYS", metadata=SOURCE)

    def read(self, stored: object) -> OldValue:
        message = self.octets(stored)
        if len(message) < NONCE_BYTES + TAG_BYTES:
            self.not_this_format("the stored value is shorter than a nonce and a tag")
        return self.text(self._open(message))

    def _open(self, message: bytes) -> bytes:
        nonce, tag = message[:NONCE_BYTES], message[NONCE_BYTES : NONCE_BYTES + TAG_BYTES]
        for cipher in self._ciphers():
            try:
                return cipher.decrypt(nonce, message[NONCE_BYTES + TAG_BYTES :] + tag, None)
            except InvalidTag:
                continue
        return self.does_not_authenticate()

    def _ciphers(self) -> tuple[AESGCM, ...]:
        ciphers = tuple(_cipher(key) for key in keys.secret_list(self.keys))
        usable = tuple(cipher for cipher in ciphers if cipher is not None)
        if len(usable) < len(ciphers):
            keys.unusable(self.keys, "a key is 32 bytes in hexadecimal")
        return usable


@lru_cache(maxsize=KEPT_CIPHERS)
def _cipher(key: bytes) -> AESGCM | None:
    try:
        octets = bytes.fromhex(key.decode())
    except ValueError:
        return None
    return AESGCM(octets) if len(octets) == AES_256_KEY_BYTES else None
