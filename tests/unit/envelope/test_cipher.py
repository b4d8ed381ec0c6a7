import base64
import pickle
import threading
from uuid import UUID, uuid4

import pytest

from ascend.envelope import DecryptionFailed, Envelope, FieldCipher, FieldContext, SecretKey, Suite, header, row_part

KEY = SecretKey(bytes(range(32)))
KEY_ID = b"8 bytes!"
CONTEXT = FieldContext(UUID(int=1), "records.person.ssn")
OVERHEAD = {Suite.AES_256_GCM: 37, Suite.XAES_256_GCM: 49}


@pytest.fixture(params=OVERHEAD)
def cipher(request: pytest.FixtureRequest) -> FieldCipher:
    return FieldCipher(KEY, header(request.param, KEY_ID), CONTEXT)


class TestFieldCipher:
    """ENV-1, ENV-4, ENV-6, ENV-10, ENV-11, ENV-12, ENV-14, ENV-19."""

    @pytest.mark.parametrize("plaintext", [b"", b"123-45-6789", b"\0" * 70_000])
    @pytest.mark.parametrize("row", [b"", row_part(7)])
    def test_opens_what_it_sealed(self, cipher: FieldCipher, plaintext: bytes, row: bytes) -> None:
        assert cipher.open(cipher.seal(plaintext, row), row) == plaintext

    @pytest.mark.parametrize(("suite", "overhead"), OVERHEAD.items())
    def test_adds_as_many_bytes_as_the_specification_says(self, suite: Suite, overhead: int) -> None:
        sealed = FieldCipher(KEY, header(suite, KEY_ID), CONTEXT).seal(b"123-45-6789")
        assert len(sealed) == 11 + overhead
        parsed = Envelope.parse(sealed)
        assert (parsed.suite, parsed.key_id) == (suite, KEY_ID)

    def test_never_writes_the_same_envelope_twice(self, cipher: FieldCipher) -> None:
        sealed = {cipher.seal(b"same") for _ in range(2_000)}
        assert len({Envelope.parse(one).nonce for one in sealed}) == 2_000

    def test_opens_buffers_of_database_drivers(self, cipher: FieldCipher) -> None:
        sealed = cipher.seal(b"value")
        assert cipher.open(memoryview(sealed)) == cipher.open(bytearray(sealed)) == b"value"

    @pytest.mark.parametrize(
        "wrong", ["text", "", b"", b"alice@example.org", base64.b64encode(b"\x01" + KEY_ID + bytes(40))]
    )
    def test_what_is_no_envelope_fails_like_every_other_damage(self, cipher: FieldCipher, wrong: bytes) -> None:
        with pytest.raises(DecryptionFailed):
            cipher.open(wrong)

    def test_the_failure_hides_its_cause(self, cipher: FieldCipher) -> None:
        with pytest.raises(DecryptionFailed) as caught:
            cipher.open(cipher.seal(b"value")[:-1])
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__

    def test_refuses_headers_of_the_deterministic_and_of_unknown_suites(self) -> None:
        for first in (b"\0", b"\2", b"\4", b"\xff"):
            with pytest.raises(ValueError, match=r"(?i)suite"):
                FieldCipher(KEY, first + KEY_ID, CONTEXT)

    def test_refuses_a_nonce_of_another_length(self, cipher: FieldCipher) -> None:
        for length in (0, 8, 11, 13, 16, 23, 25):
            with pytest.raises(ValueError, match="takes a nonce"):
                cipher.seal_with(bytes(length), b"value")

    def test_is_never_pickled_and_shows_no_key(self, cipher: FieldCipher) -> None:
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(cipher)
        assert KEY.material.hex() not in repr(cipher)

    def test_may_be_shared_between_threads(self, cipher: FieldCipher) -> None:
        failures: list[BaseException] = []

        def work() -> None:
            try:
                for _ in range(300):
                    row, text = row_part(uuid4()), uuid4().bytes
                    assert cipher.open(cipher.seal(text, row), row) == text
            except BaseException as error:  # noqa: BLE001 - carried to the test's own thread
                failures.append(error)

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
