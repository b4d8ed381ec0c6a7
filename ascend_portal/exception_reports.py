"""What Django may show of an exception: where it happened, never what was in a variable."""

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class NoVariables(SafeExceptionReporterFilter):
    """Leaves out local variables, form fields and settings."""

    def get_traceback_frame_variables(self, request: HttpRequest | None, tb_frame: FrameType) -> ItemsView[str, Any]:
        """Return nothing: a local variable may hold a key or a protected value."""
        nothing: dict[str, Any] = {}
        return nothing.items()

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """Return nothing: a form may hold a protected value."""
        return {}

    def get_safe_settings(self) -> dict[str, Any]:
        """Return nothing: which names are secrets is not guessed."""
        return {}
