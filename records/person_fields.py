"""What a person record holds: its fields, how each is called, and which text each accepts."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from records.reasons import Reason

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

REFERENCE: Final = "reference"
PHONE: Final = "phone"
DATE_OF_BIRTH: Final = "date_of_birth"

# A spreadsheet that opens an export runs a cell that begins with one of these (OWASP, "CSV injection").
FORMULA_STARTS: Final = frozenset("=+-@\t\r")

_EMAIL: Final = re.compile(r"[^@\s\"<>,;:()]+@[^@\s\"<>,;:()]+\.[^@\s.\"<>,;:()]+")
_PHONE: Final = re.compile(r"\+?[0-9 ().\-/]+(?: ?(?:x|ext\.?) ?[0-9]{1,6})?", re.IGNORECASE)
_PHONE_DIGITS: Final = 4
_IDENTIFIER: Final = re.compile(r"\w[\w .\-/]*")
_ISO_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_EARLIEST_BIRTH: Final = date(1850, 1, 1)

Check = Callable[[str], Reason | None]


def _email(text: str) -> Reason | None:
    return None if _EMAIL.fullmatch(text) else Reason.NOT_AN_EMAIL


def _phone(text: str) -> Reason | None:
    if not _PHONE.fullmatch(text) or sum(map(str.isdigit, text)) < _PHONE_DIGITS:
        return Reason.NOT_A_PHONE_NUMBER
    return None


def _identifier(text: str) -> Reason | None:
    return None if _IDENTIFIER.fullmatch(text) else Reason.NOT_AN_IDENTIFIER


def _date(text: str) -> Reason | None:
    if not _ISO_DATE.fullmatch(text):
        return Reason.NOT_AN_ISO_DATE
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return Reason.IMPOSSIBLE_DATE
    return Reason.IMPOSSIBLE_DATE if day < _EARLIEST_BIRTH else None


@dataclass(frozen=True, slots=True)
class PersonField:
    """One field of a person record. `max_length` counts characters; `aliases` are header names, folded."""

    name: str
    label: "StrPromise"
    max_length: int
    check: Check | None = None
    aliases: frozenset[str] = frozenset()


def _aliases(names: str) -> frozenset[str]:
    return frozenset(names.split())


FIELDS: Final[tuple[PersonField, ...]] = (
    PersonField(
        REFERENCE,
        _("Reference"),
        64,
        aliases=_aliases(
            "reference ref id recordid customerid customernumber customerno clientid memberid externalid key"
            " referenz kundennummer kundennr kundenid numeroclient noclient idclient"
        ),
    ),
    PersonField(
        "name",
        _("Name"),
        200,
        aliases=_aliases("name fullname customername personname customer displayname vollername nom nomcomplet"),
    ),
    PersonField(
        "email",
        _("E-mail"),
        254,
        _email,
        aliases=_aliases("email mail emailaddress mailaddress contactemail emailadresse adresseemail courriel"),
    ),
    PersonField(
        PHONE,
        _("Phone"),
        40,
        _phone,
        aliases=_aliases(
            "phone phonenumber telephone telephonenumber tel mobile mobilephone cell cellphone mobilenumber"
            " telefon telefonnummer handy handynummer mobil rufnummer numerodetelephone portable"
        ),
    ),
    PersonField(
        "ssn",
        _("SSN or national id"),
        32,
        _identifier,
        aliases=_aliases(
            "ssn socialsecurity socialsecuritynumber nationalid nationalidentifier nationalidnumber"
            " nationalinsurancenumber taxid nino ssnnationalid ssnornationalid"
            " sozialversicherungsnummer steuerid numerodesecuritesociale"
        ),
    ),
    PersonField(
        DATE_OF_BIRTH,
        _("Date of birth"),
        10,
        _date,
        aliases=_aliases("dateofbirth dob birthdate birthday birth born geburtsdatum geburtstag datedenaissance"),
    ),
    PersonField(
        "account_number",
        _("Account number"),
        64,
        _identifier,
        aliases=_aliases(
            "accountnumber account accountno acctno acctnumber iban bankaccount bankaccountnumber policynumber"
            " kontonummer konto numerodecompte compte"
        ),
    ),
    PersonField(
        "address",
        _("Address"),
        500,
        aliases=_aliases(
            "address postaladdress streetaddress homeaddress mailingaddress fulladdress street"
            " adresse anschrift strasse adressepostale"
        ),
    ),
    PersonField(
        "notes",
        _("Notes"),
        10_000,
        aliases=_aliases(
            "notes note comment comments remark remarks memo description"
            " notiz notizen bemerkung bemerkungen kommentar remarque remarques commentaire"
        ),
    ),
)
BY_NAME: Final = {field.name: field for field in FIELDS}
PROTECTED: Final = tuple(field for field in FIELDS if field.name != REFERENCE)
PROTECTED_NAMES: Final = tuple(field.name for field in PROTECTED)


def is_formula(field: PersonField, text: str) -> bool:
    """Return whether a spreadsheet would run `text`. A phone number may begin with its plus sign."""
    if text[:1] not in FORMULA_STARTS:
        return False
    return not (field.name == PHONE and text[0] == "+" and _phone(text) is None)


def problem_with(field: PersonField, text: str) -> Reason | None:
    """Return why `text`, which is not empty, cannot be stored in `field`; None if it can.

    The caller has looked for NUL bytes: only rows that hold one anywhere pay for the search.
    """
    if text[0] in FORMULA_STARTS and is_formula(field, text):
        return Reason.FORMULA
    if len(text) > field.max_length:
        return Reason.TOO_LONG
    return field.check(text) if field.check is not None else None
