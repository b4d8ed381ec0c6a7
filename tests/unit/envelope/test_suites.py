import pytest

from ascend.envelope.suites import NONCE_BYTES, Suite, require_usable


class TestRequireUsable:
    """ENV-2."""

    def test_suites_01_and_03_are_usable(self) -> None:
        assert [require_usable(number) for number in (1, 3)] == [Suite.AES_256_GCM, Suite.XAES_256_GCM]
        assert dict(NONCE_BYTES) == {1: 12, 3: 24}

    def test_suite_02_is_reserved(self) -> None:
        with pytest.raises(ValueError, match="suite 02 is reserved"):
            require_usable(Suite.AES_256_SIV)

    def test_every_other_number_is_refused(self) -> None:
        for number in {*range(256)} - {1, 3}:
            with pytest.raises(ValueError, match=r"(?i)suite"):
                require_usable(number)
