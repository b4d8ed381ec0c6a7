"""What the portal's own script does, and what works without it."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.roles import Role
from ascend_portal import error_pages
from ascend_portal.problems import AUDIT_AWAY
from records.models import PersonRecord

OFFICER = (Role.OFFICER, Role.STEWARD)
SSN = "123-45-0000"


@pytest.fixture
def officer(world, open_context):
    """Return a page of somebody who may see, reveal, change and delete people."""
    return open_context(world.person(*OFFICER), viewport={"width": 1440, "height": 900}).new_page()


def focused(page):
    return page.evaluate(
        "document.activeElement.id || document.activeElement.className || document.activeElement.tagName"
    )


def person_page(world, page):
    record = world.records(1)[0]
    page.goto(reverse("records:person", args=[record.pk]))
    return record


def reveal(page, field="ssn"):
    form = page.locator(f"form:has(input[name=field][value={field}])")
    page.locator(f"details:has(input[name=field][value={field}]) summary").click()
    form.locator("input[name=reason]").fill("the customer called about this number")
    form.locator("button[type=submit]").click()
    page.locator("[data-reveal-seconds]").wait_for()


class TestReveal:
    def test_the_value_leaves_screen_and_document_after_its_time(self, world, officer):
        officer.clock.install()
        person_page(world, officer)
        reveal(officer)
        assert officer.locator("output").inner_text() == SSN
        expect(officer.locator("[data-countdown]")).to_have_text(re.compile(r"Hides in \d+ s"))
        officer.clock.fast_forward(61_000)
        officer.get_by_text("Hidden again.").first.wait_for()
        assert SSN not in officer.content()

    def test_a_double_enter_reveals_once(self, world, officer):
        record = person_page(world, officer)
        sent = []
        officer.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
        officer.locator("details:has(input[name=field][value=ssn]) summary").click()
        reason = officer.locator("form:has(input[name=field][value=ssn]) input[name=reason]")
        reason.fill("the customer called about this number")
        reason.evaluate("field => { field.form.requestSubmit(); field.form.requestSubmit(); }")
        officer.locator("[data-reveal-seconds]").wait_for()
        assert [url for url in sent if str(record.pk) in url] == sent[:1]

    def test_it_can_be_hidden_at_once_and_the_focus_stays_there(self, world, officer):
        person_page(world, officer)
        reveal(officer)
        officer.locator("[data-hide]").click()
        assert SSN not in officer.content()
        assert officer.evaluate("document.activeElement.textContent") == "Hidden again."

    def test_the_back_button_brings_no_value_back(self, world, officer):
        person_page(world, officer)
        reveal(officer)
        officer.goto(reverse("overview"))
        officer.go_back()
        assert SSN not in officer.content()

    def test_it_never_stands_in_an_address_or_in_the_browsers_storage(self, world, officer):
        asked = []
        officer.on("request", lambda request: asked.append(request.url))
        person_page(world, officer)
        reveal(officer)
        stored = officer.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
        assert not any(SSN in each for each in [*asked, officer.url, stored])


class TestDialog:
    def test_escape_closes_it_and_the_focus_goes_back_to_its_opener(self, world, officer):
        person_page(world, officer)
        opener = officer.locator("[data-dialog='#delete-person']")
        opener.focus()
        officer.keyboard.press("Enter")
        assert officer.locator("#delete-person").is_visible()
        officer.keyboard.press("Escape")
        assert not officer.locator("#delete-person").is_visible()
        assert opener.evaluate("each => each === document.activeElement")

    def test_its_button_does_what_it_says(self, world, officer):
        record = person_page(world, officer)
        officer.locator("[data-dialog='#delete-person']").click()
        officer.locator("#delete-person .btn-danger").click()
        officer.wait_for_url(f"**{reverse('records:list')}")
        assert not PersonRecord.objects.filter(pk=record.pk).exists()


class TestShell:
    def test_the_first_tab_stop_skips_to_the_content(self, officer):
        officer.goto(reverse("overview"))
        officer.keyboard.press("Tab")
        assert focused(officer) == "skip-link"
        officer.keyboard.press("Enter")
        assert focused(officer) == "main"

    def test_every_tab_stop_shows_its_outline(self, officer):
        officer.goto(reverse("overview"))
        widths = []
        for _stop in range(14):
            officer.keyboard.press("Tab")
            widths.append(officer.evaluate("getComputedStyle(document.activeElement).outlineWidth"))
        assert set(widths) == {"3px"}

    def test_the_chosen_theme_stays_and_is_there_before_the_page(self, officer):
        officer.goto(reverse("overview"))
        officer.locator("[data-theme-set=dark]").first.click()
        assert officer.locator("html").get_attribute("data-bs-theme") == "dark"
        officer.goto(reverse("records:list"))
        assert officer.locator("html").get_attribute("data-bs-theme") == "dark"
        assert officer.locator("[data-theme-set=dark]").first.get_attribute("aria-pressed") == "true"

    def test_sign_out_is_in_the_account_menu_by_keyboard(self, officer):
        officer.goto(reverse("overview"))
        officer.locator(".account").focus()
        officer.keyboard.press("Enter")
        officer.get_by_role("button", name="Sign out").click()
        officer.wait_for_url("**/login/**")

    def test_a_phone_opens_the_navigation_by_its_button(self, world, open_context):
        page = open_context(world.person(*OFFICER), viewport={"width": 390, "height": 844}).new_page()
        page.goto(reverse("overview"))
        link = page.locator("#sidebar-menu").get_by_role("link", name="People")
        assert not link.is_visible()
        page.get_by_role("button", name="Menu", exact=True).click()
        link.wait_for()
        link.click()
        page.wait_for_url(f"**{reverse('records:list')}")


class TestForms:
    def test_the_error_summary_takes_the_focus_and_leads_to_the_field(self, world, open_context):
        assert world.organization
        page = open_context().new_page()
        page.goto(reverse("sign_in"))
        page.get_by_label("E-mail").fill("somebody@people.example")
        page.get_by_role("button", name="Sign in").click()
        page.locator(".error-summary").wait_for()
        assert page.title().startswith("Error: ")
        assert "error-summary" in focused(page)
        page.locator(".error-summary a").first.click()
        assert focused(page) == "id_password"


class TestChart:
    def test_arrow_keys_read_what_the_table_says(self, world, open_context):
        page = open_context(world.person(Role.AUDITOR)).new_page()
        page.goto(reverse("overview"))
        page.locator(".chart-plot").focus()
        page.keyboard.press("ArrowRight")
        first = page.locator(".chart-tip").inner_text().splitlines()
        assert first[0] == page.locator(".chart-table tbody th").first.text_content()
        assert first[1].startswith("Events: ")
        page.keyboard.press("Escape")
        assert not page.locator(".chart-tip").is_visible()


class TestProblems:
    def test_a_refused_fragment_is_told_above_the_page_and_the_page_stays(self, world, officer, monkeypatch):
        person_page(world, officer)
        monkeypatch.setattr(
            "records.views.reveal.RevealView.post",
            lambda _view, request, **_kwargs: error_pages.answer(request, AUDIT_AWAY),
        )
        officer.locator("summary").first.click()
        form = officer.locator("details form").first
        form.locator("input[name=reason]").fill("the customer called")
        form.locator("button[type=submit]").click()
        officer.locator("#problem [role=alert]").wait_for()
        assert "audit log cannot be written" in officer.locator("#problem").inner_text()
        assert officer.get_by_role("heading", name="Protected fields").is_visible()


class TestWithoutScript:
    def test_records_can_be_listed_opened_and_revealed(self, world, open_context):
        world.records(1)
        page = open_context(world.person(*OFFICER), java_script_enabled=False).new_page()
        page.goto(reverse("records:list"))
        page.locator("tbody a").first.click()
        page.locator("details:has(input[value=ssn]) summary").click()
        page.locator("#reason-ssn").fill("the customer called")
        page.locator("form:has(input[value=ssn]) button[type=submit]").click()
        assert SSN in page.content()


class TestRightToLeft:
    @pytest.mark.parametrize("url_name", ["overview", "records:list"])
    def test_the_page_is_mirrored_and_does_not_scroll_sideways(self, world, open_context, settings, url_name):
        settings.LANGUAGES = [("ar", "العربية")]
        world.records(1)
        who = world.person(*OFFICER)
        who.language = "ar"
        who.save()
        page = open_context(who, viewport={"width": 320, "height": 640}).new_page()
        page.goto(reverse(url_name))
        assert page.locator("html").get_attribute("dir") == "rtl"
        assert page.locator("link[href*='tabler.rtl']").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
