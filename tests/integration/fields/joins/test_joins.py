"""Columns compared with columns: in one join group the database does it, by envelopes or one index (FLD-42).

What shares no group is refused, with both columns named.
"""

import pickle

import pytest
from django.db import connections, models
from django.db.models import Case, Count, Exists, F, FilteredRelation, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Lower

from ascend.fields import OperationRefused
from ascend.scope import organization_scope

ADA, BOB, EVE = "ada@example.org", "bob@example.org", "eve@example.org"


@pytest.fixture
def people(joined, organization):
    """Ada and Bob are members, Ada and Eve are invited, and one invitation names nobody."""
    joined.Member.objects.create(name="Ada", email=ADA, ssn="1", login="ADA", level=1, alone="x", phone="7")
    joined.Member.objects.create(name="Bob", email=BOB, backup=BOB, ssn=None, login="Bob", level=2, alone="y")
    for name, email, ssn in (("ada", ADA, "1"), ("eve", EVE, "9"), ("nobody", None, None)):
        joined.Invitation.objects.create(
            reference=name, email=email, ssn=ssn, login=name, level=len(name), alone="x", phone="7",
            member=joined.Member.objects.get(email=ADA),
        )  # fmt: skip
    joined.Seat.objects.create(organization_id=organization, email=BOB, ssn="1")
    return joined


def names(queryset):
    return sorted(getattr(row, "name", "") or row.reference for row in queryset)


class TestSubqueries:
    def test_in_a_query_of_a_column_of_the_group(self, people):
        invited = people.Invitation.objects.values("email")
        assert names(people.Member.objects.filter(email__in=invited)) == ["Ada"]
        assert names(people.Member.objects.filter(email__in=invited.filter(reference="eve"))) == []
        assert names(people.Member.objects.filter(email__in=invited.distinct())) == ["Ada"]
        assert names(people.Invitation.objects.filter(email__in=people.Member.objects.values_list("email"))) == ["ada"]
        assert names(people.Member.objects.filter(email__in=people.Seat.objects.values("email"))) == ["Bob"]
        flat = people.Invitation.objects.values_list("email", flat=True)
        assert names(people.Member.objects.filter(email__in=flat)) == ["Ada"]

    def test_null_on_either_side_is_no_answer_and_hides_none(self, people):
        """In SQL `x NOT IN (…, NULL)` is never true: exclude() would find nobody at all."""
        assert names(people.Member.objects.exclude(email__in=people.Invitation.objects.values("email"))) == ["Bob"]
        members = people.Member.objects.values("email")
        assert names(people.Invitation.objects.exclude(email__in=members)) == ["eve", "nobody"]

    def test_a_column_behind_a_relation_and_an_annotation(self, people):
        behind = people.Invitation.objects.filter(reference="eve").values("member__email")
        assert names(people.Member.objects.filter(email__in=behind)) == ["Ada"]
        named = people.Invitation.objects.values(address=F("email"))
        assert names(people.Member.objects.filter(email__in=named)) == ["Ada"]
        annotated = people.Invitation.objects.annotate(address=F("member__email")).values("address")
        assert names(people.Member.objects.filter(email__in=annotated)) == ["Ada"]

    def test_one_row(self, people, database):
        first = people.Invitation.objects.order_by("pk").values("email")
        assert names(people.Member.objects.filter(email=first[:1])) == ["Ada"]
        assert names(people.Member.objects.filter(email=Subquery(first[:1]))) == ["Ada"]
        assert names(people.Member.objects.exclude(email=first[:1])) == ["Bob"]
        if connections[database].features.allow_sliced_subqueries_with_in:  # as of any column
            assert names(people.Member.objects.filter(email__in=Subquery(first[1:]))) == []

    def test_outer_references(self, people):
        invited = people.Invitation.objects.filter(email=OuterRef("email"))
        assert names(people.Member.objects.filter(Exists(invited))) == ["Ada"]
        assert names(people.Member.objects.filter(~Exists(invited))) == ["Bob"]
        counted = people.Member.objects.annotate(
            invitations_sent=Subquery(invited.values("email").annotate(n=Count("pk")).values("n"))
        )
        assert {row.name: row.invitations_sent for row in counted} == {"Ada": 1, "Bob": None}
        behind = people.Invitation.objects.filter(member__email=OuterRef("email"))
        assert names(people.Member.objects.filter(Exists(behind))) == ["Ada"]

    def test_rows_with_an_equal_value_elsewhere_in_the_column(self, people):
        people.Invitation.objects.create(reference="again", email=ADA)
        others = people.Invitation.objects.filter(email=OuterRef("email")).exclude(pk=OuterRef("pk"))
        assert names(people.Invitation.objects.filter(Exists(others))) == ["ada", "again"]


