"""The options of one encrypted field, frozen: what it is bound to, what can be searched, what its label is."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ascend.envelope import Buckets, Ngrams, Transform, named
from ascend.fields.key_names import Group, KeyName

FULL_BITS = 128
"""From this width on equal hashes mean equal values. What a narrower index finds is opened and compared again."""

MULTIVALUED_FAMILIES = frozenset({"ngram", "range"})

GENERATION = 0
"""The generation of the index key that the `_a` columns hold; `_b` is for the next one while a key rotates."""

WRITTEN_LETTER = "a"


class Binding(StrEnum):
    """What a value is authenticated with, besides its organization and its column."""

    FIELD = "field"
    """Nothing more: it opens wherever the column is read, in `values()` too. A copy in another row opens as well."""

    ROW = "row"
    """The row's primary key: a value copied into another row does not open. Read it through the instance."""


@dataclass(frozen=True, slots=True)
class Index:
    """One blind index of a field: the transform's name, and how many bits of the hash are kept."""

    name: str
    bits: int = FULL_BITS

    @property
    def lookup_name(self) -> str:
        """The name in a query: `email__email_domain=...`."""
        return self.name.replace("-", "_")

    @property
    def transform(self) -> Transform | Ngrams | Buckets:
        """How a value is normalised before it is hashed.

        Raises:
            LookupError: there is no such transform (`ascend.E105`).
        """
        return named(self.name)

    @property
    def is_multivalued(self) -> bool:
        """Whether a value has several hashes: the pieces of a name, the buckets of a date."""
        return self.name.partition("-")[0] in MULTIVALUED_FAMILIES

    @property
    def tells_values_apart(self) -> bool:
        """Whether equal hashes mean equal normal forms, so that nothing has to be opened."""
        return self.bits >= FULL_BITS

    def deconstruct(self) -> tuple[str, tuple[str], dict[str, Any]]:
        """Return how a migration writes it."""
        return "ascend.fields.Index", (self.name,), {} if self.bits == FULL_BITS else {"bits": self.bits}

    def column_name(self, field_name: str, letter: str) -> str:
        """The model field that holds the hashes: `ssn_last4_a`."""
        return f"{field_name}_{self.lookup_name}_{letter}"

    def normalise(self, text: str) -> str | None:
        """Return what is hashed, or None where there is nothing to index.

        The empty string is a value like another to `exact`, so that `filter(ssn="")` and
        `unique=True` mean what they mean for a plain column.
        """
        return self.normaliser(text)

    @property
    def normaliser(self) -> Callable[[str], str | None]:
        """Return `normalise` as a function: found once for a column.

        Raises:
            TypeError: a value has several normal forms.
        """
        transform = self.transform
        if not isinstance(transform, Transform):
            raise TypeError(f"a value has no single normal form in {self.name}")
        return transform.function if transform.lossless else transform

    def terms(self, text: str) -> frozenset[str]:
        """Return the normal forms under which a value is found; none where there is nothing to index."""
        transform = self.transform
        if isinstance(transform, Transform):
            normal = self.normalise(text)
            return frozenset() if normal is None else frozenset({normal})
        return transform.terms(text)


@dataclass(frozen=True, slots=True)
class Scheme:
    """Everything that decides how a column's values are stored. Without a key: keys belong to the keychain.

    `shred_with` names the attribute that identifies the person whose own key the values are sealed under.
    """

    bind: str = Binding.FIELD
    indexes: tuple[Index, ...] = ()
    context: str = ""
    shred_with: str = ""
    shred_index: str = ""
    is_deterministic: bool = False
    join_group: str = ""
    key_name: KeyName = field(init=False, default="")
    """By what the keychain knows the keys of the column's envelopes. A field, since every value asks for it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "key_name", Group(self.group_label) if self.is_deterministic else self.context)

    @property
    def group_label(self) -> str:
        """The label of what is compared: equal values of two columns with one label are found equal."""
        return self.join_group or self.context

    @property
    def is_row_bound(self) -> bool:
        """Whether a value opens in its own row only."""
        return self.bind == Binding.ROW

    def index_called(self, lookup_name: str) -> Index | None:
        """Return the index that serves `field__<lookup_name>`, if the field declares it."""
        return next((index for index in self.indexes if index.lookup_name == lookup_name), None)


def as_indexes(declared: Iterable[str | Index]) -> tuple[Index, ...]:
    """Return what a model wrote in `indexes=` as `Index` objects. `ascend.fields.checks` judges them."""
    return tuple(index if isinstance(index, Index) else Index(index) for index in declared)
