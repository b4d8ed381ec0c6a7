"""The suites an envelope can name, and the sizes that follow from them (spec: envelope §2)."""

from enum import IntEnum
from types import MappingProxyType
from typing import Final

AES_256_KEY_BYTES: Final = 32
GCM_NONCE_BYTES: Final = 12
GCM_TAG_BYTES: Final = 16
XAES_NONCE_BYTES: Final = 24


class Suite(IntEnum):
    """The first byte of an envelope."""

    AES_256_GCM = 1
    AES_256_SIV = 2
    XAES_256_GCM = 3


# Suite 02 is reserved: its number can be neither written nor read until a specification fixes it.
NONCE_BYTES: Final = MappingProxyType({Suite.AES_256_GCM: GCM_NONCE_BYTES, Suite.XAES_256_GCM: XAES_NONCE_BYTES})


def require_usable(number: int) -> Suite:
    """Return the suite of `number`.

    Raises:
        ValueError: there is no such suite, or it is reserved (ENV-2).
    """
    suite = Suite(number)
    if suite not in NONCE_BYTES:
        raise ValueError(f"suite {suite:02d} is reserved")
    return suite
