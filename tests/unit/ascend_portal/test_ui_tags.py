"""The template tags that every page is made of."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.template import Context, Template
from django.utils import timezone

from accounts.models import ApprovalState
from ascend.keychain.states import State as KeyState
from ascend_portal.charts import AreaChart, Donut, Series, Share
from ascend_portal.statuses import STATUSES, status_of
from audit.entry import Outcome
from records.models.imports import State as ImportState

MORNING = datetime(2026, 11, 22, 5, 17, 9, tzinfo=UTC)


class SampleForm(forms.Form):
    email = forms.EmailField(label="E-mail", help_text="Where we write to.")
    kind = forms.ChoiceField(label="Kind", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    agreed = forms.BooleanField(label="I agree")
    token = forms.CharField(widget=forms.HiddenInput)


def rendered(source, **context):
    return Template("{% load ui %}" + source).render(Context(context))


class TestIcon:
    def test_is_hidden_from_screen_readers_and_comes_from_the_sprite(self):
        html = rendered('{% icon "key" "me-2" %}')
        assert 'class="icon me-2"' in html
        assert 'aria-hidden="true"' in html
        assert "vendor/icons/icons.svg#key" in html


class TestStatus:
    def test_says_the_state_in_a_word_beside_the_icon(self):
        html = rendered('{% status "active" %}')
        assert "pill-ok" in html
        assert "#circle-check" in html
        assert "Active" in html

    def test_takes_another_word(self):
        assert "In force" in rendered('{% status "active" "In force" %}')

    def test_shows_an_unknown_state_neutrally_in_its_own_words(self):
        assert status_of("half_open").tint == "mute"
        assert "Half open" in rendered('{% status "half_open" %}')

    @pytest.mark.parametrize("state", [*KeyState, *ImportState, *ApprovalState, *Outcome, "blocked"])
    def test_knows_every_state_of_the_wings(self, state):
        assert str(state.value if hasattr(state, "value") else state) in STATUSES

    def test_every_icon_is_in_the_sprite(self, settings):
        sprite = (settings.BASE_DIR / "static/vendor/icons/icons.svg").read_text()
        assert [look.icon for look in STATUSES.values() if f'id="{look.icon}"' not in sprite] == []


class TestLocalTime:
    def test_shows_the_persons_zone_and_names_it(self):
        with timezone.override(ZoneInfo("Europe/Berlin")):
            html = rendered("{% local_time at %}", at=MORNING)
        assert "22 Nov 2026, 06:17:09 CET" in html
        assert 'datetime="2026-11-22T05:17:09+00:00"' in html

    def test_names_a_zone_without_letters_by_its_offset(self):
        with timezone.override(ZoneInfo("America/Sao_Paulo")):
            assert "02:17 UTC-03" in rendered('{% local_time at "minute" %}', at=MORNING)

    def test_says_never_for_none(self):
        assert "never" in rendered("{% local_time at %}", at=None)

    def test_the_zone_of_the_page_is_said_in_full(self):
        with timezone.override(ZoneInfo("Europe/Berlin")):
            assert rendered("{% time_zone %}").startswith("Europe/Berlin (CE")
        assert rendered("{% time_zone %}") == "UTC"


class TestMasked:
    def test_keeps_left_to_right_in_every_language(self):
        assert '<span class="masked" dir="ltr"' in rendered("{% masked value %}", value="A••• L•••••••")

    @pytest.mark.parametrize("value", [None, ""])
    def test_says_that_there_is_no_value(self, value):
        assert "no value" in rendered("{% masked value %}", value=value)

    def test_escapes_what_it_shows(self):
        assert "<b>" not in rendered("{% masked value %}", value="<b>")


class TestForms:
    def test_a_field_ties_its_hint_and_error_by_djangos_ids(self):
        html = rendered("{% field form.email %}", form=SampleForm({"email": "nothing"}))
        assert 'aria-describedby="id_email_helptext id_email_error"' in html
        assert 'id="id_email_helptext"' in html
        assert 'id="id_email_error"' in html
        assert 'class="form-control is-invalid"' in html

    def test_a_hint_of_the_page_is_tied_as_well(self):
        html = rendered('{% field form.email hint="Not shown to others." %}', form=SampleForm())
        assert 'aria-describedby="id_email_hint id_email_helptext"' in html
        assert 'id="id_email_hint"' in html

    def test_choices_are_a_fieldset_with_a_legend(self):
        html = rendered("{% field form.kind %}", form=SampleForm())
        assert "<fieldset" in html
        assert "<legend" in html
        assert html.count('class="form-check-input"') == 2

    def test_a_hidden_field_has_no_label(self):
        assert "<label" not in rendered("{% field form.token %}", form=SampleForm())

    def test_the_summary_takes_the_focus_and_links_to_each_field(self):
        html = rendered("{% form_errors form %}", form=SampleForm({}))
        assert "autofocus" in html
        assert 'href="#id_email"' in html
        assert 'href="#id_kind_0"' in html
        assert html.count("<li>") == 4

    def test_the_summary_of_a_hidden_field_links_nowhere(self):
        assert "#id_token" not in rendered("{% form_errors form %}", form=SampleForm({}))

    def test_there_is_no_summary_before_anything_was_sent(self):
        assert rendered("{% form_errors form %}", form=SampleForm()).strip() == ""

    def test_the_title_of_a_page_with_errors_says_so_first(self):
        assert rendered("{% page_title_prefix %}", form=SampleForm({})) == "Error: "
        assert rendered("{% page_title_prefix %}", form=SampleForm()) == ""
        assert rendered("{% page_title_prefix %}") == ""


class TestSmallParts:
    def test_empty_state_names_the_next_action(self):
        html = rendered('{% empty_state "users" "No people yet" "Import a file." "/records/import/" "Import" %}')
        assert 'href="/records/import/"' in html
        assert "No people yet" in html

    def test_progress_is_a_progress_element_with_its_figures(self):
        html = rendered('{% progress 4211 9000 "people.csv" %}')
        assert 'value="4211" max="9000"' in html
        assert "4,211 of 9,000" in html
        assert 'aria-label="people.csv"' in html

    def test_progress_without_a_total_has_no_value(self):
        assert "value=" not in rendered('{% progress 7 None "people.csv" %}')

    def test_numbers_are_grouped(self):
        assert rendered("{{ count|number }}", count=1234567) == "1,234,567"
        assert rendered("{{ count|number }}", count=None) == "–"

    @pytest.mark.parametrize(
        ("name", "initials"), [("Olivia Officer", "OO"), ("Ada", "A"), ("Ada de la Cruz", "AC"), ("", "")]
    )
    def test_initials_are_of_the_first_and_the_last_name(self, name, initials):
        assert rendered("{{ name|initials }}", name=name) == initials


class TestCharts:
    def test_the_area_chart_comes_with_its_table(self):
        chart = AreaChart(
            "ops", "Events", "Day", ["1 Nov", "2 Nov"], [Series("Events", [3, 1200]), Series("Denied", [0, 4])]
        )
        html = rendered("{% area_chart chart %}", chart=chart)
        assert "<table" in html
        assert '<td class="text-end num">1,200</td>' in html
        assert "Events: 1,203 in all." in html
        assert "style=" not in html

    def test_the_donut_says_its_shares_in_a_list(self):
        html = rendered(
            "{% donut chart %}", chart=Donut("Keys", "3", "keys", [Share("Active", 3, "b"), Share("Halted", 0, "c")])
        )
        assert "Active" in html
        assert 'stroke-dasharray="100.00 0.00"' in html
        assert html.count("<circle") == 2  # the ring and one arc: an empty share draws nothing
