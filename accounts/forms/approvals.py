"""A vote."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.sign_in import ConfirmedForm
from accounts.models import Choice

MAX_REASON_CHARACTERS = 500


def reason_field() -> forms.CharField:
    """Return the field for why; the log keeps what is typed, so it says what not to type."""
    return forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON_CHARACTERS,
        help_text=_("Kept in the audit log. Do not write personal data of customers here."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )


class VoteForm(ConfirmedForm):
    """Yes or no, why, and the password again. `seen` is the hash of the request that the page showed."""

    reason = reason_field()
    seen = forms.RegexField(regex=r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    choice = forms.ChoiceField(choices=Choice.choices, widget=forms.HiddenInput, required=True)

    field_order = ("reason", "password")
