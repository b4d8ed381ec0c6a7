"""The calls to one transit engine, with our token. Spec: docs/spec/providers.md §3."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any, Final

from ascend.envelope.context import EncryptionContext
from ascend.envelope.keys import SecretKey
from ascend.envelope.suites import AES_256_KEY_BYTES
from ascend.providers.contract import Generated, Operator, Transient, Wrapped
from ascend.providers.outbound import Answer
from ascend.providers.transit import errors, wrapped
from ascend.providers.transit.store import TransitStore
from ascend.providers.transit.token import Tokens, part

KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
# Types of transit that authenticate associated data. A shorter AES key would wrap ours too.
GENERATION_SECONDS: Final = 60.0
FIT_TYPES: Final = frozenset({"aes256-gcm96", "chacha20-poly1305"})

_tokens: dict[TransitStore, Tokens] = {}
_bound: set[tuple[TransitStore, str]] = set()


class Engine:
    """One engine as one process sees it. Cheap to make: the token is kept beside it."""

    def __init__(self, store: TransitStore) -> None:
        self._store = store
        self._tokens = _tokens.get(store) or _tokens.setdefault(store, Tokens(store))

    def call(self, method: str, key: str, *parts: str, body: Mapping[str, Any] | None = None) -> Answer:
        """Return the answer to an operation; a token that was refused is replaced, once (PV-22).

        Raises:
            ProviderError: there is no answer, or we are not let in.
        """
        token = self._tokens.current()
        answer = self._send(method, token, parts, body)
        if answer.status == errors.FORBIDDEN and self._tokens.refused(token):
            answer = self._send(method, self._tokens.current(), parts, body)
        return answer

    def wrapping_key(self, key: str) -> Any:
        """Return the public key that imports are wrapped under, as PEM. The first of an engine takes it seconds."""
        client, headers = self._store.client(GENERATION_SECONDS), self._store.headers(self._tokens.current())
        answer = client.get(self._store.path("wrapping_key"), headers=headers)
        errors.require_ok(answer, key)
        return part(answer, "data").get("public_key")

    def require_key(self, key: str) -> Mapping[str, Any]:
        """Return what the engine says of `key`.

        Raises:
            ProviderError: it is not there, or cannot bind a context.
        """
        answer = self.call("GET", key, "keys", key)
        errors.require_ok(answer, key)
        about = part(answer, "data")
        if about.get("type") not in FIT_TYPES or about.get("derived"):
            raise errors.unfit(key)
        return about

    def encrypt(self, key: str, secret: SecretKey, context: Mapping[str, str]) -> Wrapped:
        """Return `secret` wrapped under `key`."""
        answer = self.call(
            "POST", key, "encrypt", key, body={"plaintext": _text(secret.material), **_bound_to(context)}
        )
        errors.require_ok(answer, key)
        return _wrapped(answer)

    def decrypt(self, key: str, ciphertext: str, context: Mapping[str, str]) -> SecretKey:
        """Return what `ciphertext` holds."""
        answer = self.call("POST", key, "decrypt", key, body={"ciphertext": ciphertext, **_bound_to(context)})
        errors.require_ok(answer, key)
        return _key(answer)

    def data_key(self, key: str, context: Mapping[str, str]) -> Generated:
        """Return a key that the engine drew."""
        body = {"bits": AES_256_KEY_BYTES * 8, **_bound_to(context)}
        answer = self.call("POST", key, "datakey", "plaintext", key, body=body)
        errors.require_ok(answer, key)
        return Generated(_key(answer), _wrapped(answer))

    def sample(self, key: str, plaintext: bytes) -> bytes:
        """Return IV, ciphertext and tag of `plaintext` under `key`: what an import is checked by."""
        answer = self.call("POST", key, "encrypt", key, body={"plaintext": _text(plaintext)})
        errors.require_ok(answer, key)
        return wrapped.octets_of(str(part(answer, "data").get("ciphertext")))[1]

    def opens_unbound(self, key: str, octets: bytes) -> bool:
        """Return whether a wrap opens without its context: an engine too old for associated data ignores it."""
        answer = self.call("POST", key, "decrypt", key, body={"ciphertext": wrapped.to_text(octets)})
        if answer.status != errors.BAD_REQUEST:
            errors.require_ok(answer, key)
        return answer.status != errors.BAD_REQUEST

    def require_bound(self, key: str, octets: bytes) -> None:
        """Return if the engine binds what it wraps; asked once a process and key (PV-21).

        Raises:
            Operator: it does not.
        """
        if (self._store, key) in _bound:
            return
        if self.opens_unbound(key, octets):
            raise Operator("This key store binds no context to what it wraps.", "Use OpenBao, or Vault from 1.9 on.")
        _bound.add((self._store, key))

    def _send(self, method: str, token: str, parts: tuple[str, ...], body: Mapping[str, Any] | None) -> Answer:
        client, path, headers = self._tokens.client, self._store.path(*parts), self._store.headers(token)
        return client.get(path, headers=headers) if method == "GET" else client.post(path, json=body, headers=headers)


def material_id(version: Any) -> str:
    """Return the name of a version of a key."""
    if not isinstance(version, int) or version < 1:
        raise Transient("The key store's answer names no version.", "Look at what stands between it and us.")
    return f"transit-v{version}"


def _bound_to(context: Mapping[str, str]) -> dict[str, str]:
    return {"associated_data": _text(EncryptionContext(context).to_aad())}


def _wrapped(answer: Answer) -> Wrapped:
    data, request_id = part(answer, "data"), answer.json().get("request_id")
    octets = wrapped.to_octets(str(data.get("ciphertext")))
    return Wrapped(octets, material_id(data.get("key_version")), str(request_id or ""))


def _key(answer: Answer) -> SecretKey:
    try:
        return SecretKey(base64.b64decode(str(part(answer, "data").get("plaintext")), validate=True))
    except (binascii.Error, ValueError) as error:
        raise Transient(
            "The key store's answer holds no key of 256 bits.", "Look at what stands between it and us."
        ) from error


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
