"""What the real packages wrote is read as what the application had written; what is damaged is refused."""

import hashlib
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from django.test import override_settings

from ascend.fields.accept import DoesNotAuthenticate, OldFormatError, PgCrypto, Plaintext, UnreadableContent, read_old
from ascend.fields.accept.armor import crc24, dearmored
from ascend.fields.accept.fernet import is_token
from tests.compat.old_formats import cases as old

# opened, NULL, lost by the package (stored as NULL), wrecked by its bulk_update, wrong key, tampered.
EXPECTED = {
    "django-cryptography": (90, 26, 0, 0, 8, 16),
    "django-cryptography-django5": (90, 26, 0, 0, 8, 16),
    "django-fernet-fields": (90, 18, 0, 0, 12, 24),
    "django-fernet-fields-v2": (87, 18, 0, 3, 12, 24),
    "djfernet": (124, 28, 0, 4, 16, 32),
    "djfernet-postgresql": (124, 28, 0, 4, 16, 32),
    "django-fernet-encrypted-fields": (66, 18, 10, 0, 8, 16),
    "django-encrypted-model-fields": (64, 16, 0, 2, 8, 16),
    "django-searchable-encrypted-fields": (30, 7, 0, 1, 4, 8),
    "django-pgcrypto": (99, 21, 0, 0, 12, 24),
    "django-pgcrypto-fields": (66, 16, 0, 0, 8, 16),
}
JSON_TEXT = ['{"a": [1, null, true, "\\u00df"], "b": {}}', '"text"', "[]"]
JSON_OF_TEXTS = [{"a": ["1", "None", "True", "ß"], "b": {}}, "text", []]


