"""From what the database returns to a value: the hot path of every read.

What costs is not the cipher but the number of Python-level steps for each value. So a converter
is made once for a query, with everything that does not change from row to row bound in it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ascend.envelope import HEADER_BYTES, DecryptionFailed
from ascend.fields import keys
from ascend.fields.held_values import Sealed

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

Converter = Callable[[Any, Any, Any], Any]

_HEADER = slice(HEADER_BYTES)


def opened(field: "EncryptedField") -> Converter:
    """Return the converter of a field-bound column: its values are opened as they are read."""
    opener = keys.field_keys(field.scheme.context).opener
    decode = field.decode

    def convert(value: Any, _expression: Any, _connection: Any) -> Any:
        if value is None:
            return None
        if type(value) is not bytes:
            value = bytes(value)
        plaintext = opener(value[_HEADER]).open(value)
        try:
            return decode(plaintext)
        except ValueError:
            pass  # raised outside, so that the error's context does not hold the plaintext
        raise DecryptionFailed

    return convert


def sealed_as_read(field: "EncryptedField") -> Converter:
    """Return the converter of a row-bound column: its values wait for their instance."""

    def convert(value: Any, _expression: Any, _connection: Any) -> Sealed | None:
        return None if value is None else Sealed(value if type(value) is bytes else bytes(value), field)

    return convert
