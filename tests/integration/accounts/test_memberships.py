"""The rules about roles hold in the database, past every service."""

import itertools

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Membership, Person
from accounts.roles import EXCLUSIONS, Role, excluded_pairs
from accounts.services import people
from tests.factories import accounts as make

pytestmark = pytest.mark.django_db

PAIRS = list(itertools.combinations(Role, 2))
FORBIDDEN = {
    frozenset(pair)
    for pair in [
        ("key_admin", "officer"), ("key_admin", "steward"),
        ("security_admin", "officer"), ("security_admin", "steward"),
        ("security_admin", "key_admin"), ("security_admin", "approver"),
        *(("auditor", other) for other in Role.values if other != "auditor"),
    ]
}  # fmt: skip


def written(roles):
    alice = make.member(make.organization(), "Alice", Role.OFFICER)
    try:
        with transaction.atomic():
            Membership.objects.filter(person=alice).update(roles=roles)
    except IntegrityError:
        return False
    return True


class TestExcludedPairs:
    @pytest.mark.parametrize("pair", PAIRS, ids="+".join)
    def test_the_database_takes_exactly_the_pairs_that_may_stand_together(self, pair):
        assert written([role.value for role in pair]) is (frozenset(pair) not in FORBIDDEN)

    @pytest.mark.parametrize("pair", PAIRS, ids="+".join)
    def test_the_service_refuses_the_same_pairs_as_the_database(self, pair):
        assert bool(excluded_pairs(frozenset(pair))) is (frozenset(pair) in FORBIDDEN)

    def test_the_table_of_this_test_names_every_exclusion(self):
        assert len(FORBIDDEN) == 11
        assert {frozenset({one, other}) for one, others in EXCLUSIONS.items() for other in others} == FORBIDDEN

    @pytest.mark.parametrize("roles", [[], ["operator"], ["officer", "root"]])
    def test_no_role_and_unknown_roles_are_refused(self, roles):
        assert not written(roles)

    def test_a_service_names_what_excludes_each_other(self):
        alice, northwind = make.person("Alice"), make.organization()
        with pytest.raises(people.ExcludedRoles, match="key_admin and officer"):
            people.set_roles(
                person_id=alice.pk,
                organization_id=northwind.pk,
                roles=[Role.OFFICER, Role.KEY_ADMIN],
                actor=make.TESTS,
                now=make.NOW,
            )

    def test_the_same_person_may_hold_other_roles_in_another_organization(self):
        alice = make.member(make.organization(), "Alice", Role.OFFICER)
        kestrel = make.organization("Kestrel Bank")
        people.set_roles(
            person_id=alice.pk, organization_id=kestrel.pk, roles=[Role.KEY_ADMIN], actor=make.TESTS, now=make.NOW
        )
        assert alice.memberships.count() == 2


class TestOperators:
    def test_an_operator_never_becomes_a_member(self):
        root, northwind = make.person("Root", is_staff=True), make.organization()
        with pytest.raises(IntegrityError, match="an operator is never a member"):
            Membership.objects.create(person=root, organization=northwind, roles=["officer"], created_at=make.NOW)

    def test_a_member_never_becomes_an_operator(self):
        alice = make.member(make.organization(), "Alice", Role.OFFICER)
        with pytest.raises(IntegrityError, match="a member is never an operator"):
            Person.objects.filter(pk=alice.pk).update(is_staff=True)


class TestPerson:
    def test_an_address_is_stored_in_lower_case(self):
        made = people.create_person(email=" Alice@People.Example ", display_name="A", actor=make.TESTS, now=make.NOW)
        assert Person.objects.get(pk=made.pk).email == "alice@people.example"

    def test_upper_case_is_refused_by_the_database(self):
        alice = make.person("Alice")
        with pytest.raises(IntegrityError, match="accounts_person_email_lower"):
            Person.objects.filter(pk=alice.pk).update(email="Alice@People.Example")

    def test_an_address_belongs_to_one_person(self):
        make.person("Alice")
        with pytest.raises(IntegrityError):
            make.person("ALICE")

    def test_a_new_person_has_no_password_that_works(self):
        made = people.create_person(email="x@people.example", display_name="X", actor=make.TESTS, now=make.NOW)
        assert not made.has_usable_password()
