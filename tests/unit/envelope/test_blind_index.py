import copy
import pickle
from uuid import UUID

import pytest

from ascend.envelope import IndexKey, SecretKey

ROOT = SecretKey(bytes(range(32)))
NAMED = {
    "organization_id": UUID(int=1),
    "label": "records.person.ssn",
    "transform": "exact",
    "bits": 128,
    "generation": 1,
}
OTHER = {
    "organization_id": UUID(int=2),
    "label": "records.person.phone",
    "transform": "last4",
    "bits": 256,
    "generation": 2,
}


class TestDerive:
    """IDX-1, IDX-2, IDX-4."""

    @pytest.mark.parametrize("name", OTHER)
    def test_gives_every_index_a_key_of_its_own(self, name: str) -> None:
        one, other = IndexKey.derive(ROOT, **NAMED), IndexKey.derive(ROOT, **(NAMED | {name: OTHER[name]}))
        assert one.digest("value")[:16] != other.digest("value")[:16]

    def test_gives_the_same_key_again(self) -> None:
        assert IndexKey.derive(ROOT, **NAMED).digest("value") == IndexKey.derive(ROOT, **NAMED).digest("value")

    @pytest.mark.parametrize("bits", [-8, 0, 7, 12, 129, 264, 512])
    def test_refuses_other_widths(self, bits: int) -> None:
        with pytest.raises(ValueError, match="whole bytes"):
            IndexKey.derive(ROOT, **(NAMED | {"bits": bits}))
        with pytest.raises(ValueError, match="whole bytes"):
            IndexKey(ROOT, bits=bits)

    @pytest.mark.parametrize("name", ["label", "transform"])
    def test_refuses_an_index_without_a_name(self, name: str) -> None:
        with pytest.raises(ValueError, match="named by"):
            IndexKey.derive(ROOT, **(NAMED | {name: ""}))


class TestDigest:
    """IDX-1, IDX-3."""

    @pytest.mark.parametrize("bits", [8, 32, 128, 256])
    def test_has_as_many_bytes_as_bits_say(self, bits: int) -> None:
        assert len(IndexKey.derive(ROOT, **(NAMED | {"bits": bits})).digest("value")) == bits // 8

    def test_is_equal_for_equal_values_only(self) -> None:
        key = IndexKey.derive(ROOT, **NAMED)
        assert key.digest("value") == key.digest("value") != key.digest("Value")

    def test_serves_many_values_with_one_key(self) -> None:
        key = IndexKey.derive(ROOT, **NAMED)
        assert len({key.digest(str(number)) for number in range(10_000)}) == 10_000

    def test_of_text_without_utf8_is_refused_without_quoting_it(self) -> None:
        with pytest.raises(ValueError, match="lone surrogates") as caught:
            IndexKey(ROOT).digest("123-45-6789\ud800")
        assert (type(caught.value), caught.value.__context__) == (ValueError, None)

    def test_of_terms_are_distinct_and_sorted(self) -> None:
        """IDX-10."""
        key = IndexKey.derive(ROOT, **NAMED)
        terms = [" ad", "ada", "da ", "ada"]
        assert key.digests(terms) == tuple(sorted({key.digest(term) for term in terms}))
        assert len(key.digests(terms)) == 3
        assert key.digests(terms) == key.digests(reversed(terms))
        assert key.digests([]) == ()

    def test_key_is_never_pickled_copied_or_shown(self) -> None:
        key = IndexKey(ROOT)
        assert repr(key) == "IndexKey(hidden)"
        for take in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="never pickled or copied"):
                take(key)
