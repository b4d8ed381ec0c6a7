"""Wake a worker for a job. The job's row is the order; this message only hurries."""

from functools import partial
from uuid import UUID

from celery import current_app
from django.db import transaction

RUN_IMPORT = "records.run_import"
# While all workers are busy the reaper sends the same id again and again: old messages go by themselves.
EXPIRES_SECONDS = 60


def send_import(job_id: UUID) -> None:
    """Send the job's id once the transaction has committed; if the broker is away, the reaper sends it later."""
    send = partial(current_app.send_task, RUN_IMPORT, kwargs={"job_id": str(job_id)}, expires=EXPIRES_SECONDS)
    transaction.on_commit(send, robust=True)
