"""The suites an envelope can name, and the sizes that follow from them (spec: envelope §2)."""

from enum import IntEnum
from types import MappingProxyType
from typing import Final

AES_256_KEY_BYTES: Final = 32
SIV_KEY_BYTES: Final = 2 * AES_256_KEY_BYTES
GCM_NONCE_BYTES: Final = 12
GCM_TAG_BYTES: Final = 16
XAES_NONCE_BYTES: Final = 24


class Suite(IntEnum):
    """The first byte of an envelope."""

    AES_256_GCM = 1
    AES_256_SIV = 2
    XAES_256_GCM = 3


# Suite 02 draws no nonce: its ciphertext begins with the synthetic IV, which takes the place of the tag.
NONCE_BYTES: Final = MappingProxyType(
    {Suite.AES_256_GCM: GCM_NONCE_BYTES, Suite.AES_256_SIV: 0, Suite.XAES_256_GCM: XAES_NONCE_BYTES}
)


def require_randomized(number: int) -> Suite:
    """Return the suite of `number`, one that draws a nonce for each message.

    Raises:
        ValueError: there is no such suite, or it is deterministic (ENV-19).
    """
    suite = Suite(number)
    if suite is Suite.AES_256_SIV:
        raise ValueError(f"suite {suite:02d} is deterministic")
    return suite
