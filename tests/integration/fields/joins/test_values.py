"""A deterministic column by itself: written, read, searched, unique, grouped, for one organization at a time."""

import pickle

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections
from django.db.models import Count, F, Max, Q, Value
from django.db.models.functions import Lower

from ascend.envelope import DecryptionFailed, Envelope, Suite
from ascend.fields import OperationRefused
from ascend.keychain.errors import KeyUnavailable
from ascend.scope import NoOrganization, WrongOrganization, organization_scope

ADA, BOB = "ada@example.org", "bob@example.org"


@pytest.fixture
def ada(joined):
    return joined.Member.objects.create(name="Ada", email=ADA, phone="1")


@pytest.fixture
def bob(joined):
    return joined.Member.objects.create(name="Bob", email=BOB)


def names(queryset):
    return sorted(row.name for row in queryset)


class TestEnvelopes:
    def test_equal_values_have_equal_envelopes_in_every_column_of_the_group(self, joined, ada, bob, stored):
        joined.Member.objects.filter(pk=bob.pk).update(backup=ADA)
        invitation = joined.Invitation.objects.create(email=ADA)
        assert stored(ada, "email") == stored(bob, "backup") == stored(invitation, "email") != stored(bob, "email")
        assert Envelope.parse(stored(ada, "email")).suite is Suite.AES_256_SIV
        assert len(stored(ada, "email")) == 25 + len(ADA)

    def test_a_column_in_no_group_is_a_group_of_its_own(self, joined, ada, stored):
        invitation = joined.Invitation.objects.create(phone="1")
        assert stored(invitation, "phone") != stored(ada, "phone")
        assert stored(joined.Invitation.objects.create(phone="1"), "phone") == stored(invitation, "phone")

    def test_two_organizations_have_nothing_in_common(self, joined, ada, other_organization, stored):
        with organization_scope(other_organization):
            other = joined.Member.objects.create(name="Ada", email=ADA)
            assert stored(other, "email") != stored(ada, "email")
            assert joined.Member.objects.get(email=ADA).pk == other.pk
        assert joined.Member.objects.get(email=ADA).pk == ada.pk

    def test_every_way_of_writing_gives_the_same_envelope(self, joined, ada, stored):
        before = stored(ada, "email")
        ways = joined.Invitation.objects
        saved = joined.Invitation(reference="saved")
        saved.email = ADA
        saved.save()
        named = ways.create()
        named.email = ADA
        named.save(update_fields=["email"])
        updated = ways.create(email=BOB)
        ways.filter(pk=updated.pk).update(email=ADA)
        (bulk,) = ways.bulk_create([joined.Invitation(email=ADA)])
        changed = ways.create(email=BOB)
        changed.email = ADA
        ways.bulk_update([changed], ["email"])
        assert {stored(row, "email") for row in (saved, named, updated, bulk, changed)} == {before}
        assert ways.filter(email=ADA).count() == 5

    def test_null_stays_null_and_the_empty_text_is_a_value(self, joined, stored):
        null, empty = joined.Invitation.objects.create(), joined.Invitation.objects.create(email="")
        assert stored(null, "email") is None
        assert len(stored(empty, "email")) == 25
        assert joined.Invitation.objects.get(email="").pk == empty.pk
        assert joined.Invitation.objects.get(email=None).pk == null.pk

    def test_the_second_column_is_there_and_empty(self, joined, ada, stored):
        assert stored(ada, "email_deterministic_b") is None
        column = joined.Member._meta.get_field("email_deterministic_b")
        assert (column.null, column.editable, column.serialize) == (True, False, False)
        ada.save()
        assert stored(ada, "email_deterministic_b") is None


