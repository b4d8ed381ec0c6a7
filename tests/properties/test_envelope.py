"""What must hold for every input, searched for with Hypothesis."""

import io
from datetime import date
from decimal import Decimal
from itertools import cycle, pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ascend.envelope import (
    TRANSFORMS,
    Buckets,
    DecryptionFailed,
    DeterministicCipher,
    EncryptionContext,
    Envelope,
    FieldCipher,
    FieldContext,
    GroupContext,
    KeyContext,
    Ngrams,
    NotAnEnvelope,
    SecretKey,
    SivKey,
    Suite,
    header,
    length_prefixed,
    named,
    row_part,
)
from ascend.envelope.ngrams import has_fragment, has_words
from ascend.envelope.normalization import words
from ascend.files.stream import SealedReader, SealedWriter
from tests.counts import times
from tests.reference import formats

SUITES = st.sampled_from([Suite.AES_256_GCM, Suite.XAES_256_GCM])
SIV_KEYS = st.binary(min_size=64, max_size=64).map(SivKey)
KEYS = st.binary(min_size=32, max_size=32).map(SecretKey)
KEY_IDS = st.binary(min_size=8, max_size=8)
LABELS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
ROWS = st.one_of(st.uuids(), st.integers(-(2**63), 2**63 - 1), LABELS)
ROW_PARTS = st.one_of(st.just(b""), ROWS.map(row_part))
PLACES = st.tuples(st.uuids(), LABELS, ROW_PARTS)


def refusal(cipher: FieldCipher | DeterministicCipher, stored: bytes, row: bytes) -> tuple[type[BaseException], str]:
    with pytest.raises(DecryptionFailed) as caught:
        cipher.open(stored, row)
    return type(caught.value), str(caught.value)


THE_REFUSAL = (DecryptionFailed, "decryption failed")


class TestAad:
    """ENV-7, ENV-8, ENV-9, WRAP-5, WRAP-6."""

    @given(st.lists(st.binary(max_size=6), max_size=5), st.lists(st.binary(max_size=6), max_size=5))
    def test_length_prefixes_are_injective(self, one: list[bytes], other: list[bytes]) -> None:
        assert (length_prefixed(*one) == length_prefixed(*other)) == (one == other)

    @given(ROWS, ROWS)
    def test_row_parts_are_injective(self, one: Any, other: Any) -> None:
        assert (row_part(one) == row_part(other)) == (type(one) is type(other) and one == other)

    @given(PLACES, PLACES, SUITES, SUITES, KEY_IDS, KEY_IDS)
    def test_field_aads_are_injective(self, one: Any, other: Any, s1: Suite, s2: Suite, i1: bytes, i2: bytes) -> None:
        aads = [
            FieldContext(place[0], place[1]).aad_prefix(header(suite, key_id)) + place[2]
            for place, suite, key_id in ((one, s1, i1), (other, s2, i2))
        ]
        assert (aads[0] == aads[1]) == ((one, s1, i1) == (other, s2, i2))

    @given(st.lists(st.tuples(*[WORDS] * 5, st.uuids(), st.integers(0, 255), SUITES), min_size=2, max_size=2))
    def test_key_aads_are_injective(self, found: list[Any]) -> None:
        contexts = [
            KeyContext(
                deployment=a,
                environment=b,
                organization_id=identifier,
                key_id=identifier,
                level=level,
                purpose=c,
                parent_id=UUID(int=0),
                algorithm=suite,
                classification=d,
                context_label=e,
            )
            for a, b, c, d, e, identifier, level, suite in found
        ]
        assert (contexts[0].to_aad() == contexts[1].to_aad()) == (contexts[0] == contexts[1])

    @given(st.dictionaries(WORDS, WORDS, max_size=4), st.dictionaries(WORDS, WORDS, max_size=4))
    def test_encryption_context_aads_are_injective(self, one: dict[str, str], other: dict[str, str]) -> None:
        assert (EncryptionContext(one).to_aad() == EncryptionContext(other).to_aad()) == (one == other)


