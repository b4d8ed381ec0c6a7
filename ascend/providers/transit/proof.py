"""Proof of control of a transit key: its owner encrypts a nonce of ours with a token of their own."""

import base64
import hmac
from collections.abc import Mapping

from ascend.envelope.context import EncryptionContext
from ascend.envelope.keys import SecretKey
from ascend.providers.contract import Integrity, KeyProvider, ProviderError, Transient, require_context
from ascend.providers.transit import wrapped


def command(key: str, nonce: bytes, context: Mapping[str, str], *, mount: str = "transit") -> str:
    """Return the line that the owner runs. `nonce` is 32 bytes; `context` has the purpose "proof"."""
    require_context(context)
    aad = EncryptionContext(context).to_aad()
    return f"bao write -field=ciphertext {mount}/encrypt/{key} plaintext={_text(nonce)} associated_data={_text(aad)}"


def require_nonce(provider: KeyProvider, uri: str, said: str, nonce: bytes, context: Mapping[str, str]) -> None:
    """Return if `said` is the nonce under the key.

    Raises:
        Integrity: it is something else.
        ProviderError: what the key store answered.
    """
    try:
        octets = wrapped.to_octets(said.strip())
    except Transient as error:
        raise _no_proof() from error
    opened = provider.unwrap(uri, octets, context)
    if not hmac.compare_digest(opened.material, SecretKey(nonce).material):
        raise _no_proof()


def _no_proof() -> ProviderError:
    return Integrity(
        "This does not prove that the key is yours.", "Run the line of this page, and paste what it prints."
    )


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
