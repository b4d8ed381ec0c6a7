"""Readers as a developer declares them: what they show, what they refuse to be given, when they ask for keys."""

import hashlib
import pickle
from dataclasses import replace

import pytest
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA3_256, SHA512
from django.core.exceptions import ImproperlyConfigured
from django.db.migrations.writer import MigrationWriter
from django.test import override_settings

from ascend.fields import accept
from ascend.fields.accept import (
    DjangoCryptography,
    DjangoFernetEncryptedFields,
    Djfernet,
    DoesNotAuthenticate,
    EncryptedModelFields,
    FernetFields,
    NotThisFormat,
    OldFormatError,
    PgCrypto,
    PgCryptoFields,
    PgCryptoFieldsInServer,
    PgCryptoPublicKeyFieldsInServer,
    Plaintext,
    Reader,
    SearchableEncryptedFields,
)
from ascend.fields.accept.armor import crc24
from tests.compat.old_formats.cases import armored
from tests.unit.fields.accept.sealed_pickles import sealed

EVERY_READER: list[Reader] = [
    DjangoCryptography(),
    DjangoFernetEncryptedFields(),
    Djfernet(),
    EncryptedModelFields(),
    FernetFields(),
    PgCrypto(),
    PgCryptoFields(),
    PgCryptoFieldsInServer(),
    PgCryptoPublicKeyFieldsInServer(),
    Plaintext(),
    SearchableEncryptedFields(),
]
KEY = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
OTHER = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI="
ARMORED = armored(bytes(16), crc24(bytes(16)))
TOKEN = Fernet(KEY).encrypt(b"123-45-6789").decode()


def old_keys() -> list[str]:
    return [OTHER, KEY]


@pytest.mark.parametrize("reader", EVERY_READER, ids=repr)
class TestEveryReader:
    def test_has_a_path_by_which_a_migration_finds_it(self, reader: Reader) -> None:
        path, positional, named = reader.deconstruct()
        assert getattr(accept, path.removeprefix("ascend.fields.accept.")) is type(reader)
        assert (positional, named) == ((), {})
        assert MigrationWriter.serialize(reader) == (f"{path}()", {"import ascend.fields.accept"})

    def test_shows_only_its_name(self, reader: Reader) -> None:
        assert repr(reader) == f"{type(reader).__name__}()"

    def test_equals_another_one_with_the_same_arguments(self, reader: Reader) -> None:
        assert reader == type(reader)()
        assert hash(reader) == hash(type(reader)())

    @pytest.mark.parametrize("stored", [None, object(), 1j, {1}])
    def test_refuses_what_no_column_holds(self, reader: Reader, stored: object) -> None:
        with pytest.raises(NotThisFormat):
            reader.read(stored)

    def test_refuses_plain_text_unless_it_is_the_one_for_it(self, reader: Reader) -> None:
        if not isinstance(reader, Plaintext):
            with pytest.raises(NotThisFormat):
                reader.read("123-45-6789")

    def test_refuses_short_bytes(self, reader: Reader) -> None:
        with pytest.raises(NotThisFormat):
            reader.read(b"\x80\x00\xff")


