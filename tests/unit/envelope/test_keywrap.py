from dataclasses import replace
from uuid import UUID

import pytest

from ascend.envelope import (
    DecryptionFailed,
    EncryptionContext,
    KeyContext,
    SecretKey,
    SivKey,
    Suite,
    unwrap_key,
    unwrap_siv_key,
    wrap_key,
)
from ascend.envelope.keywrap import WRAPPED_KEY_BYTES, WRAPPED_SIV_KEY_BYTES, wrap_key_with

KEK, KEY = SecretKey(bytes(range(32))), SecretKey(bytes(range(32, 64)))
CONTEXT = KeyContext(
    deployment="portal-1",
    environment="production",
    organization_id=UUID(int=1),
    key_id=UUID(int=2),
    level=3,
    purpose="records",
    parent_id=UUID(int=3),
    algorithm=Suite.AES_256_GCM,
    classification="restricted",
    context_label="",
)
ELSEWHERE = {
    "deployment": "portal-2",
    "environment": "staging",
    "organization_id": UUID(int=9),
    "key_id": UUID(int=9),
    "level": 2,
    "purpose": "files",
    "parent_id": UUID(int=9),
    "algorithm": Suite.XAES_256_GCM,
    "classification": "internal",
    "context_label": "records.person.ssn",
}


class TestWrapKey:
    """WRAP-3."""

    def test_unwraps_to_the_same_key(self) -> None:
        wrapped = wrap_key(kek=KEK, key=KEY, context=CONTEXT)
        assert len(wrapped) == WRAPPED_KEY_BYTES == 61
        assert unwrap_key(kek=KEK, wrapped=wrapped, context=CONTEXT) == KEY
        assert unwrap_key(kek=KEK, wrapped=memoryview(wrapped), context=CONTEXT) == KEY

    def test_never_wraps_twice_into_the_same_bytes(self) -> None:
        assert wrap_key(kek=KEK, key=KEY, context=CONTEXT) != wrap_key(kek=KEK, key=KEY, context=CONTEXT)

    def test_takes_a_providers_context_as_well(self) -> None:
        context = EncryptionContext({"ascend:organization": str(UUID(int=1))})
        wrapped = wrap_key(kek=KEK, key=KEY, context=context)
        assert unwrap_key(kek=KEK, wrapped=wrapped, context=context) == KEY
        with pytest.raises(DecryptionFailed):
            unwrap_key(kek=KEK, wrapped=wrapped, context=EncryptionContext({"ascend:organization": str(UUID(int=2))}))

    def test_refuses_a_nonce_of_another_length(self) -> None:
        with pytest.raises(ValueError, match="12 bytes"):
            wrap_key_with(bytes(16), kek=KEK, key=KEY, context=CONTEXT)


class TestUnwrapKey:
    """WRAP-4."""

    def refused(self, wrapped: bytes, kek: SecretKey = KEK, context: KeyContext = CONTEXT) -> None:
        with pytest.raises(DecryptionFailed) as caught:
            unwrap_key(kek=kek, wrapped=wrapped, context=context)
        assert (type(caught.value), str(caught.value)) == (DecryptionFailed, "decryption failed")

    def test_under_another_kek_is_refused(self) -> None:
        self.refused(wrap_key(kek=KEK, key=KEY, context=CONTEXT), kek=SecretKey.generate())

    @pytest.mark.parametrize("name", ELSEWHERE)
    def test_moved_elsewhere_is_refused(self, name: str) -> None:
        self.refused(wrap_key(kek=KEK, key=KEY, context=CONTEXT), context=replace(CONTEXT, **{name: ELSEWHERE[name]}))

    def test_with_any_bit_changed_is_refused(self) -> None:
        wrapped = wrap_key(kek=KEK, key=KEY, context=CONTEXT)
        for bit in range(8 * len(wrapped)):
            changed = bytearray(wrapped)
            changed[bit // 8] ^= 1 << bit % 8
            self.refused(bytes(changed))

    def test_of_any_other_length_is_refused(self) -> None:
        wrapped = wrap_key(kek=KEK, key=KEY, context=CONTEXT)
        for length in range(len(wrapped)):
            self.refused(wrapped[:length])
        self.refused(wrapped + b"\0")
        self.refused(b"\0" + wrapped)


class TestWrappedSivKey:
    """WRAP-4, WRAP-7."""

    KEY = SivKey(bytes(range(64)))
    CONTEXT = replace(CONTEXT, level=4, algorithm=Suite.AES_256_SIV, context_label="customers")

    def refused(self, wrapped: bytes, kek: SecretKey = KEK, context: KeyContext = CONTEXT) -> None:
        with pytest.raises(DecryptionFailed) as caught:
            unwrap_siv_key(kek=kek, wrapped=wrapped, context=context)
        assert (type(caught.value), str(caught.value)) == (DecryptionFailed, "decryption failed")

    def test_unwraps_to_the_same_key(self) -> None:
        wrapped = wrap_key(kek=KEK, key=self.KEY, context=self.CONTEXT)
        assert len(wrapped) == WRAPPED_SIV_KEY_BYTES == 93
        assert unwrap_siv_key(kek=KEK, wrapped=wrapped, context=self.CONTEXT) == self.KEY
        assert unwrap_siv_key(kek=KEK, wrapped=memoryview(wrapped), context=self.CONTEXT) == self.KEY

    def test_never_unwraps_as_a_key_of_the_other_length(self) -> None:
        self.refused(wrap_key(kek=KEK, key=KEY, context=self.CONTEXT))
        wrapped = wrap_key(kek=KEK, key=self.KEY, context=self.CONTEXT)
        with pytest.raises(DecryptionFailed):
            unwrap_key(kek=KEK, wrapped=wrapped, context=self.CONTEXT)

    @pytest.mark.parametrize("name", ELSEWHERE)
    def test_moved_elsewhere_is_refused(self, name: str) -> None:
        wrapped = wrap_key(kek=KEK, key=self.KEY, context=self.CONTEXT)
        self.refused(wrapped, context=replace(self.CONTEXT, **{name: ELSEWHERE[name]}))

    def test_damaged_or_under_another_kek_is_refused(self) -> None:
        wrapped = wrap_key(kek=KEK, key=self.KEY, context=self.CONTEXT)
        self.refused(wrapped, kek=SecretKey.generate())
        for bit in range(8 * len(wrapped)):
            changed = bytearray(wrapped)
            changed[bit // 8] ^= 1 << bit % 8
            self.refused(bytes(changed))
        for length in range(len(wrapped)):
            self.refused(wrapped[:length])
