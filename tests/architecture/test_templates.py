"""The content security policy has no exception, so no template may need one."""

import re

import pytest
from django.conf import settings
from django.template import engines

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
INLINE = re.compile(r'style="|<style|<script>|\son[a-z]+="', re.IGNORECASE)
# What htmx would have to evaluate; its configuration forbids it, so it would silently do nothing.
EVALUATED = re.compile(r"hx-on|hx-vars|[\"']js:|hx-trigger=\"[^\"]*\[")
SAFE = re.compile(r"\|safe\b|autoescape off|mark_safe")
CONTROL = re.compile(r"<(?:button|input|a)\b[^>]*>", re.DOTALL)


def names(template):
    return str(template.relative_to(settings.BASE_DIR))


@pytest.mark.parametrize("template", TEMPLATES, ids=names)
class TestTemplate:
    def test_has_no_inline_style_script_or_handler(self, template):
        assert INLINE.findall(template.read_text()) == []

    def test_has_nothing_that_htmx_would_evaluate(self, template):
        assert EVALUATED.findall(template.read_text()) == []

    def test_escapes_everything(self, template):
        assert SAFE.findall(template.read_text()) == []

    def test_loads_nothing_from_elsewhere(self, template):
        assert re.findall(r'(?:src|href)="(?:https?:)?//', template.read_text()) == []

    def test_can_be_parsed(self, template):
        engines["django"].from_string(template.read_text())

    def test_polls_under_a_stable_id(self, template):
        """A polled block is replaced while somebody may stand in it: htmx finds the way back by ids."""
        for line in re.findall(r"<[^>]*hx-trigger=\"[^\"]*every[^>]*>", template.read_text()):
            assert "id=" in line


def test_there_are_templates():
    assert len(TEMPLATES) > 20


def test_every_form_that_posts_carries_the_token():
    lacking = [
        names(template)
        for template in TEMPLATES
        for form in re.findall(r'<form[^>]*method="post".*?</form>', template.read_text(), re.DOTALL)
        if "csrf_token" not in form
    ]
    assert lacking == []


def test_every_icon_is_in_the_sprite():
    sprite = (settings.BASE_DIR / "static/vendor/icons/icons.svg").read_text()
    used = {
        (names(template), name)
        for template in TEMPLATES
        for name in re.findall(r'{% (?:icon|empty_state) "([a-z0-9-]+)"', template.read_text())
    }
    assert len(used) > 20
    assert sorted(each for each in used if f'id="{each[1]}"' not in sprite) == []
