"""The search form. It is posted, and nothing of it ever stands in an address."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from records import search_kinds

_LONGEST = 254


class SearchForm(forms.Form):
    """One kind and one text. Whoever may not search protected values looks up a reference."""

    by = forms.ChoiceField(label=_("Search by"))
    text = forms.CharField(
        label=_("Search for"),
        max_length=_LONGEST,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, may_search_protected: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        protected = [(kind.name, kind.label) for kind in search_kinds.KINDS.values()] if may_search_protected else []
        self.fields["by"].choices = [*protected, (search_kinds.REFERENCE, _("Reference"))]  # type: ignore[attr-defined]

    @property
    def is_reference(self) -> bool:
        """Return whether the plain reference was asked for."""
        return bool(self.cleaned_data["by"] == search_kinds.REFERENCE)
