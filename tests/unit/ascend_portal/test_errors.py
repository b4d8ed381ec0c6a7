"""One table, three ways of telling: page, fragment, problem+json."""

import json
from dataclasses import replace
from http import HTTPStatus
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpResponse
from django.test import RequestFactory
from rest_framework.exceptions import NotAuthenticated, ValidationError

from accounts.limits import LimitReached
from accounts.services.throttle import TooManyAttempts
from ascend.envelope import DecryptionFailed
from ascend.keychain import errors as keychain_errors
from ascend.keychain.errors import KeyDamaged, KeySuspended, KeyTampered, KeyUnavailable, Shredded
from ascend.providers.contract import Denied, Transient
from ascend.scope import NoOrganization, WrongOrganization
from ascend_portal import error_pages, problems
from ascend_portal.errors import TABLE, problem_of
from audit.services import AuditUnavailable

ORGANIZATION = uuid4()
KEY_AWAY = KeyUnavailable(ORGANIZATION, "The key file is missing.", "Put it back.", 7)

TOLD = [
    (KEY_AWAY, 503, "key-unavailable", 7),
    (KeySuspended(ORGANIZATION, "Off.", "Switch it on."), 503, "key-suspended", None),
    (KeyDamaged(ORGANIZATION, "Damaged.", "Restore."), 503, "key-damaged", None),
    (KeyTampered(ORGANIZATION, "Changed.", "Look."), 503, "key-tampered", None),
    (Shredded(ORGANIZATION, ORGANIZATION, None), 410, "shredded", None),
    (Transient("Time-out.", "Wait."), 503, "key-service", 5),
    (Denied("Refused.", "Allow it."), 503, "key-service", 5),
    (DecryptionFailed(), 500, "integrity", None),
    (LimitReached("reveal", 120), 429, "limit-reached", 120),
    (TooManyAttempts(60), 429, "too-many-attempts", 60),
    (AuditUnavailable("no"), 503, "audit-unavailable", 30),
    (OperationalError("no"), 503, "database-unavailable", 30),
    (NoOrganization(), 403, "no-organization", None),
    (WrongOrganization(), 404, "not-found", None),
    (Http404(), 404, "not-found", None),
    (PermissionDenied(), 403, "forbidden", None),
    (RequestDataTooBig(), 413, "too-large", None),
    (SuspiciousOperation(), 400, "bad-request", None),
]


def request_for(path="/records/", **headers):
    request = RequestFactory().get(path, headers={"Accept": "text/html", **headers})
    request.access = None
    return request


class TestTable:
    @pytest.mark.parametrize(("error", "status", "code", "retry_after"), TOLD, ids=lambda value: str(value)[:20])
    def test_an_error_has_its_status_code_and_wait(self, error, status, code, retry_after):
        problem = problem_of(error)
        assert (problem.status, problem.code, problem.retry_after_seconds) == (status, code, retry_after)
        assert str(problem.title)
        assert str(problem.cause)
        assert str(problem.fix)

    def test_what_nobody_foresaw_is_not_in_it(self):
        assert problem_of(ZeroDivisionError()) is None

    def test_no_row_hides_behind_an_earlier_one(self):
        kinds = [kind for kind, _told in TABLE]
        hidden = [late for at, late in enumerate(kinds) for early in kinds[:at] if issubclass(late, early)]
        assert hidden == []

    def test_every_refusal_of_the_keychain_is_in_it(self):
        kinds = [each for each in vars(keychain_errors).values() if isinstance(each, type)]
        told = tuple(kind for kind, _told in TABLE)
        roots = (keychain_errors.KeychainError,)
        named = [kind for kind in kinds if issubclass(kind, roots) and kind not in roots]
        assert len(named) >= 7
        assert [kind.__name__ for kind in named if not issubclass(kind, told)] == []


