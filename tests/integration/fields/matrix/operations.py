"""What a project does with a model, as functions of one case. Each passes, or is refused by the library."""

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django import forms
from django.contrib import admin
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connections, models, transaction
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Subquery
from django.test import RequestFactory
from django.test.utils import isolate_apps

from ascend.fields import OperationRefused, checks
from tests.integration.fields.matrix.models import PIECES, Kind

try:
    from rest_framework.serializers import ModelSerializer
except ModuleNotFoundError:  # the library's tests run where nothing else is installed too: tests/platforms
    ModelSerializer = None


@dataclass(frozen=True)
class Case:
    """One type in one binding on one database."""

    kind: Kind
    binding: str
    models: SimpleNamespace
    database: str

    @property
    def main(self) -> Any:
        return self.models.main

    @property
    def searchable(self) -> bool:
        return self.kind.searchable(self.binding)

    @property
    def objects(self) -> Any:
        return self.models.main.objects

    def made(self, name: str = "n", **values: Any) -> Any:
        return self.objects.create(name=name, value=self.kind.first, **values)

    def assert_first(self, row: Any) -> None:
        assert_equal(row.value, self.kind.first)

    def assert_holds(self, name: str, value: Any) -> None:
        """Read the row anew: the column holds the value, and its index finds this row and no other."""
        row = self.objects.get(name=name)
        assert_equal(row.value, value)
        if self.searchable and value is not None:
            assert [found.pk for found in self.objects.filter(value=value)] == [row.pk]
        if self.kind.coarse and value is not None:
            coarsely = {"value__contains": value} if self.kind.coarse == PIECES else {"value__range": (value, value)}
            assert [found.pk for found in self.objects.filter(**coarsely)] == [row.pk]


OPERATIONS: dict[str, Callable[[Case], None]] = {}


def operation(title: str) -> Callable[[Callable[[Case], None]], Callable[[Case], None]]:
    def register(function: Callable[[Case], None]) -> Callable[[Case], None]:
        assert title not in OPERATIONS
        OPERATIONS[title] = function
        return function

    return register


def assert_equal(found: Any, expected: Any) -> None:
    assert found == expected, type(found)
    assert type(found) is type(expected)


# -- Writing ----------------------------------------------------------------------------------------------


@operation("`create`, `get`")
def _(case: Case) -> None:
    made = case.made()
    case.assert_holds("n", case.kind.first)
    assert case.objects.get(pk=made.pk).pk == made.pk


@operation("`save(update_fields)`")
def _(case: Case) -> None:
    row = case.made()
    row.value = case.kind.second
    row.save(update_fields=["value"])
    case.assert_holds("n", case.kind.second)
    assert not case.searchable or not case.objects.filter(value=case.kind.first).exists()


@operation("`save` of a row that was only read")
def _(case: Case) -> None:
    case.made()
    case.objects.get().save()
    case.assert_holds("n", case.kind.first)


@operation("NULL")
def _(case: Case) -> None:
    row = case.made()
    row.value = None
    row.save()
    case.assert_holds("n", None)


@operation("`bulk_create`")
def _(case: Case) -> None:
    values = [case.kind.first, case.kind.second, None]
    case.objects.bulk_create([case.main(name=str(n), value=value) for n, value in enumerate(values)])
    for n, value in enumerate(values):
        case.assert_holds(str(n), value)


@operation("`bulk_create(update_conflicts)` by the primary key")
def _(case: Case) -> None:
    upsert(case, case.main(pk=case.made().pk, name="n", value=case.kind.second), "id")


@operation("`bulk_create(update_conflicts)` by another column")
def _(case: Case) -> None:
    case.made()
    upsert(case, case.main(name="n", value=case.kind.second), "name")


def upsert(case: Case, proposed: Any, *unique: str) -> None:
    named = connections[case.database].features.supports_update_conflicts_with_target  # by all but MariaDB
    case.objects.bulk_create(
        [proposed], update_conflicts=True, update_fields=["value"], unique_fields=unique if named else None
    )
    case.assert_holds("n", case.kind.second)


