"""Several readers for one column: a value that one of them knows never falls through to plaintext."""

import datetime as dt
from decimal import Decimal

import pytest
from cryptography.fernet import Fernet
from django.test import override_settings

from ascend.fields.accept import (
    DjangoFernetEncryptedFields,
    DoesNotAuthenticate,
    EncryptedModelFields,
    NotThisFormat,
    Plaintext,
    SearchableEncryptedFields,
    read_old,
)

KEY = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
OTHER = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="
TOKEN = Fernet(KEY).encrypt(b"123-45-6789").decode()
READERS = [Plaintext(), EncryptedModelFields()]


class TestSeveralReaders:
    def test_the_one_that_knows_the_value_reads_it(self) -> None:
        with override_settings(FIELD_ENCRYPTION_KEY=KEY):
            assert read_old(READERS, TOKEN) == "123-45-6789"
            assert read_old(READERS, "987-65-4321") == "987-65-4321"

    def test_a_wrong_key_is_an_error_and_no_plaintext(self) -> None:
        with override_settings(FIELD_ENCRYPTION_KEY=OTHER), pytest.raises(DoesNotAuthenticate):
            read_old([Plaintext(lookalikes=True), EncryptedModelFields()], TOKEN)

    def test_two_packages_with_the_same_shape_are_both_asked(self) -> None:
        with override_settings(FIELD_ENCRYPTION_KEY=KEY, SALT_KEY="salt", SECRET_KEY="secret"):
            assert read_old([DjangoFernetEncryptedFields(), EncryptedModelFields()], TOKEN) == "123-45-6789"

    def test_what_nobody_knows_is_refused(self) -> None:
        with pytest.raises(NotThisFormat):
            read_old([SearchableEncryptedFields()], "short")

    def test_no_reader_reads_nothing(self) -> None:
        with pytest.raises(NotThisFormat):
            read_old([], "text")


class TestPlaintext:
    @pytest.mark.parametrize(
        "value", ["", "text", "0", 0, 1.5, True, Decimal("1.0"), dt.date(2020, 1, 1), {"a": 1}, ["b"]]
    )
    def test_returns_what_a_plain_field_held(self, value: object) -> None:
        assert read_old([Plaintext()], value) == value

    @pytest.mark.parametrize(
        "value",
        [
            TOKEN,
            TOKEN[:60],
            "h" + TOKEN[1:],
            f'{{"a": "{TOKEN}"}}',
            {"a": [TOKEN]},
            f"b'{TOKEN}'",
            "-----BEGIN PGP MESSAGE-----\n\nAAAA",
        ],
    )
    def test_refuses_what_looks_like_ciphertext_unless_told(self, value: object) -> None:
        with pytest.raises(NotThisFormat):
            Plaintext().read(value)
        assert Plaintext(lookalikes=True).read(value) == value

    def test_takes_bytes_only_from_a_column_of_bytes(self) -> None:
        with pytest.raises(NotThisFormat):
            Plaintext().read(b"bytes")
        assert Plaintext(binary=True).read(memoryview(b"bytes")) == b"bytes"
