"""What there is to look at: an organization with people of every role, and records on demand."""

from dataclasses import dataclass, field
from datetime import date

from django.utils import timezone

from accounts.models import Organization, Person
from accounts.roles import Role
from ascend.scope import organization_scope
from records.models import PersonRecord
from records.services import people
from tests.factories import accounts as make

NAMES = ("Ada Lovelace", "Grace Hopper", "Katherine Johnson", "Hedy Lamarr", "Mary Jackson")


@dataclass
class World:
    """The portal at `address` with one organization; everything is made when it is asked for."""

    address: str
    organization: Organization = field(default_factory=lambda: make.organization(time_zone="Europe/Berlin"))
    _people: dict[tuple[Role, ...], Person] = field(default_factory=dict)

    def person(self, *roles: Role) -> Person:
        """Return the person who holds exactly these roles."""
        if roles not in self._people:
            name = "".join(role.value.title().replace("_", "") for role in roles)
            self._people[roles] = make.member(self.organization, name, *roles)
        return self._people[roles]

    def records(self, count: int = 5) -> list[PersonRecord]:
        """Store some people as a steward does."""
        steward = self.person(Role.STEWARD)
        with organization_scope(self.organization.pk):
            return [self._record(number, steward) for number in range(count)]

    def _record(self, number: int, steward: Person) -> PersonRecord:
        values = {
            "reference": f"C-{number:04}",
            "name": NAMES[number % len(NAMES)],
            "email": f"person{number}@people.example",
            "phone": "+1 202 555 0100",
            "ssn": f"123-45-{number:04}",
            "date_of_birth": date(1980, 1, 1 + number % 28),
        }
        return people.create(
            organization_id=self.organization.pk, values=values, person_id=steward.pk, now=timezone.now()
        )
