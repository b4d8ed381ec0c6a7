"""Who did it: a person, a part of the system, or whoever holds the terminal at set-up."""

from dataclasses import dataclass
from typing import Literal, Self
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """The doer of an event. `id` is a person's UUID, or the name of a process ("worker")."""

    kind: Literal["person", "system", "setup"]
    id: str

    @classmethod
    def person(cls, person_id: UUID) -> Self:
        """Return the actor for a person."""
        return cls("person", str(person_id))

    @classmethod
    def system(cls, name: str) -> Self:
        """Return the actor for a process or command that acts on nobody's behalf."""
        return cls("system", name)

    @classmethod
    def setup(cls) -> Self:
        """Return the actor of the first set-up, before any person exists."""
        return cls("setup", "setup")
