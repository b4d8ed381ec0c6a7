import pickle

import pytest
from cryptography.exceptions import InvalidTag

from ascend.envelope.xaes import Xaes256Gcm

CIPHER = Xaes256Gcm(bytes(range(32)))


class TestXaes256Gcm:
    @pytest.mark.parametrize("length", [0, 12, 23, 25, 32])
    def test_refuses_a_nonce_of_another_length(self, length: int) -> None:
        with pytest.raises(ValueError, match="24 bytes"):
            CIPHER.encrypt(bytes(length), b"", None)
        with pytest.raises(ValueError, match="24 bytes"):
            CIPHER.decrypt(bytes(length), bytes(16), None)

    @pytest.mark.parametrize("length", [16, 24])
    def test_refuses_shorter_aes_keys(self, length: int) -> None:
        with pytest.raises(ValueError, match="key"):
            Xaes256Gcm(bytes(length)).encrypt(bytes(24), b"", None)

    def test_uses_every_byte_of_the_nonce(self) -> None:
        sealed = CIPHER.encrypt(bytes(24), b"text", b"aad")
        for position in range(24):
            nonce = bytearray(24)
            nonce[position] = 1
            with pytest.raises(InvalidTag):
                CIPHER.decrypt(bytes(nonce), sealed, b"aad")

    def test_is_never_pickled(self) -> None:
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(CIPHER)
