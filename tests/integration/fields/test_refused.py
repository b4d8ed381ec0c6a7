"""What the database cannot do with envelopes is refused, with the reason and the way out. Nothing is silent."""

import pytest
from django.core import serializers
from django.db import NotSupportedError, connections
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
    Window,
)
from django.db.models.expressions import ExpressionWrapper, RawSQL
from django.db.models.functions import Cast, Coalesce, Concat, FirstValue, Length, Lower, RowNumber
from django.db.models.lookups import Exact

from ascend.fields import OperationRefused

ORDERED = {
    "order_by": lambda objects: objects.order_by("ssn"),
    "order_by descending": lambda objects: objects.order_by("-ssn"),
    "order_by F": lambda objects: objects.order_by(F("ssn").desc(nulls_last=True)),
    "order_by after another": lambda objects: objects.order_by("name", "ssn"),
    "values then order_by": lambda objects: objects.values("ssn").order_by("ssn"),
    "values_list then order_by F": lambda objects: objects.values_list("ssn").order_by(F("ssn")),
    "annotation order_by": lambda objects: objects.annotate(x=F("ssn")).order_by("x"),
    "values of an annotation, ordered": lambda objects: objects.values(x=F("ssn")).order_by("-x"),
    "order_by function": lambda objects: objects.order_by(Lower("ssn")),
    "order_by index": lambda objects: objects.order_by("ssn__last4"),
    "reverse": lambda objects: objects.order_by("ssn").reverse(),
    "latest": lambda objects: objects.latest("ssn"),
    "earliest": lambda objects: objects.earliest("-ssn"),
    "union order_by": lambda objects: objects.all().union(objects.all()).order_by("ssn"),
    "window": lambda objects: objects.annotate(x=Window(RowNumber(), order_by=F("ssn").asc())),
    "window partition": lambda objects: objects.annotate(x=Window(RowNumber(), partition_by=[F("ssn")])),
    "window value": lambda objects: objects.annotate(x=Window(FirstValue("ssn"), order_by="name")),
}


def looked_up(name):
    return lambda objects: objects.filter(**{f"ssn__{name}": "123-45-6789"})


LOOKED_UP = {
    name: looked_up(name)
    for name in [
        "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith", "regex", "iregex",
        "gt", "gte", "lt", "lte", "range", "year", "casefold", "nonsense", "last4__startswith", "last4__gt", "lower",
    ]
}  # fmt: skip
COMPARED = {
    "exact with F": lambda objects: objects.filter(ssn=F("name")),
    "exact with Value": lambda objects: objects.filter(ssn=Value("1")),
    "exact with a subquery": lambda objects: objects.filter(ssn=Subquery(objects.values("name")[:1])),
    "in with a queryset": lambda objects: objects.filter(ssn__in=objects.values("name")),
    "in with expressions": lambda objects: objects.filter(ssn__in=[F("name")]),
    "in with a string": lambda objects: objects.filter(ssn__in="123"),
    "another column against it": lambda objects: objects.filter(name=F("ssn")),
    "another column in it": lambda objects: objects.filter(name__in=objects.values("ssn")),
    "a subquery of it": lambda objects: objects.filter(name=Subquery(objects.values("ssn")[:1])),
    "an annotated subquery": lambda objects: objects.annotate(x=Subquery(objects.values("ssn")[:1])),
    "OuterRef": lambda objects: objects.filter(Exists(objects.filter(name=OuterRef("ssn")))),
    "a lookup expression": lambda objects: objects.filter(Exact(F("ssn"), "1")),
    "the other type's lookup": lambda objects: objects.filter(email="a@example.org"),
    "a field without indexes": lambda objects: objects.filter(notes="x"),
    "exclude without an index": lambda objects: objects.exclude(notes="x"),
    "get_or_create without an index": lambda objects: objects.get_or_create(notes="x", defaults={"ssn": "9"}),
    "Q": lambda objects: objects.filter(Q(ssn__gt="1") | Q(name="x")),
    "exact with a wrong expression": lambda objects: objects.filter(ssn__last4=F("name")),
}
COMPUTED = {
    "Lower": lambda objects: objects.annotate(x=Lower("ssn")),
    "Length": lambda objects: objects.annotate(x=Length("ssn")),
    "Concat": lambda objects: objects.annotate(x=Concat("ssn", Value("!"), output_field=TextField())),
    "Coalesce": lambda objects: objects.annotate(x=Coalesce("nickname", "ssn")),
    "Cast": lambda objects: objects.annotate(x=Cast("ssn", CharField())),
    "ExpressionWrapper": lambda objects: objects.annotate(x=ExpressionWrapper(F("ssn"), output_field=CharField())),
    "Case": lambda objects: objects.annotate(x=Case(When(name="x", then="ssn"), default=Value(None))),
    "arithmetic": lambda objects: objects.annotate(x=F("ssn") + F("nickname")),
    "group by": lambda objects: objects.values("ssn").annotate(n=Count("pk")),
    "group by after": lambda objects: objects.values("nickname").annotate(n=Count("pk")).filter(n__gt=0),
    "distinct": lambda objects: objects.values("ssn").distinct(),
    "distinct flat": lambda objects: objects.values_list("ssn", flat=True).distinct(),
    "union": lambda objects: objects.values("ssn").union(objects.values("ssn")),
    "intersection": lambda objects: objects.values("ssn").intersection(objects.values("ssn")),
    "values of an index": lambda objects: objects.values("ssn__last4"),
}
AGGREGATED = {
    "Max": lambda objects: objects.aggregate(Max("ssn")),
    "Min": lambda objects: objects.aggregate(Min("date_of_birth")),
    "Count": lambda objects: objects.aggregate(Count("ssn")),
    "Count distinct": lambda objects: objects.aggregate(Count("ssn", distinct=True)),
    "Max of an annotation": lambda objects: objects.annotate(x=F("ssn")).aggregate(Max("x")),
    "Max over a slice": lambda objects: objects.annotate(x=F("ssn"))[:3].aggregate(Max("x")),
    "Max over distinct": lambda objects: objects.distinct().aggregate(Max("ssn")),
    "Max filtered": lambda objects: objects.aggregate(x=Max("name", filter=Q(ssn__gt="1"))),
    "dates": lambda objects: objects.dates("date_of_birth", "year"),
}
ALL = {**ORDERED, **LOOKED_UP, **COMPARED, **COMPUTED, **AGGREGATED}