class TestSearch:
    def test_exact_in_exclude_q_and_isnull(self, joined, ada, bob):
        objects = joined.Member.objects
        assert names(objects.filter(email=ADA)) == ["Ada"]
        assert names(objects.filter(email__in=[ADA, BOB, None, "nobody@example.org"])) == ["Ada", "Bob"]
        assert names(objects.filter(email__in=[])) == []
        assert names(objects.exclude(email=ADA)) == ["Bob"]
        assert names(objects.exclude(phone="1")) == ["Bob"]
        assert names(objects.filter(~Q(phone="1") | Q(email=ADA))) == ["Ada", "Bob"]
        assert names(objects.filter(phone__isnull=True)) == ["Bob"]

    def test_get_or_create_and_update_or_create(self, joined, ada):
        found, created = joined.Member.objects.get_or_create(email=ADA, defaults={"name": "other"})
        assert (found.pk, created) == (ada.pk, False)
        found, created = joined.Member.objects.update_or_create(email=ADA, defaults={"name": "Countess"})
        assert (found.pk, created, found.name) == (ada.pk, False, "Countess")
        assert joined.Member.objects.get_or_create(email=BOB)[1]

    def test_through_a_relation(self, joined, ada, bob):
        joined.Invitation.objects.create(member=ada)
        assert joined.Invitation.objects.get(member__email=ADA).member == ada
        assert not joined.Invitation.objects.filter(member__email=BOB)
        assert names(joined.Member.objects.exclude(invitations__email=ADA)) == ["Ada", "Bob"]

    def test_a_value_that_no_row_can_hold_is_equal_to_none(self, joined):
        joined.Member.objects.create(name="x", email=ADA, level=3)
        assert not joined.Member.objects.filter(level=2**40)
        assert joined.Member.objects.exclude(level=2**40).count() == 1
        assert joined.Member.objects.filter(level__in=[2**40, "3"]).count() == 1
        assert not joined.Member.objects.filter(email="\ud800")
        with pytest.raises(ValidationError):
            joined.Member.objects.filter(level="three")

    def test_a_query_holds_envelopes_only(self, joined, ada):
        queryset = joined.Member.objects.filter(email=ADA) | joined.Member.objects.filter(email__in=[BOB])
        shown = repr(queryset.query.where) + str(queryset.query) + repr(pickle.dumps(queryset.query))
        assert ADA not in shown
        assert BOB not in shown
        assert names(pickle.loads(pickle.dumps(queryset))) == ["Ada"]  # noqa: S301 (made here)

    def test_it_is_one_query_without_a_scan(self, joined, ada, database, django_assert_num_queries):
        with django_assert_num_queries(1, using=database):
            joined.Member.objects.get(email=ADA)
        columns = connections[database].introspection
        with connections[database].cursor() as cursor:
            constraints = columns.get_constraints(cursor, "joined_invitation").values()
        assert any(constraint["columns"] == ["email"] and constraint["index"] for constraint in constraints)


class TestUnique:
    def test_a_second_row_is_refused_by_the_database(self, joined, ada, savepoint):
        for write in (
            lambda: joined.Member.objects.create(email=ADA),
            lambda: joined.Member.objects.bulk_create([joined.Member(email=ADA)]),
        ):
            with pytest.raises(IntegrityError), savepoint():
                write()

    def test_each_organization_has_its_own(self, joined, ada, other_organization):
        with organization_scope(other_organization):
            joined.Member.objects.create(email=ADA)

    def test_forms_say_so(self, joined, ada):
        ada.full_clean(exclude=["ssn", "phone", "level"])
        with pytest.raises(ValidationError) as error:
            joined.Member(name="x", email=ADA).validate_unique()
        assert [single.code for single in error.value.error_dict["email"]] == ["unique"]

    def test_a_constraint_over_several_columns(self, joined, organization, other_organization, savepoint):
        joined.Seat.objects.create(organization_id=organization, email=ADA)
        joined.Seat.objects.create(organization_id=organization, email=ADA, shop=2)
        again = joined.Seat(organization_id=organization, email=ADA)
        with pytest.raises(ValidationError):
            again.validate_constraints()
        with pytest.raises(IntegrityError), savepoint():
            again.save()
        with organization_scope(other_organization):
            joined.Seat.objects.create(organization_id=other_organization, email=ADA)

    def test_in_bulk_and_upserts_by_the_value(self, joined, ada, database):
        assert joined.Member.objects.in_bulk([ADA, BOB], field_name="email") == {ADA: ada}
        named = connections[database].features.supports_update_conflicts_with_target  # by all but MariaDB
        joined.Member.objects.bulk_create(
            [joined.Member(name="New", email=ADA), joined.Member(name="Bob", email=BOB)],
            update_conflicts=True, update_fields=["name"], unique_fields=["email"] if named else None,
        )  # fmt: skip
        assert {row.email: row.name for row in joined.Member.objects.all()} == {ADA: "New", BOB: "Bob"}


