"""Searches by pieces, beginnings, ranges and narrow hashes: exact wherever they stand (IDX-6, FLD-29, FLD-31)."""

import copy
import datetime as dt
import pickle
from decimal import Decimal

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import FieldError, ValidationError
from django.db import connections
from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q
from django.test.utils import CaptureQueriesContext, override_settings

from ascend.envelope import DecryptionFailed
from ascend.fields import OperationRefused
from ascend.scope import WrongOrganization, organization_scope

UTC = dt.UTC
PEOPLE = [
    # name, motto, phone, born, seen, salary, points
    ("Ada Lovelace", "Poetical Science", "+49 30 1234567", "1815-12-10", dt.datetime(2026, 3, 1, 12, tzinfo=UTC),
     "1200.50", 5),
    ("Adam O'Brien", "science!", "030 1234567", "1980-05-17", dt.datetime(2026, 3, 1, 13, tzinfo=UTC), "0", -7),
    ("Böb Lovell", "", "12345", "1980-05-18", dt.datetime(2026, 3, 2, tzinfo=UTC), "-250.00", 2**31 - 1),
    ("Cyd Velasco", "No motto", None, None, None, None, None),
    ("LOVEJOY, Élan", "no MOTTO ", "0171 555 1234", "2001-01-01", dt.datetime(1999, 1, 1, tzinfo=UTC), "9999999.99", 0),
]  # fmt: skip


@pytest.fixture
def members(people):
    made = [
        people.Member(name=name, motto=motto, phone=phone, born=born, seen=seen, salary=salary, points=points)
        for name, motto, phone, born, seen, salary, points in PEOPLE
    ]
    people.Member.objects.bulk_create(made)
    return people.Member.objects


@pytest.fixture
def guests(people, organization):
    rows = [people.Guest(organization_id=organization, name=name, born=born) for name, _, _, born, *_ in PEOPLE]
    people.Guest.objects.bulk_create(rows)
    return people.Guest.objects


def first_names(rows):
    return {row.name.split()[0].strip(",") for row in rows}


