"""The table of pages that the matrix looks at. A wing adds a line for each page and each state of a page."""

from collections.abc import Callable
from dataclasses import dataclass

from django.urls import reverse
from playwright.sync_api import Page as BrowserPage

from accounts.roles import Role
from tests.browser.world import World

OFFICER = (Role.OFFICER, Role.STEWARD)
STEWARD = (Role.STEWARD,)
AUDITOR = (Role.AUDITOR,)
KEY_ADMIN = (Role.KEY_ADMIN,)
APPROVER = (Role.APPROVER,)


@dataclass(frozen=True)
class Page:
    """One page in one state.

    `address` makes what the page needs and returns where it is; `roles` are of who looks (none:
    nobody is signed in); `act` does something in the page before it is looked at.
    """

    name: str
    address: Callable[[World], str]
    roles: tuple[Role, ...] = ()
    status: int = 200
    act: Callable[[BrowserPage], None] | None = None


def at(url_name: str) -> Callable[[World], str]:
    return lambda _world: reverse(url_name)


def after_set_up(url_name: str) -> Callable[[World], str]:
    """Return a page for anybody of a portal that is set up."""
    return lambda world: world.organization and reverse(url_name)


def with_records(url_name: str) -> Callable[[World], str]:
    def address(world: World) -> str:
        world.records()
        return reverse(url_name)

    return address


def open_account_menu(page: BrowserPage) -> None:
    page.locator(".account").click()
    page.locator(".dropdown-menu.show").wait_for()


def read_chart(page: BrowserPage) -> None:
    page.locator(".chart-plot").focus()
    page.keyboard.press("ArrowRight")
    page.locator(".chart details summary, details summary").first.click()


def send_empty_form(page: BrowserPage) -> None:
    page.locator("form button[type=submit]:visible").last.click()
    page.locator(".error-summary").wait_for()


def open_the_second_tab(page: BrowserPage) -> None:
    page.locator("[role=tab]").nth(1).click()
    page.locator("[role=tabpanel].active pre").wait_for()


def open_the_dialog(page: BrowserPage) -> None:
    page.locator("[data-dialog]").first.click()
    page.locator("dialog[open]").wait_for()


def reveal_the_name(page: BrowserPage) -> None:
    page.locator("details summary").first.click()
    page.locator("#reason-name").fill("the customer called")
    page.locator("details form button[type=submit]").first.click()
    page.locator("[data-reveal-seconds]").wait_for()


def open_the_menu_on_a_phone(page: BrowserPage) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_role("button", name="Menu", exact=True).click()
    page.locator("#sidebar-menu.show").wait_for()