class TestCodec:
    """ENV-3."""

    @given(st.sampled_from(Suite), KEY_IDS, st.data(), st.binary(min_size=16, max_size=80))
    def test_takes_apart_what_it_joined(self, suite: Suite, key_id: bytes, data: st.DataObject, text: bytes) -> None:
        size = {Suite.AES_256_GCM: 12, Suite.AES_256_SIV: 0, Suite.XAES_256_GCM: 24}[suite]
        envelope = Envelope(suite, key_id, data.draw(st.binary(min_size=size, max_size=size)), text)
        assert Envelope.parse(envelope.to_bytes()) == envelope

    @given(
        st.one_of(
            st.binary(max_size=90),
            st.tuples(st.sampled_from(Suite), st.binary(max_size=90)).map(lambda p: bytes([p[0]]) + p[1]),
        )
    )
    def test_writes_again_what_it_took_or_refuses_it(self, octets: bytes) -> None:
        try:
            assert Envelope.parse(octets).to_bytes() == octets
        except NotAnEnvelope:
            assert len(octets) < 49 or octets[0] not in {1, 2, 3}


class TestCipher:
    """ENV-11, ENV-13, ENV-14."""

    @given(SUITES, KEYS, KEY_IDS, PLACES, st.binary(max_size=200))
    def test_opens_what_it_sealed(self, suite: Suite, key: SecretKey, key_id: bytes, place: Any, text: bytes) -> None:
        cipher = FieldCipher(key, header(suite, key_id), FieldContext(*place[:2]))
        assert cipher.open(cipher.seal(text, place[2]), place[2]) == text

    @settings(max_examples=30)
    @given(SUITES, KEYS, KEY_IDS, PLACES, st.binary(max_size=40))
    def test_agrees_with_the_second_implementation(
        self, suite: Suite, key: SecretKey, key_id: bytes, place: Any, text: bytes
    ) -> None:
        organization_id, label, row = place
        sealed = FieldCipher(key, header(suite, key_id), FieldContext(organization_id, label)).seal(text, row)
        parts = [organization_id.bytes, label.encode(), *([row[4:]] if row else [])]
        nonce = Envelope.parse(sealed).nonce
        assert sealed == formats.envelope(suite, key.material, key_id, nonce, text, parts)

    @settings(max_examples=times(2_000, 100_000))
    @given(SUITES, st.binary(max_size=30), ROW_PARTS, st.data())
    def test_refuses_every_change_in_one_and_the_same_way(
        self, suite: Suite, text: bytes, row: bytes, data: st.DataObject
    ) -> None:
        cipher = FieldCipher(SecretKey(bytes(32)), header(suite, b"8 bytes!"), FieldContext(UUID(int=1), "label"))
        stored = cipher.seal(text, row)
        at = data.draw(st.integers(0, len(stored) - 1))
        octet = data.draw(st.integers(0, 255))
        changes = [stored[:at] + stored[at + 1 :], stored[:at] + bytes([octet]) + stored[at:], stored[:at]]
        changes += [stored[:at] + bytes([octet]) + stored[at + 1 :], stored + bytes([octet]), stored[at:]]
        for changed in changes:
            if changed != stored:
                assert refusal(cipher, changed, row) == THE_REFUSAL

    @given(SUITES, KEYS, PLACES, PLACES)
    def test_refuses_a_value_moved_anywhere_else(self, suite: Suite, key: SecretKey, home: Any, away: Any) -> None:
        first = header(suite, b"8 bytes!")
        stored = FieldCipher(key, first, FieldContext(*home[:2])).seal(b"value", home[2])
        moved = [(away[0], *home[1:]), (home[0], away[1], home[2]), (*home[:2], away[2]), away]
        for organization_id, label, row in moved:
            if (organization_id, label, row) != home:
                cipher = FieldCipher(key, first, FieldContext(organization_id, label))
                assert refusal(cipher, stored, row) == THE_REFUSAL

    @given(SUITES, KEYS, KEYS, KEY_IDS, KEY_IDS)
    def test_refuses_a_value_of_another_key(
        self, suite: Suite, key: SecretKey, other: SecretKey, key_id: bytes, other_id: bytes
    ) -> None:
        context = FieldContext(UUID(int=1), "label")
        stored = FieldCipher(key, header(suite, key_id), context).seal(b"value")
        if other != key:
            assert refusal(FieldCipher(other, header(suite, key_id), context), stored, b"") == THE_REFUSAL
        if other_id != key_id:
            renamed = FieldCipher(key, header(suite, other_id), context)
            assert refusal(renamed, stored, b"") == THE_REFUSAL
            assert refusal(renamed, stored[:1] + other_id + stored[9:], b"") == THE_REFUSAL


