"""What is done with the rows of a batch: the one thing that differs between kinds of campaigns."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from django.db import models

from ascend.campaigns.target import Target


class Work(ABC):
    """Reads rows outside of any transaction, computes, and says how each is swapped for what was computed.

    The statement must compare every column that `change` was computed from: a row that somebody else has written
    meanwhile is then left as it is, and counted as a conflict.
    """

    kind: ClassVar[str]

    def __init__(self, target: Target, *, verify: bool = False) -> None:
        """Take the column, and whether every value is opened again before the old one goes."""
        self.target = target
        self.verify = verify

    @property
    @abstractmethod
    def pending(self) -> str:
        """The condition, in SQL, of rows that are still to be done."""

    @property
    @abstractmethod
    def columns(self) -> str:
        """What a SELECT takes besides the row's attributes."""

    @property
    @abstractmethod
    def statement(self) -> str:
        """The UPDATE of one row that is a compare-and-swap; its parameters are what `change` returns."""

    @abstractmethod
    def change(self, instance: models.Model, values: Sequence[Any]) -> list[Any]:
        """Return the statement's parameters for one row, in the organization's scope.

        Raises:
            RowFailed: the row cannot be done.
            KeyUnavailable: the organization's keys may not be used now.
        """

    def key_of(self, instance: models.Model) -> Any:
        """Return the row's primary key as a parameter."""
        return self.target.key.get_db_prep_value(instance.pk, self.target.connection)
