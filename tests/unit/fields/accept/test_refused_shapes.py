"""Shapes that are nearly right."""

import pickle

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from ascend.fields.accept import DjangoFernetEncryptedFields, NotThisFormat, OldFormatError, PgCrypto
from ascend.fields.accept.armor import crc24, dearmored
from ascend.fields.accept.openpgp import parse
from ascend.fields.accept.openpgp_packets import Malformed, Octets
from ascend.fields.accept.pickled import Refused, plain_value
from tests.compat.old_formats.cases import armored

# Key derivation: version 4, AES-128, iterated and salted SHA-1, salt, count. Then an encrypted packet, version 1.
SESSION = b"\xc3\x0d\x04\x07\x03\x02" + bytes(8) + b"\x60"
PROTECTED = b"\xd2\x33\x01" + bytes(50)


class TestArmor:
    def test_is_opened_with_headers_lines_and_either_line_end(self) -> None:
        whole = armored(b"sixteen letters!" * 8, crc24(b"sixteen letters!" * 8))
        with_header = whole.replace("\n\n", "\nVersion: django-pgcrypto 3.1.0\n\n", 1)
        body = whole.split("\n")[2]
        wrapped = with_header.replace(body, "\n".join([body[:64], body[64:]]))
        for spelling in (whole, with_header, wrapped, wrapped.replace("\n", "\r\n")):
            assert dearmored(spelling) == b"sixteen letters!" * 8

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "-----BEGIN PGP MESSAGE-----",
            armored(b"some octets", 0),
            armored(b"some octets", crc24(b"some octets")).replace("\n\n", "\n"),
            armored(b"some octets", crc24(b"some octets")).replace("c29t", "c2=t"),
            armored(b"some octets", crc24(b"some octets")) + "more",
        ],
    )
    def test_anything_else_is_none(self, text: str) -> None:
        assert dearmored(text) is None

    def test_a_message_that_is_no_whole_number_of_blocks_is_refused(self) -> None:
        with pytest.raises(NotThisFormat):
            PgCrypto().read(armored(b"some octets", crc24(b"some octets")))

    @pytest.mark.parametrize("text", ["", "0", "-0", "0.00", "0E-8"])
    def test_what_the_package_left_in_clear_is_read(self, text: str) -> None:
        assert PgCrypto().read(text) == text

    @pytest.mark.parametrize("text", ["1", "00", "0x", "zero", " "])
    def test_other_clear_text_is_refused(self, text: str) -> None:
        with pytest.raises(NotThisFormat):
            PgCrypto().read(text)


class TestOpenPgp:
    def test_the_smallest_message_is_parsed(self) -> None:
        assert len(parse(SESSION + PROTECTED).ciphertext) == 50

    @pytest.mark.parametrize(
        "stored",
        [
            b"",
            SESSION,
            SESSION + PROTECTED[:-1],
            SESSION + PROTECTED + b"\x00",
            PROTECTED + SESSION,
            SESSION + PROTECTED.replace(b"\x33\x01", b"\x33\x02"),
            SESSION + b"\xc9" + PROTECTED[1:],  # the packet without modification detection
            SESSION + b"\xd2\x28\x01" + bytes(39),
            SESSION.replace(b"\x04\x07", b"\x05\x07") + PROTECTED,
            SESSION.replace(b"\x04\x07", b"\x04\x02") + PROTECTED,
            SESSION.replace(b"\x03\x02\x00", b"\x01\x02\x00") + PROTECTED,
            SESSION.replace(b"\x03\x02\x00", b"\x03\x01\x00") + PROTECTED,
            b"\xc3\x0e" + SESSION[2:] + b"\x00" + PROTECTED,
            b"\x83" + SESSION[1:] + PROTECTED,  # the old form of a packet's first octet
        ],
    )
    def test_other_packets_are_refused(self, stored: bytes) -> None:
        with pytest.raises(Malformed):
            parse(stored)

    def test_a_body_in_parts_is_joined(self) -> None:
        assert Octets(b"\xd2\xe1ab\xe0c\x02de").packet() == (18, b"abcde")

    def test_a_length_of_five_octets_is_read(self) -> None:
        assert Octets(b"\xd2\xff\x00\x00\x00\x02ab").packet() == (18, b"ab")


class TestJsonOfTokens:
    @pytest.mark.parametrize("stored", ["no JSON", "7", "null", '{"a": 1}', '["text"]', None, 7, b"\xff"])
    def test_leaves_that_are_no_tokens_are_refused(self, stored: object, settings) -> None:
        settings.SALT_KEY = "salt"
        with pytest.raises(OldFormatError):
            DjangoFernetEncryptedFields(json=True).read(stored)

    def test_a_parsed_document_is_read_too(self, settings) -> None:
        settings.SALT_KEY, settings.SECRET_KEY = "salt", "secret"
        reader = DjangoFernetEncryptedFields(json=True)
        token = Fernet(reader.fernet_keys()[0]).encrypt(b"text").decode()
        assert reader.read({"a": [token]}) == {"a": ["text"]}

    def test_a_missing_salt_is_named(self, settings) -> None:
        del settings.SALT_KEY
        with pytest.raises(ImproperlyConfigured, match="SALT_KEY"):
            DjangoFernetEncryptedFields().read(Fernet(Fernet.generate_key()).encrypt(b"text"))


WRONG_ARGUMENTS = {
    "a decimal of a number": b"\x80\x04\x8c\x07decimal\x8c\x07Decimal\x93K\x01\x85R.",
    "a decimal of words": b"\x80\x04\x8c\x07decimal\x8c\x07Decimal\x93\x8c\x03abc\x85R.",
    "a span of texts": b"\x80\x04\x8c\x08datetime\x8c\ttimedelta\x93\x8c\x01a\x8c\x01b\x8c\x01c\x87R.",
    "bytes in another encoding": b"\x80\x04\x8c\x07_codecs\x8c\x06encode\x93\x8c\x01a\x8c\x05utf-8\x86R.",
    "a safe string of a number": b"\x80\x04\x8c\x16django.utils.safestring\x8c\nSafeString\x93K\x01\x85\x81.",
    "arguments that are no tuple": b"\x80\x04\x8c\x07decimal\x8c\x07Decimal\x93K\x01R.",
    "an item appended to a number": b"\x80\x04K\x01K\x02a.",
    "a pair set on a list": b"\x80\x04]K\x01K\x02s.",
    "a key without its value": b"\x80\x04}(K\x01u.",
    "a dictionary of tuples": pickle.dumps({(1, 2): 3}),
}


@pytest.mark.parametrize("name", WRONG_ARGUMENTS)
def test_a_pickle_with_wrong_arguments_is_refused(name: str) -> None:
    with pytest.raises(Refused):
        plain_value(WRONG_ARGUMENTS[name])