@operation("`bulk_update`")
def _(case: Case) -> None:
    rows = [case.made("0"), case.objects.create(name="1", value=case.kind.second), case.objects.create(name="2")]
    values = [case.kind.second, None, case.kind.first]
    for row, value in zip(rows, values, strict=True):
        row.value = value
    assert case.objects.bulk_update(rows, ["value"]) == 3
    for n, value in enumerate(values):
        case.assert_holds(str(n), value)


@operation("`update` to a value")
def _(case: Case) -> None:
    case.made()
    assert case.objects.update(value=case.kind.second) == 1
    case.assert_holds("n", case.kind.second)


@operation("`update` to NULL")
def _(case: Case) -> None:
    case.made()
    case.objects.update(value=None)
    case.assert_holds("n", None)


@operation("`get_or_create` by the value")
def _(case: Case) -> None:
    for created in (True, False):
        row, was_created = case.objects.get_or_create(value=case.kind.first, defaults={"name": "n"})
        assert was_created is created
        case.assert_first(row)


@operation("`get_or_create` by another column")
def _(case: Case) -> None:
    for created in (True, False):
        row, was_created = case.objects.get_or_create(name="n", defaults={"value": case.kind.first})
        assert was_created is created
        case.assert_first(row)


@operation("`update_or_create`")
def _(case: Case) -> None:
    for value in (case.kind.first, case.kind.second):
        case.objects.update_or_create(name="n", defaults={"value": value})
        case.assert_holds("n", value)


# -- Reading ----------------------------------------------------------------------------------------------


@operation("`values`")
def _(case: Case) -> None:
    case.made()
    assert_equal(case.objects.values("value").get()["value"], case.kind.first)


@operation("`values_list`")
def _(case: Case) -> None:
    case.made()
    assert_equal(case.objects.values_list("value", flat=True).get(), case.kind.first)


@operation("`values_opened`")
def _(case: Case) -> None:
    case.made()
    (row,) = case.objects.values_opened("name", "value")
    assert_equal(row["value"], case.kind.first)


@operation("`only`")
def _(case: Case) -> None:
    case.made()
    case.assert_first(case.objects.only("value").get())
    case.assert_first(case.objects.only("name").get())


@operation("`defer`")
def _(case: Case) -> None:
    case.made()
    row = case.objects.defer("value").get()
    assert "value" in row.get_deferred_fields()
    row.save()
    case.assert_first(row)
    case.assert_holds("n", case.kind.first)


@operation("`in_bulk`")
def _(case: Case) -> None:
    row = case.made()
    case.assert_first(case.objects.in_bulk([row.pk])[row.pk])


@operation("`in_bulk` by the value, where it is unique")
def _(case: Case) -> None:
    unique_model(case).objects.create(value=case.kind.first)
    found = unique_model(case).objects.in_bulk([case.kind.first, case.kind.second], field_name="value")
    assert list(found) == [case.kind.first]


@operation("`iterator`")
def _(case: Case) -> None:
    case.made()
    for row in case.objects.iterator(chunk_size=2):
        case.assert_first(row)


@operation("`aiterator`, `aget`")
def _(case: Case) -> None:
    case.made()

    async def read() -> list[Any]:
        return [row async for row in case.objects.aiterator()] + [await case.objects.aget()]

    rows = async_to_sync(read)()
    assert len(rows) == 2
    for row in rows:
        case.assert_first(row)


@operation("`select_related`")
def _(case: Case) -> None:
    case.models.note.objects.create(subject=case.made())
    case.assert_first(case.models.note.objects.select_related("subject").get().subject)


@operation("`prefetch_related`")
def _(case: Case) -> None:
    case.models.note.objects.create(subject=case.made())
    (row,) = case.objects.prefetch_related("notes")
    case.assert_first(row.notes.all()[0].subject)
    (note,) = case.models.note.objects.prefetch_related("subject")
    case.assert_first(note.subject)


