"""The bytes of an envelope: the one module that knows their layout (spec: envelope §1)."""

from dataclasses import dataclass
from typing import Final, Self

from ascend.envelope.errors import NotAnEnvelope
from ascend.envelope.suites import GCM_TAG_BYTES, NONCE_BYTES, Suite

KEY_ID_BYTES: Final = 8
HEADER_BYTES: Final = 1 + KEY_ID_BYTES


def header(suite: Suite, key_id: bytes) -> bytes:
    """Return the 9 bytes that every envelope of this key begins with.

    Raises:
        ValueError: there is no such suite, or the id is not 8 bytes.
    """
    if len(key_id) != KEY_ID_BYTES:
        raise ValueError(f"a short id is {KEY_ID_BYTES} bytes")
    return Suite(suite).to_bytes(1, "big") + key_id


@dataclass(frozen=True, slots=True)
class Envelope:
    """One sealed value taken apart.

    `ciphertext` ends with its tag of 16 bytes; in suite 02 it begins with its synthetic IV of 16 bytes.
    """

    suite: Suite
    key_id: bytes
    nonce: bytes
    ciphertext: bytes

    def __post_init__(self) -> None:
        header(self.suite, self.key_id)
        if len(self.nonce) != NONCE_BYTES[self.suite]:
            raise ValueError(f"suite {self.suite:02d} has a nonce of {NONCE_BYTES[self.suite]} bytes")
        if len(self.ciphertext) < GCM_TAG_BYTES:
            raise ValueError("a ciphertext is never shorter than its tag")

    @classmethod
    def parse(cls, stored: bytes | bytearray | memoryview) -> Self:
        """Take `stored` apart. Refuses what `to_bytes` would not write (ENV-3).

        Raises:
            NotAnEnvelope: these bytes are none, whatever the reason.
        """
        if not isinstance(stored, bytes | bytearray | memoryview):
            raise NotAnEnvelope(f"an envelope is bytes, not {type(stored).__name__}")
        octets = bytes(stored)
        try:
            suite = Suite(octets[0])
            body = HEADER_BYTES + NONCE_BYTES[suite]
            return cls(suite, octets[1:HEADER_BYTES], octets[HEADER_BYTES:body], octets[body:])
        except (IndexError, ValueError) as error:
            raise NotAnEnvelope("these bytes are not an envelope") from error

    def to_bytes(self) -> bytes:
        """Return the envelope as a column stores it."""
        return header(self.suite, self.key_id) + self.nonce + self.ciphertext
