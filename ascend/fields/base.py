"""What every encrypted field does: seals in `pre_save`, opens what the database returns, brings its indexes along."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.core import checks
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from ascend.envelope import HEADER_BYTES, DecryptionFailed, row_part
from ascend.fields import index_column, keys, lookups, validation, writes
from ascend.fields.columns import EncryptedCol
from ascend.fields.errors import refuse, refuse_expression
from ascend.fields.row_bound import Opened, RowBoundAttribute, Sealed
from ascend.fields.scheme import GENERATION, Binding, Index, Scheme, as_indexes
from ascend.scope import WrongOrganization, current_organization

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field

HISTORICAL_MODULE = "__fake__"
"""The module name that Django gives to the models of a migration's state."""

ENVELOPE_TYPE = "BinaryField"


class EncryptedField(_Field):
    """Mixed into a Django field: the same Python values, forms and validators over a column of envelopes.

    What a reader of the database learns: the length of each value, which values of one index are
    equal, and how often each occurs. An index with few possible values (a year, a domain, four
    digits) is to be taken as known to a reader who knows the population.
    """

    non_db_attrs: ClassVar[tuple[str, ...]] = (*models.Field.non_db_attrs, "bind", "context", "indexes", "max_length")
    # The column to its values' text and back; a type that is not text overrides both.
    encode: ClassVar[Any] = staticmethod(str)
    decode: ClassVar[Any] = staticmethod(bytes.decode)

    def __init__(
        self, *args: Any, bind: str = Binding.FIELD, indexes: Iterable[str | Index] = (), context: str = "", **kwargs: Any
    ) -> None:
        """Take Django's own options, and three more.

        `bind`: "field", or "row" for a value that opens in its own row only (`docs/guides/fields.md`).
        `indexes`: names of transforms: "exact", "casefold", "last4", "year", "digits", "email-domain".
        `context`: the label that values are authenticated with; `app.model.field` as first migrated.
        """
        self.scheme = Scheme(bind=str(bind), indexes=as_indexes(indexes), context=context)
        super().__init__(*args, **kwargs)

    # -- What it is called, in the model, the migration and the authenticated data ------------------------

    @property
    def context(self) -> str:
        """The label that this column's values are authenticated with and its keys are made for."""
        return self.scheme.context

    @property
    def label(self) -> str:
        """The column in a message: `people.Person.ssn`."""
        return f"{self.model._meta.label}.{self.name}" if hasattr(self, "model") else self.scheme.context

    @property
    def row_attname(self) -> str:
        """The attribute that holds the primary key of the row in whose table this column is."""
        return self.model._meta.pk.attname

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:  # noqa: FBT001, FBT002
        if self.scheme.is_row_bound:
            self.descriptor_class = RowBoundAttribute
        super().contribute_to_class(cls, name, private_only=private_only)
        if cls._meta.abstract:
            return
        if not self.scheme.context:
            self.scheme = replace(self.scheme, context=f"{cls._meta.app_label}.{cls._meta.model_name}.{name}")
        if cls.__module__ == HISTORICAL_MODULE:
            # A migration adds no blank envelope to the rows that exist: it never encrypts.
            self.empty_strings_allowed = False
        else:
            index_column.add_to(cls, self)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if type(self).__module__.startswith("ascend.fields."):
            path = f"ascend.fields.{type(self).__name__}"
        # Uniqueness is the index column's; a default is a plaintext value, which a migration never holds.
        for option in ("unique", "default"):
            kwargs.pop(option, None)
        kwargs["context"] = self.scheme.context
        if self.scheme.bind != Binding.FIELD:
            kwargs["bind"] = self.scheme.bind
        if self.scheme.indexes:
            kwargs["indexes"] = [index.name for index in self.scheme.indexes]
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        return ENVELOPE_TYPE

    def check(self, **kwargs: Any) -> list[checks.CheckMessage]:
        from ascend.fields.checks import check_field  # it reads fields of all kinds

        return [*super().check(**kwargs), *check_field(self)]

    # -- Values ------------------------------------------------------------------------------------------

    def text_of(self, value: Any) -> str:
        """Return the canonical text of a value: what is sealed, and what the indexes normalise."""
        text: str = self.encode(self.to_python(value))
        return text

    def run_validators(self, value: Any) -> None:
        with validation.without_values():
            super().run_validators(value)

    def value_to_string(self, obj: models.Model) -> str:
        refuse(
            self.label,
            "serialising (dumpdata)",
            "The fixture would hold plaintext.",
            "Move rows with a backup of the database and its keys, or leave the model out (--exclude).",
        )

    # -- Opening -----------------------------------------------------------------------------------------

    def open(self, envelope: bytes, row: bytes = b"") -> Any:
        """Return the value of one envelope.

        Raises:
            DecryptionFailed: whatever is wrong with the stored bytes.
            KeyUnavailable: no key of the organization may be used now.
        """
        plaintext = keys.field_keys(self.scheme.context).opener(envelope[:HEADER_BYTES]).open(envelope, row)
        try:
            return self.decode(plaintext)
        except ValueError:
            pass  # raised outside, so that the error's context does not hold the plaintext
        raise DecryptionFailed

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        if value is None:
            return None
        envelope = value if type(value) is bytes else bytes(value)
        return Sealed(envelope, self) if self.scheme.is_row_bound else self.open(envelope)

    # -- Sealing -----------------------------------------------------------------------------------------

    def require_organization_of(self, instance: models.Model, *, may_fetch: bool = True) -> UUID:
        """Return the organization in force, which must be the instance's own.

        Raises:
            WrongOrganization: the row belongs to another one.
            NoOrganization: none is in force.
        """
        organization_id = current_organization()
        attribute = getattr(instance, "organization_field", None)
        if attribute is None or not (may_fetch or attribute in instance.__dict__):
            return organization_id
        owner = getattr(instance, attribute)
        if owner != organization_id and str(owner) != str(organization_id):
            raise WrongOrganization(f"{self.label}: the row belongs to another organization than the one in force.")
        return organization_id

    def seal(self, organization_id: UUID, value: Any, row: bytes = b"") -> bytes:
        """Return a new envelope of `value` for one organization."""
        return keys.field_keys(self.scheme.context).sealer(organization_id).seal(_octets(self.text_of(value)), row)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001
        value = getattr(model_instance, self.attname)
        if hasattr(value, "resolve_expression"):
            refuse_expression(self.label)
        organization_id = self.require_organization_of(model_instance)
        if value is None:
            envelope = b""
        elif self.scheme.is_row_bound:
            envelope = self._seal_in_row(model_instance, organization_id, value)
        else:
            envelope = self.seal(organization_id, value)
        if add or not self.scheme.indexes:
            return writes.Ready(envelope)
        return writes.InstanceAssignment(self, envelope, model_instance)

    def _seal_in_row(self, instance: models.Model, organization_id: UUID, value: Any) -> bytes:
        """Seal for the row that is written; an envelope of this row under the primary key is written back as it is."""
        pk = getattr(instance, self.row_attname)
        held = instance.__dict__[self.attname]
        if type(held) is Opened and held.pk == pk and self._is_primary(held.envelope):
            return held.envelope
        if pk is None:
            refuse(self.label, "saving a row without its primary key", "The value is bound to it.", "Use a UUID key.")
        envelope = self.seal(organization_id, value, row_part(pk))
        instance.__dict__[self.attname] = Opened(envelope, self, pk, self.to_python(value))
        return envelope

    def _is_primary(self, envelope: bytes) -> bool:
        return keys.field_keys(self.scheme.context).opener(envelope[:HEADER_BYTES]).is_primary

    def digest(self, organization_id: UUID, index: Index, text: str) -> bytes | None:
        """Return the hash of one index, or None where there is nothing to index."""
        normal = index.normalise(text)
        if normal is None:
            return None
        index_key = keys.field_keys(self.scheme.context).index_key(
            organization_id,
            label_or_group=self.scheme.context,
            transform=index.name,
            bits=index.bits,
            generation=GENERATION,
        )
        return index_key.digest(normal)

    # -- Queries -----------------------------------------------------------------------------------------

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if type(value) is writes.Ready:
            return bytes(value) or None
        return writes.assignment(self, value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002
        refuse(self.label, "comparing the column with a value", "It holds envelopes.", lookups.way_out(self))

    def get_lookup(self, lookup_name: str) -> Any:
        return lookups.lookup_for(self, lookup_name)

    def get_transform(self, name: str) -> Any:
        return lookups.transform_for(self, name)

    def get_col(self, alias: str, output_field: Any = None) -> Any:
        return EncryptedCol(alias, self, output_field)

    @property
    def cached_col(self) -> Any:
        return EncryptedCol(self.model._meta.db_table, self)


def _octets(text: str) -> bytes:
    """Return `text` in UTF-8. Python's own error for a lone surrogate would hold the whole value.

    Raises:
        ValidationError: the text has no encoding.
    """
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass
    raise ValidationError("The text holds characters that cannot be stored.", code="surrogate_characters_not_allowed")
