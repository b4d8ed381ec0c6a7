"""Forms that take values of a person, and none that show them."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records import person_fields
from records.person_fields import DATE_OF_BIRTH, PersonField
from records.reasons import Reason

_LONG: Final = frozenset({"address", "notes"})
_REASON_CHARACTERS: Final = 500
_SHORTEST_REASON: Final = 5


class PersonFieldInput(forms.CharField):
    """Takes one field under the same rules as an import. An empty text is no value."""

    def __init__(self, field: PersonField, **kwargs: Any) -> None:
        self.person_field = field
        widget = forms.Textarea(attrs={"rows": 3}) if field.name in _LONG else forms.TextInput()
        # What is typed here is protected: the browser is not to remember it.
        widget.attrs.update({"autocomplete": "off", "spellcheck": "false"})
        if field.name == DATE_OF_BIRTH:
            kwargs.setdefault("help_text", _("Year-month-day, such as 1980-12-31."))
        super().__init__(label=field.label, max_length=field.max_length, widget=widget, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return the text, the date, or None.

        Raises:
            ValidationError: with the reason that an import would give.
        """
        text = super().clean(value)
        if not text:
            return None  # (Django's CharField has refused NUL bytes.)
        problem = person_fields.problem_with(self.person_field, text)
        if problem is not None:
            raise ValidationError(str(problem.label), code=problem.value)
        return _past_day(text) if self.person_field.name == DATE_OF_BIRTH else text


def _past_day(text: str) -> date:
    day = date.fromisoformat(text)
    if day > timezone.localdate():
        raise ValidationError(str(Reason.FUTURE_DATE.label), code=Reason.FUTURE_DATE)
    return day


class NewPersonForm(forms.Form):
    """Every field of a new record."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in person_fields.FIELDS:
            self.fields[field.name] = PersonFieldInput(field, required=field.name == person_fields.REFERENCE)


class ChangePersonForm(forms.Form):
    """New values for an old record. What is left empty stays; a tick takes a value away."""

    def __init__(self, *args: Any, reference: str, masked: Mapping[str, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reference"] = PersonFieldInput(person_fields.FIELDS[0], initial=reference)
        for field in person_fields.PROTECTED:
            hint = _("Now: %(masked)s. Leave empty to keep it.") % {"masked": masked[field.name]}
            help_text = hint if masked[field.name] else _("No value yet.")
            if field.name == DATE_OF_BIRTH:
                help_text = f"{help_text} " + _("Year-month-day, such as 1980-12-31.")
            self.fields[field.name] = PersonFieldInput(field, required=False, help_text=help_text)
            if masked[field.name]:
                self.fields[_clear(field.name)] = forms.BooleanField(
                    required=False, label=_("Remove the value of “%(field)s”") % {"field": field.label}
                )

    def pairs(self) -> Iterator[tuple[BoundField, BoundField | None]]:
        """Yield each protected field with its tick, where it has one."""
        for field in person_fields.PROTECTED:
            yield self[field.name], self[_clear(field.name)] if _clear(field.name) in self.fields else None

    def clean(self) -> dict[str, Any]:
        """Refuse a new value together with its removal."""
        cleaned = super().clean() or {}
        for name in person_fields.PROTECTED_NAMES:
            if cleaned.get(_clear(name)) and cleaned.get(name) is not None:
                self.add_error(name, _("Give a new value or remove it, not both."))
        return cleaned

    def changes(self) -> dict[str, str | date | None]:
        """Return what is to be written, by field name."""
        cleaned = self.cleaned_data
        changed = {name: cleaned[name] for name in person_fields.PROTECTED_NAMES if cleaned[name] is not None}
        cleared = {name: None for name in person_fields.PROTECTED_NAMES if cleaned.get(_clear(name))}
        reference = {"reference": cleaned["reference"]} if "reference" in self.changed_data else {}
        return reference | changed | cleared


def _clear(name: str) -> str:
    return f"{name}_clear"


class RevealForm(forms.Form):
    """Which field, and why. The reason is stored in the audit log, in clear."""

    field = forms.ChoiceField(
        choices=[(field.name, field.label) for field in person_fields.PROTECTED], widget=forms.HiddenInput
    )
    reason = forms.CharField(
        label=_("Reason"),
        min_length=_SHORTEST_REASON,
        max_length=_REASON_CHARACTERS,
        help_text=_("Stored in the audit log, where it can be read by others. Do not write personal data here."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