def deterministic(key: SivKey, key_id: bytes, organization_id: UUID, label: str) -> DeterministicCipher:
    return DeterministicCipher(key, header(Suite.AES_256_SIV, key_id), GroupContext(organization_id, label))


class TestDeterministicCipher:
    """ENV-13, ENV-14, ENV-20, ENV-21."""

    @given(st.uuids(), LABELS, st.uuids(), LABELS)
    def test_aads_are_injective(self, o1: UUID, l1: str, o2: UUID, l2: str) -> None:
        assert (GroupContext(o1, l1).to_aad() == GroupContext(o2, l2).to_aad()) == ((o1, l1) == (o2, l2))

    @given(SIV_KEYS, KEY_IDS, st.uuids(), LABELS, st.binary(max_size=80), st.binary(max_size=80))
    def test_equal_values_and_only_they_have_equal_envelopes(
        self, key: SivKey, key_id: bytes, organization_id: UUID, label: str, one: bytes, other: bytes
    ) -> None:
        cipher = deterministic(key, key_id, organization_id, label)
        assert cipher.open(cipher.seal(one)) == one
        assert (cipher.seal(one) == cipher.seal(other)) == (one == other)

    @settings(max_examples=30)
    @given(SIV_KEYS, KEY_IDS, st.uuids(), LABELS, st.binary(max_size=40))
    def test_agrees_with_the_second_implementation(
        self, key: SivKey, key_id: bytes, organization_id: UUID, label: str, text: bytes
    ) -> None:
        sealed = deterministic(key, key_id, organization_id, label).seal(text)
        assert sealed == formats.deterministic(key.material, key_id, text, organization_id.bytes, label.encode())

    @settings(max_examples=times(1_000, 50_000))
    @given(st.binary(max_size=30), st.data())
    def test_refuses_every_change_in_one_and_the_same_way(self, text: bytes, data: st.DataObject) -> None:
        cipher = deterministic(SivKey(bytes(64)), b"8 bytes!", UUID(int=1), "customers")
        stored = cipher.seal(text)
        at, octet = data.draw(st.integers(0, len(stored) - 1)), data.draw(st.integers(0, 255))
        changes = [stored[:at] + stored[at + 1 :], stored[:at] + bytes([octet]) + stored[at:], stored[:at]]
        changes += [stored[:at] + bytes([octet]) + stored[at + 1 :], stored + bytes([octet]), stored[at:]]
        for changed in changes:
            if changed != stored:
                assert refusal(cipher, changed, b"") == THE_REFUSAL

    @given(SIV_KEYS, SIV_KEYS, st.tuples(st.uuids(), LABELS), st.tuples(st.uuids(), LABELS))
    def test_refuses_a_value_of_another_key_group_or_organization(
        self, key: SivKey, other: SivKey, home: tuple[UUID, str], away: tuple[UUID, str]
    ) -> None:
        stored = deterministic(key, b"8 bytes!", *home).seal(b"value")
        for found in ((key, *away), (other, *home), (key, home[0], away[1]), (key, away[0], home[1])):
            if found != (key, *home):
                assert refusal(deterministic(found[0], b"8 bytes!", *found[1:]), stored, b"") == THE_REFUSAL
        assert refusal(deterministic(key, b"other id", *home), stored, b"") == THE_REFUSAL


class TestTransforms:
    """IDX-7."""

    @given(st.sampled_from(sorted(TRANSFORMS)), st.text())
    def test_leave_their_own_result_alone(self, name: str, value: str) -> None:
        normalized = TRANSFORMS[name](value)
        assert normalized is None or TRANSFORMS[name](normalized) == normalized

    @given(st.sampled_from(["prefix-1", "prefix-3", "prefix-16"]), st.text())
    def test_prefixes_leave_their_own_result_alone(self, name: str, value: str) -> None:
        normalized = named(name)(value)
        assert normalized is None or named(name)(normalized) == normalized

    @given(st.text())
    def test_words_of_words_are_the_same(self, value: str) -> None:
        assert words(" ".join(words(value))) == words(value)

    @given(st.text(min_size=1))
    def test_the_lossless_one_loses_nothing(self, value: str) -> None:
        assert TRANSFORMS["exact"](value) == value


