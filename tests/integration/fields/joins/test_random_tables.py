"""Random tables: what the database joins is what Python joins of the opened values, NULLs and duplicates included."""

import random

import pytest
from django.db.models import Count, Exists, F, OuterRef

LETTERS = ["a", "b", "B", "", " a", "é", None, None]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("column", ["phone", "ssn", "email"])
def test_the_database_joins_as_python_does(joined, seed, column):
    dice = random.Random(seed)  # noqa: S311 (values of a test)
    seats = [
        joined.Invitation(**{column: dice.choice(LETTERS), "reference": "seat"}) for _ in range(dice.randint(0, 8))
    ]
    others = [joined.Invitation(**{column: dice.choice(LETTERS), "reference": "other"}) for _ in range(5)]
    joined.Invitation.objects.bulk_create([*seats, *others])
    left, right = (joined.Invitation.objects.filter(reference=name) for name in ("seat", "other"))
    there = {getattr(row, column) for row in right} - {None}
    partners = {row.pk for row in left if getattr(row, column) in there}
    inside = {f"{column}__in": right.values(column)}
    assert {row.pk for row in left.filter(**inside)} == partners
    assert {row.pk for row in left.exclude(**inside)} == {row.pk for row in left} - partners
    exists = Exists(right.filter(**{column: OuterRef(column)}))
    assert {row.pk for row in left.filter(exists)} == partners
    assert {row.pk for row in left.filter(~exists)} == {row.pk for row in left} - partners
    assert {row.pk for row in left.filter(**{column: F(column)})} == {
        r.pk for r in left if getattr(r, column) is not None
    }
    if column != "ssn":
        counted = left.values(column).annotate(rows=Count("pk"))
        found = [getattr(row, column) for row in left]
        assert {row[column]: row["rows"] for row in counted} == {value: found.count(value) for value in found}
