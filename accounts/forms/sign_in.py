"""Signing in, choosing a password, and being asked for it again."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.models import Person

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MAX_PASSWORD_CHARACTERS = 1000


def password_field(*, label: "StrOrPromise", autocomplete: str, help_text: "StrOrPromise" = "") -> forms.CharField:
    """Return a field for a password: never stripped, never sent back to the page."""
    return forms.CharField(
        label=label,
        help_text=help_text,
        strip=False,
        max_length=MAX_PASSWORD_CHARACTERS,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete}),
    )


class SignInForm(forms.Form):
    """E-mail and password."""

    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password = password_field(label=_("Password"), autocomplete="current-password")


class ChoosePasswordForm(forms.Form):
    """A new password, twice. The rules are those of AUTH_PASSWORD_VALIDATORS."""

    password = password_field(
        label=_("New password"),
        autocomplete="new-password",
        help_text=_("At least 12 characters. A few unrelated words are easier to remember than signs and digits."),
    )
    repeated = password_field(label=_("The same password again"), autocomplete="new-password")

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean(self) -> dict[str, Any]:
        """Refuse two different passwords, and one that the validators refuse for this person."""
        cleaned: dict[str, Any] = super().clean() or {}
        password, repeated = cleaned.get("password"), cleaned.get("repeated")
        if password is None or repeated is None:
            return cleaned
        if password != repeated:
            self.add_error("repeated", _("The two passwords differ."))
        try:
            password_validation.validate_password(password, self.person)
        except ValidationError as error:
            self.add_error("password", error)
        return cleaned


class ConfirmedForm(forms.Form):
    """A base for what must not be done by whoever finds a screen unlocked: asks for the password again."""

    password = password_field(
        label=_("Your password"), autocomplete="current-password", help_text=_("Asked again to make sure it is you.")
    )
