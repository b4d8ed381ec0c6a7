"""Imports into transit: under the engine's own wrapping key, into a key that can be neither exported nor rotated there.

Spec: docs/spec/providers.md §7. The engine has no check value. It shows one block of AES in everything it encrypts:
GCM's first keystream block is AES of the IV and the counter 2 (SP 800-38D, 7.1).
"""

import base64
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ascend.envelope.suites import GCM_NONCE_BYTES
from ascend.providers import importing, stores
from ascend.providers.addresses import AddressRule
from ascend.providers.contract import ProviderError, Transient
from ascend.providers.importing import (
    BLOCK_BYTES,
    CEREMONY,
    CHECK_BYTES,
    RSA_BITS,
    Check,
    CheckValue,
    Imported,
    ImportRefused,
    Parameters,
    Wrapping,
)
from ascend.providers.outbound import Answer
from ascend.providers.transit import errors
from ascend.providers.transit.engine import KEY, Engine, material_id
from ascend.providers.transit.store import KIND, TransitStore

FIRST_COUNTER: Final = (2).to_bytes(4, "big")
UNOPENED: Final = ("decryption error", "kwp:", "too short", "multiple of 8")


class TransitImporter:
    """PV-70 to PV-77 for transit."""

    check = Check.BLOCK
    wrappings = (Wrapping.RSA_AES,)

    def __init__(self, folder: Path, rule: AddressRule) -> None:
        self._folder, self._rule = folder, rule

    def parameters(self, uri: str, wrapping: Wrapping, *, now: datetime) -> Parameters:
        """Return the engine's wrapping key, which all ceremonies share: whoever takes a file must notice replays."""
        if wrapping not in self.wrappings:
            raise ImportRefused("wrapping", f"Transit takes no keys wrapped by {wrapping}.", f"Use {Wrapping.RSA_AES}.")
        engine, key = self._engine(uri)
        self._require_new(engine, key)
        return Parameters(wrapping, _public_key(engine.wrapping_key(key)), b"", now + CEREMONY)

    def take(
        self, uri: str, parameters: Parameters, wrapped: bytes, *, told: bytes, expires_at: datetime | None
    ) -> Imported:
        """Import, and let the engine encrypt once to learn what its key does to a block."""
        if told:
            raise importing.wrong_check_value()
        engine, key = self._engine(uri)
        self._require_new(engine, key)
        body = {
            "ciphertext": base64.b64encode(wrapped).decode(), "hash_function": "SHA256", "type": "aes256-gcm96",
            "exportable": False, "allow_plaintext_backup": False, "allow_rotation": False,
        }  # fmt: skip
        answer = engine.call("POST", key, "keys", key, "import", body=body)
        if answer.status not in errors.GOOD:
            raise _meaning(answer, key)
        about = engine.require_key(key)
        return Imported(material_id(about.get("latest_version")), self._check(engine, key))

    def discard(self, uri: str, parameters: Parameters) -> None:
        """Do nothing: the wrapping key is the engine's own."""

    def _check(self, engine: Engine, key: str) -> CheckValue:
        octets = engine.sample(key, bytes(BLOCK_BYTES))
        iv, keystream = octets[:GCM_NONCE_BYTES], octets[GCM_NONCE_BYTES:]
        return CheckValue(Check.BLOCK, keystream[:CHECK_BYTES], iv + FIRST_COUNTER)

    def _require_new(self, engine: Engine, key: str) -> None:
        answer = engine.call("GET", key, "keys", key)
        if answer.status == errors.OK:
            raise importing.exists(key)
        if answer.status != errors.NOT_FOUND:
            raise errors.translate(answer, key)

    def _engine(self, uri: str) -> tuple[Engine, str]:
        store, key = stores.split(uri, KIND, KEY)
        return Engine(TransitStore.read(self._folder, store, self._rule)), key


def _meaning(answer: Answer, key: str) -> ProviderError:
    said = errors.said(answer)
    if "existing key" in said:
        return importing.exists(key)
    if "invalid key size" in said:
        return importing.wrong_key_size()
    return importing.does_not_open() if any(words in said for words in UNOPENED) else errors.translate(answer, key)


def _public_key(pem: object) -> bytes:
    try:
        key = serialization.load_pem_public_key(str(pem).encode())
    except ValueError:
        key = None
    if not isinstance(key, rsa.RSAPublicKey) or key.key_size != RSA_BITS:
        raise Transient("The key store's wrapping key is not RSA-4096.", "Look at what stands between it and us.")
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
