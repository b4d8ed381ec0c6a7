import pickle

import pytest
from cryptography.exceptions import InvalidTag

from ascend.envelope import SivKey
from ascend.envelope.siv import Aes256Siv
from tests.reference.aead import siv_seal

SIV = Aes256Siv(SivKey(bytes(range(64))))


class TestAes256Siv:
    """ENV-20, ENV-21."""

    @pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 31, 32, 33, 100])
    @pytest.mark.parametrize("associated", [b"", b"context", bytes(16), bytes(40)])
    def test_agrees_with_the_second_implementation(self, length: int, associated: bytes) -> None:
        text = bytes(range(length))
        sealed = SIV.encrypt(text, associated)
        assert sealed == siv_seal(bytes(range(64)), [associated], text)
        assert SIV.decrypt(sealed, associated) == text

    def test_seals_the_empty_text_without_asking_openssl(self) -> None:
        """OpenSSL before 3.5 refuses it; an empty text sealed by one server must open on another."""
        assert len(SIV.encrypt(b"", b"context")) == 16
        with pytest.raises(InvalidTag):
            SIV.decrypt(SIV.encrypt(b"", b"context"), b"other context")

    @pytest.mark.parametrize("length", [0, 1, 15])
    def test_refuses_what_is_shorter_than_the_synthetic_iv(self, length: int) -> None:
        with pytest.raises(InvalidTag):
            SIV.decrypt(bytes(length), b"context")

    def test_is_never_pickled(self) -> None:
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(SIV)
