import pytest

from ascend.envelope import TRANSFORMS, Buckets, Ngrams, Transform, named
from ascend.envelope.transforms import starts_with

# transform, value, what is indexed
CASES = [
    ("exact", "Ada Lovelace", "Ada Lovelace"),
    ("exact", " Ada ", " Ada "),
    ("casefold", " ADA@Example.ORG ", "ada@example.org"),
    ("casefold", "STRASSE", "strasse"),
    ("casefold", "straße", "strasse"),
    ("casefold", "Zoë", "zoe\u0308"),
    ("casefold", "Zoe\u0308", "zoe\u0308"),
    ("last4", "123-45-6789", "6789"),
    ("last4", "6789", "6789"),
    ("last4", "GB29 NWBK 6016 13AB", "13ab"),
    ("last4", "\uff14\uff15\uff16\uff17", "4567"),
    ("last4", "789", None),
    ("last4", "abcß", "bcss"),
    ("last4", "--", None),
    ("year", "1980-02-29", "1980"),
    ("year", "1980", "1980"),
    ("year", "1980-02-29T10:00:00Z", "1980"),
    ("year", "29.02.1980", None),
    ("year", "80", None),
    ("year", "١٩٨٠", None),
    ("month", "1980-02-29", "1980-02"),
    ("month", "1980-02", "1980-02"),
    ("month", " 1980-12-31T10:00:00Z ", "1980-12"),
    ("month", "1980-13-01", None),
    ("month", "1980", None),
    ("month", "1980-2-9", None),
    ("phone", "+49 30 1234567", "301234567"),
    ("phone", "030 1234567", "301234567"),
    ("phone", "+1 (555) 010-9999", "550109999"),
    ("phone", "555-010-9999", "550109999"),
    ("phone", "010-9999", "0109999"),
    ("phone", "110", None),
    ("prefix-3", "Lovelace", "lov"),
    ("prefix-3", "lov", "lov"),
    ("prefix-3", "O\u2019Brien", "obr"),
    ("prefix-3", "O'Brien", "obr"),
    ("prefix-3", "Al", None),
    ("prefix-3", " Éloise", "élo"),
    ("prefix-3", "E\u0301loise", "élo"),
    ("prefix-3", "\uff2c\uff4f\uff56\uff45", "lov"),
    ("prefix-3", "\ufb03", "ffi"),
    ("prefix-4", "straße", "stra"),
    ("prefix-5", "Straße", "stras"),
    ("prefix-2", "नितिन", "नि"),
    ("prefix-1", "...", None),
    ("digits", "+1 (555) 010-9999", "15550109999"),
    ("digits", "٠١٢", "012"),
    ("digits", "none", None),
    ("email-domain", "Alice.Example@Example.ORG", "example.org"),
    ("email-domain", "example.org", "example.org"),
    ("email-domain", "a@b@example.org.", "example.org"),
    ("email-domain", "alice@", None),
    ("email-domain", "alice@post.example.lux", "post.example.lux"),
    ("email-domain", "no address at all", None),
    ("email-domain", "alice@example.org, bob@example.com .", None),
]


class TestTransforms:
    """IDX-5, IDX-6, IDX-7, IDX-8, IDX-12, IDX-13."""

    def test_are_the_eight_of_the_specification(self) -> None:
        expected = ["casefold", "digits", "email-domain", "exact", "last4", "month", "phone", "year"]
        assert sorted(TRANSFORMS) == expected
        assert all(TRANSFORMS[name].name == name for name in TRANSFORMS)

    @pytest.mark.parametrize(("name", "value", "expected"), CASES)
    def test_normalise_as_the_specification_says(self, name: str, value: str, expected: str | None) -> None:
        assert named(name)(value) == expected

    @pytest.mark.parametrize("name", sorted(TRANSFORMS))
    def test_have_nothing_to_index_in_an_empty_text(self, name: str) -> None:
        assert TRANSFORMS[name]("") is None

    def test_only_exact_is_lossless(self) -> None:
        assert [name for name in sorted(TRANSFORMS) if TRANSFORMS[name].lossless] == ["exact"]

    def test_cannot_be_added_to_at_run_time(self) -> None:
        with pytest.raises(TypeError):
            TRANSFORMS["reverse"] = TRANSFORMS["exact"]

    def test_of_a_prefix_keep_diacritics(self) -> None:
        assert named("prefix-3")("Zo\u00eb") != named("prefix-3")("Zoe")


class TestNamed:
    """IDX-9."""

    def test_finds_every_transform_by_its_name(self) -> None:
        for name in [*TRANSFORMS, "prefix-1", "prefix-16", "ngram-2", "ngram-3", "range-date-32", "range-number-1000"]:
            assert named(name).name == name

    def test_tells_single_valued_transforms_from_the_others(self) -> None:
        kinds = {"prefix-3": Transform, "ngram-3": Ngrams, "range-date-1": Buckets, "range-number-5": Buckets}
        for name, kind in kinds.items():
            assert isinstance(named(name), kind)

    @pytest.mark.parametrize(
        "name", ["", "prefix", "prefix-", "prefix-0", "prefix-03", "prefix--3", "prefix-3 ", "Prefix-3", "soundex-4",
                 "prefix-\u0663", "exact-1", "range-1", "range-date-1-2"]
    )  # fmt: skip
    def test_refuses_what_is_none_and_every_other_spelling(self, name: str) -> None:
        with pytest.raises(LookupError, match="no transform"):
            named(name)

    @pytest.mark.parametrize(
        "name", ["prefix-17", "ngram-1", "ngram-4", "range-date-3661", f"range-number-{10**15 + 1}"]
    )
    def test_refuses_numbers_out_of_range(self, name: str) -> None:
        with pytest.raises(ValueError, match=r"index|bucket"):
            named(name)


class TestStartsWith:
    """IDX-11, IDX-13: the second pass of a prefix index."""

    @pytest.mark.parametrize(
        ("value", "beginning", "expected"),
        [
            ("Lovelace", "lovel", True),
            ("Lovett", "lovel", False),
            ("O'Brien", "OBR", True),
            ("Love Lace", "lovel", True),
            ("Zo\u00eb", "zoe\u0308", True),
            ("Zo\u00eb", "zoe", False),
        ],
    )
    def test_compares_as_the_index_does(self, value: str, beginning: str, expected: bool) -> None:
        assert starts_with(value, beginning) is expected