class TestMiddleware:
    def answer(self, error, request=None):
        middleware = error_pages.ErrorMiddleware(lambda _request: HttpResponse())
        return middleware.process_exception(request or request_for(), error)

    def test_a_page_says_cause_fix_and_wait(self):
        response = self.answer(KEY_AWAY)
        text = response.content.decode()
        assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert response["Retry-After"] == "7"
        assert response["Cache-Control"] == "no-store"
        assert "The key file is missing." in text
        assert "Put it back." in text
        assert 'href="/records/"' in text

    def test_htmx_gets_a_fragment_for_the_place_of_problems(self):
        response = self.answer(KEY_AWAY, request_for(**{"HX-Request": "true"}))
        assert response["HX-Retarget"] == "#problem"
        assert response["HX-Reswap"] == "innerHTML"
        assert "<html" not in response.content.decode()
        assert 'role="alert"' in response.content.decode()

    def test_a_boosted_link_gets_the_page(self):
        response = self.answer(KEY_AWAY, request_for(**{"HX-Request": "true", "HX-Boosted": "true"}))
        assert "<html" in response.content.decode()

    @pytest.mark.parametrize(
        "request_",
        [
            request_for("/api/v1/people/"),
            request_for(Accept="application/json"),
            request_for(Accept="application/problem+json"),
        ],
        ids=["api", "json", "problem"],
    )
    def test_a_program_gets_problem_json(self, request_):
        response = self.answer(KEY_AWAY, request_)
        assert response["Content-Type"] == "application/problem+json"
        told = json.loads(response.content)
        assert told["status"] == HTTPStatus.SERVICE_UNAVAILABLE
        assert told["type"] == "urn:ascend:problem:key-unavailable"
        assert told["retry_after_seconds"] == 7

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [(1, "in 1 second."), (119, "in 119 seconds."), (120, "in 2 minutes."), (3449, "in 58 minutes.")],
    )
    def test_a_long_wait_is_told_in_minutes(self, seconds, text):
        assert replace(problems.NOT_FOUND, retry_after_seconds=seconds).when_again.endswith(text)

    def test_a_value_that_does_not_open_is_never_described(self):
        response = self.answer(DecryptionFailed())
        assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert "integrity check" in response.content.decode()

    def test_a_page_of_samples_says_so_here_too(self, settings):
        settings.DEMO = True
        assert "Demo" in self.answer(KEY_AWAY).content.decode()

    def test_what_nobody_foresaw_is_left_to_django(self):
        assert self.answer(ZeroDivisionError()) is None

    def test_a_form_that_was_posted_offers_no_second_sending(self):
        request = RequestFactory().post("/records/new/", headers={"Accept": "text/html"})
        request.access = None
        assert 'href="/records/new/"' not in self.answer(KEY_AWAY, request).content.decode()


class TestLastResorts:
    def test_the_500_page_reads_no_database(self):
        request = request_for()
        # Somebody is signed in; the shell would count approvals, which this test forbids.
        request.access = SimpleNamespace()
        response = error_pages.server_error(request)
        assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert "Something broke on our side" in response.content.decode()

    def test_an_error_before_the_view_is_told_from_the_same_table(self):
        try:
            raise OperationalError
        except OperationalError:
            response = error_pages.server_error(request_for())
        assert response.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert "cannot reach its database" in response.content.decode()

    def test_a_broken_error_page_still_answers(self, monkeypatch):
        monkeypatch.setattr(error_pages, "answer", None)
        response = error_pages.server_error(request_for())
        assert response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
        assert b"Something broke" in response.content

    def test_too_large_a_form_is_413_although_middleware_read_it(self):
        assert error_pages.bad_request(request_for(), RequestDataTooBig()).status_code == 413

    def test_a_form_without_its_token_is_told_what_to_do(self):
        response = error_pages.forged(request_for(), reason="no cookie")
        assert response.status_code == HTTPStatus.FORBIDDEN
        assert "no cookie" not in response.content.decode()


class TestApi:
    def test_a_domain_error_is_told_from_the_table(self):
        response = error_pages.api_handler(LimitReached("search", 9), {})
        assert response.status_code == HTTPStatus.TOO_MANY_REQUESTS
        assert response["Retry-After"] == "9"
        assert response.data["code"] == "limit-reached"

    def test_a_wrong_field_keeps_its_own_words(self):
        response = error_pages.api_handler(ValidationError({"name": ["Too long."]}), {})
        assert response.status_code == HTTPStatus.BAD_REQUEST
        assert response.data["errors"] == {"name": ["Too long."]}

    def test_a_missing_token_is_a_problem_too(self):
        response = error_pages.api_handler(NotAuthenticated(), {})
        assert response.data["code"] == "not_authenticated"

    def test_what_nobody_foresaw_is_left_to_django(self):
        assert error_pages.api_handler(ZeroDivisionError(), {}) is None


def test_every_icon_of_a_problem_is_in_the_sprite(settings):
    sprite = (settings.BASE_DIR / "static/vendor/icons/icons.svg").read_text()
    told = [problem_of(error) for error, *_rest in TOLD] + [
        each for each in vars(problems).values() if isinstance(each, problems.Problem)
    ]
    assert {problem.icon for problem in told if f'id="{problem.icon}"' not in sprite} == set()
