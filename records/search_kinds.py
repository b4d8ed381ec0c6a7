"""What can be searched for: each kind is one blind index of one field."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

REFERENCE: Final = "reference"
_WHOLE: Final = frozenset({"exact", "casefold", "digits"})


@dataclass(frozen=True, slots=True)
class SearchKind:
    """One way to search. `field` and `transform` name the index; `example` is shown under the box."""

    name: str
    label: "StrPromise"
    field: str
    transform: str
    example: str

    @property
    def is_whole_value(self) -> bool:
        """Return whether the text is a value of the field, not a part such as its last four."""
        return self.transform in _WHOLE


KINDS: Final = {
    kind.name: kind
    for kind in (
        SearchKind("name", _("Name, in full"), "name", "casefold", "Ada Lovelace"),
        SearchKind("email", _("E-mail address"), "email", "casefold", "ada@example.org"),
        SearchKind("email_domain", _("E-mail domain"), "email", "email-domain", "example.org"),
        SearchKind("phone", _("Phone number, in full"), "phone", "digits", "+1 555 010 4742"),
        SearchKind("ssn", _("SSN or national id, in full"), "ssn", "digits", "123-45-6789"),
        SearchKind("ssn_last4", _("SSN or national id, last four"), "ssn", "last4", "6789"),
        SearchKind("account_number", _("Account number, in full"), "account_number", "exact", "DE89370400440532013000"),
        SearchKind("account_last4", _("Account number, last four"), "account_number", "last4", "3000"),
        SearchKind("date_of_birth", _("Date of birth"), "date_of_birth", "exact", "1980-12-31"),
        SearchKind("birth_year", _("Year of birth"), "date_of_birth", "year", "1980"),
    )
}
