"""Which indexes `manage.py plan_indexes` plans: those that models declare, and those that somebody thinks of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError
from django.utils.translation import gettext as _

from ascend.envelope import blind_index, planning, populations
from ascend.envelope.planning import Forecast
from ascend.fields import EncryptedDateField, Index, inventory

BAD_INPUT = 2
DETERMINISTIC = "deterministic"
WHOLE_VALUES = {"exact", "casefold"}


@dataclass(frozen=True, slots=True)
class Declared:
    """One index to be planned: of a field, or one that somebody thinks of (then `field` is empty).

    The envelopes of a deterministic column show what an `exact` index would; `shown` says what they are.
    """

    field: str
    index: Index
    possible_values: int | None = None
    shown: str = ""

    @property
    def name(self) -> str:
        """What it is called in the table, and in `--population`."""
        return self.shown or self.index.name


@dataclass(frozen=True, slots=True)
class Plan:
    """One index, as it is and as it should be."""

    field: str
    index: str
    population: int
    now: Forecast
    recommended: Forecast


def declared_in(models: Iterable[str]) -> Iterable[Declared]:
    """Yield each index of each protected field of these models, or of all.

    Raises:
        CommandError: there is no such model.
    """
    wanted = [model_called(name) for name in models]
    for protected in inventory.protected_fields():
        if not wanted or protected.model in wanted:
            field: Any = protected.model._meta.get_field(protected.field)
            if protected.is_deterministic:
                yield Declared(protected.label, Index("exact"), possible_values(field, "exact"), DETERMINISTIC)
            for index in field.scheme.indexes:
                yield Declared(protected.label, index, possible_values(field, index.name))


def join_groups(models: Iterable[str]) -> dict[str, list[str]]:
    """Return the join groups of these models, or of all, each with the labels of all its columns.

    Raises:
        CommandError: there is no such model.
    """
    wanted = [model_called(name) for name in models]
    grouped = [protected for protected in inventory.protected_fields() if protected.join_group]
    named = sorted({one.join_group for one in grouped if not wanted or one.model in wanted})
    return {name: [one.label for one in grouped if one.join_group == name] for name in named}


def model_called(name: str) -> Any:
    """Return the model "app.Model".

    Raises:
        CommandError: there is none.
    """
    try:
        return apps.get_model(name)
    except (LookupError, ValueError):
        raise CommandError(_("There is no model %s.") % name, returncode=BAD_INPUT) from None


def thought_of(given: Iterable[str]) -> list[Declared]:
    """Return the indexes that `--index` names.

    Raises:
        CommandError: there is no such transform, or its width is no whole number of bytes from 8 to 256 bits.
    """
    return [Declared("", index_called(text)) for text in given]


def index_called(text: str) -> Index:
    """Return the index "ngram-3:8", with 128 bits where none are named.

    Raises:
        CommandError: there is none.
    """
    name, _colon, bits = text.partition(":")
    try:
        index = Index(name, bits=int(bits)) if bits else Index(name)
        planning.forecast(populations.workload(name, 1), blind_index.require_width(index.bits))
    except (LookupError, ValueError) as error:
        raise CommandError(f"--index {text}: {error}", returncode=BAD_INPUT) from None
    return index


def planned(rows: int, known: Mapping[str, int], declared: Iterable[Declared]) -> Iterable[Plan]:
    """Yield a plan for each index.

    Raises:
        CommandError: a population was given for an index that is not planned.
    """
    unused = set(known)
    for asked in declared:
        names = (f"{asked.field}:{asked.name}", asked.name)
        unused -= set(names)
        population = next((known[name] for name in names if name in known), asked.possible_values)
        work = populations.workload(asked.index.name, rows, population)
        now = planning.forecast(work, asked.index.bits)
        yield Plan(asked.field, asked.name, work.population, now, planning.recommend(work))
    if unused:
        raise CommandError(_("No field has the index %s.") % ", ".join(sorted(unused)), returncode=BAD_INPUT)


def possible_values(field: Any, index: str) -> int | None:
    """Return how many values a whole-value index of this field can have, where the field itself says so."""
    if index not in WHOLE_VALUES:
        return None
    if field.choices:
        return len(field.flatchoices)
    return populations.LIFETIME_DAYS if isinstance(field, EncryptedDateField) else None


def known_populations(given: Iterable[str]) -> dict[str, int]:
    """Return what `--population` says.

    Raises:
        CommandError: it does not read INDEX=COUNT, with a count of 1 or more.
    """
    known = {}
    for pair in given:
        name, _equals, count = pair.partition("=")
        if not name or not count.isascii() or not count.isdecimal() or int(count) < 1:
            message = _('--population reads INDEX=COUNT, "year=80" for example; "%s" does not.') % pair
            raise CommandError(message, returncode=BAD_INPUT)
        known[name] = int(count)
    return known