class TestKeysAsArguments:
    @pytest.mark.parametrize(
        "key", [KEY, "ab" * 32, "AB" * 32, "FEDCBA9876543210" * 4, b"bytes", ["a"], "", "lower_case", None]
    )
    def test_a_key_is_refused_and_not_repeated(self, key: object) -> None:
        with pytest.raises(ImproperlyConfigured) as refusal:
            FernetFields(keys=key)  # type: ignore[arg-type]
        assert not key or str(key) not in str(refusal.value)

    def test_a_setting_is_named_in_a_migration_and_not_read(self) -> None:
        reader = FernetFields(keys="OLD_FERNET_KEYS", use_hkdf=False)
        written, _ = MigrationWriter.serialize(reader)
        assert written == "ascend.fields.accept.FernetFields(keys='OLD_FERNET_KEYS', use_hkdf=False)"
        assert repr(reader) == "FernetFields(keys='OLD_FERNET_KEYS', use_hkdf=False)"

    def test_a_function_is_named_in_a_migration_and_not_called(self) -> None:
        reader = EncryptedModelFields(keys=old_keys)
        assert repr(reader) == "EncryptedModelFields(keys=old_keys)"
        assert MigrationWriter.serialize(reader)[0].endswith("test_readers.old_keys)")

    def test_a_function_is_asked_at_the_moment_of_use(self) -> None:
        assert EncryptedModelFields(keys=old_keys).read(TOKEN) == "123-45-6789"

    def test_a_setting_is_read_at_the_moment_of_use(self) -> None:
        reader = EncryptedModelFields()
        with override_settings(FIELD_ENCRYPTION_KEY=KEY):
            assert reader.read(TOKEN) == "123-45-6789"
        with override_settings(FIELD_ENCRYPTION_KEY=[OTHER]), pytest.raises(DoesNotAuthenticate):
            reader.read(TOKEN)

    @pytest.mark.parametrize("content", [None, "", [], 7, ["short"], [KEY, 7], "no key at all"])
    def test_a_setting_that_holds_no_key_is_named_and_not_shown(self, content: object) -> None:
        with override_settings(FIELD_ENCRYPTION_KEY=content), pytest.raises(ImproperlyConfigured) as refusal:
            EncryptedModelFields().read(TOKEN)
        assert "FIELD_ENCRYPTION_KEY" in str(refusal.value)
        assert "short" not in str(refusal.value)
        assert "no key at all" not in str(refusal.value)

    def test_only_one_key_is_tried_where_nothing_authenticates(self) -> None:
        with override_settings(PGCRYPTO_DEFAULT_KEY=["a", "b"]), pytest.raises(ImproperlyConfigured):
            PgCrypto().read(ARMORED)

    @pytest.mark.parametrize("keys", ["short", ["zz" * 32], ["ab" * 16], ["ab" * 32, "ab"]])
    def test_a_key_of_another_length_is_refused(self, keys: object) -> None:
        with override_settings(FIELD_ENCRYPTION_KEYS=keys), pytest.raises(ImproperlyConfigured):
            SearchableEncryptedFields().read(bytes(48))


class TestRefusal:
    def test_survives_pickling_with_its_message(self) -> None:
        with override_settings(FIELD_ENCRYPTION_KEY=OTHER), pytest.raises(DoesNotAuthenticate) as refusal:
            EncryptedModelFields().read(TOKEN)
        again = pickle.loads(pickle.dumps(refusal.value))  # noqa: S301 - our own bytes
        assert (type(again), str(again)) == (DoesNotAuthenticate, str(refusal.value))

    def test_holds_no_plaintext_where_it_was_no_text(self) -> None:
        token = Fernet(KEY).encrypt(b"\xff secret")
        with override_settings(FERNET_KEYS=[KEY], FERNET_USE_HKDF=False):
            with pytest.raises(OldFormatError) as refusal:
                FernetFields().read(token)
            assert Djfernet(binary=True).read(token) == b"\xff secret"
        assert refusal.value.__context__ is None
        assert "secret" not in str(refusal.value)

    def test_a_token_with_stray_characters_is_no_token(self) -> None:
        with override_settings(FIELD_ENCRYPTION_KEY=KEY):
            for spelling in (
                TOKEN + "\n",
                " " + TOKEN,
                TOKEN[:9] + "*" + TOKEN[9:],
                TOKEN + "=",
                TOKEN.rstrip("=") + "A=",
            ):
                with pytest.raises(OldFormatError):
                    EncryptedModelFields().read(spelling)


class TestDjangoCryptography:
    def test_uses_a_field_s_own_key_as_it_stands(self, settings) -> None:
        settings.SECRET_KEY, settings.OWN_FIELD_KEY = "test secret one", "sixteen letters!"
        reader = DjangoCryptography(field_key="OWN_FIELD_KEY")
        message = sealed(pickle.dumps("123-45-6789"), key=b"sixteen letters!")
        assert reader.read(message) == "123-45-6789"
        assert repr(reader) == "DjangoCryptography(field_key='OWN_FIELD_KEY')"
        with pytest.raises(DoesNotAuthenticate):
            DjangoCryptography().read(message)
        settings.OWN_FIELD_KEY = "of another length"
        with pytest.raises(ImproperlyConfigured):
            reader.read(message)

    def test_uses_another_digest_where_the_project_did(self, settings) -> None:
        settings.SECRET_KEY, settings.CRYPTOGRAPHY_DIGEST = "test secret one", SHA3_256()
        key = hashlib.pbkdf2_hmac("sha3-256", b"test secret one", b"django-cryptography", 30_000)
        assert DjangoCryptography().read(sealed(pickle.dumps(1), key=key)) == 1
        settings.CRYPTOGRAPHY_DIGEST = SHA512()
        with pytest.raises(ImproperlyConfigured):
            DjangoCryptography().read(sealed(pickle.dumps(1), key=key))

    def test_a_reader_with_an_option_differs_from_one_without(self) -> None:
        assert replace(DjangoCryptography(), enums=("a.B",)) != DjangoCryptography()
