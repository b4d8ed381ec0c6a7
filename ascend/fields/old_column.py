"""The column that an encrypted field replaces: in the table and in the migrations as it was, and in no instance."""

import copy
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Never

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from ascend.fields.errors import refuse

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field


class NotLoaded:
    """What an instance has under the old name: nothing. Its encrypted field gives the value of either column."""

    def __init__(self, field: "OldColumn") -> None:
        self.field = field

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        return self if instance is None else None


class OldColumn(_Field):
    """Wraps the field that a column was made by, as it stood in the model, with its column as `db_column`.

        ssn_old = OldColumn(models.CharField(max_length=11, db_column="ssn"))

    Django selects and writes concrete fields only, and this one is none. So no query loads the old value beside
    the new one, no form or serializer shows it, and no `save()` writes it back. Migrations see the wrapped field.
    """

    description = "A column that an encrypted field replaces"
    descriptor_class = NotLoaded

    def __init__(self, field: "models.Field[Any, Any]") -> None:
        self.holds = field
        field.null = True  # a value that has moved leaves NULL
        super().__init__(null=True, blank=True, editable=False, serialize=False, db_column=field.db_column)

    def set_attributes_from_name(self, name: str) -> None:
        super().set_attributes_from_name(name)
        self.concrete = False

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:  # noqa: FBT001, FBT002
        self.holds = copy.copy(self.holds)  # a model that inherits an abstract one has a column of its own
        super().contribute_to_class(cls, name, private_only=private_only)
        self.holds.set_attributes_from_name(name)
        self.holds.model = cls

    def clone(self) -> "models.Field[Any, Any]":  # type: ignore[override]  # by design
        """Return the wrapped field: what a migration's state holds."""
        return self.holds.clone()

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        return self.holds.deconstruct()

    def get_internal_type(self) -> str:
        return self.holds.get_internal_type()

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        return self.holds.db_parameters(connection)

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return self.holds.db_type(connection)

    @property
    def label(self) -> str:
        """The column in a message: `shop.Customer.ssn_old`."""
        return f"{self.model._meta.label}.{self.name}"

    def get_col(self, alias: str | None, output_field: Any = None) -> Never:
        # Django's queries do not get here: they know concrete fields only. A mapping of raw SQL does.
        refuse(
            self.label,
            "selecting the old column",
            "No instance holds it, and it may be NULL beside an envelope.",
            "Select the encrypted field, which reads either; in raw SQL name the columns.",
        )

    def get_db_prep_save(self, value: Any, connection: BaseDatabaseWrapper) -> Any:
        if value is None:
            return None
        refuse(
            self.label,
            "writing the old column",
            "The value would stand there in its old form, and nothing would read it where an envelope stands.",
            "Write the encrypted field.",
        )


def of(field: Any) -> OldColumn:
    """Return the column that an encrypted field with a window replaces."""
    column: OldColumn = field.model._meta.get_field(field.window.replaces)
    return column
