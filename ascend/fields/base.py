"""What every encrypted field does: seals in `pre_save`, opens what the database returns, brings its indexes along."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from ascend.envelope import DecryptionFailed
from ascend.fields import (
    converters,
    index_column,
    keys,
    lookups,
    old_lookups,
    refreshing,
    sealing,
    second_column,
    subjects,
    validation,
    writes,
)
from ascend.fields.columns import EncryptedCol
from ascend.fields.declared import DeclaredField
from ascend.fields.errors import refuse
from ascend.fields.generic import GT, ST
from ascend.fields.held_values import Ready
from ascend.fields.row_bound import RowBoundAttribute
from ascend.fields.scheme import Index

ENVELOPE_TYPE = "BinaryField"


class EncryptedField(DeclaredField[ST, GT]):
    """Mixed into a Django field: the same Python values, forms and validators over a column of envelopes.

    What a reader of the database learns: the length of each value, which values of one index are
    equal, and how often each occurs. An index with few possible values (a year, a domain, four
    digits) is to be taken as known to a reader who knows the population. A deterministic field shows of
    whole values what an index does, and a join group shows it across all its columns.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid_choice": _("This is not one of the choices.")}

    # From a value to its text and from its octets back; a type that is not text overrides all three.
    is_text: ClassVar[bool] = True
    encode: ClassVar[Any] = staticmethod(str)
    decode: ClassVar[Any] = staticmethod(bytes.decode)
    # Whether a row-bound value that was only read is written back as it was: equal values have equal octets, and
    # nobody changes one in place.
    writes_back: ClassVar[bool] = True
    # From an instance to the envelope that it writes: chosen once for a field, called for every value.
    sealed_in: Callable[["EncryptedField", models.Model], bytes | None] = staticmethod(sealing.in_column)
    # Whether Django's own field stores the empty string of a form as NULL.
    empty_is_null: ClassVar[bool] = False
    # The families of indexes that mean something for the type (None: all), and why the others do not.
    index_families: ClassVar[frozenset[str] | None] = None
    no_index_because: ClassVar[str] = ""
    # Whether equal values have equal octets, and so could be deterministic.
    has_equality: ClassVar[bool] = True

    @cached_property
    def row_attname(self) -> str:
        """The attribute that holds the primary key of the row in whose table this column is."""
        return self.model._meta.pk.attname

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:  # noqa: FBT001, FBT002
        if self.scheme.shred_with:
            subjects.attach(self)
        elif self.scheme.is_row_bound:
            self.descriptor_class = RowBoundAttribute
            self.sealed_in = sealing.in_row
            refreshing.keep_envelopes(cls)
        self.__dict__.pop("hashers", None)
        super().contribute_to_class(cls, name, private_only=private_only)
        if cls._meta.abstract:
            return
        if not self.scheme.context:
            self.scheme = replace(self.scheme, context=f"{cls._meta.app_label}.{cls._meta.model_name}.{name}")
        if not self.is_historical:  # a migration names its index columns itself
            index_column.add_to(cls, self)
            second_column.add_to(cls, self)

    def get_internal_type(self) -> str:
        return ENVELOPE_TYPE

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        if connection.vendor == "mysql" and self.scheme.is_deterministic:
            return second_column.indexed_type(self)
        return super().db_type(connection)

    # -- Values ------------------------------------------------------------------------------------------

    def text_of(self, value: Any) -> str:
        """Return the canonical text of a value: what the indexes normalise and, for a type of text, what is sealed."""
        text: str = self.encode(self.to_python(value))
        return text

    def octets_of(self, value: Any) -> bytes:
        """Return what is sealed of a value: the UTF-8 of its canonical text, or what its type has instead."""
        return self.text_of(value).encode()

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        validation.without_values(super().validate, value, model_instance)

    def run_validators(self, value: Any) -> None:
        validation.without_values(super().run_validators, value)

    # -- Opening -----------------------------------------------------------------------------------------

    def open(self, envelope: bytes, row: bytes = b"") -> Any:
        """Return the value of one envelope.

        Raises:
            DecryptionFailed: whatever is wrong with the stored bytes.
            KeyUnavailable: no key of the organization may be used now.
        """
        plaintext = keys.field_keys(self.scheme.key_name).open(envelope, row)
        try:
            return self.decode(plaintext)
        except ValueError:
            pass  # raised outside: its context would hold the plaintext
        raise DecryptionFailed

    def get_db_converters(self, connection: BaseDatabaseWrapper) -> list[Any]:
        # Asked once for a query, called for every value of it.
        return [converters.sealed_as_read(self) if self.scheme.is_row_bound else converters.opened(self)]

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> Any:
        return self.get_db_converters(connection)[0](value, expression, connection)

    # -- Sealing -----------------------------------------------------------------------------------------

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001
        envelope = self.sealed_in(self, model_instance)
        if add or not (self.scheme.indexes or self.window):
            return Ready, envelope
        return writes.InstanceAssignment(self, envelope, model_instance)

    def digest(self, organization_id: UUID, index: Index, text: str) -> bytes | None:
        """Return the hash under which one index of the organization knows `text`; None if it knows nothing of it."""
        return sealing.digest(self, organization_id, index, text)

    # -- Queries -----------------------------------------------------------------------------------------

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if type(value) is tuple and value and value[0] is Ready:
            return value[1]
        return writes.assignment(self, value)

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002
        refuse(self.label, "comparing the column with a value", "It holds envelopes.", lookups.way_out(self))

    def get_lookup(self, lookup_name: str) -> Any:
        if self.window is not None:
            return old_lookups.lookup_for(self, lookup_name)
        found = self._lookups.get(lookup_name)
        if found is None:
            found = lookups.lookup_for(self, lookup_name)
            if found is not None:  # refused names are not kept: a request may hold any
                self._lookups[lookup_name] = found
        return found

    def get_transform(self, name: str) -> Any:
        return (lookups if self.window is None else old_lookups).transform_for(self, name)

    def get_col(self, alias: str, output_field: Any = None) -> Any:
        if alias == self.model._meta.db_table and (output_field is None or output_field is self):
            return self.cached_col
        return EncryptedCol(alias, self, output_field)

    @property
    def cached_col(self) -> Any:
        # While old values are read a column knows how it was selected, so there each query has its own.
        return self._col if self.window is None else EncryptedCol(self.model._meta.db_table, self)

    # What follows does not change once the model is complete, and is asked for by every query.

    @cached_property
    def _col(self) -> EncryptedCol:
        return EncryptedCol(self.model._meta.db_table, self)

    @cached_property
    def _lookups(self) -> dict[str, Any]:
        return {}

    @cached_property
    def index_columns(self) -> dict[str, index_column.IndexColumn]:
        """The columns that hold the hashes, for writing and for searching, by the name of the index."""
        return {index.name: index_column.find(self, index) for index in self.scheme.indexes}

    @cached_property
    def hashers(self) -> dict[str, Callable[[UUID, str], bytes | None]]:
        """What makes the hash of a text, by the name of the index."""
        return {index.name: sealing.hasher(self, index) for index in self.scheme.indexes}
