"""The attribute of a row-bound field: opens on the first read, and remembers.

`from_db_value` sees no row, so what a query returns is a `Sealed`. Assigned to its instance it
is opened on access, under the primary key that it was read with.
"""

from typing import TYPE_CHECKING, Any

from django.db.models.query_utils import DeferredAttribute

from ascend.envelope import row_part
from ascend.fields import refreshing, sealing
from ascend.fields.held_values import Assigned, Opened, Refreshed, Sealed
from ascend.fields.old_values import OldForm

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

_MISSING: Any = object()
_new = object.__new__


class RowBoundAttribute(DeferredAttribute):
    """The attribute of a row-bound field: opens on the first read and remembers it in the instance."""

    field: "EncryptedField"

    def __init__(self, field: "EncryptedField") -> None:
        super().__init__(field)
        self.name = field.attname

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        data = instance.__dict__
        held = data.get(self.name, _MISSING)
        kind = type(held)
        if kind is Sealed:
            held = data[self.name] = open_in(instance, held)
            return held.value
        if kind is Opened or kind is Assigned:
            return held.value
        if kind is OldForm or kind is Refreshed:
            held = data[self.name] = (read_in if kind is OldForm else _open_to_copy)(instance, held)
            return held.value
        if held is _MISSING:
            super().__get__(instance, cls)  # a deferred column: Django fetches it and assigns it
            return self.__get__(instance, cls)
        return held

    def __set__(self, instance: Any, value: Any) -> None:
        data = instance.__dict__
        if type(value) is Sealed or type(value) is Refreshed:
            # Django sets the key before the other columns; where a model declares it later, it is
            # taken at the first access. Either way only the right key opens the value.
            value.pk = data.get(self.field.row_attname)
        elif value is not None and not isinstance(value, Opened | OldForm) and not hasattr(value, "resolve_expression"):
            value = _kept_or_assigned(instance, data.get(self.name), value, self.field)
        data[self.name] = value


def _kept_or_assigned(instance: Any, held: Any, value: Any, field: "EncryptedField") -> Opened | Assigned:
    """Return the envelope that already holds `value` (`full_clean` assigns what it read), or a new `Assigned`."""
    if type(held) is Opened and field.writes_back and type(held.value) is type(value) and held.value == value:
        return held
    copied = refreshing.copied(instance, field.attname, value)
    return Assigned(value, field.label) if copied is None else copied


def open_in(instance: Any, held: Sealed) -> Opened:
    """Return `held` opened in its instance.

    Raises:
        DecryptionFailed: it is not the value of this row, or was changed.
        WrongOrganization: the row belongs to another organization than the one in force.
        KeyUnavailable: no key of the organization may be used now.
    """
    field = held.field
    if hasattr(instance, "organization_field"):
        sealing.require_organization_of(instance, field, may_fetch=False)
    pk = held.pk if held.pk is not None else instance.__dict__.get(field.row_attname)
    envelope = held.envelope
    opened = _new(Opened)  # what `Opened(...)` does, without the call
    opened.value = field.open(envelope, row_part(pk))
    opened.envelope, opened.field, opened.pk = envelope, field, pk
    return opened


def _open_to_copy(instance: Any, held: Sealed) -> Opened:
    """Return `held` opened in the instance that `refresh_from_db` copies from."""
    opened = open_in(instance, held)
    refreshing.remember(opened)
    return opened


def read_in(instance: Any, held: OldForm) -> Assigned:
    """Return the value of `held`, to be sealed when the instance is saved.

    Raises:
        WrongOrganization: the row belongs to another organization than the one in force.
        OldFormatError: no reader opens it.
    """
    sealing.require_organization_of(instance, held.field, may_fetch=False)
    return Assigned(held.read(), held.field.label)
