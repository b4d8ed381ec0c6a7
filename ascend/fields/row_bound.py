"""A row-bound value on its way: sealed as it was read, opened when its instance is asked for it.

`from_db_value` sees no row, so what a query returns is a `Sealed`. Assigned to its instance it
is opened on access, under the primary key that it was read with. No state of a value keeps
plaintext where `repr`, `pickle`, a comparison or JSON would find it.
"""

from typing import TYPE_CHECKING, Any, Never, Self

from django.db.models.query_utils import DeferredAttribute

from ascend.envelope import row_part
from ascend.fields.errors import OperationRefused

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

_MISSING: Any = object()


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

    def __deepcopy__(self, memo: object) -> Self:
        return self

    __str__ = __format__ = __bytes__ = __bool__ = __len__ = __iter__ = __contains__ = _refused
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __hash__ = _refused  # type: ignore[assignment]
    __add__ = __radd__ = __mod__ = __int__ = __float__ = _refused


class Opened(Sealed):
    """A row-bound value with its envelope, once opened or just sealed. Pickled, it is sealed again."""

    __slots__ = ("value",)

    def __init__(self, envelope: bytes, field: "EncryptedField", pk: Any, value: Any) -> None:
        super().__init__(envelope, field, pk)
        self.value = value


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

    def __deepcopy__(self, memo: object) -> Self:
        return self


class RowBoundAttribute(DeferredAttribute):
    """The attribute of a row-bound field: opens on the first read and remembers it in the instance."""

    field: "EncryptedField"

    def __init__(self, field: "EncryptedField") -> None:
        super().__init__(field)  # type: ignore[arg-type]
        self.name = field.attname

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        data = instance.__dict__
        held = data.get(self.name, _MISSING)
        kind = type(held)
        if kind is Opened or kind is Assigned:
            return held.value
        if kind is Sealed:
            held = data[self.name] = open_in(instance, held)
            return held.value
        return super().__get__(instance, cls) if held is _MISSING else held

    def __set__(self, instance: Any, value: Any) -> None:
        data = instance.__dict__
        if type(value) is Sealed:
            # Django sets the key before the other columns; where a model declares it later, it is
            # taken at the first access. Either way only the right key opens the value.
            value.pk = data.get(self.field.row_attname)
        elif value is not None and not isinstance(value, Opened) and not hasattr(value, "resolve_expression"):
            value = _kept_or_assigned(data.get(self.name), value, self.field.label)
        data[self.name] = value


def _kept_or_assigned(held: Any, value: Any, label: str) -> Opened | Assigned:
    """Return the envelope that already holds `value` (`full_clean` assigns what it read), or a new `Assigned`."""
    if type(held) is Opened and type(held.value) is type(value) and held.value == value:
        return held
    return Assigned(value, label)


def open_in(instance: Any, held: Sealed) -> Opened:
    """Return `held` opened in its instance.

    Raises:
        DecryptionFailed: it is not the value of this row, or was changed.
        WrongOrganization: the row belongs to another organization than the one in force.
        KeyUnavailable: no key of the organization may be used now.
    """
    field = held.field
    field.require_organization_of(instance, may_fetch=False)
    pk = held.pk if held.pk is not None else instance.__dict__.get(field.row_attname)
    return Opened(held.envelope, field, pk, field.open(held.envelope, row_part(pk)))
