"""What an instance takes and gives, named by a field's class: a type checker reads it, Python passes over it."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    ST = TypeVar("ST", contravariant=True, default=Any)  # noqa: PLC0105 (named as in django-stubs)
    """What may be assigned: the first parameter of django-stubs' `Field`."""

    GT = TypeVar("GT", covariant=True, default=Any)  # noqa: PLC0105 (named as in django-stubs)
    """What is read: the second."""
else:
    ST = GT = None


class Plain:
    """One of Django's field classes, which take no parameters at run time."""

    def __init__(self, field: type) -> None:
        self._field = field

    def __getitem__(self, parameters: object) -> type:
        return self._field