class TestColumns:
    def test_f_of_the_row_and_of_a_relation(self, people):
        assert names(people.Member.objects.filter(email=F("backup"))) == ["Bob"]
        assert names(people.Member.objects.exclude(email=F("backup"))) == ["Ada"]
        assert names(people.Member.objects.filter(email=F("invitations__email"))) == ["Ada"]
        assert names(people.Invitation.objects.filter(email=F("member__email"))) == ["ada"]
        assert names(people.Invitation.objects.exclude(email=F("member__email"))) == ["eve", "nobody"]
        assert names(people.Invitation.objects.filter(Q(email=F("member__email")) | Q(reference="eve"))) == [
            "ada",
            "eve",
        ]

    def test_in_the_condition_of_a_join(self, people):
        own = FilteredRelation("invitations", condition=Q(invitations__email=F("email")))
        found = people.Member.objects.annotate(own=own).filter(own__isnull=False)
        assert names(found) == ["Ada"]

    def test_another_type_of_the_same_octets_in_the_group(self, people):
        assert names(people.Member.objects.filter(level__in=people.Invitation.objects.values("level"))) == []
        people.Invitation.objects.update(level=2)
        assert names(people.Member.objects.filter(level__in=people.Invitation.objects.values("level"))) == ["Bob"]

    def test_each_organization_joins_its_own(self, people, other_organization):
        with organization_scope(other_organization):
            people.Member.objects.create(name="Other Eve", email=EVE)
        assert names(people.Member.objects.filter(email__in=people.Invitation.objects.values("email"))) == ["Ada"]


class TestStatements:
    def test_a_pickled_query_still_joins(self, people):
        invited = people.Invitation.objects.values("email")
        for queryset in (
            people.Member.objects.filter(email__in=invited),
            people.Member.objects.filter(email=F("invitations__email")),
            people.Member.objects.filter(Exists(people.Invitation.objects.filter(ssn=OuterRef("ssn")))),
        ):
            again = people.Member.objects.all()
            again.query = pickle.loads(pickle.dumps(queryset.query))  # noqa: S301 (made here)
            assert names(again) == names(queryset) == ["Ada"]

    def test_update_and_delete_of_the_rows_that_match(self, people):
        invited = people.Seat.objects.values("email")
        assert people.Member.objects.filter(email__in=invited).update(name="Bobby") == 1
        assert people.Invitation.objects.filter(email__in=people.Member.objects.values("email")).delete()[0] == 1
        assert names(people.Invitation.objects.all()) == ["eve", "nobody"]
        assert people.Member.objects.filter(email=F("backup")).update(backup=None) == 1
        assert not people.Member.objects.filter(email=F("backup"))

    def test_a_comparison_as_a_value_and_in_an_aggregate(self, people):
        same = Q(email=F("backup"))
        marked = people.Member.objects.annotate(mark=Case(When(same, then=Value("same")), default=Value("other")))
        assert {row.name: row.mark for row in marked} == {"Ada": "other", "Bob": "same"}
        assert people.Member.objects.aggregate(n=Count("pk", filter=same)) == {"n": 1}
        own = Count("invitations", filter=Q(invitations__email=F("email")))
        assert {row.name: row.own for row in people.Member.objects.annotate(own=own)} == {"Ada": 1, "Bob": 0}

    def test_sets_of_rows_that_match(self, people):
        invited = people.Member.objects.filter(email__in=people.Invitation.objects.values("email"))
        seated = people.Member.objects.filter(email__in=people.Seat.objects.values("email"))
        assert names(invited | seated) == ["Ada", "Bob"]
        assert names(invited.union(seated)) == ["Ada", "Bob"]
        assert names(invited & seated) == []
        assert invited.exists()
        assert (invited.count(), seated.order_by("name")[:1].get().name) == (1, "Bob")

    def test_columns_of_one_row_in_a_check_of_the_database(self, people, database):
        rule = models.CheckConstraint(condition=~Q(email=F("backup")), name="another_address")
        sql = str(rule.constraint_sql(people.Member, connections[database].schema_editor(collect_sql=True)))
        with connections[database].cursor() as cursor:
            cursor.execute(f"SELECT name FROM joined_member WHERE NOT {sql.partition(' CHECK ')[2]}")  # noqa: S608
            assert list(cursor.fetchall()) == [("Bob",)]


