"""The key objects of a token: found for each call, so that what was taken away is noticed; made if asked to."""

import hashlib
import os
import random
import time
from typing import Any, Final

from pkcs11 import Attribute, KeyType, ObjectClass
from pkcs11 import exceptions as answers

from ascend.envelope.context import length_prefixed
from ascend.envelope.suites import AES_256_KEY_BYTES
from ascend.providers.contract import Denied, Transient
from ascend.providers.pkcs11 import errors
from ascend.providers.pkcs11.address import KeyAddress

ID_BYTES: Final = 16
ATTEMPTS: Final = 5
# SoftHSM does not say how long a key is that it unwrapped; its importer has compared the owner's check value.
FIT_LENGTHS: Final = (AES_256_KEY_BYTES, 0)
NON_EXTRACTABLE: Final = {
    Attribute.TOKEN: True,
    Attribute.PRIVATE: True,
    Attribute.SENSITIVE: True,
    Attribute.EXTRACTABLE: False,
    Attribute.ENCRYPT: True,
    Attribute.DECRYPT: True,
    Attribute.WRAP: False,
    Attribute.UNWRAP: False,
    Attribute.SIGN: False,
    Attribute.VERIFY: False,
    Attribute.DERIVE: False,
}


def find(session: Any, address: KeyAddress) -> Any:
    """Return the key object.

    Raises:
        Denied: its bytes could be taken out of the HSM, or it is of another kind.
        PKCS11Error: there is none, there are several, or the HSM refused.
    """
    found = every(session, address)
    if len(found) != 1:
        raise answers.MultipleObjectsReturned if found else answers.NoSuchKey
    key = found[0]
    if key[Attribute.KEY_TYPE] != KeyType.AES or key[Attribute.VALUE_LEN] not in FIT_LENGTHS:
        raise answers.KeyTypeInconsistent
    if key[Attribute.EXTRACTABLE] or not key[Attribute.SENSITIVE]:
        raise Denied(
            f'The HSM key "{address.name}" can be taken out of the HSM.',
            "Use one with CKA_EXTRACTABLE false and CKA_SENSITIVE true: copies of this one may exist.",
        )
    return key


def require_use(key: Any, use: Attribute) -> None:
    """Return if the key's owner lets it encrypt or decrypt.

    python-pkcs11 gives an object no such method where its owner took the use away: the module would never be asked.

    Raises:
        Denied: they do not.
    """
    if not key[use]:
        raise errors.not_permitted(str(key[Attribute.LABEL]))


def material_id(key: Any) -> str:
    """Return what changes when the key behind an address is another one: of its id, label and check value."""
    parts = (_octets(key, Attribute.ID), _octets(key, Attribute.LABEL), check_value(key))
    return f"pkcs11-{hashlib.sha256(length_prefixed(*parts)).hexdigest()[:16]}"


def check_value(key: Any) -> bytes:
    """Return the HSM's own check value (3 bytes of the encrypted zero block), or nothing where it gives none."""
    return _octets(key, Attribute.CHECK_VALUE)


def make(session: Any, address: KeyAddress) -> None:
    """Generate the key in the HSM unless it is there. Of two processes that do so at once one key is left (PV-17).

    Raises:
        Transient: others were making it all the time.
    """
    for _ in range(ATTEMPTS):
        if every(session, address):
            return
        made = session.generate_key(
            KeyType.AES, AES_256_KEY_BYTES * 8, label=address.label or None, id=address.id or os.urandom(ID_BYTES),
            store=True, template=NON_EXTRACTABLE,
        )  # fmt: skip
        if len(every(session, address)) == 1:
            return
        made.destroy()
        time.sleep(random.uniform(0.01, 0.2))  # noqa: S311 - only so that two do not keep step
    raise Transient("Other processes are making this HSM key.", "Try again.")


def every(session: Any, address: KeyAddress) -> list[Any]:
    """Return all keys of this name."""
    # To its end: the library's `get_key` leaves a search open where it finds two, and the next call fails on it.
    wanted: dict[Attribute, Any] = {Attribute.CLASS: ObjectClass.SECRET_KEY}
    wanted |= {Attribute.LABEL: address.label} if address.label else {}
    wanted |= {Attribute.ID: address.id} if address.id else {}
    return list(session.get_objects(wanted))


def _octets(key: Any, attribute: Attribute) -> bytes:
    try:
        value = key[attribute]
    except (answers.AttributeTypeInvalid, answers.AttributeSensitive):
        return b""
    return value.encode() if isinstance(value, str) else bytes(value)
