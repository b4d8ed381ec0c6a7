"""Which key of which token: RFC 7512's URI, without what a database must not say.

The URI is stored, sealed and shown. So it names objects only: a PIN, the source of one, or the path of the module
(code that would be loaded into this process) are refused wherever they stand. Spec: docs/spec/providers.md §2.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from ascend.providers.contract import Operator

SCHEME: Final = "pkcs11"
TOKEN_PARTS: Final = ("token", "serial", "manufacturer", "model")
KEY_PARTS: Final = ("object", "id")
TYPE: Final = "type"
PART: Final = re.compile(r"([a-z-]+)=((?:[A-Za-z0-9\-._~:\[\]@!$'()*+,=& ]|%[0-9A-Fa-f]{2})+)")
FIX: Final = 'Write "pkcs11:token=NAME;object=NAME" as in RFC 7512; the PIN and the module are settings.'


@dataclass(frozen=True, slots=True)
class TokenAddress:
    """Names one token by what it says of itself; an empty part matches any."""

    token: str = ""
    serial: str = ""
    manufacturer: str = ""
    model: str = ""

    @property
    def name(self) -> str:
        """Return how people call the token."""
        return self.token or self.serial


@dataclass(frozen=True, slots=True)
class KeyAddress:
    """Names one key of a token by its label, its id or both."""

    where: TokenAddress
    label: str
    id: bytes

    @property
    def name(self) -> str:
        """Return how people call the key."""
        return self.label or self.id.hex()

    @property
    def uri(self) -> str:
        """Return the canonical URI."""
        parts = [f"{name}={quote(value, safe='')}" for name in TOKEN_PARTS if (value := getattr(self.where, name))]
        parts += [f"object={quote(self.label, safe='')}"] if self.label else []
        parts += ["id=" + "".join(f"%{byte:02X}" for byte in self.id)] if self.id else []
        return f"{SCHEME}:" + ";".join(parts)


def parse(uri: str) -> KeyAddress:
    """Return what `uri` names (PV-10, PV-11).

    Raises:
        Operator: it is not such a URI, names no token or no key, or carries more than names.
    """
    scheme, _, path = uri.partition(":")
    if scheme != SCHEME or not path:
        raise Operator("This is not the address of an HSM key.", FIX)
    if "?" in path:
        raise Operator("An HSM key's address carries more than names.", FIX)
    parts = dict(_parts(path))
    where = TokenAddress(**{name: _text(parts, name) for name in TOKEN_PARTS})
    address = KeyAddress(where, _text(parts, "object"), parts.get("id", b""))
    if not where.name or not address.name:
        raise Operator("An HSM key's address names a token and a key.", FIX)
    return address


def _parts(path: str) -> Iterator[tuple[str, bytes]]:
    seen = set()
    for part in path.split(";"):
        found = PART.fullmatch(part)
        name = found[1] if found else ""
        if not found or name in seen or name not in (*TOKEN_PARTS, *KEY_PARTS, TYPE):
            raise Operator("A part of an HSM key's address is unknown, doubled or not encoded.", FIX)
        seen.add(name)
        if name == TYPE and found[2] != "secret-key":
            raise Operator("Only a secret key wraps: its type is secret-key.", FIX)
        yield name, unquote_to_bytes(found[2])


def _text(parts: Mapping[str, bytes], name: str) -> str:
    try:
        text = parts.get(name, b"").decode()
    except UnicodeDecodeError as error:
        raise Operator(f'The "{name}" of an HSM key is not UTF-8.', FIX) from error
    if not text.isprintable():
        raise Operator(f'The "{name}" of an HSM key has characters that nobody can read.', FIX)
    return text
