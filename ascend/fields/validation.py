"""Validation errors that do not hold the value: they are logged, sent to error trackers and shown."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

SPOKEN_VALUE = "%(value)"

_Result = TypeVar("_Result")


def without_values(function: Callable[..., _Result], *arguments: Any) -> _Result:
    """Return what `function` returns, and take the value out of every `ValidationError` that it raises.

    Raises:
        ValidationError: the same messages and codes, without the value.
    """
    silent: list[ValidationError] = []
    try:
        return function(*arguments)
    except ValidationError as error:
        silent = [_without_value(single) for single in error.error_list]
    raise ValidationError(silent)  # here, and in no context manager, so that its context is not the first error


def _without_value(error: ValidationError) -> ValidationError:
    message = _("This value is not valid.") if SPOKEN_VALUE in str(error.message) else error.message
    params = {name: value for name, value in (error.params or {}).items() if name != "value"}
    return ValidationError(message, code=error.code, params=params)