@operation("abstract inheritance")
def _(case: Case) -> None:
    second = case.models.second
    assert second._meta.get_field("value").context != case.main._meta.get_field("value").context
    second.objects.create(name="n", value=case.kind.first)
    case.assert_first(second.objects.get())


@operation("multi-table inheritance")
def _(case: Case) -> None:
    child = case.models.child.objects.create(name="n", value=case.kind.first, extra="x")
    case.assert_first(case.models.child.objects.get())
    case.assert_first(case.objects.get())
    child.value = case.kind.second
    child.save()
    case.assert_holds("n", case.kind.second)
    if case.kind.coarse == PIECES:
        assert case.models.child.objects.filter(value__contains=case.kind.second).count() == 1


@operation("proxy models")
def _(case: Case) -> None:
    case.models.proxy.objects.create(name="n", value=case.kind.first)
    case.assert_first(case.models.proxy.objects.get())
    case.assert_holds("n", case.kind.first)


@operation("`refresh_from_db`")
def _(case: Case) -> None:
    row = case.made()
    row.value = case.kind.second
    row.refresh_from_db()
    case.assert_first(row)
    row.value = case.kind.second
    row.refresh_from_db(fields=["value"])
    case.assert_first(row)


@operation("several databases: `using`, `save(using)`")
def _(case: Case) -> None:
    row = case.main(name="n", value=case.kind.first)
    row.save(using=case.database)
    case.assert_first(case.objects.using(case.database).get())
    assert row._state.db == case.database


@operation("`dumpdata`")
def _(case: Case) -> None:
    case.made()
    for form in ("json", "python", "xml"):
        with every_one_refused():
            serializers.serialize(form, case.objects.all())
    assert "value" not in serializers.serialize("json", case.objects.all(), fields=["name"])
    serializers.serialize("jsonl", case.objects.all())


@operation("`loaddata`")
def _(case: Case) -> None:
    pk = case.main(name="n").pk or 1
    row = {"model": case.main._meta.label_lower, "pk": pk, "fields": {"name": "n", "value": case.kind.first}}
    for loaded in serializers.deserialize("python", [row]):
        loaded.save(using=case.database)


@contextmanager
def every_one_refused() -> Iterator[None]:
    with pytest.raises(OperationRefused):
        yield


# -- Searching --------------------------------------------------------------------------------------------


def two(case: Case) -> None:
    case.made("1")
    case.objects.create(name="2", value=case.kind.second)
    case.objects.create(name="3")


def assert_found(queryset: Any, *names: str) -> None:
    assert sorted(row.name for row in queryset) == list(names)


@operation("`exact`")
def _(case: Case) -> None:
    two(case)
    assert_found(case.objects.filter(value=case.kind.first), "1")
    assert_found(case.objects.filter(value__exact=case.kind.second), "2")


@operation("`in`")
def _(case: Case) -> None:
    two(case)
    assert_found(case.objects.filter(value__in=[case.kind.first, case.kind.second]), "1", "2")
    assert_found(case.objects.filter(value__in=[]))


@operation("`exclude`")
def _(case: Case) -> None:
    two(case)
    assert_found(case.objects.exclude(value=case.kind.first), "2", "3")


@operation("`Q`")
def _(case: Case) -> None:
    two(case)
    assert_found(case.objects.filter(Q(value=case.kind.first) | Q(name="3")), "1", "3")
    assert_found(case.objects.filter(~Q(value=case.kind.first) & Q(value__isnull=False)), "2")


@operation("`isnull`")
def _(case: Case) -> None:
    two(case)
    assert_found(case.objects.filter(value__isnull=True), "3")
    assert_found(case.objects.filter(value=None), "3") if case.searchable else None
    assert_found(case.objects.exclude(value__isnull=True), "1", "2")


@operation("through a relation")
def _(case: Case) -> None:
    case.models.note.objects.create(subject=case.made())
    assert case.models.note.objects.filter(subject__value=case.kind.first).count() == 1
    assert case.models.note.objects.exclude(subject__value=case.kind.first).count() == 0


