"""django-cryptography 1.x and django-cryptography-django5 2.x: a pickle in AES-256-CBC with HMAC-SHA-256 behind it.

0x80 ‖ time stamp 8 ‖ initialization vector 16 ‖ ciphertext ‖ HMAC 32, in a binary column. The cipher's key is
PBKDF2 (30,000 rounds) of CRYPTOGRAPHY_KEY or SECRET_KEY; the HMAC's key is SECRET_KEY as it stands.
"""

import hmac
from dataclasses import dataclass, field
from functools import lru_cache
from typing import ClassVar, Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA3_256, SHA256, SHA512_256, BLAKE2s, HashAlgorithm
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7

from ascend.fields.accept import keys, pickled
from ascend.fields.accept.keys import KeySource
from ascend.fields.accept.reader import SOURCE, OldValue, Reader

VERSION: Final = 0x80
HEADER_BYTES: Final = 9
BLOCK_BYTES: Final = 16
MAC_BYTES: Final = 32
ROUNDS: Final = 30_000
DEFAULT_SALT: Final = "django-cryptography"
# CRYPTOGRAPHY_DIGEST may name another one, as long as its digest is as long as an AES key.
DIGESTS: Final[dict[str, HashAlgorithm]] = {
    each.name: each for each in (SHA256(), SHA512_256(), SHA3_256(), BLAKE2s(32))
}
AES_KEY_BYTES: Final = (16, 24, 32)
KEPT_KEYS: Final = 64


@dataclass(frozen=True, repr=False, kw_only=True)
class DjangoCryptography(Reader):
    """Reads `encrypt(…)` fields. Dates, numbers and so on come back as what they were, for the value is a pickle.

    The pickle is read by rules of ours and never unpickled. A field's `ttl` is not looked at.

    Args:
        key: where the key is; where CRYPTOGRAPHY_KEY does not exist it is SECRET_KEY, as in the package.
        signing_key: where the HMAC's key is.
        field_key: where the AES key of `encrypt(…, key=…)` is, used as it stands.
        enums: dotted names of enumerations ("people.models.Status") that were pickled as members; read as their values.
    """

    authenticated: ClassVar[bool] = True

    key: KeySource = field(default="CRYPTOGRAPHY_KEY", metadata=SOURCE)
    signing_key: KeySource = field(default="SECRET_KEY", metadata=SOURCE)
    field_key: KeySource | None = field(default=None, metadata=SOURCE)
    enums: tuple[str, ...] = ()

    def read(self, stored: object) -> OldValue:
        message = self.octets(stored)
        inside = len(message) - HEADER_BYTES - BLOCK_BYTES - MAC_BYTES
        if inside < BLOCK_BYTES or inside % BLOCK_BYTES or message[0] != VERSION:
            self.not_this_format("the stored value has not the length or the first byte of its messages")
        self._authenticate(message)
        return self._value(self._decrypt(message[HEADER_BYTES:-MAC_BYTES]))

    def _authenticate(self, message: bytes) -> None:
        mac = hmac.digest(keys.one_secret(self.signing_key), message[:-MAC_BYTES], "sha256")
        if not hmac.compare_digest(mac, message[-MAC_BYTES:]):
            self.does_not_authenticate()

    def _decrypt(self, message: bytes) -> bytes:
        decryptor = Cipher(algorithms.AES(self._key()), modes.CBC(message[:BLOCK_BYTES])).decryptor()
        opened = unpadded(decryptor.update(message[BLOCK_BYTES:]) + decryptor.finalize())
        if opened is None:
            # The HMAC was right, so the message is whole: only the key of the cipher can be another one.
            self.does_not_authenticate()
        return opened

    def _value(self, opened: bytes) -> OldValue:
        try:
            value: OldValue | None = pickled.plain_value(opened, self.enums)
        except pickled.Refused:
            value = None
        if value is None:
            self.unreadable("it opened, and its pickle is no plain value; see enums= for members of enumerations")
        return value

    def _key(self) -> bytes:
        if self.field_key is not None:
            key = keys.one_secret(self.field_key)
            return (
                key if len(key) in AES_KEY_BYTES else keys.unusable(self.field_key, "an AES key is 16, 24 or 32 bytes")
            )
        without = self.key == "CRYPTOGRAPHY_KEY" and not keys.setting("CRYPTOGRAPHY_KEY", None)
        secret = keys.one_secret("SECRET_KEY" if without else self.key)
        salt = keys.as_bytes("CRYPTOGRAPHY_SALT", keys.setting("CRYPTOGRAPHY_SALT", DEFAULT_SALT))
        return _derive(secret, salt, _digest())


def unpadded(padded: bytes) -> bytes | None:
    """Return the bytes without their PKCS #7 padding, or None where the padding is not one."""
    unpadder = PKCS7(BLOCK_BYTES * 8).unpadder()
    try:
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        return None


def _digest() -> str:
    name = getattr(keys.setting("CRYPTOGRAPHY_DIGEST", None), "name", "sha256")
    if name not in DIGESTS:
        keys.unusable("CRYPTOGRAPHY_DIGEST", "no AES key has the length of its digest")
    return str(name)


@lru_cache(maxsize=KEPT_KEYS)
def _derive(secret: bytes, salt: bytes, digest: str) -> bytes:
    algorithm = DIGESTS[digest]
    return PBKDF2HMAC(algorithm=algorithm, length=algorithm.digest_size, salt=salt, iterations=ROUNDS).derive(secret)
