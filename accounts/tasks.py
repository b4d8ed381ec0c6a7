"""What the beat has done for accounts. Each is safe to run twice, late, or not at all for a while."""

from celery import shared_task
from django.utils import timezone

from accounts.services import approvals, tidying


@shared_task(name="accounts.resume_approvals", acks_late=True, ignore_result=True)
def resume_approvals(**_from_newer_senders: object) -> None:
    """Carry on with approved requests that a dead process left behind."""
    approvals.resume_crashed(now=timezone.now())


@shared_task(name="accounts.expire_approvals", acks_late=True, ignore_result=True)
def expire_approvals(**_from_newer_senders: object) -> None:
    """Close requests that nobody decided in time."""
    approvals.expire_overdue(now=timezone.now())


@shared_task(name="accounts.tidy", acks_late=True, ignore_result=True)
def tidy(**_from_newer_senders: object) -> None:
    """Remove what has run out: sessions, throttles, one-time sign-ins."""
    tidying.remove_expired(now=timezone.now())
