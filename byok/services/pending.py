"""The one registration that programs work on: the organization's newest that is not decided yet.

The pages know a registration by its id and allow several; the API's paths have no id, so here there is one at a time.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from accounts.models import Organization
from byok.models import Registration, State
from byok.services import checking, registering
from byok.services.registering import Details


class NoRegistration(Exception):
    """The organization has no registration that waits for anything."""


class AlreadyPending(Exception):
    """A registration is under way already; it is finished or given up first."""


class ActiveKeyStays(Exception):
    """The key in charge cannot be removed: its values would have to be moved first."""


def find(organization_id: UUID) -> Registration:
    """Return the registration that is under way.

    Raises:
        NoRegistration: there is none.
    """
    found = newest(organization_id)
    if found is None:
        raise NoRegistration
    return found


def newest(organization_id: UUID) -> Registration | None:
    """Return the registration that is under way, or None."""
    return Registration.objects.for_organization(organization_id).open().newest_first().first()


def active(organization_id: UUID) -> Registration | None:
    """Return the registration of the key in charge, or None."""
    return Registration.objects.for_organization(organization_id).filter(state=State.ACTIVE).first()


def register(*, organization_id: UUID, person_id: UUID, details: Details, now: datetime) -> Registration:
    """Open a draft for a key.

    Raises:
        AlreadyPending: another registration is under way.
        KeyTaken: the key is registered already.
    """
    with transaction.atomic():
        # Two programs at once: the second one waits here, and finds the draft of the first.
        Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
        if newest(organization_id) is not None:
            raise AlreadyPending
        draft = registering.start(organization_id=organization_id, person_id=person_id, now=now)
        return registering.describe(
            registration_id=draft.pk, organization_id=organization_id, person_id=person_id, details=details, now=now
        )


def verify(*, organization_id: UUID, person_id: UUID, now: datetime) -> Registration:
    """Start the checks of the registration under way; who asks for them says that access is granted.

    Raises:
        NoRegistration: none is under way.
        WrongStep: its activation is being decided, or it names no key.
        AlreadyRunning: a run is under way.
    """
    with transaction.atomic():
        registration = find(organization_id)
        ids = {"registration_id": registration.pk, "organization_id": organization_id, "person_id": person_id}
        if registration.granted_at is None:
            registering.confirm_grant(**ids, now=now)
        return checking.start_checks(**ids, now=now)


def withdraw(*, organization_id: UUID, person_id: UUID, now: datetime) -> None:
    """Give the registration under way up.

    Raises:
        ActiveKeyStays: there is only a key in charge.
        NoRegistration: there is nothing.
        WrongStep: its activation is being decided.
    """
    if newest(organization_id) is None and active(organization_id) is not None:
        raise ActiveKeyStays
    registration = find(organization_id)
    registering.cancel(registration_id=registration.pk, organization_id=organization_id, person_id=person_id, now=now)
