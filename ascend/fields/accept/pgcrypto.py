"""django-pgcrypto (dcwatson): AES-CBC under an initialization vector of zeros, in ASCII armor, in a text column.

Not authenticated: somebody who can write the column can change values and nothing notices.
"""

import re
from dataclasses import dataclass, field
from typing import ClassVar, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from ascend.fields.accept import keys
from ascend.fields.accept.armor import dearmored
from ascend.fields.accept.django_cryptography import unpadded
from ascend.fields.accept.keys import KeySource
from ascend.fields.accept.reader import SOURCE, OldValue, Reader

BLOCK_BYTES: Final = 16
AES_KEY_BYTES: Final = (16, 24, 32)
# The package encrypts what is true to Python: an empty text and a number that is zero went in as they were.
LEFT_IN_CLEAR: Final = re.compile(r"(-?0(\.0*)?([eE][-+]?\d+)?)?")


@dataclass(frozen=True, repr=False, kw_only=True)
class PgCrypto(Reader):
    """Reads django-pgcrypto 2.0 and 3.x with its cipher "aes", the default.

    Only one key is tried: under a wrong one padding and UTF-8 do not fit, but for about one short value in a million.

    Args:
        key: where the key is; where PGCRYPTO_DEFAULT_KEY does not exist it is SECRET_KEY, as in the package.
        charset: as the field's charset=.
    """

    authenticated: ClassVar[bool] = False

    key: KeySource = field(default="PGCRYPTO_DEFAULT_KEY", metadata=SOURCE)
    charset: str = "utf-8"

    def read(self, stored: object) -> OldValue:
        armored = _as_text(self.octets(stored))
        if LEFT_IN_CLEAR.fullmatch(armored):
            return armored
        ciphertext = dearmored(armored)
        if not ciphertext or len(ciphertext) % BLOCK_BYTES:
            self.not_this_format("the stored value is no whole armored message")
        text = self._decoded(unpadded(self._decrypt(ciphertext)))
        if text is None:
            self.does_not_authenticate()
        return text

    def _decrypt(self, ciphertext: bytes) -> bytes:
        decryptor = Cipher(algorithms.AES(self._key()), modes.CBC(bytes(BLOCK_BYTES))).decryptor()
        return decryptor.update(ciphertext) + decryptor.finalize()

    def _decoded(self, opened: bytes | None) -> str | None:
        try:
            return None if opened is None else opened.decode(self.charset)
        except UnicodeDecodeError:
            return None

    def _key(self) -> bytes:
        without = self.key == "PGCRYPTO_DEFAULT_KEY" and keys.setting("PGCRYPTO_DEFAULT_KEY", None) is None
        return _fitted(keys.one_secret("SECRET_KEY" if without else self.key))


def _fitted(secret: bytes) -> bytes:
    """Return the secret as pgcrypto takes it: zeros up to the next size of an AES key, at most 32 bytes."""
    size = next((size for size in AES_KEY_BYTES if len(secret) <= size), AES_KEY_BYTES[-1])
    return secret[:size].ljust(size, b"\0")


def _as_text(octets: bytes) -> str:
    return octets.decode("ascii", "replace")
