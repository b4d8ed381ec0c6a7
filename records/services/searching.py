"""Search by blind index: what was typed is hashed and forgotten, the hash is stored for its owner."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts import limits
from ascend.fields import sealing
from ascend.fields.base import EncryptedField
from ascend.fields.scheme import WRITTEN_LETTER
from ascend.keychain import keyring
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from records import conf, person_fields
from records.models import PersonRecord, Search
from records.search_kinds import SearchKind

LIMIT = "search"


class NothingToSearch(ValueError):
    """The text holds nothing that this index knows: four letters or digits, a year, a domain, an ISO date."""


def search(*, kind: SearchKind, text: str, person_id: UUID, organization_id: UUID, now: datetime) -> Search:
    """Store a search of one person and return it; its id is what the address of its page holds.

    Raises:
        LimitReached: the person's hour is used up.
        NothingToSearch: nothing was counted.
        KeyUnavailable: nothing was counted.
    """
    keyring.require(organization_id)
    column, digest = _digest(kind, text, organization_id)
    limits.spend(person_id, LIMIT, organization_id=organization_id, now=now)
    with transaction.atomic():
        made = Search.objects.create(
            organization_id=organization_id,
            person_id=person_id,
            kind=kind.name,
            index=column,
            digests=[digest],
            created_at=now,
            expires_at=now + conf.search_lifetime(),
        )
        audit.record(
            Event.RECORD_SEARCH,
            organization_id=organization_id,
            actor=Actor.person(person_id),
            at=now,
            target=str(made.pk),
            details={"by": kind.name},
        )
    return made


def note_lookup(*, person_id: UUID, organization_id: UUID, now: datetime) -> None:
    """Count and record a look-up by the plain reference, which needs no stored search.

    Raises:
        LimitReached: the person's hour is used up.
    """
    limits.spend(person_id, LIMIT, organization_id=organization_id, now=now)
    with transaction.atomic():
        audit.record(
            Event.RECORD_SEARCH,
            organization_id=organization_id,
            actor=Actor.person(person_id),
            at=now,
            details={"by": "reference"},
        )


def _digest(kind: SearchKind, text: str, organization_id: UUID) -> tuple[str, bytes]:
    """Return the column of the kind's index and what to find in it."""
    field = PersonRecord._meta.get_field(kind.field)  # noqa: SLF001 - Django's documented way to a field
    if not isinstance(field, EncryptedField):
        raise TypeError(kind.field)
    index = field.scheme.index_called(kind.transform.replace("-", "_"))
    if index is None:
        raise LookupError(kind.transform)
    text = text.strip()
    digest = sealing.digest(field, organization_id, index, text)
    if not text or digest is None or _never_stored(kind, text):
        raise NothingToSearch
    return index.column_name(field.name, WRITTEN_LETTER), digest


def _never_stored(kind: SearchKind, text: str) -> bool:
    """Return whether no record can hold `text`: "nobody was found" would be taken for an answer about people."""
    return kind.is_whole_value and person_fields.problem_with(person_fields.BY_NAME[kind.field], text) is not None
