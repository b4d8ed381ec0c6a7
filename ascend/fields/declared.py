"""How an encrypted field is declared: its options, and what of them a migration names and a fixture never holds."""

import datetime as dt
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.core.serializers.base import Serializer
from django.db import models

from ascend.fields import window
from ascend.fields.accept import Reader
from ascend.fields.errors import refuse
from ascend.fields.generic import GT, ST, Plain
from ascend.fields.held_values import NO_VALUE
from ascend.fields.scheme import Binding, Index, Scheme, as_indexes

if TYPE_CHECKING:
    _Field = models.Field
else:
    _Field = Plain(models.Field)

HISTORICAL_MODULE = "__fake__"
"""The module name that Django gives to the models of a migration's state."""


class DeclaredField(_Field[ST, GT]):
    """The options of an encrypted field. `base.EncryptedField` is what they mean for values and queries."""

    non_db_attrs = (
        *models.Field.non_db_attrs, "bind", "context", "deterministic", "indexes", "join_group", "max_length",
        "replaces", "shred_index", "shred_with",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 (the options of a model field are keywords)
        self,
        *args: Any,
        bind: str = Binding.FIELD,
        indexes: Iterable[str | Index] = (),
        context: str = "",
        shred_with: str = "",
        shred_index: str = "",
        accept: Sequence[Reader] = (),
        replaces: str = "",
        accept_until: dt.date | None = None,
        deterministic: bool = False,
        join_group: str = "",
        null: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take Django's own options, and these.

        `bind`: "field", or "row" for a value that opens in its own row only (`docs/guides/fields.md`).
        `indexes`: names of transforms ("exact", "last4", "prefix-3", "ngram-3", …: `docs/guides/searching.md`), or
        `Index(name, bits=8)`.
        `context`: the label that values are authenticated with; `app.model.field` as first migrated.
        `deterministic`: equal values have equal envelopes, so that the database compares them (ADR 0035).
        `join_group`: the name that columns share whose values are to be compared with each other's.
        `shred_with`: the attribute that names the person whose own key seals the value (`docs/guides/shredding.md`).
        `shred_index`: "accept-residual", where a shreddable value is indexed all the same.
        `accept`, `replaces`, `accept_until`: how values are read that still stand in the column `replaces`, and until
        when (`docs/guides/migrating.md`).
        """
        self.replaces = replaces
        self.window = window.declared(accept, replaces, accept_until)
        self.scheme = Scheme(
            bind=str(bind),
            indexes=as_indexes(indexes),
            context=context,
            shred_with=shred_with,
            shred_index=shred_index,
            is_deterministic=deterministic,
            join_group=join_group,
        )
        if deterministic:  # it is there to be compared; no index is written as db_index=False
            kwargs.setdefault("db_index", not kwargs.get("unique"))
        if null:  # named, so that a type checker sees it
            kwargs["null"] = True
        super().__init__(*args, **kwargs)

    if not TYPE_CHECKING:

        def __class_getitem__(cls, parameters: object) -> type:  # noqa: PYI019 (`EncryptedCharField[str, str]`)
            return cls

    # -- What it is called --------------------------------------------------------------------------------

    @property
    def context(self) -> str:
        """The label that this column's values are authenticated with and its keys are made for."""
        return self.scheme.context

    @property
    def label(self) -> str:
        """The column in a message: `people.Person.ssn`."""
        return f"{self.model._meta.label}.{self.name}" if hasattr(self, "model") else self.scheme.context

    # -- What a migration names ----------------------------------------------------------------------------

    @property
    def is_historical(self) -> bool:
        """Whether the field stands in the state of a migration."""
        return getattr(self, "model", None) is not None and self.model.__module__ == HISTORICAL_MODULE

    def has_default(self) -> bool:
        return self.is_historical or super().has_default()

    def get_default(self) -> Any:
        return NO_VALUE if self.is_historical else super().get_default()

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, path, args, kwargs = super().deconstruct()
        if type(self).__module__.startswith("ascend.fields."):
            path = f"ascend.fields.{type(self).__name__}"
        # Uniqueness is the index column's, unless the database compares envelopes; a default is a plaintext value,
        # which a migration never holds.
        for option in ("default",) if self.scheme.is_deterministic else ("unique", "default"):
            kwargs.pop(option, None)
        kwargs["context"] = self.scheme.context
        if self.scheme.bind != Binding.FIELD:
            kwargs["bind"] = self.scheme.bind
        if self.scheme.indexes:
            kwargs["indexes"] = [index.name if index.tells_values_apart else index for index in self.scheme.indexes]
        for option in ("shred_with", "shred_index", "join_group"):
            if getattr(self.scheme, option):
                kwargs[option] = getattr(self.scheme, option)
        if self.replaces:  # the readers are no part of it; while they are there, a value may be missing here
            kwargs |= {"replaces": self.replaces, "null": True}
        if self.scheme.is_deterministic:
            kwargs["deterministic"] = True
            kwargs["db_index"] = self.db_index  # type: ignore[attr-defined]  # of Field, not in its stubs
            if kwargs["db_index"] is not self.unique:
                del kwargs["db_index"]  # what it is unless something else is written
        return name, path, args, kwargs

    # -- What a fixture never holds ------------------------------------------------------------------------

    def value_from_object(self, obj: models.Model) -> Any:
        # A form may have the value. A serializer would write numbers and dates as they are: it asks text only
        # of other types.
        if isinstance(sys._getframe(1).f_locals.get("self"), Serializer):  # noqa: SLF001 (what `inspect` would return)
            self.value_to_string(obj)
        return super().value_from_object(obj)

    def value_to_string(self, obj: models.Model) -> str:
        refuse(
            self.label,
            "serialising (dumpdata)",
            "The fixture would hold plaintext.",
            "Move rows with a backup of the database and its keys, or leave the model out (--exclude).",
        )
