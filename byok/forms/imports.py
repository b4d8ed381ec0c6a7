"""What people type when they bring a key of their own."""

import binascii
from base64 import b64decode
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ascend.providers import openssl
from ascend.providers.importing import Check
from byok.services.ceremonies import Delivery

_AS_TYPED = {"autocomplete": "off", "spellcheck": "false", "class": "mono"}
WRAPPED_CHARACTERS = 2000


class _HexField(forms.CharField):
    """Octets in hexadecimal, as openssl and HSMs print them: colons, blanks and capitals do not matter."""

    def clean(self, value: Any) -> bytes:
        text = str(super().clean(value))
        try:
            return bytes.fromhex(text.replace(":", "").strip())
        except ValueError as error:
            raise ValidationError(_("This is not hexadecimal: digits and a to f."), code="hex") from error


class TakeForm(forms.Form):
    """The wrapped key, its check value where it can be known before, and the day on which the key ends."""

    wrapped = forms.CharField(
        label=_("The wrapped key"),
        max_length=WRAPPED_CHARACTERS,
        help_text=_("What the line “Print the result” prints."),
        widget=forms.Textarea(attrs={**_AS_TYPED, "rows": 6}),
    )
    told = _HexField(label=_("Its check value"), max_length=100, widget=forms.TextInput(attrs=_AS_TYPED))
    ends_on = forms.DateField(
        label=_("Last day of the key"),
        required=False,
        help_text=_("Empty if it has no end. You are told 30, 14, 7, 3 and 1 days before."),
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, check: Check, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if openssl.check_before(check) is None:
            del self.fields["told"]

    def clean_wrapped(self) -> bytes:
        """Return the octets."""
        try:
            return b64decode("".join(self.cleaned_data["wrapped"].split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise ValidationError(_("This is not base64. Paste what the line prints."), code="base64") from error

    def delivery(self) -> Delivery:
        """Return what was brought; the key's last day ends at midnight, UTC."""
        said = self.cleaned_data
        ends = datetime.combine(said["ends_on"], time.max, UTC) if said["ends_on"] else None
        return Delivery(said["wrapped"], said.get("told", b""), ends)


class ConfirmForm(forms.Form):
    """The check value that a second person computed from the key."""

    told = _HexField(
        label=_("The check value that you computed"), max_length=100, widget=forms.TextInput(attrs=_AS_TYPED)
    )
