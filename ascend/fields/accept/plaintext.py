"""A plain column of Django's, on its way to an encrypted one."""

import json
import re
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import ClassVar, Final
from uuid import UUID

from ascend.fields.accept.reader import OldValue, Reader

FERNET_PREFIX: Final = "gAAAAA"
# A token is longer; a column that was too narrow may have cut it off.
SHORTEST: Final = 24
TOKEN: Final = re.compile(r"gAAAAA[A-Za-z0-9_-]{18}")
PGP: Final = re.compile(r"BEGIN PGP MESSAGE|END PGP MESSAGE")
READABLE: Final = (str, bytes, bool, int, float, Decimal, date, time, timedelta, UUID, list, dict)


@dataclass(frozen=True, repr=False, kw_only=True)
class Plaintext(Reader):
    """Reads what was never encrypted: the one reader that returns what it was given.

    So it refuses text that looks like another package's ciphertext, even with one character changed. Otherwise a
    damaged value, or one under a forgotten key, would be sealed anew as if it were the plaintext.

    Args:
        lookalikes: take such text for plaintext too (a column that holds tokens or mails by design).
        binary: the old field was a plain BinaryField. Without it bytes are refused, since three packages store bytes.
    """

    authenticated: ClassVar[bool] = False

    lookalikes: bool = False
    binary: bool = False

    def read(self, stored: object) -> OldValue:
        value: object = bytes(stored) if isinstance(stored, bytearray | memoryview) else stored
        if not isinstance(value, READABLE):
            self.not_this_format("the column holds NULL, or a type that no plain field returns")
        if isinstance(value, bytes) and not self.binary:
            self.not_this_format("the column holds bytes: a plain BinaryField says so with binary=True")
        if not self.lookalikes and _looks_encrypted(value):
            self.not_this_format("the stored value looks like the ciphertext of another package")
        return value


def _looks_encrypted(value: object) -> bool:
    text = _text_in(value)
    return bool(PGP.search(text) or TOKEN.search(text)) or _is_nearly_a_token(text)


def _text_in(value: object) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, default=str)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""


def _is_nearly_a_token(text: str) -> bool:
    """Return whether one changed character keeps a text from beginning as all Fernet tokens do (version and time)."""
    differing = sum(ours != theirs for ours, theirs in zip(text, FERNET_PREFIX, strict=False))
    return len(text) >= SHORTEST and differing <= 1 and len(text.split()) == 1
