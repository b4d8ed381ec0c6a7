"""Columns that PostgreSQL itself encrypted: read by the server, and read here without it."""

from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import Error

from ascend.fields.accept import (
    DoesNotAuthenticate,
    NotThisFormat,
    OldFormatError,
    PgCryptoFields,
    PgCryptoFieldsInServer,
    PgCryptoPublicKeyFieldsInServer,
    read_old,
)
from tests.compat.old_formats import cases as old

pytestmark = pytest.mark.django_db
KEY = "test key one, older"
READER = PgCryptoFieldsInServer()


@pytest.fixture(autouse=True)
def _pgcrypto(settings: Any) -> None:
    settings.PGCRYPTO_KEY = KEY
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pgcrypto")


def asked(sql: str, *params: object) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def read_in_server(reader: Any, stored: bytes) -> Any:
    """Read one value as a query over a column does, in a savepoint of its own."""
    expression = reader.expression('"old"."value"')
    sql = f'SELECT {expression.sql} FROM (SELECT %s::bytea AS "value") AS "old"'
    try:
        with transaction.atomic():
            return reader.answer(asked(sql, *expression.params, stored))
    except Error as error:
        refusal = reader.refusal(getattr(error.__cause__, "sqlstate", None))
        if refusal is None:
            raise
    raise refusal


def encrypted(text: str, key: str = KEY, options: str = "") -> bytes:
    return bytes(asked("SELECT pgp_sym_encrypt(%s, %s, %s)", text, key, options))


class TestSymmetricFieldsInTheServer:
    def test_every_golden_value_is_read_as_it_is_without_the_server(self, settings: Any) -> None:
        ran = 0
        for run in old.golden("django-pgcrypto-fields")["runs"]:
            settings.PGCRYPTO_KEY = run["settings"]["PGCRYPTO_KEY"]
            for case in old.cases("django-pgcrypto-fields", run):
                if case.stored is not None:
                    assert read_in_server(READER, case.stored) == PgCryptoFields().read(case.stored)
                    ran += 1
        assert ran == 66

    def test_a_wrong_key_is_a_typed_error(self) -> None:
        with pytest.raises(DoesNotAuthenticate):
            read_in_server(READER, encrypted("text", "another"))

    def test_another_failure_of_the_server_stays_what_it_is(self) -> None:
        assert READER.refusal("42P01") is None
        assert READER.refusal(None) is None

    @pytest.mark.parametrize("answered", [None, b"bytes", 7])
    def test_what_is_no_text_is_no_answer(self, answered: object) -> None:
        with pytest.raises(NotThisFormat):
            READER.answer(answered)

    @pytest.mark.parametrize("stored", ["text", b"bytes"])
    def test_a_stored_value_never_passes_as_its_own_plaintext(self, stored: object) -> None:
        with pytest.raises(NotThisFormat):
            read_old([READER], stored)

    def test_the_key_is_a_parameter_and_shown_nowhere(self) -> None:
        expression = READER.expression('"t"."c"')
        assert expression.sql == 'pgp_sym_decrypt("t"."c", %s)'
        assert expression.params == (KEY,)
        assert KEY not in repr(expression)

    def test_the_server_never_has_the_key_in_a_query_s_text_if_it_binds_the_parameters(self) -> None:
        expression = READER.expression("value")
        seen = "SELECT query FROM pg_stat_activity WHERE pid = pg_backend_pid()"
        sql = f"SELECT {expression.sql}, ({seen}) FROM (SELECT %s::bytea AS value) AS old"
        with psycopg.Cursor(connection.connection) as cursor:
            text, query = cursor.execute(sql, (*expression.params, encrypted("text"))).fetchone()
        assert (text, KEY in query) == ("text", False)


class TestWithoutTheServer:
    @pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 191, 192, 8383, 8384, 16384, 70_000, 300_001])
    def test_every_form_of_a_length_is_read(self, size: int) -> None:
        assert PgCryptoFields().read(encrypted("x" * size)) == "x" * size

    @pytest.mark.parametrize(
        "options",
        ["cipher-algo=aes192", "cipher-algo=aes256", "s2k-count=1024", "s2k-digest-algo=sha256", "unicode-mode=1"],
    )
    def test_other_options_are_read_where_only_the_key_s_making_differs(self, options: str) -> None:
        assert PgCryptoFields().read(encrypted("Zoë, 東京", options=options)) == "Zoë, 東京"

    @pytest.mark.parametrize(
        "options", ["cipher-algo=bf", "disable-mdc=1", "s2k-mode=1", "s2k-mode=0", "sess-key=1", "compress-algo=1"]
    )
    def test_options_that_it_does_not_read_are_refused_and_the_server_reads_them(self, options: str) -> None:
        stored = encrypted("123-45-6789" * 20, options=options)
        with pytest.raises(OldFormatError):
            PgCryptoFields().read(stored)
        assert read_in_server(READER, stored) == "123-45-6789" * 20

    def test_several_keys_are_tried(self, settings: Any) -> None:
        stored = encrypted("text")
        settings.PGCRYPTO_KEY = ["newer", KEY]
        assert PgCryptoFields().read(stored) == "text"


class TestPublicKeyFieldsInTheServer:
    @pytest.fixture
    def stored(self, settings: Any) -> bytes:
        settings.PRIVATE_PGP_KEY = (old.HERE / "worthless-key.asc").read_text()
        public = (old.HERE / "worthless-key.pub.asc").read_text()
        return bytes(asked("SELECT pgp_pub_encrypt(%s, dearmor(%s))", "123-45-6789", public))

    def test_the_server_opens_them_with_the_private_key_as_a_parameter(self, stored: bytes) -> None:
        reader = PgCryptoPublicKeyFieldsInServer()
        assert read_in_server(reader, stored) == "123-45-6789"
        assert "PGP" not in reader.expression("c").sql

    def test_a_passphrase_is_a_parameter_too(self, stored: bytes, settings: Any) -> None:
        settings.PRIVATE_PGP_PASSPHRASE = "not needed"
        reader = PgCryptoPublicKeyFieldsInServer(passphrase="PRIVATE_PGP_PASSPHRASE")
        assert reader.expression("c").sql == "pgp_pub_decrypt(c, dearmor(%s), %s)"
        assert reader.expression("c").params[1] == "not needed"

    def test_a_changed_byte_is_a_typed_error(self, stored: bytes) -> None:
        with pytest.raises(DoesNotAuthenticate):
            read_in_server(PgCryptoPublicKeyFieldsInServer(), stored[:-1] + bytes([stored[-1] ^ 1]))
