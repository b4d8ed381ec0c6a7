"""What an instance holds for a row-bound field: `Sealed` as it was read, `Opened`, or `Assigned` and not yet saved.

None of them keeps plaintext where `repr`, `pickle`, a comparison or JSON would find it. And `Ready`,
for both bindings: the mark of an envelope that is written.
"""

from copy import deepcopy
from typing import TYPE_CHECKING, Any, Final, Never, Self

from ascend.fields.errors import OperationRefused

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField


def _refused(self: "Sealed", *_arguments: object) -> Never:
    raise OperationRefused(f"{self!r} is not a value")


class Sealed:
    """A row-bound value that has not been opened. It is no `str`, and nothing passes it for one."""

    __slots__ = ("envelope", "field", "pk")

    def __init__(self, envelope: bytes, field: "EncryptedField", pk: Any = None) -> None:
        self.envelope = envelope
        self.field = field
        self.pk = pk

    def __repr__(self) -> str:
        name = self.field.name
        return f'<sealed {self.field.label}: read instance.{name}, or use EncryptedQuerySet.values_opened("{name}")>'

    def __reduce__(self) -> tuple[type["Sealed"], tuple[bytes, "EncryptedField", Any]]:
        return Sealed, (self.envelope, self.field, self.pk)

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Sealed":
        return self

    __str__ = __format__ = __bytes__ = __bool__ = __len__ = __iter__ = __contains__ = _refused
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _refused
    __add__ = __radd__ = __mod__ = __int__ = __float__ = _refused


class Refreshed(Sealed):
    """A `Sealed` in the instance that `refresh_from_db` copies from."""

    __slots__ = ()


class Opened(Sealed):
    """A row-bound value with its envelope, once opened or just sealed. Pickled, it is sealed again."""

    __slots__ = ("value",)

    def __init__(self, envelope: bytes, field: "EncryptedField", pk: Any, value: Any) -> None:
        self.envelope = envelope
        self.field = field
        self.pk = pk
        self.value = value

    def __deepcopy__(self, memo: dict[int, Any]) -> "Opened":
        return Opened(self.envelope, self.field, self.pk, deepcopy(self.value, memo))


class Assigned:
    """A value that the program gave to an instance and that no envelope holds yet."""

    __slots__ = ("label", "value")

    def __init__(self, value: Any, label: str) -> None:
        self.value = value
        self.label = label

    def __repr__(self) -> str:
        return f"<{self.label}: assigned, not saved>"

    def __reduce__(self) -> Never:
        raise OperationRefused(f"{self.label}: an assigned value is not pickled in plaintext. Save the instance first.")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "Assigned":
        return Assigned(deepcopy(self.value, memo), self.label)


class Ready:
    """The mark of what `pre_save` made: `(Ready, envelope)`, and None for NULL. Nothing else reaches the database.

    No value of a program holds this class, so none passes for an envelope. An object of its own for every envelope
    would cost a call, and SQLite's adapters another one.
    """


NO_VALUE: Final = (Ready, None)
"""The default of a historical model: a migration neither encrypts nor writes a default, it leaves NULL."""