BOUNDS = st.one_of(st.none(), st.integers(-10_000, 10_000))


class TestMultiValued:
    """IDX-11, IDX-14, IDX-16, IDX-17."""

    @given(st.text(), st.text(max_size=4), st.text(max_size=4), st.sampled_from([2, 3]))
    def test_ngrams_never_miss_a_fragment(self, fragment: str, before: str, after: str, size: int) -> None:
        ngrams, value = Ngrams(size), before + fragment + after
        if len(" ".join(words(fragment))) >= size and has_fragment(value, fragment):
            assert ngrams.of_fragment(fragment) <= ngrams.terms(value)

    @given(st.lists(st.text(max_size=8), max_size=5), st.data())
    def test_ngrams_never_miss_a_word(self, parts: list[str], data: st.DataObject) -> None:
        value = " ".join(parts)
        if found := words(value):
            wanted = " ".join(data.draw(st.lists(st.sampled_from(found), min_size=1, max_size=3)))
            assert has_words(value, wanted)
            assert Ngrams(3).of_words(wanted) <= Ngrams(3).terms(value)

    @given(st.integers(1, 50), st.integers(-10_000, 10_000), BOUNDS, BOUNDS)
    def test_ranges_miss_no_number_and_find_few_others(
        self, width: int, value: int, low: int | None, high: int | None
    ) -> None:
        buckets = Buckets.numbers(width)
        ends = [None if end is None else str(end) for end in (low, high)]
        is_found = bool(buckets.terms(str(value)) & buckets.between(*ends))
        is_right = buckets.holds(str(value), *ends)
        assert is_right == ((low is None or low <= value) and (high is None or value <= high))
        assert is_found or not is_right
        if is_found and not is_right:
            assert min(abs(value - end) for end in (low, high) if end is not None) < width

    @given(st.dates(), st.dates(), st.dates(), st.integers(1, 400))
    def test_ranges_miss_no_date(self, value: date, one: date, other: date, width: int) -> None:
        buckets, (low, high) = Buckets.dates(width), sorted((str(one), str(other)))
        asked = buckets.between(low, high)
        assert len(asked) <= 6 * (buckets.levels - 1) + 4
        assert bool(buckets.terms(str(value)) & asked) or not low <= str(value) <= high
        if width == 1:
            assert bool(buckets.terms(str(value)) & asked) == (low <= str(value) <= high)

    @given(st.decimals(), st.decimals(allow_nan=False), st.decimals(allow_nan=False))
    def test_ranges_miss_no_decimal_however_large(self, value: Decimal, low: Decimal, high: Decimal) -> None:
        buckets = Buckets.numbers(10)
        if not value.is_nan() and low <= value <= high:
            assert buckets.terms(str(value)) & buckets.between(str(low), str(high))


class TestSealedStream:
    """FILE-7."""

    @settings(max_examples=100, deadline=None)
    @given(st.lists(st.integers(0, 3_000), max_size=6), st.lists(st.integers(1, 2_000), min_size=1, max_size=6))
    def test_opens_however_it_was_written_and_read(self, cuts: list[int], sizes: list[int]) -> None:
        named = {"key": SecretKey(bytes(32)), "organization_id": UUID(int=1), "label": "spool", "file_id": UUID(int=2)}
        ends = sorted({0, *cuts})
        text, raw = bytes(index % 251 for index in range(ends[-1])), io.BytesIO()
        with SealedWriter(raw, key_id=b"8 bytes!", chunk_bytes=1024, **named) as stream:
            for start, end in pairwise(ends):
                stream.write(text[start:end])
        raw.seek(0)
        source, given_out, size = io.BufferedReader(SealedReader(raw, **named)), b"", cycle(sizes)
        while piece := source.read(next(size)):
            given_out += piece
        assert given_out == text
