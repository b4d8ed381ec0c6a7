"""From a value to its envelope and its hashes, for the organization in force and, row-bound, for one row."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from ascend import scope
from ascend.envelope import HEADER_BYTES, row_part
from ascend.fields import keys, nonces
from ascend.fields.errors import refuse, refuse_expression
from ascend.fields.held_values import NO_VALUE, Opened
from ascend.fields.scheme import GENERATION, Index
from ascend.scope import WrongOrganization, current_organization

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

_in_force = scope._organization.get  # noqa: SLF001  (the bound method: a call less for every value)


def require_organization_of(instance: models.Model, field: "EncryptedField", *, may_fetch: bool = True) -> UUID:
    """Return the organization in force, which must be the instance's own.

    With `may_fetch=False` an instance that was loaded without its organization is not asked:
    reading one value must not cost a query, and the envelope opens for its own organization only.

    Raises:
        WrongOrganization: the row belongs to another one.
        NoOrganization: none is in force.
    """
    organization_id = current_organization()
    attribute = getattr(instance, "organization_field", None)
    if attribute is None or not (may_fetch or attribute in instance.__dict__):
        return organization_id
    owner = getattr(instance, attribute)
    if owner is not organization_id and owner != organization_id and str(owner) != str(organization_id):
        raise WrongOrganization(f"{field.label}: the row belongs to another organization than the one in force.")
    return organization_id


def seal(field: "EncryptedField", organization_id: UUID, value: Any, row: bytes = b"") -> bytes:
    """Return a new envelope of `value` for one organization.

    Raises:
        KeyUnavailable: no key of the organization may be used now.
    """
    return keys.field_keys(field.scheme.key_name).sealer(organization_id).seal(octets(field, value), row)


def in_column(field: "EncryptedField", instance: models.Model) -> bytes | None:
    """Return what `instance` writes into a field-bound column: an envelope, or None for NULL.

    Raises:
        WrongOrganization: the instance belongs to another organization than the one in force.
        KeyUnavailable: no key of the organization may be used now.
    """
    value = getattr(instance, field.attname)
    organization_id = _in_force()
    if organization_id is None or hasattr(instance, "organization_field"):
        organization_id = require_organization_of(instance, field)
    if type(value) is str and field.is_text and value.isascii():
        plaintext = value.encode()  # what `octets` does, without the call
    elif value is None or value is NO_VALUE:
        return None
    else:
        plaintext = octets(field, value)
    sealer: Any = keys.field_keys(field.scheme.key_name).sealer(organization_id)
    drawn = nonces.in_force()
    if drawn is None or field.scheme.is_deterministic:
        sealed: bytes = sealer.seal(plaintext)
    else:
        sealed = sealer.seal(plaintext, b"", drawn())
    return sealed


def in_row(field: "EncryptedField", instance: models.Model) -> bytes | None:
    """Return what `instance` writes into a row-bound column; an envelope of this row under the primary key is kept.

    Raises:
        WrongOrganization: the instance belongs to another organization than the one in force.
        OperationRefused: the value is bound to a row that has no primary key yet.
        KeyUnavailable: no key of the organization may be used now.
    """
    value = getattr(instance, field.attname)
    organization_id = _in_force()
    if organization_id is None or hasattr(instance, "organization_field"):
        organization_id = require_organization_of(instance, field)
    if value is None or value is NO_VALUE:
        return None
    pk = getattr(instance, field.row_attname)
    data = instance.__dict__
    held = data[field.attname]
    if type(held) is Opened and field.writes_back and held.pk == pk and _is_primary(field, held.envelope):
        return held.envelope
    if pk is None:
        refuse(field.label, "saving a row without its primary key", "The value is bound to it.", "Use a UUID key.")
    sealer: Any = keys.field_keys(field.scheme.key_name).sealer(organization_id)
    drawn = nonces.in_force()
    envelope: bytes = sealer.seal(octets(field, value), row_part(pk), None if drawn is None else drawn())
    kept = value if field.is_text and type(value) is str else field.to_python(value)
    data[field.attname] = Opened(envelope, field, pk, kept)
    return envelope


def digest(field: "EncryptedField", organization_id: UUID, index: Index, text: str) -> bytes | None:
    """Return the hash of one index, or None where there is nothing to index.

    Of a multi-valued index it returns the hashes one after another, in the order of their bytes (IDX-10).

    Raises:
        KeyUnavailable: no key of the organization may be used now.
    """
    return field.hashers[index.name](organization_id, text)


def hasher(field: "EncryptedField", index: Index) -> Callable[[UUID, str], bytes | None]:
    """Return what `digest` does for one index: chosen once for a column, called for every value of it."""
    if index.is_multivalued:
        return lambda organization_id, text: b"".join(digests(field, organization_id, index, index.terms(text))) or None
    normalise, key_name, label = index.normaliser, field.scheme.key_name, field.scheme.group_label
    transform, bits = index.name, index.bits

    def hash_text(organization_id: UUID, text: str) -> bytes | None:
        normal = normalise(text)
        if normal is None:
            return None
        index_key = keys.field_keys(key_name).index_key(
            organization_id, label_or_group=label, transform=transform, bits=bits, generation=GENERATION
        )
        return index_key.digest(normal)

    return hash_text


def digests(field: "EncryptedField", organization_id: UUID, index: Index, terms: AbstractSet[str]) -> tuple[bytes, ...]:
    """Return the hashes of what is already normalised: distinct, in the order of their bytes.

    Raises:
        KeyUnavailable: no key of the organization may be used now.
    """
    return _index_key(field, organization_id, index).digests(terms) if terms else ()


def _index_key(field: "EncryptedField", organization_id: UUID, index: Index) -> keys.Digester:
    label = field.scheme.group_label
    return keys.field_keys(field.scheme.key_name).index_key(
        organization_id, label_or_group=label, transform=index.name, bits=index.bits, generation=GENERATION
    )


def _is_primary(field: "EncryptedField", envelope: bytes) -> bool:
    return keys.field_keys(field.scheme.key_name).opener(envelope[:HEADER_BYTES]).is_primary


def octets(field: "EncryptedField", value: Any) -> bytes:
    """Return what is sealed. Python's own error for a lone surrogate would hold the whole value.

    Raises:
        OperationRefused: an expression, which the database would compute.
        ValidationError: the text has no encoding, or the value is none that the column can hold.
    """
    try:
        if field.is_text and type(value) is str:
            return value.encode()
        if hasattr(value, "resolve_expression"):
            refuse_expression(field.label)
        return field.octets_of(value)
    except UnicodeEncodeError:
        pass
    raise ValidationError("The text holds characters that cannot be stored.", code="surrogate_characters_not_allowed")
