"""From what the database returns to a value: chosen once for a query, called for every value of it.

What costs is not the cipher but the number of Python-level calls for each value. A column with another way of
reading (a window for old values, say) has its own function here, which takes the one below it for what it does
not read itself; no value is ever asked what kind it is of.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ascend.fields import keys, refreshing
from ascend.fields.held_values import Refreshed, Sealed

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

Converter = Callable[[Any, Any, Any], Any]

_new = object.__new__


def opened(field: "EncryptedField") -> Converter:
    """Return the converter of a field-bound column: its values are opened as they are read."""
    return keys.field_keys(field.scheme.key_name).converter(field.decode)


def sealed_as_read(field: "EncryptedField") -> Converter:
    """Return the converter of a row-bound column: its values wait for their instance."""
    kind = Refreshed if refreshing.is_running() else Sealed

    def convert(stored: Any, _expression: Any, _connection: Any) -> Sealed | None:
        if stored is None:
            return None
        held = _new(kind)  # what `Sealed(...)` does, without the call
        held.envelope = stored if type(stored) is bytes else bytes(stored)
        held.field = field
        held.pk = None
        return held

    return convert
