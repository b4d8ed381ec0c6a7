"""What Celery runs for customers' keys. Arguments are ids; the rows they name are the orders."""

from celery import shared_task
from django.utils import timezone

from byok.services import registering


@shared_task(name="byok.expire_registrations", ignore_result=True)
def expire_registrations(**_from_newer_senders: object) -> None:
    """End the drafts that nobody finished in time: beat orders this once an hour."""
    registering.expire_overdue(now=timezone.now())
