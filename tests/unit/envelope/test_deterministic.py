import pickle
import threading
from uuid import UUID

import pytest

from ascend.envelope import (
    DecryptionFailed,
    DeterministicCipher,
    Envelope,
    FieldCipher,
    FieldContext,
    GroupContext,
    SecretKey,
    SivKey,
    Suite,
    header,
    length_prefixed,
    row_part,
)
from ascend.envelope.budget import is_counted

KEY = SivKey(bytes(range(64)))
HEADER = header(Suite.AES_256_SIV, b"8 bytes!")
CONTEXT = GroupContext(UUID(int=1), "customers")
CIPHER = DeterministicCipher(KEY, HEADER, CONTEXT)


class TestGroupContext:
    """ENV-20."""

    def test_is_domain_organization_group_and_suite(self) -> None:
        expected = length_prefixed(b"ascend/deterministic/v1", UUID(int=1).bytes, b"customers", b"\x02")
        assert CONTEXT.to_aad() == expected

    def test_refuses_an_empty_label_and_an_id_that_is_no_uuid(self) -> None:
        with pytest.raises(ValueError, match="never empty"):
            GroupContext(UUID(int=1), "")
        with pytest.raises(TypeError, match="UUID"):
            GroupContext(str(UUID(int=1)), "customers")

    def test_is_never_the_aad_of_a_randomized_value(self) -> None:
        field = FieldContext(UUID(int=1), "customers")
        assert CONTEXT.to_aad() != field.aad_prefix(HEADER)


class TestDeterministicCipher:
    """ENV-1, ENV-11, ENV-14, ENV-19, ENV-21, ENV-22, ENV-23."""

    @pytest.mark.parametrize("plaintext", [b"", b"1", b"123-45-6789", b"x" * 16, b"\0" * 70_000])
    def test_opens_what_it_sealed_and_seals_it_alike_each_time(self, plaintext: bytes) -> None:
        sealed = CIPHER.seal(plaintext)
        assert CIPHER.open(sealed) == plaintext
        assert sealed == CIPHER.seal(plaintext) == DeterministicCipher(KEY, HEADER, CONTEXT).seal(plaintext)
        assert len(sealed) == len(plaintext) + 25

    def test_writes_header_synthetic_iv_and_ciphertext(self) -> None:
        parsed = Envelope.parse(CIPHER.seal(b"123-45-6789"))
        assert (parsed.suite, parsed.key_id, parsed.nonce) == (Suite.AES_256_SIV, b"8 bytes!", b"")
        assert len(parsed.ciphertext) == 16 + 11
        assert parsed.to_bytes() == CIPHER.seal(b"123-45-6789")

    def test_gives_different_values_different_envelopes(self) -> None:
        assert len({CIPHER.seal(str(number).encode()) for number in range(2_000)}) == 2_000

    def test_refuses_to_bind_a_value_to_its_row(self) -> None:
        for row in (row_part(7), row_part(UUID(int=7)), row_part("7")):
            with pytest.raises(ValueError, match="never bound to a row"):
                CIPHER.seal(b"value", row)
            with pytest.raises(DecryptionFailed):
                CIPHER.open(CIPHER.seal(b"value"), row)

    @pytest.mark.parametrize("suite", [Suite.AES_256_GCM, Suite.XAES_256_GCM])
    def test_refuses_headers_of_other_suites(self, suite: Suite) -> None:
        with pytest.raises(ValueError, match="suite 02"):
            DeterministicCipher(KEY, header(suite, b"8 bytes!"), CONTEXT)

    @pytest.mark.parametrize("wrong", [b"", HEADER[:8], HEADER + b"9"])
    def test_refuses_headers_of_other_lengths(self, wrong: bytes) -> None:
        with pytest.raises(ValueError, match="9 bytes"):
            DeterministicCipher(KEY, wrong, CONTEXT)

    def test_refuses_a_key_of_the_other_kind_and_hands_it_to_no_other_cipher(self) -> None:
        with pytest.raises(TypeError, match="SivKey"):
            DeterministicCipher(SecretKey(bytes(32)), HEADER, CONTEXT)
        for suite in (Suite.AES_256_GCM, Suite.XAES_256_GCM):
            with pytest.raises(ValueError, match=r"(?i)key"):
                FieldCipher(KEY, header(suite, b"8 bytes!"), FieldContext(UUID(int=1), "label"))

    def test_is_not_counted(self) -> None:
        assert not is_counted(Suite.AES_256_SIV)

    def test_opens_buffers_of_database_drivers(self) -> None:
        sealed = CIPHER.seal(b"value")
        assert CIPHER.open(memoryview(sealed)) == CIPHER.open(bytearray(sealed)) == b"value"

    @pytest.mark.parametrize("wrong", ["text", "", b"", HEADER, HEADER + bytes(15), b"alice@example.org"])
    def test_what_is_no_envelope_fails_like_every_other_damage(self, wrong: bytes) -> None:
        with pytest.raises(DecryptionFailed) as caught:
            CIPHER.open(wrong)
        assert (str(caught.value), caught.value.__cause__) == ("decryption failed", None)

    def test_is_never_pickled_and_shows_no_key(self) -> None:
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(CIPHER)
        assert KEY.material.hex() not in repr(CIPHER)

    def test_may_be_shared_between_threads(self) -> None:
        expected = {number: CIPHER.seal(b"%d" % number) for number in range(200)}
        wrong: list[int] = []

        def work() -> None:
            wrong.extend(number for number, sealed in expected.items() if CIPHER.seal(b"%d" % number) != sealed)
            wrong.extend(number for number, sealed in expected.items() if CIPHER.open(sealed) != b"%d" % number)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
