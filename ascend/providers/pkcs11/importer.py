"""Imports into an HSM: an RSA-4096 key pair for one ceremony, and an unwrap that ends in a key nobody can take out.

Spec: docs/spec/providers.md §7. CKM_RSA_AES_KEY_WRAP is not in python-pkcs11, so its two steps are two unwraps, both
inside the HSM. The first unwrap is for the session only: what has the wrong size or check value is never stored. The
check value is AES-CMAC: the older form, AES of the zero block, is the key of GCM's own authentication.
"""

import hmac
import os
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from pkcs11 import MGF, Attribute, KeyType, Mechanism, ObjectClass
from pkcs11 import exceptions as answers

from ascend.providers import importing
from ascend.providers.importing import (
    BLOCK_BYTES,
    CEREMONY,
    CHECK_BYTES,
    RSA_BITS,
    RSA_BYTES,
    Check,
    CheckValue,
    Imported,
    Parameters,
    Wrapping,
)
from ascend.providers.pkcs11 import address, keys
from ascend.providers.pkcs11.address import KeyAddress

if TYPE_CHECKING:
    from ascend.providers.pkcs11.provider import Pkcs11Provider

TOKEN_BYTES: Final = 16
LABEL: Final = "ascend-import"
GENERATION_SECONDS: Final = 60.0
HASHES: Final = {"sha256": (Mechanism.SHA256, MGF.SHA256), "sha1": (Mechanism.SHA_1, MGF.SHA1)}
PRIVATE: Final = {
    Attribute.TOKEN: True, Attribute.PRIVATE: True, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False,
    Attribute.UNWRAP: True, Attribute.DECRYPT: False, Attribute.SIGN: False,
}  # fmt: skip
PUBLIC: Final = {Attribute.TOKEN: True, Attribute.WRAP: True, Attribute.ENCRYPT: False, Attribute.VERIFY: False}
ONCE: Final = {
    Attribute.TOKEN: False, Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False,
    Attribute.UNWRAP: True, Attribute.ENCRYPT: False, Attribute.DECRYPT: False,
}  # fmt: skip
LOOK: Final = {Attribute.TOKEN: False, Attribute.SIGN: True, Attribute.ENCRYPT: False, Attribute.DECRYPT: False}


class Pkcs11Importer:
    """PV-70 to PV-77 for an HSM."""

    check = Check.CMAC

    def __init__(self, provider: "Pkcs11Provider", *, permits_sha1: bool) -> None:
        self._provider = provider
        best = (Wrapping.RSA_AES, Wrapping.OAEP)
        self.wrappings = (Wrapping.RSA_AES_SHA1, Wrapping.OAEP_SHA1) if permits_sha1 else best

    def parameters(self, uri: str, wrapping: Wrapping, *, now: datetime) -> Parameters:
        """Make a key pair in the HSM, for this ceremony alone."""
        self._require(wrapping)
        token = os.urandom(TOKEN_BYTES)

        def work(session: Any, named: KeyAddress) -> bytes:
            if keys.every(session, named):
                raise importing.exists(named.name)
            public, _private = session.generate_keypair(
                KeyType.RSA, RSA_BITS, id=token, label=LABEL, store=True,
                public_template=PUBLIC, private_template=PRIVATE,
            )  # fmt: skip
            return _public_key(public)

        public_key = self._on_session(uri, work, seconds=GENERATION_SECONDS)
        return Parameters(wrapping, public_key, token, now + CEREMONY)

    def take(
        self, uri: str, parameters: Parameters, wrapped: bytes, *, told: bytes, expires_at: datetime | None
    ) -> Imported:
        """Unwrap in the HSM: once to look, once to keep. Then the wrapping key is destroyed."""
        self._require(parameters.wrapping)

        def work(session: Any, named: KeyAddress) -> Imported:
            if keys.every(session, named):
                raise importing.exists(named.name)
            private = _wrapping_key(session, parameters)
            value = _check_value(_unwrapped(session, private, parameters, wrapped, LOOK))
            if not hmac.compare_digest(value, told):
                raise importing.wrong_check_value()
            names = {Attribute.LABEL: named.label} if named.label else {}
            kept = {**names, Attribute.ID: named.id or os.urandom(keys.ID_BYTES), Attribute.TOKEN: True}
            key = _unwrapped(session, private, parameters, wrapped, kept)
            _destroy(session, parameters)
            return Imported(keys.material_id(key), CheckValue(Check.CMAC, value))

        done: Imported = self._on_session(uri, work)
        return done

    def discard(self, uri: str, parameters: Parameters) -> None:
        """Destroy the key pair of a ceremony that was given up."""
        self._on_session(uri, lambda session, _: _destroy(session, parameters))

    def _require(self, wrapping: Wrapping) -> None:
        if wrapping not in self.wrappings:
            raise importing.ImportRefused(
                "wrapping", f"This HSM takes no keys wrapped by {wrapping}.", f"Use {self.wrappings[0]}."
            )

    def _on_session(self, uri: str, work: Any, *, seconds: float | None = None) -> Any:
        return self._provider.on_key_session(address.parse(uri), work, writes=True, seconds=seconds)


