"""Form fields as the portal draws them.

Django already writes `aria-describedby="id_x_helptext id_x_error"` and `aria-invalid`; what is
left is to put the hint and the errors under exactly those ids and to choose Tabler's classes.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.forms import BaseForm, BoundField, widgets
from django.template.loader import render_to_string
from django.utils.safestring import SafeString


@dataclass(frozen=True, slots=True)
class Problem:
    """One line of an error summary. `target` is the id to jump to, or "" where no field is to blame."""

    target: str
    label: str
    message: str


def problems(form: BaseForm) -> list[Problem]:
    """Return what is wrong with `form`, in the order of its fields, form-wide problems first."""
    if not form.is_bound:
        return []
    form_wide = [Problem("", "", str(message)) for message in form.non_field_errors()]
    return form_wide + [problem for bound in form for problem in _problems_of(bound)]


def _problems_of(bound: BoundField) -> Iterator[Problem]:
    target = "" if bound.is_hidden else bound.id_for_label or f"{bound.auto_id}_0"
    for message in bound.errors:
        yield Problem(target, str(bound.label), str(message))


def render_field(bound: BoundField, *, hint: str = "") -> SafeString:
    """Return the HTML of one field. A hint of the caller stands beside the field's own help text."""
    if bound.is_hidden:
        return bound.as_widget()
    context = {"field": bound, "hint": hint, "kind": _kind(bound.field.widget)}
    if context["kind"] == "choices":
        bound.field.widget.attrs.setdefault("class", "form-check-input")
    else:
        context["control"] = bound.as_widget(attrs=_attrs(bound, hint))
    return render_to_string("partials/field.html", context)


def _kind(widget: widgets.Widget) -> str:
    if isinstance(widget, widgets.RadioSelect | widgets.CheckboxSelectMultiple):
        return "choices"
    return "checkbox" if isinstance(widget, widgets.CheckboxInput) else "plain"


def _attrs(bound: BoundField, hint: str) -> dict[str, str | bool]:
    widget = bound.field.widget
    classes = [str(widget.attrs.get("class", "")), _css_class(widget)]
    if bound.errors:
        classes.append("is-invalid")
    attrs: dict[str, str | bool] = {"class": " ".join(filter(None, dict.fromkeys(classes)))}
    if hint:
        attrs["aria-describedby"] = f"{bound.auto_id}_hint {bound.aria_describedby or ''}".strip()
    return attrs


def _css_class(widget: widgets.Widget) -> str:
    if isinstance(widget, widgets.CheckboxInput):
        return "form-check-input"
    if isinstance(widget, widgets.Select):
        return "form-select"
    return "form-control"
