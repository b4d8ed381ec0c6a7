"""A log line says what happened and to which request, and holds no value."""

import io
import json
import logging
import logging.config
import sys

import pytest
from django.db import IntegrityError, connection
from django.test import Client

from ascend_portal.logs import logging_configuration

SSN, MAIL, PHONE = "123-45-6789", "amelia@example.org", "+1 415 555 01 23"


@pytest.fixture
def lines(settings):
    """Log as production does, into memory, and read it back."""
    sink = io.StringIO()
    configuration = logging_configuration(level="DEBUG", style="json")
    configuration["handlers"]["stderr"]["stream"] = sink
    logging.config.dictConfig(configuration)
    yield lambda: [json.loads(line) for line in sink.getvalue().splitlines()]
    logging.config.dictConfig(settings.LOGGING)


def test_what_looks_personal_is_masked(lines):
    logging.getLogger("records").warning("row %s of %s for %s", SSN, MAIL, PHONE)
    [line] = lines()
    assert line["message"] == "row ••• of ••• for •••"
    assert (line["level"], line["logger"]) == ("WARNING", "records")


def test_ids_and_times_are_not_mistaken_for_personal_data(lines):
    text = "batch 0191b2c4-1111-7222-8333-123456789012 took 1234 ms at 2026-11-22"
    logging.getLogger("records").info(text)
    assert lines()[0]["message"] == text


def test_an_extra_that_nobody_listed_is_dropped(lines):
    logging.getLogger("records").info("saved", extra={"ssn": SSN, "task_id": "t1"})
    [line] = lines()
    assert "ssn" not in line
    assert line["task_id"] == "t1"


def test_the_text_of_a_foreign_exception_is_left_out_and_its_place_is_kept(lines):
    try:
        raise ValueError(f"invalid value: {SSN}")
    except ValueError:
        logging.getLogger("records").exception("could not save")
    [line] = lines()
    assert line["exception"][0]["type"] == "builtins.ValueError"
    assert "test_logs.py" in line["exception"][0]["frames"][0]
    assert SSN not in json.dumps(line)


def test_an_exception_that_is_its_own_cause_is_logged_once(lines):
    error = ValueError("round and round")
    try:
        raise error from error
    except ValueError:
        logging.getLogger("records").exception("could not save")
    assert [shown["type"] for shown in lines()[0]["exception"]] == ["builtins.ValueError"]


@pytest.mark.django_db
def test_what_postgresql_repeats_of_a_row_is_left_out(lines):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s::integer", ["secret value of a row"])
    except Exception:
        logging.getLogger("records").exception("could not save")
    assert lines()
    assert "secret value of a row" not in json.dumps(lines())


def test_the_chain_behind_an_exception_is_told(lines):
    try:
        try:
            raise KeyError(SSN)
        except KeyError as error:
            raise IntegrityError(SSN) from error
    except IntegrityError:
        logging.getLogger("records").exception("could not save")
    assert [shown["type"] for shown in lines()[0]["exception"]] == [
        "django.db.utils.IntegrityError",
        "builtins.KeyError",
    ]


def test_a_task_is_named_without_arguments_result_and_exception_text(lines):
    data = {"id": "t1", "name": "records.run_import", "exc": f"ValueError('{SSN} x')", "args": f"('{SSN}',)"}
    logging.getLogger("celery.app.trace").error("Task %(name)s[%(id)s]: %(exc)s %(args)s", data)
    [line] = lines()
    assert (line["message"], line["task"], line["task_id"]) == ("task failed", "records.run_import", "t1")


def test_statements_are_never_logged(lines, settings):
    settings.DEBUG = True
    logging.getLogger("django.db.backends").debug("SELECT %s", SSN)
    assert lines() == []


@pytest.mark.django_db
class TestRequests:
    def test_a_line_names_the_route_and_neither_the_token_in_it_nor_the_query(self, lines, client: Client):
        client.get("/welcome/one-time-token-of-olivia/?name=Olivia")
        text = json.dumps(lines())
        assert "welcome/<" in text
        assert "one-time-token-of-olivia" not in text
        assert "Olivia" not in text

    def test_the_id_of_the_answer_is_the_id_of_its_lines(self, lines, client: Client):
        answer = client.get("/login/")
        assert {line["request_id"] for line in lines() if "route" in line} == {answer["X-Request-ID"]}

    def test_a_proxys_id_is_kept_when_it_is_one(self, client: Client):
        assert client.get("/healthz", headers={"X-Request-ID": "edge-0123456789"})["X-Request-ID"] == "edge-0123456789"

    @pytest.mark.parametrize("given", ["short", "x" * 65, "line\u2028break-0123", "<script>alert(1)</script>"])
    def test_anything_else_is_replaced(self, client: Client, given):
        assert client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"] != given


def test_a_report_of_an_exception_shows_no_variable(rf, settings):
    from django.views.debug import ExceptionReporter, get_exception_reporter_filter

    def fail(ssn: str) -> None:
        raise ValueError(len(ssn))

    try:
        fail(SSN)
    except ValueError:
        request = rf.post("/records/", {"ssn": SSN})
        assert get_exception_reporter_filter(request).__class__.__name__ == "NoVariables"
        report = ExceptionReporter(request, *sys.exc_info())
        assert SSN not in report.get_traceback_html()
        assert SSN not in report.get_traceback_text()
