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
    page.locator("form button[type=submit]").last.click()
    page.locator(".error-summary").wait_for()


PAGES = (
    Page("overview-empty", at("overview"), OFFICER),
    Page("overview", with_records("overview"), (Role.OFFICER, Role.STEWARD, Role.APPROVER)),
    Page("overview-chart", at("overview"), AUDITOR, act=read_chart),
    Page("overview-menu", at("overview"), KEY_ADMIN, act=open_account_menu),
    Page("sign-in", at("sign_in")),
    Page("sign-in-errors", at("sign_in"), act=send_empty_form),
    Page("not-found", lambda _world: "/nothing/here/", status=404),
    Page("not-found-signed-in", lambda _world: "/nothing/here/", OFFICER, status=404),
    Page("forbidden", at("records:list"), AUDITOR, status=403),
    Page("profile", at("profile"), OFFICER),
    Page("approvals-empty", at("approvals"), APPROVER),
    Page("audit", at("audit:list"), AUDITOR),
    Page("keys-empty", at("byok:keys"), KEY_ADMIN),
    Page("keys", with_records("byok:keys"), KEY_ADMIN),
    Page("records-empty", at("records:list"), OFFICER),
    Page("records", with_records("records:list"), OFFICER),
    Page("record-new", at("records:new"), STEWARD),
    Page("imports-empty", at("records:imports"), STEWARD),
    Page("import-upload", at("records:import"), STEWARD),
)
