"""Alice and Bob of Northwind, Charlie of Kestrel: people for tests, made by the services."""

from datetime import UTC, datetime

from accounts.models import Organization, Person
from accounts.roles import Role
from accounts.services import people
from audit.actor import Actor

NOW = datetime(2026, 1, 22, 9, 30, tzinfo=UTC)
PASSWORD = "correct horse battery staple"
TESTS = Actor.system("tests")


def organization(name: str = "Northwind Health", time_zone: str = "UTC") -> Organization:
    return people.create_organization(name=name, time_zone=time_zone, actor=TESTS, now=NOW)


def person(name: str, *, is_staff: bool = False) -> Person:
    email = f"{name.lower()}@people.example"
    made = people.create_person(email=email, display_name=name, actor=TESTS, now=NOW, is_staff=is_staff)
    made.set_password(PASSWORD)
    made.save()
    return made


def member(of: Organization, name: str, *roles: Role) -> Person:
    made = person(name)
    people.set_roles(person_id=made.pk, organization_id=of.pk, roles=roles, actor=TESTS, now=NOW)
    return made


def sign_in(client, who: Person):
    """Sign in through the page, as a person does."""
    answer = client.post("/login/", {"email": who.email, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return client
