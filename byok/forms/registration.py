"""What people type on the way to their own key. Bad input is refused here, with what is wrong and what to do."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms.approvals import reason_field
from accounts.forms.sign_in import ConfirmedForm
from ascend.providers.aws_kms import arn
from ascend.providers.aws_kms.arn import BadArn
from byok import conf
from byok.models import Registration
from byok.models.registrations import ALIAS_CHARACTERS, Access
from byok.services.proving import CIPHERTEXT_CHARACTERS
from byok.services.registering import Details
from byok.waivers import STATEMENTS

_AS_TYPED = {"autocomplete": "off", "spellcheck": "false", "class": "mono"}


def usable_key(typed: str) -> str:
    """Return the ARN of a key as it is stored.

    Raises:
        ValidationError: it is none, or of a Region that this deployment does not allow.
    """
    try:
        key = arn.parse_key(typed)
    except BadArn as error:
        raise ValidationError(str(error), code=error.code) from error
    allowed = conf.allowed_regions()
    if allowed and key.region not in allowed:
        raise ValidationError(
            _("Keys in %(region)s are not allowed here, only in %(allowed)s. Make the key there."),
            code="region",
            params={"region": key.region, "allowed": ", ".join(allowed)},
        )
    return str(key)


def usable_role(typed: str) -> str:
    """Return the ARN of a role as it is stored.

    Raises:
        ValidationError: it is none.
    """
    try:
        return arn.parse_role(typed)
    except BadArn as error:
        raise ValidationError(str(error), code=error.code) from error


class KeyForm(forms.Form):
    """Step 1: which key, what it is called here, and how the portal reaches it."""

    alias = forms.SlugField(
        label=_("Name in this portal"),
        max_length=ALIAS_CHARACTERS,
        help_text=_("Letters, digits and hyphens. It stands on pages and in the audit log."),
    )
    key_arn = forms.CharField(
        label=_("Key ARN"),
        max_length=arn.ARN_CHARACTERS,
        help_text=_("For example arn:aws:kms:eu-central-1:111122223333:key/… An alias is not accepted."),
        widget=forms.TextInput(attrs=_AS_TYPED),
    )
    access = forms.ChoiceField(
        label=_("How the portal reaches the key"), choices=Access.choices, widget=forms.RadioSelect
    )
    role_arn = forms.CharField(
        label=_("Role ARN"),
        required=False,
        max_length=arn.ARN_CHARACTERS,
        help_text=_("Only where the portal assumes a role: arn:aws:iam::111122223333:role/…"),
        widget=forms.TextInput(attrs=_AS_TYPED),
    )

    def clean_key_arn(self) -> str:
        """Return the ARN, checked for its form and its Region."""
        return usable_key(self.cleaned_data["key_arn"])

    def clean(self) -> dict[str, Any]:
        """Ask for a role where one is to be assumed, and for none otherwise."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("access") != Access.ROLE:
            cleaned["role_arn"] = ""
            return cleaned
        try:
            cleaned["role_arn"] = usable_role(cleaned.get("role_arn", ""))
        except ValidationError as error:
            self.add_error("role_arn", error)
        return cleaned

    def details(self) -> Details:
        """Return what was typed."""
        said = self.cleaned_data
        return Details(said["key_arn"], said["alias"], Access(said["access"]), said["role_arn"])

    @staticmethod
    def initial_of(registration: Registration) -> dict[str, str]:
        """Return what a draft holds already."""
        names = ("alias", "key_arn", "access", "role_arn")
        return {name: getattr(registration, name) for name in names}


class GrantForm(forms.Form):
    """Step 2: yes, it is applied."""

    applied = forms.BooleanField(
        label=_("I have applied this to the key"),
        error_messages={"required": _("Apply it first, then tick this box. The next step tests it.")},
    )


class ProofForm(forms.Form):
    """Step 3: what the proof command printed."""

    ciphertext = forms.CharField(
        label=_("What the command printed"),
        max_length=CIPHERTEXT_CHARACTERS,
        widget=forms.Textarea(attrs={**_AS_TYPED, "rows": 4}),
    )


class WaiverForm(ConfirmedForm):
    """Step 4: the three statements, the signer's name as they type it, and their password again."""

    acknowledge_data_loss_risk = forms.BooleanField(
        label=_("(a) We understand that without the key all data under it is unreadable, and after its deletion lost.")
    )
    acknowledge_key_management_responsibility = forms.BooleanField(
        label=_("(b) We are responsible for the key: its policy, its rotation and its availability.")
    )
    acknowledge_no_liability = forms.BooleanField(
        label=_("(c) The operator of the portal is not liable for what follows from the key being unavailable.")
    )
    typed_name = forms.CharField(
        label=_("Your full name"), max_length=200, help_text=_("Typed instead of a signature."), strip=True
    )
    sha256 = forms.RegexField(regex=r"^[0-9a-f]{64}$", widget=forms.HiddenInput)

    field_order = (*STATEMENTS, "typed_name", "password")

    def statements(self) -> list[str]:
        """Return the statements that were ticked."""
        return [name for name in STATEMENTS if self.cleaned_data.get(name)]


class ActivateForm(ConfirmedForm):
    """Step 5: the key's name typed once more, why, and the password again."""

    typed_alias = forms.CharField(label=_("Name of the key"), widget=forms.TextInput(attrs=_AS_TYPED))
    reason = reason_field()

    field_order = ("typed_alias", "reason", "password")

    def __init__(self, *args: Any, alias: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._alias = alias
        self.fields["typed_alias"].help_text = _("Type %(alias)s to make sure it is the right one.") % {"alias": alias}

    def clean_typed_alias(self) -> str:
        """Refuse another name."""
        typed = str(self.cleaned_data["typed_alias"]).strip()
        if typed != self._alias:
            raise ValidationError(_("This is not the name of the key."), code="another-name")
        return typed
