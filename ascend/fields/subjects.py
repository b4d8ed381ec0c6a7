"""What `shred_with=` changes about a field. A field without it takes none of these steps."""

from functools import partial
from typing import TYPE_CHECKING, Any

from ascend.envelope import HEADER_BYTES, DecryptionFailed
from ascend.fields import keys, subject_values
from ascend.fields.row_bound import RowBoundAttribute, open_in
from ascend.fields.subject_values import PEERS, Peers, SubjectSealed, header_of

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

_new = object.__new__
_HEADER = slice(HEADER_BYTES)


class SubjectAttribute(RowBoundAttribute):
    """The attribute of a value under a person's key: the first read loads the keys of the whole page."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        held = None if instance is None else instance.__dict__.get(self.name)
        if type(held) is SubjectSealed:
            held.load_peers()
            instance.__dict__[self.name] = open_in(instance, held)
        return super().__get__(instance, cls)

    def __set__(self, instance: Any, value: Any) -> None:
        if type(value) is SubjectSealed:
            value.pk = instance.__dict__.get(self.field.row_attname)
            instance.__dict__[self.name] = value
        else:
            super().__set__(instance, value)


def attach(field: "EncryptedField") -> None:
    """Let `field` open and seal under the keys of persons. On the instance: others keep their shorter path."""
    field.descriptor_class = SubjectAttribute
    field.sealed_in = subject_values.sealed_in
    vars(field).update(get_db_converters=partial(_converters, field), open=partial(_open, field))


def _open(field: "EncryptedField", envelope: bytes, row: bytes = b"") -> Any:
    """Return the value of one envelope; one from before the column had `shred_with=` opens as it always did."""
    subject_keys = keys.subject_keys()
    if not subject_keys.is_subject_header(header_of(envelope)):
        return type(field).open(field, envelope, row)
    plaintext = subject_keys.open_value(field.scheme.context, envelope, row)
    try:
        return field.decode(plaintext)
    except ValueError:
        pass  # raised outside: its context would hold the plaintext
    raise DecryptionFailed


def _converters(field: "EncryptedField", _connection: Any) -> list[Any]:
    """Return the converter of one query: up to 1,000 of its values share their peers."""
    peers = Peers()

    def convert(value: Any, _expression: Any, _connection: Any) -> SubjectSealed | None:
        nonlocal peers
        if value is None:
            return None
        if len(peers.headers) >= PEERS:
            peers = Peers()
        held = _new(SubjectSealed)  # what `SubjectSealed(...)` does, without the call
        held.envelope = envelope = value if type(value) is bytes else bytes(value)
        held.field, held.peers, held.pk = field, peers, None
        peers.headers.add(envelope[_HEADER])
        return held

    return [convert]