class TestSets:
    def test_distinct_and_groups_go_by_equal_values(self, joined):
        for phone in ("1", "2", "1", None):
            joined.Invitation.objects.create(phone=phone)
        phones = joined.Invitation.objects.values_list("phone", flat=True).distinct()
        assert sorted(phones, key=str) == ["1", "2", None]
        counted = joined.Invitation.objects.values("phone").annotate(n=Count("pk")).filter(n__gt=1)
        assert list(counted) == [{"phone": "1", "n": 2}]


class TestRefused:
    @pytest.mark.parametrize(
        "ask",
        [
            lambda objects: objects.order_by("email"),
            lambda objects: objects.order_by(F("email").desc()),
            lambda objects: objects.values("email").order_by("email"),
            lambda objects: objects.filter(email__gt=ADA),
            lambda objects: objects.filter(email__range=[ADA, BOB]),
            lambda objects: objects.filter(email__icontains="ada"),
            lambda objects: objects.filter(email__startswith="ada"),
            lambda objects: objects.filter(email__iexact=ADA),
            lambda objects: objects.filter(email__casefold=ADA),
            lambda objects: objects.annotate(low=Lower("email")),
            lambda objects: objects.filter(name=F("email")),
            lambda objects: objects.filter(email=F("name")),
            lambda objects: objects.filter(email=Lower("email")),
            lambda objects: objects.filter(email=Value(ADA)),
            lambda objects: objects.filter(email__in=[F("name")]),
            lambda objects: objects.annotate(most=Max("email")),
            lambda objects: objects.distinct("email").order_by("email"),
            lambda objects: objects.values("email").union(objects.values("email")),
        ],
    )
    def test_order_ranges_and_what_the_database_cannot_compute(self, joined, ada, ask):
        with pytest.raises(OperationRefused) as refused:
            list(ask(joined.Member.objects.all()))
        assert ADA not in str(refused.value)

    def test_an_expression_is_not_written(self, joined, ada):
        for expression in (F("name"), Value(BOB), Lower("name")):
            with pytest.raises(OperationRefused, match="writing an expression"):
                joined.Member.objects.update(email=expression)


class TestKeys:
    def test_without_keys_nothing_is_read_written_or_searched(self, joined, ada, keyring, organization, savepoint):
        with keyring.revoked(organization):
            for use in (
                joined.Member.objects.get,
                lambda: joined.Member.objects.filter(email=ADA),
                lambda: joined.Member.objects.create(email=BOB),
            ):
                with pytest.raises(KeyUnavailable), savepoint():
                    use()
        assert joined.Member.objects.get().email == ADA

    def test_a_row_of_another_organization_is_neither_saved_nor_opened(
        self, joined, organization, other_organization, savepoint
    ):
        seat = joined.Seat.objects.create(organization_id=organization, email=ADA)
        with organization_scope(other_organization):
            with pytest.raises(WrongOrganization), savepoint():
                seat.save()
            with pytest.raises(DecryptionFailed):
                joined.Seat.objects.get()
            with pytest.raises(OperationRefused, match="several organizations"):
                joined.Seat.objects.update(email=BOB)

    def test_without_an_organization_nothing_is_searched(self, joined, ada):
        import contextvars

        def alone():
            with pytest.raises(NoOrganization):
                joined.Member.objects.filter(email=ADA)

        contextvars.Context().run(alone)