@pytest.fixture
def customer(people):
    return people.Customer.objects.create(name="Ada", ssn="123-45-6789", date_of_birth="1980-05-17")


@pytest.mark.parametrize("name", ALL)
def test_a_query_over_envelopes_is_refused_with_the_way_out(people, customer, name):
    with pytest.raises(OperationRefused) as refusal:
        list(ALL[name](people.Customer.objects.all()))
    message = str(refusal.value)
    assert message.startswith("people.Customer.")
    assert "is refused." in message
    assert len(message.split(". ")) >= 2
    assert "123-45-6789" not in message


def test_distinct_on_is_refused(people, customer, database):
    # SQLite and MariaDB have no DISTINCT ON: there Django refuses, whatever the column.
    has_it = connections[database].features.can_distinct_on_fields
    with pytest.raises(OperationRefused if has_it else NotSupportedError):
        list(people.Customer.objects.distinct("ssn"))


def test_a_relation_into_the_column_is_refused_alike(people, customer):
    orders = people.Order.objects.all()
    for query in [
        orders.order_by("customer__ssn"),
        orders.values("customer__ssn").order_by("customer__ssn"),
        orders.annotate(x=F("customer__ssn")).order_by("x"),
        orders.values("customer__ssn").distinct(),
        orders.values("customer__ssn").annotate(n=Count("pk")),
        orders.filter(reference=F("customer__ssn")),
    ]:
        with pytest.raises(OperationRefused):
            list(query)


EXPRESSIONS = {
    "F": F("name"),
    "Value": Value("123-45-6789"),
    "Concat": Concat("name", Value("x")),
    "Lower": Lower("name"),
    "Coalesce": Coalesce("name", Value("x")),
    "Case": Case(When(name="Ada", then=Value("123-45-6789")), default=Value("x"), output_field=CharField()),
    "RawSQL": RawSQL("name", []),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_an_expression_is_never_written(people, customer, name, stored, savepoint):
    before = stored(customer, "ssn")
    with pytest.raises(OperationRefused, match="writing an expression"), savepoint():
        people.Customer.objects.update(ssn=EXPRESSIONS[name])
    assert stored(customer, "ssn") == before


@pytest.mark.parametrize("model", ["Customer", "Patient"])
def test_an_expression_on_an_instance_is_refused_at_save(people, customer, organization, model, savepoint):
    instance = customer
    if model == "Patient":
        instance = people.Patient.objects.create(organization_id=organization, reference="r", ssn="1")
    instance.ssn = F("reference")
    with pytest.raises(OperationRefused), savepoint():
        instance.save()
    with pytest.raises(OperationRefused), savepoint():
        instance.save(update_fields=["ssn_exact_a"])


def test_another_column_is_not_filled_with_envelopes(people, customer, savepoint):
    with pytest.raises(OperationRefused), savepoint():
        people.Customer.objects.update(name=F("ssn"))
    customer.refresh_from_db()
    assert customer.name == "Ada"


def test_a_fixture_is_not_written(people, customer):
    with pytest.raises(OperationRefused, match="dumpdata"):
        serializers.serialize("json", [customer])


def test_a_fixture_is_not_loaded(people, savepoint):
    fixture = '[{"model": "people.customer", "pk": 77, "fields": {"name": "Ada", "ssn": "4111"}}]'
    with pytest.raises(OperationRefused, match="loaddata"), savepoint():
        next(serializers.deserialize("json", fixture)).save()
