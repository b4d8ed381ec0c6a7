"""The template tags of the portal: icons, pills, fields, times and charts.

Everything a page repeats is written once, here, and none of it needs an inline style or script.
"""

from datetime import datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template import Context
from django.templatetags.static import static
from django.utils import formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from ascend_portal import charts, form_controls
from ascend_portal.statuses import status_of

register = template.Library()


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Draw one symbol of the sprite; it is decoration, so a word or an aria-label goes with it."""
    sprite = static("vendor/icons/icons.svg")
    return format_html(
        '<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        css_class,
        sprite,
        name,
    )


@register.simple_tag
def status(state: str, word: str = "") -> SafeString:
    """Show a state as icon, word and tint. `word` replaces the usual word of that state."""
    look = status_of(str(state))
    return format_html('<span class="pill pill-{}">{}{}</span>', look.tint, icon(look.icon), word or look.word)


@register.simple_tag
def pill(tint: str, icon_name: str, word: str) -> SafeString:
    """Show any short fact in the clothes of a status: tint is ok, warn, bad, info or mute."""
    return format_html('<span class="pill pill-{}">{}{}</span>', tint, icon(icon_name), word)


@register.simple_tag
def masked(value: str | None) -> SafeString:
    """Show a masked value so that bullets do not wrap; None is said as a dash and "no value"."""
    if value is None or value == "":
        return format_html(
            '<span class="text-secondary" aria-hidden="true">–</span><span class="visually-hidden">{}</span>',
            _("no value"),
        )
    return format_html('<span class="masked" dir="ltr" translate="no">{}</span>', value)


@register.simple_tag
def local_time(value: datetime | None, style: str = "full") -> SafeString:
    """Show a time in the person's zone and name the zone.

    `style` is "full" (22 Nov 2026, 06:17:09 CET), "minute" (without seconds), or "short" (the time
    alone where it is today, else the day, with its year where it is another one); the whole time
    stays in the tooltip and `datetime`.
    """
    if value is None:
        return format_html('<span class="text-secondary">{}</span>', _("never"))
    local = timezone.localtime(value)
    whole = f"{formats.date_format(local, 'j M Y, H:i:s')} {zone_name(local)}"
    shown = {"full": whole, "minute": f"{formats.date_format(local, 'j M Y, H:i')} {zone_name(local)}"}.get(style)
    return format_html(
        '<time datetime="{}" title="{}" class="num text-nowrap">{}</time>',
        value.isoformat(),
        whole,
        shown or _short(local),
    )


def _short(local: datetime) -> str:
    today = timezone.localdate()
    if local.date() == today:
        return formats.date_format(local, "H:i")
    return formats.date_format(local, "j M" if local.year == today.year else "j M Y")


def zone_name(moment: datetime) -> str:
    """Return the short name of the zone at that moment: "CET", or "UTC+03" where it has no letters."""
    name = moment.tzname() or "UTC"
    return name if name[:1].isalpha() else f"UTC{name}"


@register.simple_tag
def time_zone() -> str:
    """Say the zone in which this page shows its times: "Europe/Berlin (CET)"."""
    now = timezone.localtime()
    name, short = timezone.get_current_timezone_name(), zone_name(now)
    return name if name == short else f"{name} ({short})"


@register.filter
def number(value: float | None) -> str:
    """Group the digits of a number as the language does: 18,422."""
    return "–" if value is None else formats.number_format(value, force_grouping=True)


@register.simple_tag
def field(bound: BoundField, hint: str = "") -> SafeString:
    """Show label, hint, control and error of one form field, tied together by Django's own ids."""
    return form_controls.render_field(bound, hint=hint)


@register.inclusion_tag("partials/form_errors.html")
def form_errors(form: BaseForm) -> dict[str, Any]:
    """Summarize what is wrong with a form: takes the focus and links to each field."""
    return {"problems": form_controls.problems(form)}


@register.simple_tag(takes_context=True)
def page_title_prefix(context: Context) -> str:
    """Return "Error: " for a page whose `form` came back with errors, as GOV.UK asks for titles."""
    form = context.get("form")
    has_errors = isinstance(form, BaseForm) and form.is_bound and bool(form.errors)
    return _("Error: ") if has_errors else ""


@register.inclusion_tag("partials/empty_state.html")
def empty_state(icon: str, title: str, text: str = "", url: str = "", label: str = "") -> dict[str, str]:
    """Say that there is nothing yet, why, and what to do next."""
    return {"icon_name": icon, "title": title, "text": text, "url": url, "label": label}


@register.inclusion_tag("partials/area_chart.html")
def area_chart(chart: charts.AreaChart) -> dict[str, Any]:
    """Draw one or two daily series as SVG, readable by arrow keys, with the table beneath."""
    return {"chart": chart}


@register.inclusion_tag("partials/donut.html")
def donut(chart: charts.Donut) -> dict[str, Any]:
    """Draw shares of a whole as a ring, with the list of them beside it."""
    return {"chart": chart}


@register.inclusion_tag("partials/progress.html")
def progress(done: int, total: int | None, label: str, state: str = "") -> dict[str, Any]:
    """Show how far a job is; `total` None or 0 means not known yet."""
    percent = min(100, done * 100 // total) if total else 0
    return {"done": done, "total": total, "label": label, "percent": percent, "state": state}


@register.filter
def initials(name: str) -> str:
    """Return up to two initials of a person's name: "Olivia Officer" gives "OO"."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
