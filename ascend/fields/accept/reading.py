"""Which of several readers opens a value, and what becomes of one that none opens."""

from collections.abc import Iterator, Sequence

from ascend.fields.accept.errors import NotThisFormat, OldFormatError
from ascend.fields.accept.reader import OldValue, Reader


def read_old(readers: Sequence[Reader], stored: object) -> OldValue:
    """Return the plaintext of one stored value, by the first reader that opens it.

    Readers that authenticate are asked first, in their order. Once one of them has said "mine, and it does not open",
    no unauthenticated one is asked: a wrong key would otherwise turn ciphertext into "plaintext".

    Raises:
        NotThisFormat: no reader knows the shape.
        DoesNotAuthenticate, UnreadableContent: as the first reader that did know it said.
    """
    refusal: Exception | None = None
    for reader in _in_order(readers):
        if refusal is not None and not reader.authenticated:
            break
        try:
            return reader.read(stored)
        except NotThisFormat:
            continue
        except OldFormatError as error:
            refusal = refusal or error
    raise refusal or NotThisFormat("accept", "no reader knows what the column holds")


def _in_order(readers: Sequence[Reader]) -> Iterator[Reader]:
    yield from (reader for reader in readers if reader.authenticated)
    yield from (reader for reader in readers if not reader.authenticated)
