import copy
import hashlib
import hmac
import pickle
import traceback

import pytest

from ascend.envelope import SecretKey, SivKey

MATERIAL = bytes(range(32))


class TestSecretKey:
    """WRAP-1."""

    @pytest.mark.parametrize("length", [0, 16, 24, 31, 33, 64])
    def test_of_another_length_is_refused(self, length: int) -> None:
        with pytest.raises(ValueError, match="exactly 32 bytes"):
            SecretKey(bytes(length))

    def test_of_text_or_a_number_is_refused(self) -> None:
        for wrong in ("k" * 32, 32, None):
            with pytest.raises(TypeError):
                SecretKey(wrong)

    def test_does_not_follow_a_buffer_that_changes(self) -> None:
        buffer = bytearray(MATERIAL)
        key = SecretKey(buffer)
        buffer[0] ^= 1
        assert key.material == MATERIAL

    def test_is_new_each_time_it_is_generated(self) -> None:
        assert SecretKey.generate() != SecretKey.generate()

    def test_shows_nothing_of_itself(self) -> None:
        key = SecretKey(MATERIAL)
        for shown in (repr(key), str(key), f"{key}", repr([key]), repr({"key": key}), f"{key!r:>40}"):
            assert "SecretKey(hidden)" in shown
            assert MATERIAL.hex() not in shown
            assert repr(MATERIAL) not in shown

    def test_is_absent_from_the_error_that_refuses_it(self) -> None:
        secret = b"super-secret-material"
        with pytest.raises(ValueError, match="exactly") as caught:
            SecretKey(secret)
        assert "super-secret" not in "".join(traceback.format_exception_only(caught.value))

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_is_never_pickled(self, protocol: int) -> None:
        with pytest.raises(TypeError, match="never pickled"):
            pickle.dumps(SecretKey(MATERIAL), protocol)
        with pytest.raises(TypeError, match="never pickled"):
            SecretKey(MATERIAL).__getstate__()

    @pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
    def test_is_never_copied(self, duplicate: object) -> None:
        with pytest.raises(TypeError, match="never copied"):
            duplicate(SecretKey(MATERIAL))

    def test_has_no_hash_no_attributes_and_does_not_change(self) -> None:
        key = SecretKey(MATERIAL)
        with pytest.raises(TypeError, match="unhashable"):
            hash(key)
        with pytest.raises(AttributeError):
            key.__dict__  # noqa: B018 - the access is the test
        with pytest.raises(AttributeError, match="does not change"):
            key._material = bytes(32)
        with pytest.raises(AttributeError, match="does not change"):
            del key._material

    def test_equals_the_same_key_and_nothing_else(self) -> None:
        assert SecretKey(MATERIAL) == SecretKey(MATERIAL)
        assert SecretKey(MATERIAL) != SecretKey(bytes(32))
        assert SecretKey(MATERIAL) != MATERIAL

    def test_compares_in_constant_time(self, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[tuple[bytes, bytes]] = []
        monkeypatch.setattr(hmac, "compare_digest", lambda a, b: asked.append((a, b)) or True)
        assert SecretKey(MATERIAL) == SecretKey(bytes(32))
        assert asked == [(MATERIAL, bytes(32))]


class TestSivKey:
    """WRAP-1, WRAP-7."""

    @pytest.mark.parametrize("length", [0, 32, 48, 63, 65, 128])
    def test_of_another_length_is_refused(self, length: int) -> None:
        with pytest.raises(ValueError, match="exactly 64 bytes"):
            SivKey(bytes(length))

    def test_is_as_silent_as_the_other(self) -> None:
        key = SivKey.generate()
        assert repr(key) == "SivKey(hidden)"
        for take in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="a SivKey is never"):
                take(key)
        with pytest.raises(TypeError, match="unhashable"):
            hash(key)
        with pytest.raises(AttributeError, match="does not change"):
            key._material = bytes(64)

    def test_equals_the_same_key_and_nothing_else(self) -> None:
        assert SivKey(2 * MATERIAL) == SivKey(2 * MATERIAL)
        assert SivKey(2 * MATERIAL) != SivKey(bytes(64))
        assert SivKey(2 * MATERIAL) != SecretKey(MATERIAL)

    def test_has_a_check_value_of_both_halves(self) -> None:
        expected = hmac.new(2 * MATERIAL, b"ascend/kcv/v1", hashlib.sha256).digest()[:16]
        assert SivKey(2 * MATERIAL).check_value() == expected
        assert SivKey(MATERIAL + bytes(32)).check_value() != SivKey(bytes(32) + MATERIAL).check_value()


class TestCheckValue:
    """WRAP-2."""

    def test_is_the_start_of_an_hmac_of_the_fixed_words(self) -> None:
        expected = hmac.new(MATERIAL, b"ascend/kcv/v1", hashlib.sha256).digest()[:16]
        assert SecretKey(MATERIAL).check_value() == expected

    def test_tells_two_keys_apart(self) -> None:
        assert SecretKey.generate().check_value() != SecretKey.generate().check_value()
