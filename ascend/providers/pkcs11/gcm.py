"""A key under an HSM's AES key: CKM_AES_GCM with the context as associated data. Spec: docs/spec/providers.md §2.

wrapped = 01 ‖ length of the IV (1 byte) ‖ IV ‖ ciphertext ‖ tag. The IV is read back from the buffer that the module
was given: some modules take ours, some draw their own and write it there (FIPS 140-3, IG C.H).
"""

import ctypes
import os
from dataclasses import dataclass
from typing import Any, Final

from pkcs11 import Mechanism

from ascend.envelope.keys import SecretKey
from ascend.envelope.suites import AES_256_KEY_BYTES, GCM_NONCE_BYTES, GCM_TAG_BYTES
from ascend.providers.contract import Integrity, Operator

VERSION: Final = 1
HEAD_BYTES: Final = 2
IV_BYTES_MAX: Final = 16
BODY_BYTES: Final = AES_256_KEY_BYTES + GCM_TAG_BYTES


class _Parameters(ctypes.Structure):
    """CK_GCM_PARAMS of PKCS#11 2.40 and later."""

    _fields_ = [
        ("pIv", ctypes.c_void_p),
        ("ulIvLen", ctypes.c_ulong),
        ("ulIvBits", ctypes.c_ulong),
        ("pAAD", ctypes.c_void_p),
        ("ulAADLen", ctypes.c_ulong),
        ("ulTagBits", ctypes.c_ulong),
    ]


@dataclass(frozen=True, slots=True)
class _Call:
    """One call's parameters and the buffers that they point to."""

    iv: Any
    aad: Any

    @classmethod
    def of(cls, iv: bytes, aad: bytes) -> "_Call":
        return cls(ctypes.create_string_buffer(iv, len(iv)), ctypes.create_string_buffer(aad, len(aad)))

    def parameters(self) -> bytes:
        """Return the structure's bytes. python-pkcs11's own class would hand out a `bytes` to be written to."""
        return bytes(
            _Parameters(
                ctypes.addressof(self.iv), len(self.iv), len(self.iv) * 8,
                ctypes.addressof(self.aad), len(self.aad), GCM_TAG_BYTES * 8,
            )
        )  # fmt: skip


def wrap(master: Any, key: SecretKey, aad: bytes, *, hsm_draws_iv: bool) -> bytes:
    """Return `key` wrapped under the HSM's `master` and bound to `aad` (PV-13).

    Raises:
        Operator: the HSM was to draw the IV and drew none.
        PKCS11Error: the HSM refused.
    """
    call = _Call.of(bytes(GCM_NONCE_BYTES) if hsm_draws_iv else os.urandom(GCM_NONCE_BYTES), aad)
    sealed = bytes(master.encrypt(key.material, mechanism=Mechanism.AES_GCM, mechanism_param=call.parameters()))
    iv = bytes(call.iv.raw)
    if not any(iv):
        raise Operator("The HSM was to draw the IV and returned none.", "Set ASCEND_PKCS11_IV to host for this module.")
    if len(sealed) != BODY_BYTES:
        raise Operator("The HSM's AES-GCM returned more than ciphertext and tag.", "Ask us to support this module.")
    return bytes([VERSION, len(iv)]) + iv + sealed


def unwrap(master: Any, wrapped: bytes, aad: bytes) -> SecretKey:
    """Return the key that `wrap` wrapped under the same `master` and `aad`.

    Raises:
        Integrity: the bytes are not of this form.
        PKCS11Error: the HSM refused; among others because the tag is wrong.
    """
    iv, sealed = split(wrapped)
    parameters = _Call.of(iv, aad)
    material = master.decrypt(sealed, mechanism=Mechanism.AES_GCM, mechanism_param=parameters.parameters())
    return SecretKey(material)


def split(wrapped: bytes) -> tuple[bytes, bytes]:
    """Return the IV, and ciphertext with tag.

    Raises:
        Integrity: the bytes are not of this form.
    """
    octets = bytes(wrapped)
    length = octets[1] if len(octets) > HEAD_BYTES else 0
    fits = GCM_NONCE_BYTES <= length <= IV_BYTES_MAX and len(octets) == HEAD_BYTES + length + BODY_BYTES
    if not fits or octets[0] != VERSION:
        raise Integrity("This wrapped key is damaged: its form is not ours.", "Restore the row from a backup.")
    return octets[HEAD_BYTES : HEAD_BYTES + length], octets[HEAD_BYTES + length :]
