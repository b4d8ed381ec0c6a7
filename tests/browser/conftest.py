"""A real Chromium against the portal. Where there is none, these tests fail: they never pass by skipping."""

import os
import shutil
from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from tests.browser.world import World
from tests.factories import accounts as make

# One process, no sandbox (the suite also runs as root), and nothing that talks to Google.
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


def pytest_collection_modifyitems(items) -> None:
    """Mark everything in this folder."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Start Chromium once for this folder.

    Playwright keeps an event loop in this thread, which Django would take for an asynchronous caller.
    """
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def world(live_server, settings) -> World:
    """Return an organization whose people and records a page may need."""
    return World(address=live_server.url, settings=settings)


@pytest.fixture
def open_context(chromium, world):
    """Return a function that opens a browser context, signed in as a person or as nobody."""
    opened: list[BrowserContext] = []

    def open_one(who=None, **options) -> BrowserContext:
        context = chromium.new_context(base_url=world.address, **options)
        opened.append(context)
        if who is not None:
            context.add_cookies([session_of(who, world.address)])
        return context

    yield open_one
    for context in opened:
        context.close()


def session_of(who, address: str) -> dict[str, str]:
    """Return the cookie of a sign-in, made through the page's own address."""
    client = make.sign_in(Client(), who)
    cookie = next(cookie for name, cookie in client.cookies.items() if name.endswith("session"))
    return {"name": cookie.key, "value": cookie.value, "url": address}
