"""Begin, feed, confirm and give up the import of a customer's key. Each step is in the log.

The key store is asked outside of transactions: a claim is written first, its outcome afterwards (ADR 0005).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from ascend.providers import importing
from ascend.providers.contract import ProviderError
from ascend.providers.importing import Imported, ImportRefused, Wrapping
from audit import services as audit
from audit.actor import Actor
from audit.catalogue import Event
from audit.entry import Outcome
from byok.models import Ceremony, Stage

# Whoever claimed a ceremony and said nothing for this long is taken for dead.
CLAIM_LASTS = timedelta(minutes=2)
_SWEEPER = Actor.system("sweeper")


class WrongStage(Exception):
    """The ceremony is not where this decision belongs: somebody else was faster, or it has ended."""


class SamePerson(Exception):
    """Who brought the key may not confirm it."""


class OtherKey(Exception):
    """The second person computed another check value: the store does not hold their key."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the owner sends. `told` is their check value, empty where it is known only afterwards."""

    wrapped: bytes
    told: bytes = b""
    material_expires_at: datetime | None = None


def begin(
    *, organization_id: UUID, person_id: UUID, provider_uri: str, wrapping: Wrapping | None, now: datetime
) -> Ceremony:
    """Have a wrapping key made and return the ceremony. None takes the store's best wrapping.

    In `provider_uri`, {organization} and {ceremony} stand for ids: an address is made here and never typed.

    Raises:
        ProviderError: the store takes no imports, has such a key already, or does not answer.
    """
    ceremony_id = uuid4()
    uri = provider_uri.replace("{organization}", str(organization_id)).replace("{ceremony}", str(ceremony_id))
    importer = importing.importer_for(uri)
    made = importer.parameters(uri, wrapping or importer.wrappings[0], now=now)
    ceremony = Ceremony(
        id=ceremony_id,
        organization_id=organization_id,
        provider_uri=uri,
        wrapping=made.wrapping,
        public_key=made.public_key,
        import_token=made.token,
        check_kind=importer.check,
        started_by_id=person_id,
        started_at=now,
        expires_at=made.expires_at,
    )
    with transaction.atomic():
        ceremony.save(force_insert=True)
        _record(Event.KEY_IMPORT_BEGIN, ceremony, Actor.person(person_id), now, wrapping=str(made.wrapping))
    return ceremony


def take(*, ceremony_id: UUID, organization_id: UUID, person_id: UUID, delivery: Delivery, now: datetime) -> Ceremony:
    """Hand the wrapped file to the key store.

    Raises:
        WrongStage: the ceremony waits for no file.
        ImportRefused: the file is not taken; the ceremony waits for another.
        ProviderError: the store refused or did not answer; the same file may be sent again.
    """
    actor = Actor.person(person_id)
    try:
        ceremony = _claim(ceremony_id, organization_id, delivery.wrapped, now)
        imported = importing.importer_for(ceremony.provider_uri).take(
            ceremony.provider_uri,
            ceremony.parameters,
            delivery.wrapped,
            told=delivery.told,
            expires_at=delivery.material_expires_at,
        )
    except ProviderError as error:
        _refuse(ceremony_id, organization_id, error, actor, now)
        raise
    return _keep(ceremony.pk, imported, delivery, person_id, now)


def confirm(*, ceremony_id: UUID, organization_id: UUID, person_id: UUID, told: bytes, now: datetime) -> Ceremony:
    """Let a second person say that the store holds their key: `told` is the check value that they computed (PV-78).

    Raises:
        WrongStage: nothing waits for confirmation.
        SamePerson: it is the one who brought the key.
        OtherKey: the check value is another.
    """
    with transaction.atomic():
        ceremony = _locked(ceremony_id, organization_id, Stage.IMPORTED)
        if ceremony.taken_by_id == person_id:
            raise SamePerson
        is_theirs = ceremony.said is not None and ceremony.said.is_met_by(told)
        if is_theirs:
            ceremony.stage, ceremony.confirmed_by_id = Stage.CONFIRMED, person_id
            ceremony.confirmed_at = ceremony.ended_at = now
            ceremony.save(update_fields=["stage", "confirmed_by", "confirmed_at", "ended_at"])
        outcome = Outcome.SUCCESS if is_theirs else Outcome.DENIED
        _record(Event.KEY_IMPORT_CONFIRM, ceremony, Actor.person(person_id), now, outcome=outcome)
    if not is_theirs:
        raise OtherKey
    return ceremony


