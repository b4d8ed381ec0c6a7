"""Everything that the envelope refuses, under one root."""

from typing import ClassVar


class EnvelopeError(Exception):
    """Root of the package: `except EnvelopeError` catches all of it."""


class NotAnEnvelope(EnvelopeError):
    """The bytes are not a well-formed message. Raised by the codec only; no key was used."""


class DecryptionFailed(EnvelopeError):
    """A stored value did not open (ENV-14). One type, one message: no oracle.

    A damaged byte, another row, another organization, a key that never existed: a caller who
    could tell them apart could be asked to, one guess at a time.
    """

    MESSAGE: ClassVar[str] = "decryption failed"

    def __init__(self) -> None:
        super().__init__()

    def __str__(self) -> str:
        return self.MESSAGE


class BlockSpent(EnvelopeError):
    """A block of the usage budget is used up, or belongs to another process: draw a new one."""


class BudgetExhausted(EnvelopeError):
    """The key has sealed as many messages as its suite allows; only a successor may seal more."""
