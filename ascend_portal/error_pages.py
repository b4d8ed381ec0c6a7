"""A problem as its reader needs it: a page, a fragment for htmx, or `application/problem+json`."""

import logging
import sys
from collections.abc import Callable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler as usual_api_handler

from accounts.access import access_of
from ascend_portal import errors, navigation, problems, request_id
from ascend_portal.problems import Problem

PROBLEM_JSON = "application/problem+json"
MACHINE_TYPES = ("application/json", PROBLEM_JSON)
PROBLEM_REGION = "#problem"
# The very last page: it is written when even the template of the error page fails.
BARE_PAGE = "<!doctype html><title>Error</title><h1>Something broke</h1><p>Reference: {}</p>"

logger = logging.getLogger(__name__)


class ErrorMiddleware:
    """Answers the domain errors that views raise. What the table does not know stays Django's to report."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Take the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass the request on; the work is in `process_exception`."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the answer to an error of the table."""
        problem = errors.problem_of(error)
        if problem is None:
            return None
        if problem.status >= problems.INTERNAL.status:
            logger.warning("refused: %s", problem.code, exc_info=error)
        return answer(request, problem)


def answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return `problem` in the form in which the caller asked."""
    response = _in_wanted_form(request, problem)
    response["Cache-Control"] = "no-store"
    if problem.retry_after_seconds is not None:
        response["Retry-After"] = str(problem.retry_after_seconds)
    return response


def _in_wanted_form(request: HttpRequest, problem: Problem) -> HttpResponse:
    if wants_json(request):
        return JsonResponse(as_json(problem), status=problem.status, content_type=PROBLEM_JSON)
    if _wants_fragment(request):
        return _fragment(request, problem)
    return _page(request, problem)


def wants_json(request: HttpRequest) -> bool:
    """Return whether a program asks: under /api/, or with JSON preferred to HTML."""
    if request.path.startswith("/api/"):
        return True
    return request.get_preferred_type(["text/html", *MACHINE_TYPES]) in MACHINE_TYPES


def as_json(problem: Problem) -> dict[str, Any]:
    """Return the members of RFC 9457. The detail never holds a protected value."""
    members: dict[str, Any] = {
        **problem.members,
        "type": f"urn:ascend:problem:{problem.code}",
        "title": str(problem.title),
        "status": int(problem.status),
        "detail": f"{problem.cause} {problem.fix}",
        "code": problem.code,
        "request_id": request_id.current(),
    }
    if problem.retry_after_seconds is not None:
        members["retry_after_seconds"] = problem.retry_after_seconds
    return members


def _wants_fragment(request: HttpRequest) -> bool:
    headers = request.headers
    return headers.get("HX-Request") == "true" and headers.get("HX-Boosted") != "true"


def _fragment(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Say it above the page and leave what is on the page alone."""
    html = render_to_string("errors/fragment.html", _context(request, problem))
    headers = {"HX-Retarget": PROBLEM_REGION, "HX-Reswap": "innerHTML"}
    return HttpResponse(html, status=problem.status, headers=headers)


def _page(request: HttpRequest, problem: Problem) -> HttpResponse:
    context = _context(request, problem)
    if problem.needs_database and access_of(request) is not None:
        try:
            html = render_to_string("errors/in_shell.html", context, request=request)
            return HttpResponse(html, status=problem.status)
        except DatabaseError:
            logger.warning("the error page is shown without the shell, which needs the database")
    # Rendered without the request: no context processor runs, so nothing is read from anywhere.
    return HttpResponse(render_to_string("errors/plain.html", context), status=problem.status)


def _context(request: HttpRequest, problem: Problem) -> dict[str, Any]:
    return {
        "problem": problem,
        "reference": request_id.current(),
        # Only a page that was asked for by GET can be asked for again.
        "retry_url": request.get_full_path() if request.method == "GET" else "",
        "is_signed_in": access_of(request) is not None,
        "is_demo": navigation.is_demo(),
    }


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what Django could not read (handler400)."""
    return answer(request, errors.problem_of(exception) or problems.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: PermissionDenied) -> HttpResponse:
    """Answer a refusal that came from outside a view (handler403)."""
    return answer(request, problems.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that leads nowhere (handler404)."""
    return answer(request, problems.NOT_FOUND)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without a valid CSRF token (CSRF_FAILURE_VIEW)."""
    return answer(request, problems.FORGED)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer everything else (handler500), also what middleware raised before a view ran."""
    error = sys.exc_info()[1]
    problem = (errors.problem_of(error) if error else None) or problems.INTERNAL
    try:
        return answer(request, problem)
    except Exception:
        # Nothing may go wrong after this line, so it depends on nothing.
        logger.exception("the error page itself failed")
        return HttpResponseServerError(BARE_PAGE.format(request_id.current()))


def api_handler(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an error of the API from the same table (REST framework's EXCEPTION_HANDLER)."""
    problem = None if isinstance(error, APIException) else errors.problem_of(error)
    if problem is not None:
        headers = {"Retry-After": str(problem.retry_after_seconds)} if problem.retry_after_seconds is not None else None
        return Response(as_json(problem), status=problem.status, headers=headers, content_type=PROBLEM_JSON)
    response = usual_api_handler(error, context)
    if response is not None and isinstance(error, APIException):
        response.data = _from_framework(error, response)
        response.content_type = PROBLEM_JSON
    return response


def _from_framework(error: APIException, response: Response) -> dict[str, Any]:
    """Return REST framework's own refusal (a wrong field, a missing token) as RFC 9457."""
    return {
        "type": f"urn:ascend:problem:{error.default_code}",
        "title": str(error.default_detail),
        "status": response.status_code,
        "code": error.default_code,
        "errors": response.data,
        "request_id": request_id.current(),
    }
