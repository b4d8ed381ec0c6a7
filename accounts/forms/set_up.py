"""The first organization and its first people."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.forms.profile import time_zone_choices
from accounts.models import Person
from accounts.roles import Role, excluded_pairs
from accounts.services.set_up import Newcomer, OrganizationDraft

FIRST_PEOPLE_SHOWN = 5
FIRST_PEOPLE_MAX = 20


class OrganizationForm(forms.Form):
    """The organization, and the token that gives the right to make it."""

    token = forms.CharField(
        label=_("Set-up token"),
        max_length=100,
        help_text=_("The terminal where the portal was started shows it. It works once."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    name = forms.CharField(label=_("Organization"), max_length=120)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zone_choices, initial="UTC")
    sender_email = forms.EmailField(
        label=_("Sender of e-mail"),
        required=False,
        help_text=_("Messages of the portal to your people will come from this address."),
    )

    def draft(self) -> OrganizationDraft:
        """Return what was filled in."""
        data = self.cleaned_data
        return OrganizationDraft(data["name"], data["time_zone"], data["sender_email"])


class NewcomerForm(forms.Form):
    """One of the first people."""

    display_name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail"))
    roles = forms.MultipleChoiceField(label=_("Roles"), choices=Role.choices, widget=forms.CheckboxSelectMultiple)

    def clean_email(self) -> str:
        """Return the address as it is stored."""
        return str(self.cleaned_data["email"]).strip().lower()

    def clean_roles(self) -> frozenset[Role]:
        """Refuse roles that one person may not hold together."""
        roles = frozenset(Role(role) for role in self.cleaned_data["roles"])
        for one, other in excluded_pairs(roles):
            message = gettext("One person may not be both %(one)s and %(other)s.")
            raise ValidationError(message % {"one": one.label, "other": other.label})
        return roles

    def newcomer(self) -> Newcomer:
        """Return what was filled in."""
        data = self.cleaned_data
        return Newcomer(email=data["email"], display_name=data["display_name"], roles=data["roles"])


if TYPE_CHECKING:
    _NewcomerFormSet = forms.BaseFormSet[NewcomerForm]
else:  # Django's class takes no type argument when the program runs.
    _NewcomerFormSet = forms.BaseFormSet


class NewcomersFormSet(_NewcomerFormSet):
    """The first people: at least one, each address once. Rows left empty are no people."""

    def clean(self) -> None:
        """Refuse an address that is given twice."""
        if any(self.errors):
            return
        if not self.filled():
            raise ValidationError(gettext("Name at least one person: somebody must be able to sign in."))
        addresses = [form.cleaned_data["email"] for form in self.filled()]
        if len(addresses) != len(set(addresses)):
            raise ValidationError(gettext("Two people have the same e-mail address."))
        if Person.objects.filter(email__in=addresses).exists():
            raise ValidationError(gettext("One of these addresses is an operator’s, who cannot be a member."))

    def filled(self) -> list[NewcomerForm]:
        """Return the rows that name somebody."""
        return [form for form in self.forms if form.has_changed()]


def newcomers_formset(data: Any = None) -> NewcomersFormSet:
    """Return the formset for the first people."""
    factory: type[NewcomersFormSet] = forms.formset_factory(  # type: ignore[assignment]  # It is of our class.
        NewcomerForm,
        formset=NewcomersFormSet,
        extra=FIRST_PEOPLE_SHOWN,
        max_num=FIRST_PEOPLE_MAX,
        absolute_max=FIRST_PEOPLE_MAX,
        validate_max=True,
    )
    return factory(data, prefix="people")
