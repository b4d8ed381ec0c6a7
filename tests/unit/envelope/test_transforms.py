import pytest

from ascend.envelope import TRANSFORMS

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
    """IDX-5, IDX-6, IDX-7, IDX-8."""

    def test_are_the_six_of_the_specification(self) -> None:
        assert sorted(TRANSFORMS) == ["casefold", "digits", "email-domain", "exact", "last4", "year"]
        assert all(TRANSFORMS[name].name == name for name in TRANSFORMS)

    @pytest.mark.parametrize(("name", "value", "expected"), CASES)
    def test_normalise_as_the_specification_says(self, name: str, value: str, expected: str | None) -> None:
        assert TRANSFORMS[name](value) == expected

    @pytest.mark.parametrize("name", sorted(TRANSFORMS))
    def test_have_nothing_to_index_in_an_empty_text(self, name: str) -> None:
        assert TRANSFORMS[name]("") is None

    def test_only_exact_is_lossless(self) -> None:
        assert [name for name in sorted(TRANSFORMS) if TRANSFORMS[name].lossless] == ["exact"]

    def test_cannot_be_added_to_at_run_time(self) -> None:
        with pytest.raises(TypeError):
            TRANSFORMS["reverse"] = TRANSFORMS["exact"]
