import dataclasses

import pytest

from ascend.envelope import HEADER_BYTES, Envelope, NotAnEnvelope, Suite, header

KEY_ID = b"8 bytes!"
SHORTEST = {Suite.AES_256_GCM: 37, Suite.AES_256_SIV: 25, Suite.XAES_256_GCM: 49}


def stored(suite: Suite, length: int) -> bytes:
    return (bytes([suite]) + KEY_ID + bytes(100))[:length]


class TestHeader:
    """ENV-1."""

    def test_is_the_suite_and_the_key_id(self) -> None:
        assert header(Suite.AES_256_GCM, KEY_ID) == b"\x01" + KEY_ID
        assert len(header(Suite.XAES_256_GCM, KEY_ID)) == HEADER_BYTES == 9

    def test_of_an_unknown_suite_or_another_id_length_is_refused(self) -> None:
        for number in (0, 4, 255):
            with pytest.raises(ValueError, match="Suite"):
                header(number, KEY_ID)
        for key_id in (b"", KEY_ID[:7], KEY_ID + b"9"):
            with pytest.raises(ValueError, match="8 bytes"):
                header(Suite.AES_256_GCM, key_id)


class TestParse:
    """ENV-1, ENV-2, ENV-3."""

    @pytest.mark.parametrize("suite", SHORTEST)
    def test_takes_apart_what_to_bytes_joins(self, suite: Suite) -> None:
        envelope = Envelope(suite, KEY_ID, bytes(SHORTEST[suite] - 25), b"ciphertext" + bytes(16))
        assert Envelope.parse(envelope.to_bytes()) == envelope

    @pytest.mark.parametrize("suite", SHORTEST)
    def test_takes_the_shortest_envelope_and_nothing_shorter(self, suite: Suite) -> None:
        assert Envelope.parse(stored(suite, SHORTEST[suite])).ciphertext == bytes(16)
        for length in range(SHORTEST[suite]):
            with pytest.raises(NotAnEnvelope):
                Envelope.parse(stored(suite, length))

    def test_an_eleven_character_number_is_stored_in_48_bytes(self) -> None:
        assert Envelope.parse(stored(Suite.AES_256_GCM, 48)).ciphertext == bytes(11 + 16)

    def test_refuses_every_suite_that_it_would_not_write(self) -> None:
        for number in {*range(256)} - {1, 2, 3}:
            with pytest.raises(NotAnEnvelope):
                Envelope.parse(bytes([number]) + bytes(100))

    def test_takes_what_database_drivers_hand_over(self) -> None:
        octets = stored(Suite.AES_256_GCM, 40)
        assert Envelope.parse(bytearray(octets)) == Envelope.parse(memoryview(octets)) == Envelope.parse(octets)

    @pytest.mark.parametrize("wrong", [None, 40, "\x01" + "x" * 40, [1] * 40])
    def test_refuses_what_is_not_bytes(self, wrong: object) -> None:
        with pytest.raises(NotAnEnvelope):
            Envelope.parse(wrong)

    @pytest.mark.parametrize(
        "plain", [b"", b"alice@example.org", b"123-45-6789", b"{}", b"gAAAAABmV3Jsd1hPbGQgRmVybmV0IHRva2Vu"]
    )
    def test_never_takes_plaintext_for_an_envelope(self, plain: bytes) -> None:
        with pytest.raises(NotAnEnvelope):
            Envelope.parse(plain)


class TestEnvelope:
    """ENV-3, ENV-6."""

    def test_cannot_be_made_with_parts_that_parse_would_refuse(self) -> None:
        for parts in (
            (Suite.AES_256_SIV, KEY_ID, bytes(12), bytes(16)),
            (Suite.AES_256_SIV, KEY_ID, b"", bytes(15)),
            (Suite.AES_256_GCM, b"short", bytes(12), bytes(16)),
            (Suite.AES_256_GCM, KEY_ID, bytes(24), bytes(16)),
            (Suite.XAES_256_GCM, KEY_ID, bytes(12), bytes(16)),
            (Suite.AES_256_GCM, KEY_ID, bytes(12), bytes(15)),
        ):
            with pytest.raises(ValueError, match=r"suite|bytes|tag"):
                Envelope(*parts)

    def test_does_not_change(self) -> None:
        envelope = Envelope(Suite.AES_256_GCM, KEY_ID, bytes(12), bytes(16))
        with pytest.raises(dataclasses.FrozenInstanceError):
            envelope.nonce = bytes(24)
        assert not hasattr(envelope, "__dict__")
