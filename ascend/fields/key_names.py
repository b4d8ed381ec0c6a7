"""By what a column's keys are found: its label, or the join group that it shares a key with."""

from typing import NamedTuple


class Group(NamedTuple):
    """The name of a join group's key of suite 02. It equals no label, whatever the group is called."""

    label: str


KeyName = str | Group
