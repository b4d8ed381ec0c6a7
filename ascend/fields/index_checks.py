"""System checks of indexes: names that exist, widths that mean something, families that fit the type."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from django.core import checks
from django.db import models

from ascend.envelope import TRANSFORMS, named
from ascend.envelope.blind_index import MAXIMUM_BITS, MINIMUM_BITS
from ascend.fields.scheme import FULL_BITS, Index

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField

Finding = Iterator[checks.CheckMessage]

FAMILIES: Final = ("prefix-3", "ngram-3", "range-date-32", "range-number-100")
ENOUGH_FOR_PIECES: Final = 16


def check_indexes(field: "EncryptedField") -> Finding:
    """Yield what is wrong with the indexes of one field."""
    for check in (_indexes, _indexes_of_the_type):
        yield from check(field)


def _indexes(field: "EncryptedField") -> Finding:
    for index in field.scheme.indexes:
        if (reason := _why_unknown(index)) is not None:
            yield _error("ascend.E105", field, f'there is no index "{index.name}".', reason)
        if index.bits % 8 or not MINIMUM_BITS <= index.bits <= MAXIMUM_BITS:
            allowed = f"An index has {MINIMUM_BITS} to {MAXIMUM_BITS} bits, in whole bytes."
            yield _error("ascend.E106", field, f"an index of {index.bits} bits.", allowed)
    names = [index.name for index in field.scheme.indexes]
    if len(set(names)) < len(names):
        yield _error("ascend.E107", field, "an index is declared twice.", "Name each transform once.")
    if field.unique and "exact" not in names and not field.scheme.is_deterministic:
        instead = (
            f"This type has none: {field.no_index_because}" if field.no_index_because else 'Add indexes=["exact"].'
        )
        yield _error("ascend.E108", field, "unique=True has no index to stand on.", instead)
    yield from _narrow_and_wide_indexes(field)


def _why_unknown(index: Index) -> str | None:
    try:
        named(index.name)
    except LookupError:
        return f"There are: {', '.join([*sorted(TRANSFORMS), *FAMILIES])}."
    except ValueError as error:
        return f"{str(error).capitalize()}."
    return None


def _narrow_and_wide_indexes(field: "EncryptedField") -> Finding:
    for index in field.scheme.indexes:
        if field.unique and index.name == "exact" and not index.tells_values_apart:
            reason = f"two values may share {index.bits} bits, and the second would be refused."
            yield _error("ascend.E119", field, reason, f'unique=True needs "exact" with {FULL_BITS} bits.')
        if index.name.startswith("ngram-") and index.bits > ENOUGH_FOR_PIECES:
            yield checks.Warning(
                f"{field.label}: {index.name} with {index.bits} bits shows which pieces each value is made of.",
                hint=f'Whoever has a list of names can name most rows. Write Index("{index.name}", bits=8).',
                obj=field,
                id="ascend.W120",
            )


def _indexes_of_the_type(field: "EncryptedField") -> Finding:
    kind, families = type(field).__name__, field.index_families
    for index in field.scheme.indexes:
        if families is not None and index.name.rstrip("0123456789").rstrip("-") not in families:
            reason = field.no_index_because or "the type has no such part."
            instead = f"There are: {', '.join(sorted(families))}." if families else "Search another column."
            yield _error("ascend.E117", field, f'{kind} has no index "{index.name}": {reason}', instead)
        elif families is None and index.name.startswith("range-"):
            reason = f'{kind} has no index "{index.name}": texts are not compared as numbers or dates are.'
            yield _error("ascend.E117", field, reason, "Use an encrypted field of dates or numbers.")
        elif isinstance(field, models.BooleanField):
            yield checks.Warning(
                f"{field.label}: an index over two values tells a reader of the database which rows have the same one.",
                hint="Leave it out, unless it may be known who has which.",
                obj=field,
                id="ascend.W118",
            )


def _error(identity: str, field: "EncryptedField", message: str, hint: str) -> checks.Error:
    return checks.Error(f"{field.label}: {message}", hint=hint, obj=field, id=identity)
