"""`manage.py plan_indexes` says what deterministic columns and join groups show to a reader of the database."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.integration.fields.joins import models  # noqa: F401 (the app's models)

pytestmark = pytest.mark.usefixtures("joined_app")


def printed(*arguments):
    out = io.StringIO()
    call_command("plan_indexes", "--rows", "20000", *arguments, stdout=out)
    return out.getvalue()


def test_a_deterministic_column_shows_what_exact_does():
    told = printed("--model", "joined.Seat").splitlines()
    (line,) = [line for line in told if line.startswith("joined.seat.email:deterministic ")]
    assert "equal values and their frequencies" in line


def test_a_group_is_named_with_all_its_columns_also_those_of_other_models():
    told = printed("--model", "joined.Seat")
    emails = "joined.invitation.email, joined.member.backup, joined.member.email, joined.seat.email"
    assert f'The join group "email-address" shows which values are equal, and how often, across {emails}' in told
    assert 'group "level"' not in told
    assert 'group "ssn"' in told
    groups = json.loads(printed("--json", "--model", "joined.Seat"))["join_groups"]
    assert groups["ssn"] == ["joined.invitation.ssn", "joined.member.ssn", "joined.seat.ssn"]


def test_what_is_known_of_its_values_can_be_said():
    found = json.loads(
        printed("--json", "--model", "joined.Member", "--population", "joined.member.level:deterministic=5")
    )
    (level,) = [plan for plan in found["indexes"] if plan["field"] == "joined.member.level"]
    assert (level["index"], level["population"], level["now"]["findings"][0]) == ("deterministic", 5, "known")
    with pytest.raises(CommandError):
        printed("--model", "joined.Member", "--population", "joined.member.level:exact=5")


def test_an_index_that_nobody_declares_yet_has_no_groups():
    assert json.loads(printed("--json", "--index", "last4"))["join_groups"] == {}