EVERYBODY = {"Ada", "Adam", "Böb", "Cyd", "LOVEJOY"}
FOUND = {
    "contains": (Q(name__contains="Lovel"), {"Ada", "Böb"}),
    "contains, in the other case": (Q(name__contains="lovel"), set()),
    "contains, scattered pieces": (Q(name__contains="Velace"), set()),
    "contains, over a blank": (Q(name__contains="a Lov"), {"Ada"}),
    "contains, a blank before": (Q(name__contains=" Vel"), {"Cyd"}),
    "icontains": (Q(name__icontains="LOVE"), {"Ada", "Böb", "LOVEJOY"}),
    "icontains, composed or not": (Q(name__icontains="bo\u0308b"), {"Böb"}),
    "icontains, another separator": (Q(name__icontains="o brien"), set()),
    "icontains, an apostrophe": (Q(name__icontains="o'bri"), {"Adam"}),
    "icontains, nothing": (Q(name__icontains="zebra"), set()),
    "startswith": (Q(name__startswith="Ada"), {"Ada", "Adam"}),
    "startswith, longer": (Q(name__startswith="Adam"), {"Adam"}),
    "istartswith": (Q(name__istartswith="love"), {"LOVEJOY"}),
    "endswith": (Q(name__endswith="lace"), {"Ada"}),
    "iendswith": (Q(name__iendswith="ÉLAN"), {"LOVEJOY"}),
    "words": (Q(name__words="lovelace ada"), {"Ada"}),
    "words, one": (Q(name__words="Élan"), {"LOVEJOY"}),
    "words, a part of one": (Q(name__words="love"), set()),
    "prefix": (Q(name__prefix="adam obr"), {"Adam"}),
    "prefix as equality": (Q(name__prefix_3="Ada"), {"Ada", "Adam"}),
    "prefix as equality, of the whole": (Q(name__prefix_3="Adam O'Brien"), {"Ada", "Adam"}),
    "prefix in": (Q(name__prefix_3__in=["bob", "böb", "cyd"]), {"Böb", "Cyd"}),
    "pieces of two": (Q(motto__contains="Sc"), {"Ada"}),
    "pieces of two, folded": (Q(motto__icontains="SCIENCE"), {"Ada", "Adam"}),
    "casefold in 8 bits": (Q(motto__casefold="no motto"), {"Cyd", "LOVEJOY"}),
    "casefold in 8 bits, in": (Q(motto__casefold__in=["NO MOTTO", "science!"]), {"Adam", "Cyd", "LOVEJOY"}),
    "iexact": (Q(motto__iexact="NO motto"), {"Cyd"}),
    "iexact, with its blank": (Q(motto__iexact="no motto "), {"LOVEJOY"}),
    "phone": (Q(phone__phone="0049301234567"), {"Ada", "Adam"}),
    "digits in 8 bits": (Q(phone__digits="49301234567"), {"Ada"}),
    "digits in 8 bits, in": (Q(phone__digits__in=["12345", "0301234567"]), {"Adam", "Böb"}),
    "digits in 8 bits, nothing": (Q(phone__digits="x"), set()),
    "month": (Q(born__month="1980-05"), {"Adam", "Böb"}),
    "month of a date": (Q(born__month=dt.date(2001, 1, 31)), {"LOVEJOY"}),
    "gt": (Q(born__gt="1980-05-17"), {"Böb", "LOVEJOY"}),
    "gte": (Q(born__gte=dt.date(1980, 5, 17)), {"Adam", "Böb", "LOVEJOY"}),
    "lt": (Q(born__lt="1980-05-17"), {"Ada"}),
    "lte": (Q(born__lte="1980-05-17"), {"Ada", "Adam"}),
    "range": (Q(born__range=("1980-05-18", "2001-01-01")), {"Böb", "LOVEJOY"}),
    "range, upside down": (Q(born__range=("2001-01-01", "1980-05-18")), set()),
    "range, one day": (Q(born__range=(dt.date(1980, 5, 18), dt.date(1980, 5, 18))), {"Böb"}),
    "moment": (Q(seen__gt=dt.datetime(2026, 3, 1, 12, tzinfo=UTC)), {"Adam", "Böb"}),
    "moment, in another zone": (
        Q(seen__lte=dt.datetime(2026, 3, 1, 13, tzinfo=dt.timezone(dt.timedelta(hours=1)))), {"Ada", "LOVEJOY"}),
    "amount": (Q(salary__gt=0), {"Ada", "LOVEJOY"}),
    "amount, finer than a cent": (Q(salary__lte=Decimal("1200.501")), {"Ada", "Adam", "Böb"}),
    "amount, as text": (Q(salary__range=["-250", "0.00"]), {"Adam", "Böb"}),
    "amount, infinite": (Q(salary__lt=float("inf")), {"Ada", "Adam", "Böb", "LOVEJOY"}),
    "points": (Q(points__gte=0), {"Ada", "Böb", "LOVEJOY"}),
    "points, outermost bucket": (Q(points__gt=2**31 - 2), {"Böb"}),
    "points, a fraction": (Q(points__gt=4.5), {"Ada", "Böb"}),
    "and": (Q(name__icontains="love") & Q(born__lt="1900-01-01"), {"Ada"}),
    "or": (Q(name__contains="Velasco") | Q(born__gt="2000-01-01"), {"Cyd", "LOVEJOY"}),
    "or, with a plain column": (Q(name__contains="Velasco") | Q(joined_on__isnull=False), {"Cyd"}),
    "xor": (Q(name__icontains="love") ^ Q(born__lt="1900-01-01"), {"Böb", "LOVEJOY"}),
    "not": (~Q(name__icontains="love"), {"Adam", "Cyd"}),
    "not, of a value that is NULL": (~Q(born__gt="1980-05-17"), {"Ada", "Adam", "Cyd"}),
    "not, where nothing answers": (~Q(name__contains="zebra"), EVERYBODY),
    "not, of a narrow index": (~Q(phone__digits="12345"), {"Ada", "Adam", "Cyd", "LOVEJOY"}),
    "not or": (~(Q(name__contains="Velasco") | Q(salary__lt=0)), {"Ada", "Adam", "LOVEJOY"}),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_a_search_finds_exactly_the_rows_that_answer(members, name):
    condition, expected = FOUND[name]
    assert first_names(members.filter(condition)) == expected
    assert members.filter(condition).count() == len(expected)
    assert first_names(members.exclude(condition)) == EVERYBODY - expected


class TestEveryWayToAsk:
    """FLD-29."""

    def test_exists_first_last_get_and_slices(self, members):
        found = members.filter(name__icontains="love").order_by("pk")
        assert found.exists()
        assert not members.filter(name__contains="Velace").exists()
        assert found.first().name == "Ada Lovelace"
        assert found.last().name == "LOVEJOY, Élan"
        assert [row.name for row in found[1:3]] == ["Böb Lovell", "LOVEJOY, Élan"]
        assert found[1].name == "Böb Lovell"
        assert members.get(name__startswith="Adam").salary == 0
        assert members.get_or_create(name__words="ada lovelace")[1] is False
        assert found.contains(found[0])
        assert len(found.in_bulk()) == 3
        assert found.values("name").first() == {"name": "Ada Lovelace"}

    def test_values_iterators_and_aggregates(self, members):
        found = members.filter(name__icontains="love").order_by("pk")
        names = ["Ada Lovelace", "Böb Lovell", "LOVEJOY, Élan"]
        assert [row["name"] for row in found.values("name")] == names
        assert list(found.values_list("name", flat=True)) == names
        assert [row.name for row in found.iterator(chunk_size=1)] == names
        assert found.aggregate(n=Count("pk"))["n"] == 3
        assert members.aggregate(n=Count("pk", filter=Q(born__gt="1900-01-01")))["n"] == 3

    def test_asynchronous_ways(self, members, database):
        async def ask():
            found = members.filter(name__icontains="love").order_by("pk")
            return [row.name async for row in found.aiterator()], await found.acount(), await found.aexists()

        if database == "default":  # SQLite's connection in memory belongs to this thread
            assert async_to_sync(ask)() == (["Ada Lovelace", "Böb Lovell", "LOVEJOY, Élan"], 3, True)

    def test_subqueries_relations_and_sets(self, people, members):
        ada, adam = members.get(name__contains="Lovelace"), members.get(name__startswith="Adam")
        adam.sponsor = ada
        adam.save(update_fields=["sponsor"])
        assert members.get(sponsor__name__contains="Lovelace").pk == adam.pk
        assert members.get(sponsored__born__gte="1980-01-01").pk == ada.pk
        assert members.exclude(sponsor__name__contains="Lovelace").count() == 4
        assert members.exclude(sponsored__name__startswith="Adam").count() == 4
        assert members.filter(pk__in=members.filter(name__icontains="love")).count() == 3
        mine = members.filter(sponsor=OuterRef("pk"), name__startswith="Adam")
        assert members.get(Exists(mine)).pk == ada.pk
        both = members.filter(name__contains="Lovelace") | members.filter(salary__lt=0)
        assert first_names(both) == {"Ada", "Böb"}
        assert first_names(members.filter(name__icontains="love") & members.filter(salary__lt=0)) == {"Böb"}
        assert len(members.filter(name__contains="Velasco").union(members.filter(salary__lt=0))) == 2
        counted = members.annotate(n=Count("sponsored", filter=Q(sponsored__name__prefix="adam")))
        assert counted.get(pk=ada.pk).n == 1
        fetched = members.prefetch_related(Prefetch("sponsored", members.filter(name__prefix="adam"), to_attr="some"))
        assert [row.pk for row in fetched.get(pk=ada.pk).some] == [adam.pk]

    def test_update_and_delete_touch_the_answering_rows_only(self, members):
        assert members.filter(name__icontains="lovel").update(joined_on=dt.date(2026, 1, 1)) == 2
        assert first_names(members.filter(joined_on__isnull=False)) == {"Ada", "Böb"}
        assert members.filter(born__gte="1980-05-18", name__icontains="love").delete()[0] == 2
        assert first_names(members.all()) == {"Ada", "Adam", "Cyd"}

    def test_a_row_whose_index_columns_were_not_read_keeps_them(self, members):
        row = members.defer("name_ngram_3_a", "name_prefix_3_a").get(name__contains="Velasco")
        row.joined_on = dt.date(2026, 1, 1)
        row.save()
        assert members.get(name__contains="Velasco", name__startswith="Cyd").joined_on == dt.date(2026, 1, 1)
        row.name = "Cyd Lovell"
        row.save()
        assert first_names(members.filter(name__contains="Lovell")) == {"Böb", "Cyd"}

    def test_row_bound_values(self, guests):
        assert first_names(guests.filter(name__icontains="lovel")) == {"Ada", "Böb"}
        assert first_names(guests.filter(name__startswith="Adam")) == {"Adam"}
        assert first_names(guests.filter(born__range=["1900-01-01", "1980-05-17"])) == {"Adam"}
        assert first_names(guests.filter(born__year=1980)) == {"Adam", "Böb"}
        assert first_names(guests.filter(born__year__in=["2001", 1815])) == {"Ada", "LOVEJOY"}
        assert guests.exclude(name__icontains="lovel").count() == 3
        opened = guests.filter(name__startswith="Adam").values_opened("name")
        assert [row["name"] for row in opened] == ["Adam O'Brien"]

    def test_a_grouping_filtered_after_it_is_counted(self, members):
        found = members.values("joined_on").annotate(n=Count("pk")).filter(Q(n__gt=99) | Q(name__contains="Velasco"))
        assert [row["n"] for row in found] == [1]


class TestRefused:
    """IDX-11, IDX-13, FLD-30."""

    @pytest.mark.parametrize(
        ("condition", "says"),
        [
            (Q(name__contains="ov"), "at least 3 letters or digits"),
            (Q(name__icontains=""), "at least 3 letters or digits"),
            (Q(name__icontains="?!."), "at least 3 letters or digits"),
            (Q(name__startswith="Ad"), "prefix-3 needs at least 3 letters or digits; .*fragments needs at least 3"),
            (Q(name__prefix="Ad"), "prefix-3 needs at least 3"),
            (Q(name__prefix_3="Ad"), "many hashes"),
            (Q(name__prefix_3__in=["Ada", "Ad"]), "many hashes"),
            (Q(name__words=" - "), "at least one"),
            (Q(motto__iexact=" "), "keeps no empty text"),
            (Q(born__month=5), "Name the year as well"),
            (Q(born__range="1980-05-17"), "two ends"),
            (Q(points__gt=float("nan")), "not a number"),
            (Q(name__contains=F("motto")), "comparing with an expression"),
            (Q(name__regex="A.*"), "can be searched with name__prefix_3, name__contains, name__icontains"),
            (Q(name__ngram_3="Ada"), "can be searched with"),
            (Q(name="Ada Lovelace"), "can be searched with"),
            (Q(salary__contains="1"), "salary__gt, salary__gte, salary__lt, salary__lte, salary__range"),
            (Q(phone__startswith="030"), "phone__phone, phone__digits and phone__isnull"),
        ],
    )  # fmt: skip
    def test_what_cannot_be_answered_says_why(self, members, condition, says):
        with pytest.raises(OperationRefused, match=says):
            list(members.filter(condition))

    def test_none_is_no_value_as_in_django(self, members):
        for name in ("name__contains", "born__gt"):
            with pytest.raises(ValueError, match="Cannot use None"):
                members.filter(**{name: None})

    def test_an_impossible_bound_does_not_repeat_itself(self, members):
        with pytest.raises(ValidationError) as error:
            members.filter(born__gt="1980-13-99")
        assert "1980" not in repr(error.value)

    def test_a_search_that_opens_too_many_rows(self, members):
        with override_settings(ASCEND_SECOND_PASS_ROWS=2), pytest.raises(OperationRefused, match="more than 2 rows"):
            members.filter(name__icontains="love").count()
        with override_settings(ASCEND_SECOND_PASS_ROWS=3):
            assert members.filter(name__icontains="love").count() == 3

    def test_a_beginning_of_just_the_letters_that_are_kept_opens_nothing(self, members):
        with override_settings(ASCEND_SECOND_PASS_ROWS=0):
            assert first_names(members.filter(name__prefix="a-DA")) == {"Ada", "Adam"}
            with pytest.raises(OperationRefused, match="more than 0 rows"):
                members.filter(name__prefix="Adam").exists()

    def test_a_range_opens_only_what_is_at_its_ends(self, members):
        with override_settings(ASCEND_SECOND_PASS_ROWS=0):
            assert first_names(members.filter(born__gt="1900-01-01")) == {"Adam", "Böb", "LOVEJOY"}


class TestSecrets:
    """FLD-17, FLD-30."""

    def test_no_repr_or_sql_of_a_query_holds_what_was_searched_for(self, members):
        query = members.filter(
            Q(name__contains="Lovel") | Q(born__gt="1980-05-17") | Q(phone__digits="0049301234567")
        ).query
        for shown in (str(query), repr(query.where), repr(query.where.children), repr(vars(query))):
            assert "ovel" not in shown
            assert "1980-05" not in shown
            assert "301234567" not in shown

    def test_a_pickled_search_keeps_its_results_and_not_what_was_searched_for(self, members):
        found = members.filter(name__contains="Lovel")
        assert b"ovel" not in pickle.dumps(found.query)
        read = pickle.loads(pickle.dumps(found))  # noqa: S301
        assert [row.pk for row in read] == [row.pk for row in found]
        with pytest.raises(OperationRefused, match="write it anew"):
            read.all().count()

    def test_a_copied_query_asks_the_same(self, members):
        assert copy.deepcopy(members.filter(name__contains="Lovel")).count() == 2

    def test_it_is_two_queries_without_the_value(self, members, database):
        with CaptureQueriesContext(connections[database]) as captured:
            assert members.filter(name__contains="Lovel").count() == 2
        assert len(captured) == 2
        assert not any("ovel" in query["sql"] for query in captured)

    def test_another_organization_finds_nothing(self, members, second_organization):
        with organization_scope(second_organization):
            assert not members.filter(name__contains="Lovel").exists()
            assert not members.filter(born__gt="1800-01-01").exists()

    def test_a_question_is_answered_for_the_organization_that_asked(self, members, second_organization):
        found = members.filter(name__contains="Lovel")
        with organization_scope(second_organization), pytest.raises(WrongOrganization):
            found.count()

    def test_a_value_that_was_changed_is_an_error(self, members, database):
        pk = members.get(name__contains="Velasco").pk
        with connections[database].cursor() as cursor:
            wrong = connections[database].Database.Binary(bytes(60))
            cursor.execute("UPDATE people_member SET name = %s WHERE id = %s", [wrong, pk])
        with pytest.raises(DecryptionFailed):
            members.filter(name__contains="Velasco").exists()


def test_a_transform_has_no_lookups_but_its_own(members):
    with pytest.raises(FieldError):
        members.filter(name__prefix_3__contains="x")


def explained(members, condition):
    """Return the plan of the first pass of a search, and of nothing else."""
    search = members.filter(condition).query.where.children[0].search
    rows = members.all()
    first_pass = search.first_pass(members.model._meta.db_table, search.certain or search.digests)
    rows.query.where.add(first_pass, "AND")
    return rows.explain()


def test_postgresql_uses_the_index(members, database):
    if connections[database].vendor != "postgresql":
        return  # SQLite reads the whole table: docs/guides/searching.md
    with connections[database].cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    for condition, index in (
        (Q(name__contains="Lovel"), "Bitmap Index Scan on people_memb_name_ng"),
        (Q(born__gt="1900-01-01"), "Bitmap Index Scan on people_memb_born_ra"),
        (Q(phone__digits="12345"), "people_member_phone_digits_a"),
        (Q(name__startswith="Ada"), "people_member_name_prefix_3_a"),
    ):
        assert index in explained(members, condition)
    assert "people_member_pkey" in members.filter(name__contains="Lovel").explain()
