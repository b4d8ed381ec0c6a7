from ascend.envelope import SecretKey
from ascend.envelope.kdf import derive_key, hkdf_sha256

ROOT = SecretKey(bytes(range(32)))


class TestDeriveKey:
    def test_is_hkdf_of_the_root(self) -> None:
        expected = hkdf_sha256(ROOT.material, salt=b"salt", info=b"purpose", length=32)
        assert derive_key(ROOT, info=b"purpose", salt=b"salt").material == expected

    def test_gives_each_purpose_and_salt_a_key_of_its_own(self) -> None:
        keys = [derive_key(ROOT, info=info, salt=salt).material for info in (b"a", b"b") for salt in (b"1", b"2", None)]
        assert len({*keys, ROOT.material}) == 7
