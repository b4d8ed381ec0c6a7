"""Key stores that are called over the network: where each is and how to sign in, one file a store.

A provider URI names a store and a key. The address and the secrets are in a file that this process can read and a
database writer cannot write: `STORE.json`, mode 0600. Spec: docs/spec/providers.md §1 (PV-3, PV-5).
"""

import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ascend.providers.contract import Operator

STORE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
FILE_BYTES_MAX: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class StoreFile:
    """What a store's file says. `fields` is silent: it holds secrets."""

    name: str
    path: Path
    fields: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"StoreFile({self.name!r})"

    def text(self, name: str, default: str | None = None) -> str:
        """Return a field that is text.

        Raises:
            Operator: it is missing and has no default, or is something else.
        """
        value = self.fields.get(name, default)
        if not isinstance(value, str) or (not value and default is None):
            raise Operator(f'The store file {self.path.name} lacks "{name}".', f"Write it into {self.path}, as text.")
        return value

    def file(self, name: str) -> Path | None:
        """Return a field that names another file, relative to this one; None where it is absent."""
        value = self.text(name, "")
        return self.path.parent / value if value else None

    def client_certificate(self) -> tuple[Path, Path] | None:
        """Return the chain and the key of mutual TLS, or None.

        Raises:
            Operator: one of the two is missing.
        """
        chain, key = self.file("client_certificate"), self.file("client_key")
        if chain is None and key is None:
            return None
        if chain is None or key is None:
            raise Operator(
                f"The store file {self.path.name} names half of a client certificate.",
                "Write client_certificate and client_key.",
            )
        return chain, key

    def stamp(self) -> tuple[int, ...]:
        """Return when the files that this one names were written: a renewed certificate is another store."""
        named = [self.file(name) for name in ("ca", "client_certificate", "client_key")]
        return tuple(path.stat().st_mtime_ns for path in named if path is not None and path.exists())

    def require_only(self, *known: str) -> None:
        """Return if no other field is there: a misspelled one would be silently without effect.

        Raises:
            Operator: there is one.
        """
        unknown = sorted(self.fields.keys() - {"kind", *known})
        if unknown:
            raise Operator(
                f"The store file {self.path.name} has unknown fields: {', '.join(unknown)}.",
                f"Known are: {', '.join(known)}.",
            )


def read(folder: Path, name: str, kind: str) -> StoreFile:
    """Return what the file of the store `name` says (PV-5).

    Raises:
        Operator: there is none, others can read it, it is no JSON object or of another kind.
    """
    if not STORE.fullmatch(name):
        raise Operator("This is not a store's name.", "Use a-z, 0-9 and hyphens.")
    path = folder / f"{name}.json"
    fields = _parsed(path, _octets(path))
    if fields.get("kind") != kind:
        raise Operator(f"The store file {path.name} is not of the kind {kind}.", f'Write "kind": "{kind}".')
    return StoreFile(name, path, fields)


def split(uri: str, scheme: str, key: "re.Pattern[str]") -> tuple[str, str]:
    """Return store and key of "scheme:STORE/KEY".

    Raises:
        Operator: it is no such URI.
    """
    found, _, rest = uri.partition(":")
    store, _, name = rest.partition("/")
    if found != scheme or not STORE.fullmatch(store) or not key.fullmatch(name):
        raise Operator(f'"{uri}" is not a key of a store.', f'Write "{scheme}:STORE/KEY".')
    return store, name


def _octets(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            octets = file.read(FILE_BYTES_MAX)
    except OSError as error:
        raise Operator(f"The store file {path.name} cannot be read: {error.strerror}.", f"Put it at {path}.") from error
    if mode & OTHERS:
        raise Operator(f"The store file {path.name} is open to others.", f"chmod 600 {path}")
    return octets


def _parsed(path: Path, octets: bytes) -> Mapping[str, Any]:
    try:
        fields = json.loads(octets)
    except ValueError:
        fields = None  # the text holds secrets: it is not quoted
    if not isinstance(fields, dict):
        raise Operator(f"The store file {path.name} is not a JSON object.", "docs/operations shows one.")
    return fields
