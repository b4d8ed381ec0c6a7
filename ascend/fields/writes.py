"""From a value to the columns of an UPDATE: the envelope, and the index columns that go with it.

Django writes one column at a time. `save(update_fields=["ssn"])`, `update(ssn=...)` and
`bulk_update(people, ["ssn"])` name the field only, and an index that is not written in the
same statement is stale for ever. So what goes into an UPDATE is an `Assignment`: it compiles
to its own value and, behind it, `"ssn_exact_a" = ...` for every index column that the
statement does not set already.
"""

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

from ascend.fields import bulk, index_column, old_column
from ascend.fields.errors import refuse, refuse_expression

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

ROW_LOOP = "Use a loop: `for row in rows: row.{0} = ...; row.save(update_fields=['{0}'])`, or bulk_update()."


class Assignment:
    """A value on its way into an UPDATE, with its index columns."""

    def __init__(self, field: "EncryptedField") -> None:
        self.field = field

    def __repr__(self) -> str:
        return f"<a value for {self.field.label}>"

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        """Return the right-hand side of `SET "ssn" = `, index columns included."""
        query: Any = compiler.query
        if not isinstance(query, UpdateQuery):
            refuse(self.field.label, "loading a fixture (loaddata)", "It has no index columns.", "Save the instances.")
        self.admit(query)
        sql, params = self.compile_value(compiler, connection)
        present = {field for field, _, _ in query.values}  # type: ignore[attr-defined]
        for column in index_column.written_columns(self.field):
            if column not in present:
                index_sql, index_params = self.compile_index(column, compiler)
                sql += f", {connection.ops.quote_name(str(column.column))} = {index_sql}"
                params += index_params
        return sql + self._clearing(present, connection), params

    def _clearing(self, present: AbstractSet[Any], connection: BaseDatabaseWrapper) -> str:
        """Return what sets the replaced column to NULL, so that each row has one form of its value."""
        if self.field.window is None or (replaced := old_column.of(self.field)) in present:
            return ""
        return f", {connection.ops.quote_name(str(replaced.column))} = NULL"

    def admit(self, query: UpdateQuery) -> None:
        """Refuse a statement that this value must not be written with."""

    def compile_value(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        raise NotImplementedError

    def compile_index(self, column: "index_column.IndexColumn", compiler: SQLCompiler) -> tuple[str, list[Any]]:
        raise NotImplementedError


class InstanceAssignment(Assignment):
    """What `save()` writes: `pre_save` has sealed the value for its row and its organization."""

    def __init__(self, field: "EncryptedField", envelope: bytes | None, instance: models.Model) -> None:
        super().__init__(field)
        self.envelope = envelope
        self.instance = instance

    def compile_value(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        return "%s", [self.envelope]

    def compile_index(self, column: "index_column.IndexColumn", compiler: SQLCompiler) -> tuple[str, list[Any]]:
        return "%s", [column.get_db_prep_value(column.pre_save(self.instance, add=False), compiler.connection)]


class ValueAssignment(Assignment):
    """What `update(ssn="...")` writes: one value, sealed under the organization in force, for many rows."""

    def __init__(self, field: "EncryptedField", value: Any) -> None:
        super().__init__(field)
        self.value = value

    def admit(self, query: UpdateQuery) -> None:
        if self.field.scheme.is_row_bound and self.value is not None:
            way_out = ROW_LOOP.format(self.field.name)
            refuse(self.field.label, "update() of a row-bound field", "Each row has its own envelope.", way_out)
        bulk.require_organization_in(query, self.field)

    def compile_value(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        return "%s", [bulk.seal(self.field, self.value)]

    def compile_index(self, column: "index_column.IndexColumn", compiler: SQLCompiler) -> tuple[str, list[Any]]:
        return "%s", [column.get_db_prep_value(column.digest_of(self.value), compiler.connection)]


class CaseAssignment(Assignment):
    """What `bulk_update()` writes: a CASE that gives each row, named by its primary key, its own value."""

    def __init__(self, field: "EncryptedField", case: Any) -> None:
        super().__init__(field)
        self.case = case

    def admit(self, query: UpdateQuery) -> None:
        bulk.require_organization_in(query, self.field)

    def compile_value(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        sealed = bulk.with_results(self.case, lambda pk, value: bulk.seal(self.field, value, pk))
        sql, params = compiler.compile(sealed)
        return sql, list(params)

    def compile_index(self, column: "index_column.IndexColumn", compiler: SQLCompiler) -> tuple[str, list[Any]]:
        digests = bulk.with_results(self.case, lambda _, value: column.digest_of(value), column)
        sql, params = compiler.compile(digests)
        return sql, list(params)


def assignment(field: "EncryptedField", value: Any) -> Assignment | None:
    """Return what an UPDATE writes for `value`, which did not come through `pre_save`.

    Raises:
        OperationRefused: an expression, which the database would compute over envelopes or store in clear.
    """
    if isinstance(value, Assignment):
        return value
    if value is None and not field.scheme.indexes and field.window is None:
        return None
    if hasattr(value, "as_sql") or hasattr(value, "resolve_expression"):
        return CaseAssignment(field, value) if bulk.is_bulk_update(field, value) else refuse_expression(field.label)
    return ValueAssignment(field, value)
