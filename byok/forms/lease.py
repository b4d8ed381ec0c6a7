"""What people type into the keys pages."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.forms.approvals import reason_field
from accounts.forms.sign_in import ConfirmedForm
from ascend.conf import LEASE_SECONDS_MAX, LEASE_SECONDS_MIN


class LeaseForm(ConfirmedForm):
    """Another lease length, why, and the password again."""

    seconds = forms.IntegerField(
        label=_("Lease length in seconds"),
        min_value=LEASE_SECONDS_MIN,
        max_value=LEASE_SECONDS_MAX,
        help_text=_("5 to 300. Shorter stops sooner after a revocation; longer asks the key store less often."),
    )
    reason = reason_field()

    field_order = ("seconds", "reason", "password")
