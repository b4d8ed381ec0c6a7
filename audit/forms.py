"""What the reader of the log looks for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from audit.catalogue import Event
from audit.entry import Outcome

OUTCOME_NAMES = {Outcome.SUCCESS: _("Success"), Outcome.DENIED: _("Denied"), Outcome.ERROR: _("Error")}


def event_choices() -> list[tuple[str, str | list[tuple[str, str]]]]:
    """Return the catalogue by wing, after the choice of all events."""
    wings = dict.fromkeys(event.wing for event in Event)
    groups = [(wing, [(event.value, event.value) for event in Event if event.wing == wing]) for wing in wings]
    return [("", str(_("All events"))), *groups]


class LogFilterForm(forms.Form):
    """Filters of the list. What is not understood does not filter; the list says what it shows."""

    event = forms.ChoiceField(label=_("Event"), required=False, choices=event_choices)
    outcome = forms.ChoiceField(
        label=_("Outcome"), required=False, choices=[("", _("All outcomes")), *OUTCOME_NAMES.items()]
    )
    actor = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    before = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def wanted(self) -> dict[str, str]:
        """Return the filters that are set and valid."""
        self.is_valid()
        return {name: value for name in ("event", "outcome", "actor") if (value := self.cleaned_data.get(name))}
