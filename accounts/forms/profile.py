"""A person's own settings."""

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import LANGUAGES


@cache
def time_zones() -> tuple[str, ...]:
    """Return the zones that people live in ("Europe/Berlin"), UTC first; not the aliases and oddities."""
    regions = (
        "Africa/",
        "America/",
        "Antarctica/",
        "Asia/",
        "Atlantic/",
        "Australia/",
        "Europe/",
        "Indian/",
        "Pacific/",
    )
    return ("UTC", *sorted(name for name in zoneinfo.available_timezones() if name.startswith(regions)))


def time_zone_choices() -> list[tuple[str, str]]:
    """Return the zones as a form lists them."""
    return [(name, name.replace("_", " ")) for name in time_zones()]


def time_zone_choices_or_default() -> list[tuple[str, Any]]:
    """Return the zones after the choice to use the organization's."""
    return [("", _("The organization's")), *time_zone_choices()]


class ProfileForm(forms.Form):
    """In which zone and language a person reads."""

    time_zone = forms.ChoiceField(
        label=_("Time zone"),
        required=False,
        choices=time_zone_choices_or_default,
        help_text=_("All times on the pages are shown in it. The database keeps UTC."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=LANGUAGES)