def cancel(*, ceremony_id: UUID, organization_id: UUID, person_id: UUID, now: datetime) -> Ceremony:
    """Give a ceremony up. The store forgets its wrapping key, where it made one.

    Raises:
        WrongStage: there is nothing to give up: the key is in the store, or the ceremony has ended.
    """
    with transaction.atomic():
        ceremony = _locked(ceremony_id, organization_id, Stage.OPEN)
        _end(ceremony, Stage.CANCELLED, Event.KEY_IMPORT_CANCEL, Actor.person(person_id), now)
    importing.importer_for(ceremony.provider_uri).discard(ceremony.provider_uri, ceremony.parameters)
    return ceremony


def expire_overdue(*, now: datetime) -> int:
    """End the ceremonies whose time is over, and return how many there were. Beat orders it."""
    overdue = list(Ceremony.objects.overdue(now).values_list("pk", flat=True))
    for ceremony_id in overdue:
        with transaction.atomic():
            found = Ceremony.objects.select_for_update().overdue(now).filter(pk=ceremony_id).first()
            if found is not None:
                _end(found, Stage.EXPIRED, Event.KEY_IMPORT_EXPIRE, _SWEEPER, now)
    return len(overdue)


def _claim(ceremony_id: UUID, organization_id: UUID, wrapped: bytes, now: datetime) -> Ceremony:
    """Mark the ceremony as being fed with this file, so that no other process feeds it too."""
    with transaction.atomic():
        ceremony = _locked(ceremony_id, organization_id, Stage.OPEN, Stage.TAKING)
        if ceremony.stage == Stage.TAKING and ceremony.claimed_at and now - ceremony.claimed_at < CLAIM_LASTS:
            raise WrongStage
        importing.require_fit(ceremony.parameters, wrapped, now=now)
        ceremony.stage, ceremony.claimed_at = Stage.TAKING, now
        ceremony.file_sha256 = hashlib.sha256(wrapped).digest()
        try:
            with transaction.atomic():
                ceremony.save(update_fields=["stage", "claimed_at", "file_sha256"])
        except IntegrityError as error:
            raise _replayed() from error
    return ceremony


def _keep(ceremony_id: UUID, imported: Imported, delivery: Delivery, person_id: UUID, now: datetime) -> Ceremony:
    with transaction.atomic():
        ceremony = Ceremony.objects.select_for_update().get(pk=ceremony_id)
        ceremony.stage, ceremony.taken_by_id, ceremony.taken_at = Stage.IMPORTED, person_id, now
        ceremony.material_id, ceremony.material_expires_at = imported.material_id, delivery.material_expires_at
        ceremony.check_kind, ceremony.check_value = imported.check.kind, imported.check.value
        ceremony.check_block = imported.check.block
        ceremony.save()
        sha256 = bytes(ceremony.file_sha256 or b"").hex()
        actor = Actor.person(person_id)
        _record(Event.KEY_IMPORT_TAKE, ceremony, actor, now, material_id=imported.material_id, file_sha256=sha256)
    return ceremony


def _refuse(ceremony_id: UUID, organization_id: UUID, error: ProviderError, actor: Actor, now: datetime) -> None:
    """Let the ceremony wait for another file, and say why in the log."""
    code = error.code if isinstance(error, ImportRefused) else type(error).__name__
    with transaction.atomic():
        ceremony = Ceremony.objects.select_for_update().for_organization(organization_id).get(pk=ceremony_id)
        if ceremony.stage == Stage.TAKING:
            ceremony.stage, ceremony.claimed_at, ceremony.file_sha256 = Stage.OPEN, None, None
            ceremony.save(update_fields=["stage", "claimed_at", "file_sha256"])
        _record(Event.KEY_IMPORT_REFUSE, ceremony, actor, now, outcome=Outcome.DENIED, cause=code)


def _replayed() -> ImportRefused:
    return ImportRefused(
        "replayed",
        _("This file has been imported before."),
        _("Wrap the key again: the result differs each time. Nobody else should have your file."),
    )


def _locked(ceremony_id: UUID, organization_id: UUID, *stages: Stage) -> Ceremony:
    ceremony = Ceremony.objects.select_for_update().for_organization(organization_id).get(pk=ceremony_id)
    if ceremony.stage not in stages:
        raise WrongStage
    return ceremony


def _end(ceremony: Ceremony, stage: Stage, event: Event, actor: Actor, now: datetime) -> None:
    ceremony.stage, ceremony.ended_at = stage, now
    ceremony.save(update_fields=["stage", "ended_at"])
    _record(event, ceremony, actor, now)


def _record(
    event: Event,
    ceremony: Ceremony,
    actor: Actor,
    now: datetime,
    *,
    outcome: Outcome = Outcome.SUCCESS,
    **details: str | int,
) -> None:
    audit.record(
        event,
        organization_id=ceremony.organization_id,
        actor=actor,
        at=now,
        target=str(ceremony.pk),
        outcome=outcome,
        details=details,
    )
