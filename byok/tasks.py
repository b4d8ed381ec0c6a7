"""What Celery runs for customers' keys. Arguments are ids; the rows they name are the orders."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from byok.services import ceremonies, checking, material_expiry, registering


@shared_task(name="byok.expire_registrations", ignore_result=True)
def expire_registrations(**_from_newer_senders: object) -> None:
    """End drafts that nobody finished in time, and reopen what was not approved: beat orders this every minute."""
    registering.reopen_undecided()
    registering.expire_overdue(now=timezone.now())


@shared_task(name=checking.RUN_CHECKS, acks_late=True, ignore_result=True)
def run_checks(*, registration_id: str, number: int, **_from_newer_senders: object) -> None:
    """Climb one ladder."""
    checking.run_checks(registration_id=UUID(registration_id), number=number)


@shared_task(name="byok.tend_imports", ignore_result=True)
def tend_imports(**_from_newer_senders: object) -> None:
    """End the imports that nobody finished in time, and announce material that ends: beat orders this once an hour."""
    ceremonies.expire_overdue(now=timezone.now())
    material_expiry.announce(now=timezone.now())
