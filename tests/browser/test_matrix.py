"""Every page × light and dark × desktop and phone: nothing blocked, nothing broken, nothing inaccessible."""

import os
from itertools import product
from pathlib import Path

import pytest

from tests.browser.inspection import Inspection
from tests.browser.pages import PAGES

THEMES = ("light", "dark")
SCREENS = {"desktop": (1440, 900), "phone": (390, 844)}
REFLOW = (320, 640)  # WCAG 1.4.10: 1280 px at 400 %


def size(width_and_height):
    return {"width": width_and_height[0], "height": width_and_height[1]}


def keep_picture(tab, name):
    """Keep what a person would see, where PAGE_PICTURES names a folder: no test replaces a look."""
    folder = os.environ.get("PAGE_PICTURES")
    if folder:
        tab.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_holds_in_every_theme_and_on_every_screen(page, world, open_context):
    address = page.address(world)
    who = world.person(*page.roles) if page.roles else None
    tab = open_context(who, viewport=size(SCREENS["desktop"])).new_page()
    inspection = Inspection(tab)
    answer = tab.goto(address)
    assert (answer.status, answer.url.removeprefix(world.address)) == (page.status, address)
    if page.act:
        page.act(tab)
    faults = []
    for theme, (name, screen) in product(THEMES, SCREENS.items()):
        tab.emulate_media(color_scheme=theme)
        tab.set_viewport_size(size(screen))
        faults += [f"{theme} {name}: {fault}" for fault in inspection.look()]
        keep_picture(tab, f"{page.name}-{name}-{theme}")
    tab.set_viewport_size(size(REFLOW))
    assert faults + inspection.sideways() == []
