"""The id that ties a response, its log lines and its audit events together."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

from audit import origin

HEADER = "X-Request-ID"
ACCEPTED = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")  # what a proxy may send; anything else is replaced
QUIET_ROUTES = frozenset({"healthz", "readyz"})

_request_id: ContextVar[str] = ContextVar("request_id", default="")
logger = logging.getLogger("ascend_portal.access")


def current() -> str:
    """Return the id of the request or task in hand, or the empty string."""
    return _request_id.get()


class RequestIdMiddleware:
    """Takes the proxy's id or makes one, answers with it, and writes one line for each request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Handle the request under its id."""
        given = request.headers.get(HEADER, "")
        request_id = given if ACCEPTED.fullmatch(given) else uuid.uuid4().hex
        token = _request_id.set(request_id)
        try:
            with origin.origin_scope(request_id=request_id, address=str(request.META.get("REMOTE_ADDR", ""))):
                return self._answer(request, request_id)
        finally:
            _request_id.reset(token)

    def _answer(self, request: HttpRequest, request_id: str) -> HttpResponse:
        started = time.monotonic()
        response = self.get_response(request)
        response[HEADER] = request_id
        _write_line(request, response, time.monotonic() - started)
        return response


def _write_line(request: HttpRequest, response: HttpResponse, seconds: float) -> None:
    """Log the route, not the path: a path can hold a one-time token, a query string anything."""
    match = request.resolver_match
    if match is None or match.route in QUIET_ROUTES:
        return
    details = {
        "method": request.method,
        "route": match.route,
        "status": response.status_code,
        "duration_ms": round(seconds * 1000),
    }
    logger.info("request", extra=details)
