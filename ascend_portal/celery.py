"""The job pump: `celery -A ascend_portal worker` and `celery -A ascend_portal beat`."""

import logging.config
import os
from typing import Any

from celery import Celery, signals
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ascend_portal.settings")

app = Celery("ascend_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.setup_logging.connect
def use_our_logs(**_signal: Any) -> None:
    """Keep Celery from installing handlers of its own, which print arguments and exceptions."""
    logging.config.dictConfig(settings.LOGGING)
