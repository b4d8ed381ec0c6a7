"""Values that are sealed under the key of one person, named by the attribute in `shred_with=`.

A page of 1,000 rows has 1,000 keys. So the values of one query know each other: the first that is read loads the
keys of all, in one query, and those of a page that nobody reads are never loaded.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models

from ascend.envelope import HEADER_BYTES, row_part
from ascend.fields import keys, sealing
from ascend.fields.errors import refuse
from ascend.fields.held_values import NO_VALUE, Opened, Sealed
from ascend.scope import current_organization

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

PEERS = 1_000
"""How many keys are loaded with one query."""

_subjects_of_rows: ContextVar[Mapping[tuple[str, Any], UUID]] = ContextVar("ascend_subjects_of_rows")


class Peers:
    """The headers of the values that one query returned together."""

    __slots__ = ("headers",)

    def __init__(self) -> None:
        self.headers: set[bytes] = set()


class SubjectSealed(Sealed):
    """A value that has not been opened, and its peers."""

    __slots__ = ("peers",)

    def __init__(self, envelope: bytes, field: "EncryptedField", peers: Peers, pk: Any = None) -> None:
        super().__init__(envelope, field, pk)
        self.peers = peers

    def __reduce__(self) -> Any:
        return SubjectSealed, (self.envelope, self.field, self.peers, self.pk)

    def load_peers(self) -> None:
        """Have the keys of all peers, unless this one's is held already."""
        subject_keys = keys.subject_keys()
        if not subject_keys.is_held(self.envelope):
            subject_keys.load(self.peers.headers)


def person_column(field: "EncryptedField") -> "models.Field[Any, Any] | None":
    """Return the column of the model that names the person; None if there is no such column."""
    columns = field.model._meta.concrete_fields
    return next((column for column in columns if column.attname == field.scheme.shred_with), None)


def subject_of(field: "EncryptedField", instance: models.Model) -> UUID:
    """Return the person whose key seals the value in this row.

    Raises:
        OperationRefused: the row names none.
    """
    subject_id = getattr(instance, field.scheme.shred_with)
    if subject_id is None:
        attribute = field.scheme.shred_with
        refuse(field.label, "saving a value of nobody", f"{attribute} is None.", f"Set {attribute} first.")
    return subject_id if isinstance(subject_id, UUID) else UUID(str(subject_id))


def sealed_in(field: "EncryptedField", instance: models.Model) -> bytes | None:
    """Return what `instance` writes: an envelope, or None for NULL. An envelope under the person's key is kept.

    Raises:
        WrongOrganization: the instance belongs to another organization than the one in force.
        OperationRefused: the row has no primary key or names no person.
        Shredded: the person's key was destroyed.
    """
    value = getattr(instance, field.attname)
    organization_id = sealing.require_organization_of(instance, field)
    if value is None or value is NO_VALUE:
        return None
    pk, subject_id = getattr(instance, field.row_attname), subject_of(field, instance)
    if pk is None:
        refuse(field.label, "saving a row without its primary key", "The value is bound to it.", "Use a UUID key.")
    held = instance.__dict__[field.attname]
    if type(held) is Opened and field.writes_back and held.pk == pk and _seals_for(held.envelope, subject_id):
        return held.envelope
    envelope = _seal(field, organization_id, subject_id, value, pk)
    instance.__dict__[field.attname] = Opened(envelope, field, pk, field.to_python(value))
    return envelope


def seal_for_row(field: "EncryptedField", value: Any, pk: Any) -> bytes:
    """Return the envelope of a value that an UPDATE without an instance writes into the row `pk`.

    Raises:
        OperationRefused: it is not known whose row it is.
    """
    subject_id = _subjects_of_rows.get({}).get((field.scheme.context, pk))
    if subject_id is None:
        refuse(
            field.label,
            "an UPDATE that does not know whose rows it writes",
            "Each person's values have that person's key.",
            "Use EncryptedManager and its bulk_update(), or save the instances.",
        )
    return _seal(field, current_organization(), subject_id, value, pk)


@contextmanager
def subjects_known(subjects_of_rows: Mapping[tuple[str, Any], UUID]) -> Iterator[None]:
    """Let UPDATEs in the body of the `with` statement know the person of each row, by label and primary key."""
    token = _subjects_of_rows.set(subjects_of_rows)
    try:
        yield
    finally:
        _subjects_of_rows.reset(token)


def header_of(envelope: bytes) -> bytes:
    """Return the first 9 bytes, which name the key."""
    return envelope[:HEADER_BYTES]


def _seal(field: "EncryptedField", organization_id: UUID, subject_id: UUID, value: Any, pk: Any) -> bytes:
    octets, label = sealing.octets(field, value), field.scheme.context
    return keys.subject_keys().seal_value(label, organization_id, subject_id, octets, row_part(pk))


def _seals_for(envelope: bytes, subject_id: UUID) -> bool:
    return keys.subject_keys().seals_for(envelope, subject_id)
