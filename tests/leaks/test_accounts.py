"""A password and a token are in no log line, no row, no session, no `repr` and no error page."""

import logging
import re
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from accounts.models import OneTimeSignIn
from accounts.roles import Role
from accounts.services import one_time, set_up
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db
CANARY = "canary-Zq7-password-unseen"


def database_text():
    """Return every row of every table as text, binary columns in hexadecimal."""
    with connection.cursor() as cursor:
        text = []
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT row_to_json(t)::text FROM "{table}" t')  # noqa: S608 - names of our own tables
            text += [row for (row,) in cursor.fetchall()]
        return "\n".join(text)


def assert_unseen(secret, text):
    assert secret not in text
    assert secret.encode().hex() not in text


class TestPassword:
    def test_a_typed_password_is_nowhere_afterwards(self, caplog):
        alice = make.member(make.organization(), "Alice", Role.OFFICER)
        client = Client()
        with caplog.at_level(logging.DEBUG):
            client.post("/login/", {"email": alice.email, "password": CANARY})
            client.post("/login/", {"email": CANARY, "password": CANARY})
            make.sign_in(client, alice)
            page = client.post("/keys/lease/", {"seconds": 9, "reason": "x", "password": CANARY})
        assert_unseen(CANARY, page.content.decode())
        assert_unseen(CANARY, caplog.text)
        assert_unseen(CANARY, database_text())
        assert_unseen(make.PASSWORD, caplog.text)
        assert_unseen(make.PASSWORD, database_text())

    def test_a_refused_form_does_not_send_it_back(self):
        make.organization()
        page = Client().post("/login/", {"email": "nobody@people.example", "password": CANARY})
        assert_unseen(CANARY, page.content.decode())


class TestToken:
    def test_a_one_time_token_is_only_in_the_answer_that_gives_it(self, caplog):
        alice = make.member(make.organization(), "Alice", Role.OFFICER)
        with caplog.at_level(logging.DEBUG, logger="accounts"), caplog.at_level(logging.INFO):
            token = one_time.issue(
                person_id=alice.pk, purpose=OneTimeSignIn.Purpose.RESET, actor=make.TESTS, now=make.NOW
            )
            Client().get(f"/welcome/{token}/")
            Client().post(f"/welcome/{token}/", {"password": "x", "repeated": "x"})
        assert_unseen(token, database_text())
        ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("django"))
        assert_unseen(token, ours)

    def test_what_a_service_returns_hides_it_in_repr(self):
        draft = set_up.OrganizationDraft("N", "UTC")
        newcomer = set_up.Newcomer("n@people.example", "N", frozenset({Role.OFFICER}))
        token = set_up.make_token(now=make.NOW)
        (invitation,) = set_up.set_up(token=token, draft=draft, newcomers=[newcomer], now=make.NOW)
        assert invitation.token not in repr(invitation)
        assert_unseen(token, database_text())

    def test_what_the_sample_prints_is_not_in_the_database(self):
        out = StringIO()
        call_command("sample", stdout=out)
        tokens = re.findall(r"/welcome/([\w-]{43})/", out.getvalue())
        assert len(tokens) == 6
        text = database_text()
        for token in tokens:
            assert_unseen(token, text)
