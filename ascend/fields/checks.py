"""System checks of encrypted fields (`ascend.E1xx`): what would fail, or protect less, once rows exist."""

from typing import TYPE_CHECKING

from django.core import checks

if TYPE_CHECKING:
    from ascend.fields.base import EncryptedField


def check_field(field: "EncryptedField") -> list[checks.CheckMessage]:
    """Return what is wrong with one field."""
    return []
