"""What an encrypted field refuses, always with its reason and the way out."""

from typing import NoReturn

from django.core.exceptions import FieldError


class OperationRefused(FieldError):
    """The database sees envelopes, not values: it cannot do this, and doing something else would be silent damage.

    The message names the column, the reason and what to do instead. It never holds a value.
    """


def refuse(column: str, what: str, why: str, instead: str) -> NoReturn:
    """Refuse `what` on `column` ("people.Person.ssn").

    Raises:
        OperationRefused: always.
    """
    raise OperationRefused(f"{column}: {what} is refused. {why} {instead}")


def refuse_expression(column: str) -> NoReturn:
    """Refuse F(), Value(), Concat(), Case() and their like as a value to be written.

    Raises:
        OperationRefused: always.
    """
    refuse(
        column,
        "writing an expression",
        "The database would compute over envelopes, or store the result in clear.",
        "Compute in Python and write the plain value.",
    )


class WindowClosed(RuntimeError):
    """A value in its old form stands in a column of which none was left: somebody put it there, or restored it."""

    def __init__(self, column: str) -> None:
        super().__init__(f"{column}: an old value was found after its window was closed. It is not read.")
