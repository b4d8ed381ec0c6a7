"""The companion columns of a blind index: `ssn_exact_a`, and `ssn_exact_b` for the next generation of its key.

The encrypted field adds them to its model, and migrations name them like any other column. They
are filled wherever the field is written, and no form, serializer or fixture sees them.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.functional import cached_property

from ascend.fields.digest_sets import POSTGRESQL, DigestIndex, HoldsAll, HoldsAny, as_array
from ascend.fields.errors import refuse_expression
from ascend.fields.held_values import NO_VALUE
from ascend.fields.scheme import WRITTEN_LETTER, Index
from ascend.scope import current_organization

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

    _Field = models.Field[Any, Any]
else:
    _Field = models.Field

LETTERS = ("a", "b")
_FIXED: dict[str, Any] = {"null": True, "editable": False, "serialize": False}


class IndexColumn(_Field):
    """Keyed hashes of an encrypted field's values; NULL where there is nothing to index.

    Of a multi-valued index a value has several: in Python one after another, on PostgreSQL an array.
    """

    description = "Blind index of an encrypted field"
    empty_strings_allowed = False

    def __init__(self, *, of: str, index: str, letter: str = WRITTEN_LETTER, **kwargs: Any) -> None:
        self.of = of
        self.index_name = index
        self.letter = letter
        super().__init__(**{**kwargs, **_FIXED})

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _, args, kwargs = super().deconstruct()
        for option in _FIXED:
            kwargs.pop(option, None)
        kwargs |= {"of": self.of, "index": self.index_name}
        if self.letter != WRITTEN_LETTER:
            kwargs["letter"] = self.letter
        return name, "ascend.fields.IndexColumn", args, kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:  # noqa: FBT001, FBT002
        # SQLite rebuilds a table from a copy of every field; the encrypted one has then added this already.
        if not any(field.name == name for field in cls._meta.local_fields):
            super().contribute_to_class(cls, name, private_only=private_only)

    def get_internal_type(self) -> str:
        # Django unnests a column of any type that it knows when it inserts many rows: an array of arrays would be flat.
        return "DigestSetField" if self.is_set else "BinaryField"

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        if self.is_set:
            types: dict[str, str] = connection.data_types
            return "bytea[]" if connection.vendor == POSTGRESQL else types["BinaryField"]
        # MySQL and MariaDB cannot index a BLOB.
        return f"varbinary({self.index.bits // 8})" if connection.vendor == "mysql" else super().db_type(connection)

    @cached_property
    def is_set(self) -> bool:
        """Whether a value has several hashes."""
        return Index(self.index_name).is_multivalued

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002
        if self.is_set and value is not None and connection.vendor == POSTGRESQL:
            return as_array(bytes(value), self.index.bits // 8)
        return super().get_db_prep_value(value, connection, prepared)

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if value is None or (type(value) is bytes and not self.is_set):
            return value  # what Django does with it, without three calls for every value
        return super().get_db_prep_save(value, connection)

    def get_db_converters(self, connection: BaseDatabaseWrapper) -> list[Any]:
        return [_joined] if self.is_set and connection.vendor == POSTGRESQL else []

    @cached_property
    def source(self) -> "EncryptedField":
        """The encrypted field that this column indexes."""
        field: EncryptedField = self.model._meta.get_field(self.of)  # type: ignore[assignment]
        return field

    @cached_property
    def index(self) -> Index:
        """The index whose hashes stand here."""
        return next(index for index in self.source.scheme.indexes if index.name == self.index_name)

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:  # noqa: FBT001
        source = self.source
        # Deferred, hence unchanged, or filled while a key rotates.
        if self.letter != WRITTEN_LETTER or source.attname not in model_instance.__dict__:
            stored: bytes | None = getattr(model_instance, self.attname)
            return stored
        value = getattr(model_instance, source.attname)
        if hasattr(value, "resolve_expression"):
            refuse_expression(source.label)
        digest = self.digest_of(value)
        setattr(model_instance, self.attname, digest)
        return digest

    def digest_of(self, value: Any) -> bytes | None:
        """Return the hash of a value of the encrypted field, for the organization in force."""
        source = self.source
        if value is None or value is NO_VALUE or (value == "" and source.empty_is_null):
            return None
        text = value if type(value) is str and source.is_text else source.text_of(value)
        return self._hash(current_organization(), text)

    @cached_property
    def _hash(self) -> Callable[[UUID, str], bytes | None]:
        return self.source.hashers[self.index_name]


def _joined(value: Any, _expression: Any, _connection: Any) -> bytes | None:
    return None if value is None else b"".join(map(bytes, value))


def add_to(model: type[models.Model], field: "EncryptedField") -> None:
    """Give `model` the columns of every index that `field` declares."""
    for index in field.scheme.indexes:
        for letter in LETTERS:
            written = letter == WRITTEN_LETTER
            is_unique = written and field.unique and index.name == "exact"
            has_tree = written and not is_unique and not index.is_multivalued
            column = IndexColumn(of=field.name, index=index.name, letter=letter, unique=is_unique, db_index=has_tree)
            name = index.column_name(field.name, letter)
            if not any(present.name == name for present in model._meta.local_fields):
                model.add_to_class(name, column)
        if index.is_multivalued:
            _add_digest_index(model, index.column_name(field.name, WRITTEN_LETTER))


def _add_digest_index(model: type[models.Model], name: str) -> None:
    meta: Any = model._meta
    if any(isinstance(index, DigestIndex) and index.fields == [name] for index in meta.indexes):
        return  # SQLite rebuilds a table from a copy of the model
    meta.indexes = [*meta.indexes, DigestIndex(fields=[name])]  # ModelBase gives it its name
    meta.original_attrs["indexes"] = meta.indexes  # where migrations look whether a model has any


def written_columns(field: "EncryptedField") -> list[IndexColumn]:
    """Return the columns that a write of `field` fills."""
    return [column_of(field, index) for index in field.scheme.indexes]


def column_of(field: "EncryptedField", index: Index) -> IndexColumn:
    """Return the column that holds the hashes of one index, for writing and for searching."""
    return field.index_columns[index.name]


IndexColumn.register_lookup(HoldsAll)
IndexColumn.register_lookup(HoldsAny)


def find(field: "EncryptedField", index: Index) -> IndexColumn:
    """Return the column of `index` by its name in the model."""
    column: IndexColumn = field.model._meta.get_field(index.column_name(field.name, WRITTEN_LETTER))  # type: ignore[assignment]
    return column