def _wrapping_key(session: Any, parameters: Parameters) -> Any:
    wanted = {Attribute.CLASS: ObjectClass.PRIVATE_KEY, Attribute.ID: parameters.token, Attribute.LABEL: LABEL}
    found = list(session.get_objects(wanted))
    if not found:
        raise importing.ImportRefused(
            "replayed", "The wrapping key of this ceremony has been used.", "Begin again: a new wrapping key is made."
        )
    return found[0]


def _unwrapped(
    session: Any, private: Any, parameters: Parameters, wrapped: bytes, names: Mapping[Attribute, Any]
) -> Any:
    template = {**keys.NON_EXTRACTABLE, **names}
    try:
        if not parameters.wrapping.is_two_step:
            key = _unwrap_rsa(private, parameters, wrapped, template)
        else:
            once = _unwrap_rsa(private, parameters, wrapped[:RSA_BYTES], ONCE)
            try:
                key = _unwrap_padded(session, once, wrapped[RSA_BYTES:], template)
            finally:
                once.destroy()
    except UNOPENED as error:
        raise importing.does_not_open() from error
    return _sized(key)


# What modules answer to a file that does not open. SoftHSM says GENERAL_ERROR or ENCRYPTED_DATA_INVALID.
UNOPENED: Final = (
    answers.WrappedKeyInvalid, answers.WrappedKeyLenRange, answers.EncryptedDataInvalid,
    answers.EncryptedDataLenRange, answers.GeneralError, answers.FunctionFailed, answers.DataInvalid,
    answers.DataLenRange, answers.UnwrappingKeySizeRange,
)  # fmt: skip


def _unwrap_rsa(private: Any, parameters: Parameters, wrapped: bytes, template: Mapping[Attribute, Any]) -> Any:
    digest, mask = HASHES[parameters.wrapping.digest]
    return private.unwrap_key(
        ObjectClass.SECRET_KEY, KeyType.AES, wrapped, mechanism=Mechanism.RSA_PKCS_OAEP,
        mechanism_param=(digest, mask, None), template=dict(template),
    )  # fmt: skip


def _unwrap_padded(session: Any, once: Any, wrapped: bytes, template: Mapping[Attribute, Any]) -> Any:
    mechanism = _padded_wrap(session)
    return once.unwrap_key(ObjectClass.SECRET_KEY, KeyType.AES, wrapped, mechanism=mechanism, template=dict(template))


def _sized(key: Any) -> Any:
    if key[Attribute.VALUE_LEN] not in keys.FIT_LENGTHS:
        key.destroy()
        raise importing.wrong_key_size()
    return key


def _padded_wrap(session: Any) -> Mechanism:
    """Return the mechanism of RFC 5649: SoftHSM has it under the number that others give to another padding."""
    known = session.token.slot.get_mechanisms()
    return Mechanism.AES_KEY_WRAP_KWP if Mechanism.AES_KEY_WRAP_KWP in known else Mechanism.AES_KEY_WRAP_PAD


def _check_value(looked_at: Any) -> bytes:
    try:
        return bytes(looked_at.sign(bytes(BLOCK_BYTES), mechanism=Mechanism.AES_CMAC)[:CHECK_BYTES])
    except answers.KeySizeRange as error:
        raise importing.wrong_key_size() from error
    finally:
        looked_at.destroy()


def _destroy(session: Any, parameters: Parameters) -> None:
    for kind in (ObjectClass.PRIVATE_KEY, ObjectClass.PUBLIC_KEY):
        wanted = {Attribute.CLASS: kind, Attribute.ID: parameters.token, Attribute.LABEL: LABEL}
        for found in list(session.get_objects(wanted)):
            found.destroy()


def _public_key(public: Any) -> bytes:
    modulus = int.from_bytes(public[Attribute.MODULUS], "big")
    exponent = int.from_bytes(public[Attribute.PUBLIC_EXPONENT], "big")
    key = rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