@pytest.fixture(params=EXPECTED)
def package(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def outcome(case: old.Case) -> str:
    """Read one case and say what became of it."""
    if case.stored is None:
        with pytest.raises(OldFormatError):
            case.reader.read(None)
        return "null" if case.written is None else "lost"
    try:
        found = case.reader.read(case.stored)
    except UnreadableContent:
        assert case.by_bulk_update
        return "wrecked"
    assert found != case.stored or case.package == "django-pgcrypto"
    if case.kind == "json":
        return check_json(case, found)
    assert old.as_field_sees_it(case.kind, found) == old.as_field_sees_it(case.kind, case.written)
    return "opened"


def check_json(case: old.Case, found: Any) -> str:
    """Two packages did not keep the document: one its text (Django before 4.2), one only the texts of its leaves."""
    kept = {"django-cryptography": JSON_TEXT, "django-fernet-encrypted-fields": JSON_OF_TEXTS}
    expected = kept.get(case.package)
    assert found in expected if expected else found == case.written
    return "opened"


def test_every_golden_case_has_the_stated_outcome(package: str) -> None:
    count: Counter[str] = Counter()
    for run in old.golden(package)["runs"]:
        with override_settings(**old.settings_of(run["settings"])):
            count.update(outcome(case) for case in old.cases(package, run))
            count["tampered"] += refused(package, run["tampered"], OldFormatError)
        with override_settings(**old.settings_of(run["wrong_settings"])):
            count["wrong"] += refused(package, run["wrong_key"], DoesNotAuthenticate)
    parts = ("opened", "null", "lost", "wrecked", "wrong", "tampered")
    assert tuple(count[part] for part in parts) == EXPECTED[package]


def refused(package: str, rows: list[dict[str, Any]], error: type[OldFormatError]) -> int:
    for row in rows:
        stored = old.raw(row["stored"])
        with pytest.raises(error) as refusal:
            old.READERS[package].read(stored)
        assert_says_nothing(refusal.value, stored)
        with pytest.raises(OldFormatError):
            read_old([old.READERS[package], Plaintext()], stored)
    return len(rows)


def assert_says_nothing(error: BaseException | None, stored: Any) -> None:
    """The value is neither in the message nor in an error behind it."""
    while error is not None:
        assert str(stored) not in repr(error.args)
        error = error.__context__


def test_what_the_package_returned_as_it_was_is_refused_here() -> None:
    """Under a wrong key two packages hand out the ciphertext as the value: the golden files show it."""
    for package in ("django-fernet-encrypted-fields", "django-encrypted-model-fields"):
        rows = [row for run in old.golden(package)["runs"] for row in run["wrong_key"]]
        assert [row["package_reads"]["value"] for row in rows] == [row["stored"] for row in rows]


def samples(package: str) -> list[Any]:
    """Return the stored forms of a short text, the empty text and one with letters beyond ASCII."""
    run = old.golden(package)["runs"][0]
    wanted = ("7", "", "Zoë Müller-Ørsted, 東京, 🗝")
    found = {case.written: case.stored for case in old.cases(package, run) if case.kind == "text" and case.stored}
    return [found[text] for text in wanted if text in found]


AUTHENTICATED = sorted(name for name, reader in old.READERS.items() if reader.authenticated)


@pytest.mark.parametrize("name", AUTHENTICATED)
def test_any_changed_byte_is_refused_alone_and_beside_plaintext(name: str) -> None:
    reader, ran = old.READERS[name], 0
    with override_settings(**old.settings_of(old.golden(name)["runs"][0]["settings"])):
        for stored in samples(name):
            for mask in (0x01, 0x20, 0x80):
                for changed in old.flipped(stored, mask):
                    with pytest.raises(OldFormatError):
                        read_old([reader, Plaintext()], changed)
                    ran += 1
    assert ran >= 3 * 2 * 32


@pytest.mark.parametrize("name", AUTHENTICATED)
def test_a_value_cut_off_at_any_length_is_refused(name: str) -> None:
    with override_settings(**old.settings_of(old.golden(name)["runs"][0]["settings"])):
        for stored in samples(name):
            for length in range(24, len(stored)):
                with pytest.raises(OldFormatError):
                    read_old([old.READERS[name], Plaintext()], stored[:length])


class TestTheOneFormatThatDoesNotAuthenticate:
    def test_says_so(self) -> None:
        assert set(old.READERS) - set(AUTHENTICATED) == {"django-pgcrypto"}

    def test_opens_a_changed_message_as_another_value(self) -> None:
        run = old.golden("django-pgcrypto")["runs"][0]
        with override_settings(**old.settings_of(run["settings"])):
            stored = next(case.stored for case in old.cases("django-pgcrypto", run) if case.written == "x" * 1000)
            octets = dearmored(stored)
            assert octets is not None
            # A block taken out by somebody without the key. UTF-8 finds some such changes by luck; Latin-1 finds none.
            changed = octets[:16] + octets[32:]
            found = PgCrypto(charset="latin-1").read(old.armored(changed, crc24(changed)))
        assert isinstance(found, str)
        assert len(found) == 1000 - 16
        assert found.endswith("x" * 900)

    def test_is_not_taken_for_plaintext_when_a_character_changed(self) -> None:
        run = old.golden("django-pgcrypto")["runs"][0]
        stored = next(case.stored for case in old.cases("django-pgcrypto", run) if case.written == "123-45-6789")
        with override_settings(**old.settings_of(run["settings"])):
            for changed in old.flipped(stored, 0x01):
                try:
                    found = read_old([old.READERS["django-pgcrypto"], Plaintext()], changed)
                except OldFormatError:
                    continue
                assert found != changed


def test_the_golden_files_are_the_ones_that_the_packages_wrote() -> None:
    """Whoever changes one changes this line too, in plain sight."""
    digest = hashlib.sha256()
    files = sorted(old.HERE.glob("*.json"))
    for path in files:
        digest.update(path.read_bytes())
    assert len(files) == 13
    assert digest.hexdigest() == "81c79f6193a9f679f17b25aea215880deba6cd4d51977c1ddb1d44c6a40b3250"


class TestWhatWasReadUnderAWrongKeyAndSaved:
    """Two packages encrypted the ciphertext that they had returned; both layers are opened."""

    @pytest.mark.parametrize(
        ("package", "expected"), [("django-encrypted-model-fields", 11), ("django-fernet-encrypted-fields", 10)]
    )
    def test_is_opened_with_both_keys_and_refused_without_the_older(self, package: str, expected: int) -> None:
        file = old.golden(f"{package}-resaved")
        for case in file["cases"]:
            stored = old.raw(case["stored"])
            with override_settings(**file["settings"]):
                assert old.READERS[package].read(stored) == old.raw(case["value"])
                assert is_token(str(replace(old.READERS[package], tokens=True).read(stored)).encode())
            with override_settings(**file["wrong_settings"]), pytest.raises(UnreadableContent):
                old.READERS[package].read(stored)
        assert len(file["cases"]) == expected
