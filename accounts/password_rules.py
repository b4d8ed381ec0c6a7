"""What Django's own validators let through."""

from typing import Final

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_DIFFERENT: Final = 5


class VariedPasswordValidator:
    """Refuse a password of a few signs that repeat, such as twelve times the same one."""

    def validate(self, password: str, _user: object = None) -> None:
        """Count the different signs.

        Raises:
            ValidationError: there are fewer than five.
        """
        if len(set(password)) < _DIFFERENT:
            raise ValidationError(self.get_help_text(), code="password_repetitive")

    def get_help_text(self) -> str:
        """Return the rule in words."""
        return _("Use at least %(number)d different signs.") % {"number": _DIFFERENT}
