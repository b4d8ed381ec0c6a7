"""Every column has an answer before anything is read, and known headings answer by themselves."""

import pytest

from records import person_fields
from records.csvfile.mapping import IGNORE, UNDECIDED, IncompleteMapping, Mapping, propose


def test_known_headings_are_proposed() -> None:
    columns = [
        "Customer ID",
        "Full name",
        "E-Mail",
        "Mobile phone",
        "SSN",
        "Date of Birth",
        "IBAN",
        "Address",
        "Comment",
    ]
    assert propose(columns) == [field.name for field in person_fields.FIELDS]


def test_our_own_names_and_labels_are_known() -> None:
    for field in person_fields.FIELDS:
        assert propose([field.name]) == [field.name]
        assert propose([str(field.label)]) == [field.name]


@pytest.mark.parametrize(
    ("headings", "names"),
    [
        ("Kundennummer;E-Mail-Adresse;Telefon;Geburtsdatum;Straße", "reference email phone date_of_birth address"),
        ("Numéro client;Nom complet;Courriel;Téléphone;Date de naissance", "reference name email phone date_of_birth"),
    ],
)
def test_german_and_french_headings_are_proposed(headings: str, names: str) -> None:
    assert propose(headings.split(";")) == names.split()


def test_an_unknown_heading_is_left_to_the_person() -> None:
    assert propose(["reference", "Shoe size"]) == ["reference", UNDECIDED]


def test_a_field_is_proposed_once() -> None:
    assert propose(["phone", "mobile"]) == ["phone", UNDECIDED]


@pytest.mark.parametrize(
    "targets",
    [
        ["name"],
        ["reference", "name", "name"],
        ["reference", UNDECIDED],
        ["reference", "organization_id"],
        [IGNORE],
    ],
)
def test_an_incomplete_mapping_cannot_be_made(targets: list[str]) -> None:
    with pytest.raises(IncompleteMapping):
        Mapping.of(targets)


def test_ignored_columns_are_not_read() -> None:
    assert list(Mapping.of([IGNORE, "reference", IGNORE, "name"]).columns()) == [(1, "reference"), (3, "name")]
