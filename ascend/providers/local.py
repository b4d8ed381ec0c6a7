"""The `local` provider: one key file per organization, for a first look and for tests.

Who can read the folder can read everything, so `check --deploy` refuses it. It behaves as a
customer's key store does: rename the file and the organization's values cannot be read; put it
back and they can.
"""

import base64
import binascii
import errno
import os
import re
import stat
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from ascend.envelope.context import EncryptionContext
from ascend.envelope.errors import DecryptionFailed
from ascend.envelope.keys import SecretKey
from ascend.envelope.keywrap import unwrap_key, wrap_key
from ascend.envelope.suites import AES_256_KEY_BYTES
from ascend.providers.contract import (
    Denied,
    Description,
    Generated,
    Integrity,
    Operator,
    Transient,
    Wrapped,
    require_context,
)

KEY_FILE_MODE = 0o600
OTHERS = stat.S_IRWXG | stat.S_IRWXO
# What the machine is short of or cannot reach now; the owner has refused nothing.
OUR_TROUBLE = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN, errno.EINTR}
)
NAME = re.compile(r"[0-9a-z][0-9a-z-]{0,99}")


class LocalProvider:
    """KC-6. Wraps with AES-256-GCM under a key read from `folder`; the file is read for every call."""

    scheme = "local"
    binds_context = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, uri: str) -> Path:
        """Return where the key of `uri` ("local:<name>") is kept."""
        scheme, _, name = uri.partition(":")
        if scheme != self.scheme or not NAME.fullmatch(name):
            raise Operator(f'"{uri}" is not a local key.', 'Write "local:" and a name of a-z, 0-9 and hyphens.')
        return self._folder / f"{name}.key"

    def provision(self, uri: str) -> None:
        """Create the key file, in one step and only if there is none."""
        path = self.path(uri)
        try:
            _create_unless_there(path)
        except OSError as error:
            raise Operator(
                f"The key file {path.name} cannot be created.",
                f"Let this process write to {path.parent}: {error.strerror}.",
            ) from error

    def wrap(self, uri: str, key: SecretKey, context: Mapping[str, str]) -> Wrapped:
        """Wrap `key` under the file's key."""
        require_context(context)
        master = self._read(uri)
        ciphertext = wrap_key(kek=master, key=key, context=EncryptionContext(context))
        return Wrapped(ciphertext, _material_id(master), uuid4().hex)

    def unwrap(self, uri: str, ciphertext: bytes, context: Mapping[str, str]) -> SecretKey:
        """Return the key that `ciphertext` holds."""
        require_context(context)
        master = self._read(uri)
        try:
            return unwrap_key(kek=master, wrapped=ciphertext, context=EncryptionContext(context))
        except DecryptionFailed as error:
            raise Integrity(
                "The key file works, but this wrapped key does not open under it.",
                "Put back the key file that wrapped it, or restore the row from a backup.",
            ) from error

    def generate(self, uri: str, context: Mapping[str, str]) -> Generated:
        """Make a key and wrap it."""
        key = SecretKey.generate()
        return Generated(key, self.wrap(uri, key, context))

    def describe(self, uri: str) -> Description:
        """Return the file's name and the id of its material."""
        master = self._read(uri)
        return Description(uri, _material_id(master), enabled=True, detail=str(self.path(uri)))

    def _read(self, uri: str) -> SecretKey:
        path = self.path(uri)
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                encoded = file.read(1024)
        except FileNotFoundError as error:
            raise Denied(f"The key file {path.name} is missing.", f"Put it back at {path}.", gone=True) from error
        except OSError as error:
            raise _unreadable(path, error) from error
        if mode & OTHERS:
            raise Denied(f"The key file {path.name} is open to others.", f"chmod 600 {path}")
        return _decode(path, encoded)


def _unreadable(path: Path, error: OSError) -> Denied | Transient:
    if error.errno in OUR_TROUBLE:
        return Transient(f"The key file {path.name} cannot be read now: {error.strerror}.", "Look after this machine.")
    return Denied(f"The key file {path.name} cannot be read.", f"Make {path} readable for its owner.")


def _decode(path: Path, encoded: bytes) -> SecretKey:
    try:
        return SecretKey(base64.b64decode(encoded.strip(), validate=True))
    except (binascii.Error, ValueError) as error:
        raise Denied(f"The key file {path.name} does not hold a key.", "Restore it from its backup.") from error


def _material_id(master: SecretKey) -> str:
    return f"local-{master.check_value().hex()[:16]}"


def _create_unless_there(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, KEY_FILE_MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64encode(os.urandom(AES_256_KEY_BYTES)) + b"\n")
            file.flush()
            os.fsync(file.fileno())
        # A hard link fails where a rename would overwrite: two processes end with one key.
        with suppress(FileExistsError):
            path.hardlink_to(draft)
    finally:
        draft.unlink()
