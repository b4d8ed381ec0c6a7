"""Fernet tokens, as four families of packages store them. Source: https://github.com/fernet/spec."""

import base64
import binascii
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ascend.fields.accept.keys import KeySource, unusable
from ascend.fields.accept.reader import OldValue, Reader

VERSION: Final = 0x80
BLOCK_BYTES: Final = 16
# Version 1, time stamp 8, initialization vector 16, HMAC-SHA-256 32.
FRAME_BYTES: Final = 57
KEPT_CIPHERS: Final = 64


@dataclass(frozen=True, repr=False, kw_only=True)
class FernetReader(Reader):
    """A package whose column holds a Fernet token. The time stamp is not looked at: none of them sets a lifetime."""

    authenticated: ClassVar[bool] = True

    @abstractmethod
    def fernet_keys(self) -> Sequence[bytes]:
        """Return the keys to try, each 32 bytes in URL-safe base64."""

    @abstractmethod
    def key_source(self) -> KeySource:
        """Return what to name when a key is no Fernet key."""

    def read(self, stored: object) -> OldValue:
        return self.text(self.open_token(self.octets(stored)))

    def open_token(self, token: bytes) -> bytes:
        """Return the bytes in a token.

        Raises:
            NotThisFormat: it is none.
            DoesNotAuthenticate: no key opens it.
        """
        if not is_token(token):
            self.not_this_format("the stored value is no Fernet token")
        try:
            return self._cipher().decrypt(token)
        except InvalidToken:
            return self.does_not_authenticate()

    def _cipher(self) -> MultiFernet:
        cipher = _cipher(tuple(self.fernet_keys()))
        if cipher is None:
            unusable(self.key_source(), "a Fernet key is 32 bytes in URL-safe base64")
        return cipher


def is_token(stored: bytes) -> bool:
    """Return whether the bytes are a token in the only spelling that a Fernet library writes.

    The library itself also opens others (it ignores stray characters and unused bits), and then a changed
    byte would go unnoticed.
    """
    try:
        message = base64.b64decode(stored, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    inside = len(message) - FRAME_BYTES
    framed = inside >= BLOCK_BYTES and inside % BLOCK_BYTES == 0 and message[0] == VERSION
    return framed and base64.urlsafe_b64encode(message) == stored


@lru_cache(maxsize=KEPT_CIPHERS)
def _cipher(keys: tuple[bytes, ...]) -> MultiFernet | None:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except (ValueError, binascii.Error):
        return None