SHELL = (
    Page("overview-empty", at("overview"), OFFICER),
    Page("overview", with_records("overview"), (Role.OFFICER, Role.STEWARD, Role.APPROVER)),
    Page("overview-chart", at("overview"), AUDITOR, act=read_chart),
    Page("overview-account-menu", at("overview"), KEY_ADMIN, act=open_account_menu),
    Page("overview-phone-menu", at("overview"), OFFICER, act=open_the_menu_on_a_phone),
    Page("not-found", lambda _world: "/nothing/here/", status=404),
    Page("not-found-signed-in", lambda _world: "/nothing/here/", OFFICER, status=404),
    Page("forbidden", at("records:list"), AUDITOR, status=403),
)
ACCOUNTS = (
    Page("sign-in", after_set_up("sign_in")),
    Page("sign-in-errors", after_set_up("sign_in"), act=send_empty_form),
    Page("one-time", World.one_time_sign_in),
    Page("one-time-refused", lambda _world: reverse("one_time", args=["not-a-token"]), status=404),
    Page("set-up", at("set_up")),
    Page("set-up-errors", at("set_up"), act=send_empty_form),
    Page("profile", at("profile"), OFFICER),
    Page("approvals-empty", at("approvals"), APPROVER),
    Page("approvals", lambda world: world.approval() and reverse("approvals"), APPROVER),
    Page("approval", lambda world: reverse("approval", args=[world.approval().pk]), APPROVER),
)
AUDIT = (
    Page("audit", with_records("audit:list"), AUDITOR),
    Page("audit-nothing-found", lambda _world: reverse("audit:list") + "?outcome=error", AUDITOR),
)
KEYS = (
    Page("keys-empty", at("byok:keys"), KEY_ADMIN),
    Page("keys", with_records("byok:keys"), KEY_ADMIN),
    Page("keys-degraded", lambda world: world.health(unanswered_minutes=5), KEY_ADMIN),
    Page("keys-suspended", lambda world: world.health(reason="The key is disabled."), AUDITOR),
    Page("keys-lease", with_records("byok:lease"), KEY_ADMIN),
    Page("imports-empty", at("byok:imports"), KEY_ADMIN),
    Page("imports", lambda world: world.ceremony("") and reverse("byok:imports"), APPROVER),
    Page("import", lambda world: world.ceremony("open"), KEY_ADMIN),
    Page("import-errors", lambda world: world.ceremony("open"), KEY_ADMIN, act=send_empty_form),
    Page("import-confirm", lambda world: world.ceremony("imported"), APPROVER),
    Page("import-confirmed", lambda world: world.ceremony("confirmed"), OFFICER),
    Page("own-key-empty", at("byok:onboarding"), KEY_ADMIN),
    Page("own-key", lambda world: world.registration(), KEY_ADMIN),
    Page("own-key-officer", lambda world: world.registration(), OFFICER),
    Page("own-key-1", lambda world: world.registration("key", described=False), KEY_ADMIN),
    Page("own-key-1-errors", lambda world: world.registration("key", described=False), KEY_ADMIN, act=send_empty_form),
    Page("own-key-1-give-up", lambda world: world.registration("key"), KEY_ADMIN, act=open_the_dialog),
    Page("own-key-2-unset", lambda world: world.registration("policy", granted=False, principal=""), KEY_ADMIN),
    Page("own-key-2", lambda world: world.registration("policy", granted=False), KEY_ADMIN),
    Page(
        "own-key-2-cli", lambda world: world.registration("policy", granted=False), KEY_ADMIN, act=open_the_second_tab
    ),
    Page("own-key-3-before", lambda world: world.registration("verify", checked=False), KEY_ADMIN),
    Page("own-key-3-failed", lambda world: world.registration("verify", failing="foreign-wrap"), KEY_ADMIN),
    Page("own-key-3", lambda world: world.registration("verify"), KEY_ADMIN),
    Page("own-key-4-waiting", lambda world: world.registration("waiver"), KEY_ADMIN),
    Page("own-key-4", lambda world: world.registration("waiver"), OFFICER),
    Page("own-key-4-errors", lambda world: world.registration("waiver"), OFFICER, act=send_empty_form),
    Page("own-key-4-signed", lambda world: world.registration("waiver", signed=True), KEY_ADMIN),
    Page("own-key-5", lambda world: world.registration("activate", signed=True), KEY_ADMIN),
)
RECORDS = (
    Page("records-empty", at("records:list"), OFFICER),
    Page("records", with_records("records:list"), OFFICER),
    Page("records-steward", with_records("records:list"), STEWARD),
    Page("records-found", lambda world: world.found(*OFFICER), OFFICER),
    Page("record", lambda world: world.record_page("records:person"), OFFICER),
    Page("record-delete-dialog", lambda world: world.record_page("records:person"), OFFICER, act=open_the_dialog),
    Page("record-revealed", lambda world: world.record_page("records:person"), OFFICER, act=reveal_the_name),
    Page("record-change", lambda world: world.record_page("records:change"), OFFICER),
    Page("record-delete", lambda world: world.record_page("records:delete"), OFFICER),
    Page("record-new", at("records:new"), STEWARD),
    Page("record-new-errors", at("records:new"), STEWARD, act=send_empty_form),
)
IMPORTS = (
    Page("imports-empty", at("records:imports"), STEWARD),
    Page(
        "imports",
        lambda world: world.import_page("records:columns", step="checked") and reverse("records:imports"),
        STEWARD,
    ),
    Page("import-upload", at("records:import"), STEWARD),
    Page("import-columns", lambda world: world.import_page("records:columns", step="uploaded"), STEWARD),
    Page("import-checked", lambda world: world.import_page("records:check", step="checked"), STEWARD),
    Page("import-done", lambda world: world.import_page("records:run", step="imported"), STEWARD),
)
PAGES = (*SHELL, *ACCOUNTS, *AUDIT, *KEYS, *RECORDS, *IMPORTS)
