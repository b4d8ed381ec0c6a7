"""The job pump: `celery -A ascend_portal worker` and `celery -A ascend_portal beat`."""

import logging.config
import os
from typing import Any

from celery import Celery, signals
from django.conf import settings

from ascend_portal.embedded import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ascend_portal.settings")

app = Celery("ascend_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def use_our_logs(**_signal: Any) -> None:
    """Keep Celery from installing handlers of its own, which print arguments and exceptions."""
    logging.config.dictConfig(settings.LOGGING)


@signals.worker_process_init.connect
def end_with_the_worker(**_signal: Any) -> None:
    """Leave no child process behind when the worker is killed."""
    process.die_with_parent_if_leashed()