@operation("subquery of the rows found")
def _(case: Case) -> None:
    two(case)
    assert_found(case.objects.filter(pk__in=case.objects.filter(value=case.kind.first)), "1")
    assert_found(case.objects.filter(Exists(case.objects.filter(pk=OuterRef("pk"), value=case.kind.second))), "2")


@operation("subquery of the column")
def _(case: Case) -> None:
    list(case.objects.annotate(x=Subquery(case.objects.values("value")[:1])))


@operation("`F()` in a search")
def _(case: Case) -> None:
    list(case.objects.filter(name=F("value")))


@operation("`F()` as a new value")
def _(case: Case) -> None:
    case.objects.update(value=F("name"))


@operation("`order_by`")
def _(case: Case) -> None:
    list(case.objects.order_by("value"))


@operation("`contains`, `icontains`, `startswith`")
def _(case: Case) -> None:
    two(case)
    with every_one_refused():
        list(case.objects.filter(value__regex=case.kind.first))
    assert_found(case.objects.filter(value__contains=case.kind.first), "1")
    assert_found(case.objects.filter(value__icontains=case.kind.first.upper()), "1")
    assert_found(case.objects.filter(value__startswith=case.kind.second), "2")
    assert_found(case.objects.exclude(value__contains=case.kind.first), "2", "3")


@operation("`gt`, `lt`, `range`")
def _(case: Case) -> None:
    two(case)
    if not case.kind.coarse or case.kind.coarse == PIECES:
        for lookup in ("gt", "gte", "lt"):
            with every_one_refused():
                list(case.objects.filter(**{f"value__{lookup}": case.kind.first}))
        list(case.objects.filter(value__range=[case.kind.first, case.kind.second]))
    least, most = sorted([case.kind.first, case.kind.second])
    assert_found(case.objects.filter(value__range=[least, most]), "1", "2")
    assert_found(case.objects.filter(value__gt=least), "1" if most == case.kind.first else "2")
    assert_found(case.objects.filter(value__lte=least), "2" if most == case.kind.first else "1")
    assert_found(case.objects.filter(value__lt=least))
    assert_found(case.objects.exclude(value__gte=least), "3")


@operation("`Max`, `Count` of the column")
def _(case: Case) -> None:
    with every_one_refused():
        case.objects.aggregate(Max("value"))
    case.objects.aggregate(Count("value"))


@operation("`distinct`, GROUP BY")
def _(case: Case) -> None:
    two(case)
    case.made("4")
    assert len(case.objects.values("value").distinct()) == 3
    often = case.objects.values("value").annotate(rows=Count("pk")).filter(rows=2)
    assert_equal(often.get()["value"], case.kind.first)


@operation("join: a query of a column of the group")
def _(case: Case) -> None:
    two(case)
    case.models.second.objects.create(name="s", value=case.kind.first)
    case.models.second.objects.create(name="null")
    others = case.models.second.objects.values("value")
    assert_found(case.objects.filter(value__in=others), "1")
    assert_found(case.objects.exclude(value__in=others), "2", "3")


@operation("join: `F()`, `OuterRef` of a column of the group")
def _(case: Case) -> None:
    two(case)
    case.models.second.objects.create(name="s", value=case.kind.second)
    case.models.note.objects.create(subject=case.objects.get(name="1"))
    others = case.models.second.objects.filter(value=OuterRef("value"))
    assert_found(case.objects.filter(Exists(others)), "2")
    assert case.models.note.objects.filter(subject__value=F("subject__value")).count() == 1


# -- Constraints, forms, admin, serializers ---------------------------------------------------------------


def unique_model(case: Case) -> Any:
    if case.models.unique is not None:
        return case.models.unique
    with isolate_apps("ascend"):
        field = case.kind.make(bind="field", unique=True)
        type("Unique", (models.Model,), {"__module__": __name__, "value": field,
             "Meta": type("Meta", (), {"app_label": "checked"})})  # fmt: skip
        found = [str(message.msg) for message in checks.check_field(field) if message.id == "ascend.E108"]
    raise OperationRefused(found[0])


