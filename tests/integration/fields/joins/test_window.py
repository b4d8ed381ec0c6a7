"""A deterministic column whose values still move from plaintext: asked in both forms, compared with no column."""

import pytest
from django.db import connections
from django.db.models import F, OuterRef

from ascend.fields import OperationRefused, watermarks

ADA, BOB, EVE = "ada@example.org", "bob@example.org", "eve@example.org"


@pytest.fixture
def subscribers(joined, database):
    """Ada has not moved, Bob has, and one has no address."""
    watermarks.forget()
    objects = joined.Subscriber.objects
    for name, email in (("Ada", None), ("Bob", BOB), ("nobody", None)):
        objects.create(name=name, email=email)
    with connections[database].cursor() as cursor:
        cursor.execute("UPDATE joined_subscriber SET email = %s WHERE name = 'Ada'", [ADA])
    return objects


def names(queryset):
    return sorted(row.name for row in queryset)


def test_equality_is_asked_of_both_forms(subscribers):
    assert {row.name: row.email for row in subscribers.all()} == {"Ada": ADA, "Bob": BOB, "nobody": None}
    assert names(subscribers.filter(email=ADA)) == ["Ada"]
    assert names(subscribers.filter(email=BOB)) == ["Bob"]
    assert names(subscribers.filter(email__in=[ADA, BOB, EVE, None])) == ["Ada", "Bob"]
    assert names(subscribers.filter(email__in=[])) == []
    assert names(subscribers.exclude(email=ADA)) == ["Bob", "nobody"]
    assert names(subscribers.exclude(email__in=[ADA, BOB])) == ["nobody"]
    assert names(subscribers.filter(email__isnull=True)) == ["nobody"]


def test_a_save_moves_the_value_and_it_is_found_by_its_envelope(subscribers, stored):
    ada = subscribers.get(name="Ada")
    ada.save()
    assert stored(ada, "email") is None
    assert len(stored(ada, "email_sealed")) == 25 + len(ADA)
    assert names(subscribers.filter(email=ADA)) == ["Ada"]


@pytest.mark.parametrize(
    "ask",
    [
        lambda m: m.Subscriber.objects.filter(email__in=m.Member.objects.values("email")),
        lambda m: m.Subscriber.objects.filter(email=F("email")),
        lambda m: m.Member.objects.filter(email__in=m.Subscriber.objects.values("email")),
        lambda m: m.Member.objects.filter(email=m.Subscriber.objects.values("email")[:1]),
        lambda m: m.Subscriber.objects.filter(pk__in=m.Subscriber.objects.filter(email=OuterRef("email")).values("pk")),
        lambda m: m.Subscriber.objects.values("email").distinct(),
    ],
)
def test_no_column_is_compared_with_one_of_which_half_is_elsewhere(joined, subscribers, ask):
    with pytest.raises(OperationRefused):
        list(ask(joined))
