"""Indexes that hold several digests of one value (spec: blind-index §3).

A value has a set of terms, and so has a question. Each term is digested like a single value; a row is found
by the digests that it shares with the question, and what was found is compared again after opening.
"""

from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Protocol


class Match(StrEnum):
    """How many of a question's terms a row must hold to be found."""

    ALL = "all"
    """Every one: a name holds each piece of the fragment that is looked for."""

    ANY = "any"
    """At least one: a date is in one of the buckets that together make up the range."""

    def finds(self, held: AbstractSet[bytes], asked: AbstractSet[bytes]) -> bool:
        """Return whether a row that holds these digests is found (IDX-11). A question without digests finds none.

        What a query does in the database, for rows in memory and to hold queries against.
        """
        return bool(asked) and (asked <= held if self is Match.ALL else not asked.isdisjoint(held))


class MultiTransform(Protocol):
    """A transform that gives a value a set of terms. Its questions are methods of each kind."""

    @property
    def name(self) -> str: ...
    @property
    def match(self) -> Match: ...
    def terms(self, value: str) -> frozenset[str]:
        """Return what is indexed of a value; nothing where there is nothing to index (the column is NULL)."""
        ...
