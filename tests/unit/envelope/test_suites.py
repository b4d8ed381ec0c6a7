import pytest

from ascend.envelope.suites import NONCE_BYTES, Suite, require_randomized


class TestSuites:
    """ENV-2."""

    def test_are_01_02_and_03(self) -> None:
        assert [int(suite) for suite in Suite] == [1, 2, 3]
        assert dict(NONCE_BYTES) == {1: 12, 2: 0, 3: 24}

    def test_every_other_number_is_refused(self) -> None:
        for number in {*range(256)} - {1, 2, 3}:
            with pytest.raises(ValueError, match="not a valid Suite"):
                Suite(number)


class TestRequireRandomized:
    """ENV-19."""

    def test_suites_01_and_03_draw_a_nonce(self) -> None:
        assert [require_randomized(number) for number in (1, 3)] == [Suite.AES_256_GCM, Suite.XAES_256_GCM]

    def test_suite_02_does_not(self) -> None:
        with pytest.raises(ValueError, match="suite 02 is deterministic"):
            require_randomized(Suite.AES_256_SIV)

    def test_every_other_number_is_refused(self) -> None:
        for number in {*range(256)} - {1, 3}:
            with pytest.raises(ValueError, match=r"(?i)suite"):
                require_randomized(number)
