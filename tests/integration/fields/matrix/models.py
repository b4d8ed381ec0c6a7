"""Models with one encrypted column each: of every type, in both bindings, by every kind of inheritance."""

import datetime as dt
import json
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.db import models

from ascend import fields
from ascend.fields import EncryptedManager, Index

APP = "every"
BINDINGS = ("field", "row", "deterministic")
PIECES = Index("ngram-3", bits=8)
COARSE = {
    **dict.fromkeys(("Char", "Text", "Email", "URL", "Slug"), PIECES),
    **dict.fromkeys(("Integer", "BigInteger", "PositiveInteger", "Decimal"), Index("range-number-100")),
    **dict.fromkeys(("Date", "DateTime"), Index("range-date-32", bits=24)),
}
"""The index of each type that answers more than equality."""


@dataclass(frozen=True)
class Kind:
    """One type of field: its options, two values, and what a person types for the first in a form."""

    name: str
    first: Any
    second: Any
    typed: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    field_name: str = ""
    indexed: bool = True
    comparable: bool = True
    """Whether equal values have equal octets, so that the type can be deterministic."""

    def searchable(self, binding: str) -> bool:
        """Whether equality can be asked: of an index, or of the column."""
        return self.comparable if binding == "deterministic" else self.indexed

    @property
    def coarse(self) -> Index | None:
        return COARSE.get(self.name)

    def make(self, *, bind: str = "field", **more: Any) -> Any:
        how: dict[str, Any] = {"bind": bind}
        if bind == "deterministic":
            how = {"deterministic": True, "indexes": filter(None, [self.coarse])}
        elif self.indexed:
            how["indexes"] = ["exact", *filter(None, [self.coarse])]
        if self.searchable(bind):
            how["join_group"] = f"{self.name} {bind}"
        return getattr(fields, f"Encrypted{self.field_name or self.name}Field")(**{**self.options, **how, **more})

    def plain(self, model: Any = None) -> Any:
        """Return Django's own field with the same options, as if it were in `model`."""
        made = getattr(models, f"{self.field_name or self.name}Field")(**self.options, null=True, blank=True)
        made.set_attributes_from_name("value")
        made.model = model
        return made


KINDS = (
    Kind("Char", "Ada", "Böb", options={"max_length": 40}),
    Kind("Text", "a note", "another\nnote"),
    Kind("Email", "ada@example.org", "bob@example.com"),
    Kind("URL", "https://example.org/a", "https://example.com/?b=1"),
    Kind("Slug", "a-slug", "b-slug"),
    Kind("Integer", 42, -7),
    Kind("BigInteger", 2**40, -(2**62)),
    Kind("PositiveInteger", 42, 0),
    Kind("Float", 0.1, -2.5e300, indexed=False, comparable=False),
    Kind("Decimal", Decimal("1.50"), Decimal("-3.25"), options={"max_digits": 9, "decimal_places": 2}),
    Kind("Boolean", True, False, typed="true"),
    Kind("Date", dt.date(1980, 5, 17), dt.date(1, 1, 1)),
    Kind("DateTime", dt.datetime(2026, 3, 1, 1, 2, 3, tzinfo=dt.UTC), dt.datetime(1999, 1, 1, tzinfo=dt.UTC),
         typed="2026-03-01 01:02:03"),
    Kind("Time", dt.time(1, 2, 3), dt.time(23, 59, 59, 999999)),
    Kind("Duration", dt.timedelta(days=1, seconds=2), dt.timedelta(microseconds=-1)),
    Kind("UUID", uuid.UUID(int=7), uuid.UUID(int=2**127)),
    Kind("GenericIPAddress", "192.0.2.1", "2001:db8::1"),
    Kind("JSON", {"a": [1, None]}, ["b"], typed=json.dumps({"a": [1, None]}), indexed=False,
         comparable=False),
    Kind("Binary", b"\0a", b"\xff", indexed=False),
    Kind("Char with choices", "a", "b", options={"max_length": 1, "choices": [("a", "A"), ("b", "B")]},
         field_name="Char"),
    Kind("Integer with choices", 1, 2, options={"choices": [(1, "One"), (2, "Two")]}, field_name="Integer"),
)  # fmt: skip


def _model(title: str, bases: tuple[type, ...], /, *, meta: dict[str, Any] | None = None, **body: Any) -> Any:
    options = type("Meta", (), {"app_label": APP, **(meta or {})})
    return type(title, bases, {"__module__": __name__, "Meta": options, **body})


def _key(binding: str) -> dict[str, Any]:
    key = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False) if binding == "row" else None
    return {"id": key or models.BigAutoField(primary_key=True)}


def _models_of(kind: Kind, binding: str) -> SimpleNamespace:
    prefix = f"{kind.name.title().replace(' ', '')}{binding.title()}"
    value = kind.make(bind=binding, null=True, blank=True)
    name = models.CharField(max_length=20, unique=True)
    abstract = _model(
        f"{prefix}Abstract", (models.Model,), meta={"abstract": True}, name=name, value=value,
        objects=EncryptedManager(), **_key(binding),
    )  # fmt: skip
    main = _model(f"{prefix}Main", (abstract,))
    made = SimpleNamespace(main=main, second=_model(f"{prefix}Second", (abstract,)), unique=None)
    made.proxy = _model(f"{prefix}Proxy", (main,), meta={"proxy": True})
    made.child = _model(f"{prefix}Child", (main,), extra=models.CharField(max_length=5, default=""))
    subject = models.ForeignKey(main, on_delete=models.CASCADE, related_name="notes")
    made.note = _model(f"{prefix}Note", (models.Model,), subject=subject)
    if kind.searchable(binding):
        column = "value" if binding == "deterministic" else "value_exact_a"
        constraint = models.UniqueConstraint(fields=["shop", column], name=f"{prefix}_per_shop".lower())
        shop = models.IntegerField(default=1)
        made.unique = _model(
            f"{prefix}Unique", (models.Model,), value=kind.make(bind=binding, unique=True),
            objects=EncryptedManager(), **_key(binding),
        )  # fmt: skip
        made.constrained = _model(
            f"{prefix}Constrained", (models.Model,), meta={"constraints": [constraint]}, shop=shop,
            value=kind.make(bind=binding), objects=EncryptedManager(), **_key(binding),
        )  # fmt: skip
    return made


def exists(kind: Kind, binding: str) -> bool:
    """Whether the system checks let the type be in the binding."""
    return binding != "deterministic" or kind.comparable


MODELS = {
    (kind.name, binding): _models_of(kind, binding) for kind in KINDS for binding in BINDINGS if exists(kind, binding)
}
