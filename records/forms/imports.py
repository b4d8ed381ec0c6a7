"""The forms of the import wizard."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from records import person_fields
from records.csvfile import mapping
from records.csvfile.mapping import IGNORE, UNDECIDED


class UploadForm(forms.Form):
    """One file. What arrives has already been sealed by the upload handler."""

    file = forms.FileField(
        label=_("CSV file"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv,text/tab-separated-values"}),
    )


class ColumnsForm(forms.Form):
    """An answer for each column of the file: a field, or to leave it out."""

    def __init__(self, *args: Any, columns: Sequence[str], targets: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._count = len(columns)
        initial = targets if len(targets) == len(columns) else mapping.propose(columns)
        choices = [
            (UNDECIDED, _("Choose …")),
            *((field.name, field.label) for field in person_fields.FIELDS),
            (IGNORE, _("Leave this column out")),
        ]
        for index, (column, target) in enumerate(zip(columns, initial, strict=True)):
            name = column or _("Column without a heading")
            self.fields[_name(index)] = forms.ChoiceField(
                label=f"{index + 1}. {name}",
                choices=choices,
                initial=target,
                error_messages={"required": _("Choose a field, or leave the column out.")},
            )

    def targets(self) -> list[str]:
        """Return the answers in the order of the columns."""
        return [self.cleaned_data[_name(index)] for index in range(self._count)]

    def clean(self) -> dict[str, Any]:
        """Refuse a field that is filled twice, and a file without references."""
        cleaned = super().clean() or {}
        first: dict[str, int] = {}
        for index in range(self._count):
            target = cleaned.get(_name(index))
            if not target or target == IGNORE:
                continue
            if target in first:
                text = _("Column %(number)d goes into this field already.") % {"number": first[target] + 1}
                self.add_error(_name(index), text)
            first.setdefault(target, index)
        if person_fields.REFERENCE not in first and not self.errors:
            raise ValidationError(_("One column must be the reference, by which a record is known."), code="reference")
        return cleaned


def _name(index: int) -> str:
    return f"column_{index}"
