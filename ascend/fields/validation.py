"""Validation errors that do not hold the value: they are logged, sent to error trackers and shown."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

SPOKEN_VALUE = "%(value)"


@contextmanager
def without_values() -> Iterator[None]:
    """Take the value out of every `ValidationError` that passes.

    Raises:
        ValidationError: the same messages and codes, without the value.
    """
    silent: list[ValidationError] = []
    try:
        yield
    except ValidationError as error:
        silent = [_without_value(single) for single in error.error_list]
    if silent:  # raised here, so that its context is not the first error
        raise ValidationError(silent)


def _without_value(error: ValidationError) -> ValidationError:
    message = _("This value is not valid.") if SPOKEN_VALUE in str(error.message) else error.message
    params = {name: value for name, value in (error.params or {}).items() if name != "value"}
    return ValidationError(message, code=error.code, params=params)
