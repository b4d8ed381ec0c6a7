"""The PIN of a token: read from a file of its own at login, and never given to the HSM again once it was refused.

Three to ten wrong PINs lock a token for everybody, and a portal is many processes that start again and again. So what
was refused is remembered in a folder that they share: as an HMAC, since a PIN is short.
Spec: docs/spec/providers.md §2.
"""

import hashlib
import hmac
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from pkcs11 import TokenFlag

from ascend.envelope.context import length_prefixed
from ascend.providers.contract import Operator

DOMAIN: Final = b"ascend/pkcs11-pin/v1"
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
PIN_BYTES_MAX: Final = 256


def file_name(token: Any) -> str:
    """Return the name of a token's PIN file: its label, percent-encoded where a file name needs it."""
    return f"{quote(token.label, safe=' ')}.pin"


def read(folder: Path, token: Any) -> str:
    """Return the token's PIN (PV-15).

    Raises:
        Operator: there is none, or others could read it.
    """
    path = folder / file_name(token)
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            pin = file.read(PIN_BYTES_MAX).strip().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise Operator(f"The PIN file {path.name} cannot be read.", f"Put the PIN into {path}, mode 0600.") from error
    if mode & OTHERS:
        raise Operator(f"The PIN file {path.name} is open to others.", f"chmod 600 {path}")
    if not pin:
        raise Operator(f"The PIN file {path.name} is empty.", f"Put the PIN into {path}.")
    return pin


@dataclass(frozen=True, slots=True)
class RefusedPin:
    """Remembers the last PIN that a token refused, for all processes of this machine."""

    folder: Path
    seal_key: bytes
    token: Any

    def require_untried(self, pin: str) -> None:
        """Return if `pin` may be given to the token (PV-16).

        Raises:
            Operator: it was refused before, or one more wrong PIN would lock the token.
        """
        flags = self.token.flags
        if flags & TokenFlag.USER_PIN_LOCKED:
            raise Operator(f'The token "{self.token.label}" is locked.', "Unlock it with the security officer's PIN.")
        if flags & TokenFlag.USER_PIN_FINAL_TRY:
            raise Operator(
                f'One more wrong PIN locks the token "{self.token.label}", so it is not tried here.',
                "Log in once by hand with the right PIN, which clears the count.",
            )
        if self._path.exists() and hmac.compare_digest(self._path.read_bytes(), self._mark(pin)):
            raise Operator(
                f'The HSM refused this PIN of "{self.token.label}" before. It is not tried again.',
                "Put the right PIN into its file; unlock the token first if it is locked.",
            )

    def note(self, pin: str) -> None:
        """Remember that the token refused `pin`."""
        self._path.touch(mode=0o600)
        self._path.write_bytes(self._mark(pin))

    def forget(self) -> None:
        """Remember nothing: the token has accepted a PIN."""
        self._path.unlink(missing_ok=True)

    @property
    def _path(self) -> Path:
        named = length_prefixed(self.token.serial, self.token.label.encode())
        return self.folder / f"{hashlib.sha256(named).hexdigest()[:32]}.refused"

    def _mark(self, pin: str) -> bytes:
        return hmac.digest(self.seal_key, length_prefixed(DOMAIN, self.token.serial, pin.encode()), "sha256")
