"""What Celery runs for records. Arguments are ids; the rows they name are the orders."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from records.services import dispatch, sweeping, work


@shared_task(name=dispatch.RUN_IMPORT, acks_late=True, ignore_result=True)
def run_import(*, job_id: str, **_from_newer_senders: object) -> None:
    """Work on one import for a slice."""
    work.run_slice(job_id=UUID(job_id))


@shared_task(name="records.send_waiting_imports", ignore_result=True)
def send_waiting_imports(**_from_newer_senders: object) -> None:
    """Find imports without a worker: beat orders this every few seconds."""
    sweeping.send_waiting_imports()


@shared_task(name="records.sweep", ignore_result=True)
def sweep(**_from_newer_senders: object) -> None:
    """Delete what has had its time: beat orders this once an hour."""
    now = timezone.now()
    sweeping.expire_imports(now=now)
    sweeping.remove_orphaned_spools(now=now)
    sweeping.remove_expired_searches()
