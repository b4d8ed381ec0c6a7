"""Logs: one JSON object a line, with the request's id and never a value.

What may stand in a line is listed here. An extra that nobody listed is dropped, the message of an
exception from outside our own packages is dropped (PostgreSQL's repeat the row, Django's the form),
and as a last net anything that looks like personal data is masked.
"""

import logging
import re
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from pythonjsonlogger.json import JsonFormatter

from ascend_portal import request_id

EXTRAS = (
    "event", "organization_id", "method", "route", "status", "duration_ms", "task", "task_id", "key_id", "import_id",
)  # fmt: skip
OWN_PACKAGES = ("ascend.", "ascend_portal.", "audit.", "accounts.", "byok.", "records.")
# Statements hold parameters, signatures hold payloads: never at DEBUG, whatever LOG_LEVEL says.
SILENT = ("django.db.backends", "django.template", "botocore", "urllib3", "kombu", "amqp")
MASK = "•••"
LOOKS_PERSONAL = re.compile(
    r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"  # an e-mail address
    r"|\b\d{3}-\d{2}-\d{4}\b"  # a social security number
    r"|(?<![\w-])\+?\d(?:[ -]?\d){8,}(?![\w-])"  # nine digits or more: a phone, an account, a card
)


class LineFormatter(JsonFormatter):
    """Writes a record as one JSON object with the listed fields only."""

    def __init__(self) -> None:
        super().__init__(
            "{levelname}{name}{message}",
            style="{",
            timestamp="time",
            rename_fields={"levelname": "level", "name": "logger"},
            json_ensure_ascii=False,
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Keep what is listed."""
        kept = ("time", "level", "logger", "message", "request_id", "exception", *EXTRAS)
        return {name: log_data[name] for name in kept if log_data.get(name) not in (None, "")}


class LastNet(logging.Filter):
    """Puts the request's id on a record and takes out of it what must not be in a log."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record in place; every record passes."""
        record.request_id = request_id.current()
        if record.exc_info:
            record.exception = list(_chain(record.exc_info[1]))
        # The standard formatter would add the message of the exception.
        record.exc_info = record.exc_text = record.stack_info = None
        record.msg, record.args = _masked(_message(record)), ()
        return True


def _message(record: logging.LogRecord) -> str:
    if record.name.startswith("django.request"):
        return _route_message(record)
    if record.name == "celery.app.trace":
        return _task_message(record)
    return record.getMessage()


def _route_message(record: logging.LogRecord) -> str:
    """Name the route and not the path, which can hold a one-time token."""
    match = getattr(getattr(record, "request", None), "resolver_match", None)
    record.route = match.route if match else None
    record.status = getattr(record, "status_code", None)
    return "request failed" if record.levelno >= logging.ERROR else "request refused"


def _task_message(record: logging.LogRecord) -> str:
    """Leave out a task's arguments, its result and the text of its exception."""
    data = record.args if isinstance(record.args, dict) else {}
    record.task, record.task_id = data.get("name"), data.get("id")
    return "task failed" if record.levelno >= logging.ERROR else "task ended"


def _masked(message: str) -> str:
    return LOOKS_PERSONAL.sub(MASK, message)


def _chain(error: BaseException | None) -> Iterator[dict[str, Any]]:
    """Yield an exception and those behind it: where each came from, and its text if it is ours."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:  # somebody's `raise error from error` has no end
        seen.add(id(error))
        kind = type(error)
        shown = {"type": f"{kind.__module__}.{kind.__qualname__}", "frames": _frames(error.__traceback__)}
        yield shown | ({"message": _masked(str(error))} if kind.__module__.startswith(OWN_PACKAGES) else {})
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _frames(trace: TracebackType | None) -> list[str]:
    """Return file, line and function of each frame; no line of code, no variable."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def logging_configuration(*, level: str, style: str) -> dict[str, Any]:
    """Return Django's LOGGING: everything to standard error, through the filter."""
    quiet = {"level": "WARNING", "propagate": True, "handlers": []}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"last_net": {"()": "ascend_portal.logs.LastNet"}},
        "formatters": {
            "json": {"()": "ascend_portal.logs.LineFormatter"},
            "console": {"format": "{asctime} {levelname:7} {name}: {message}", "style": "{"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "filters": ["last_net"],
                "formatter": style if style == "console" else "json",
            },
        },
        "root": {"level": level, "handlers": ["stderr"]},
        "loggers": {
            "django": {"level": "INFO", "propagate": True, "handlers": []},
            **dict.fromkeys(SILENT, quiet),
            # A line at every reminder would bury the rest.
            "celery.beat": quiet,
            "celery.worker.strategy": quiet,
            "django.server": quiet,
        },
    }