@operation("`unique=True`")
def _(case: Case) -> None:
    objects = unique_model(case).objects
    objects.create(value=case.kind.first)
    objects.create(value=case.kind.second)
    assert_violates(case, lambda: objects.create(value=case.kind.first))
    assert_violates(case, lambda: objects.bulk_create([objects.model(value=case.kind.second)]))


@operation("`UniqueConstraint` with the index column")
def _(case: Case) -> None:
    unique_model(case)
    objects = case.models.constrained.objects
    objects.create(value=case.kind.first)
    objects.create(value=case.kind.first, shop=2)
    assert_violates(case, lambda: objects.create(value=case.kind.first))


def assert_violates(case: Case, write: Callable[[], Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic(using=case.database):
        write()


@operation("`validate_unique`, `full_clean`")
def _(case: Case) -> None:
    model = unique_model(case)
    made = model.objects.create(value=case.kind.first)
    made.full_clean()
    with pytest.raises(ValidationError) as error:
        model(value=case.kind.first).full_clean()
    assert [single.code for single in error.value.error_dict["value"]] == ["unique"]


@operation("model forms")
def _(case: Case) -> None:
    form_class = forms.modelform_factory(case.main, fields="__all__")
    if "value" not in form_class().fields:
        assert not case.main._meta.get_field("value").editable
        raise OperationRefused("Django offers no form field for bytes")
    form = form_class({"name": "n", "value": case.kind.typed or str(case.kind.first)})
    assert form.is_valid(), form.errors
    form.save()
    case.assert_holds("n", case.kind.first)
    bound = form_class({"name": "n", "value": form["value"].value()}, instance=case.objects.get())
    assert bound.initial["value"] == case.kind.first
    assert "value" not in bound.changed_data
    emptied = form_class({"name": "n", "value": ""}, instance=case.objects.get())
    assert emptied.is_valid(), emptied.errors
    emptied.save()
    left = case.objects.get().value
    assert left in (None, "")
    assert isinstance(left, str) <= isinstance(case.kind.first, str)


@operation("admin: form and widget")
def _(case: Case) -> None:
    case.made()
    request = RequestFactory().get("/")
    admins = admin.ModelAdmin(case.main, admin.AdminSite())
    form = admins.get_form(request)
    plain = admins.formfield_for_dbfield(case.kind.plain(), request)
    assert ("value" in form.base_fields) is case.kind.plain().editable
    if "value" in form.base_fields:
        offered = form.base_fields["value"]
        assert (type(offered), type(offered.widget)) == (type(plain), type(plain.widget))
        assert 'name="value' in form(instance=case.objects.get()).as_p()


@operation("admin: search")
def _(case: Case) -> None:
    two(case)
    admins = admin.ModelAdmin(case.main, admin.AdminSite())
    admins.search_fields = ["value__exact"]
    queryset = case.objects.all()
    text = base64.b64encode(case.kind.first).decode() if case.kind.name == "Binary" else str(case.kind.first)
    quoted = f'"{text}"' if " " in text else text
    found, _ = admins.get_search_results(RequestFactory().get("/"), queryset, quoted)
    assert_found(found, "1")


@operation("REST serializers")
def _(case: Case) -> None:
    meta = type("Meta", (), {"model": case.main, "fields": "__all__"})
    serializer_class = type("Serializer", (ModelSerializer,), {"Meta": meta})
    case.made()
    plain_class, _ = serializer_class().build_standard_field("value", case.kind.plain(case.main))
    assert type(serializer_class().fields["value"]) is plain_class
    shown = serializer_class(case.objects.get()).data["value"]
    case.objects.all().delete()
    serializer = serializer_class(data={"name": "n", "value": shown})
    assert serializer.is_valid(), serializer.errors
    serializer.save()
    case.assert_holds("n", case.kind.first)