class TestIndexes:
    def test_a_join_on_the_columns_of_one_index(self, people):
        invited = people.Invitation.objects
        assert names(people.Member.objects.filter(ssn__in=invited.values("ssn"))) == ["Ada"]
        assert names(people.Member.objects.exclude(ssn__in=invited.values("ssn"))) == ["Bob"]
        assert names(people.Member.objects.filter(ssn=F("invitations__ssn"))) == ["Ada"]
        assert names(people.Member.objects.filter(Exists(invited.filter(ssn=OuterRef("ssn"))))) == ["Ada"]
        assert names(people.Member.objects.filter(ssn__in=invited.filter(reference="eve").values("ssn"))) == []

    def test_a_row_bound_column_joins_by_its_index(self, people):
        assert names(people.Member.objects.filter(ssn__in=people.Seat.objects.values("ssn"))) == ["Ada"]
        assert people.Seat.objects.filter(ssn__in=people.Invitation.objects.values("ssn")).count() == 1

    def test_by_a_named_index(self, people):
        logins = people.Invitation.objects.values("login")
        assert names(people.Member.objects.filter(login__casefold__in=logins)) == ["Ada"]
        assert names(people.Member.objects.filter(login__casefold=F("invitations__login"))) == ["Ada"]
        assert names(people.Member.objects.filter(login__casefold=F("invitations__login__casefold"))) == ["Ada"]
        own = people.Invitation.objects.filter(login__casefold=OuterRef("login__casefold"))
        assert names(people.Member.objects.filter(Exists(own))) == ["Ada"]

    def test_the_digests_of_a_group_are_equal_and_those_of_two_organizations_are_not(
        self, people, stored, other_organization
    ):
        ada, invited = people.Member.objects.get(name="Ada"), people.Invitation.objects.get(reference="ada")
        assert stored(ada, "ssn_exact_a") == stored(invited, "ssn_exact_a")
        assert stored(ada, "alone_exact_a") != stored(invited, "alone_exact_a")
        with organization_scope(other_organization):
            other = people.Invitation.objects.create(ssn="1")
        assert stored(other, "ssn_exact_a") != stored(ada, "ssn_exact_a")


NO_GROUP = [
    lambda m: m.Member.objects.filter(phone__in=m.Invitation.objects.values("phone")),
    lambda m: m.Member.objects.filter(phone=F("invitations__phone")),
    lambda m: m.Member.objects.filter(Exists(m.Invitation.objects.filter(phone=OuterRef("phone")))),
    lambda m: m.Member.objects.filter(phone=m.Invitation.objects.values("phone")[:1]),
    lambda m: m.Member.objects.filter(alone__in=m.Invitation.objects.values("alone")),
    lambda m: m.Member.objects.filter(alone=F("invitations__alone")),
    lambda m: m.Member.objects.filter(Exists(m.Invitation.objects.filter(alone=OuterRef("alone")))),
    lambda m: m.Member.objects.filter(email=F("phone")),
    lambda m: m.Member.objects.filter(email=F("ssn")),
    lambda m: m.Member.objects.filter(ssn=F("email")),
    lambda m: m.Member.objects.filter(ssn__in=m.Invitation.objects.values("email")),
    lambda m: m.Member.objects.filter(email=F("notes")),
    lambda m: m.Member.objects.filter(ssn__last4=F("ssn__exact")),
    lambda m: m.Member.objects.filter(login__casefold=F("invitations__login__exact")),
    lambda m: m.Member.objects.filter(email__in=m.Invitation.objects.values("reference")),
    lambda m: m.Member.objects.filter(email__in=m.Invitation.objects.all()),
    lambda m: m.Member.objects.filter(
        email__in=m.Invitation.objects.values("email").union(m.Seat.objects.values("email"))
    ),
    lambda m: m.Member.objects.filter(email=Lower("backup")),
    lambda m: m.Member.objects.filter(email=Value("x")),
    lambda m: m.Member.objects.filter(Exists(m.Invitation.objects.filter(email=OuterRef("name")))),
    lambda m: m.Member.objects.annotate(x=Subquery(m.Invitation.objects.values("email")[:1])),
]


class TestRefused:
    @pytest.mark.parametrize("ask", NO_GROUP)
    def test_columns_that_share_no_key_and_what_is_no_column(self, people, ask):
        with pytest.raises(OperationRefused) as refused:
            list(ask(people))
        told = str(refused.value)
        assert "join_group" in told or "subquery" in told

    def test_the_message_names_both_columns_and_the_way_out(self, people):
        with pytest.raises(OperationRefused) as refused:
            people.Member.objects.filter(phone__in=people.Invitation.objects.values("phone"))
        assert str(refused.value).startswith(
            "joined.Member.phone: comparing it with joined.Invitation.phone is refused."
        )
        assert 'Give both columns the same join_group="..."' in str(refused.value)
