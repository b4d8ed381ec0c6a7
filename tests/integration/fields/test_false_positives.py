"""Every search against one in Python, over a realistic population of names: exact, with few rows opened (IDX-15)."""

import datetime as dt
import random

import pytest

from ascend.envelope.ngrams import has_fragment
from ascend.fields.rechecked import Rechecked
from tests.counts import times
from tests.reference import names

ROWS = times(500, 3_000)
QUESTIONS = times(8, 40)
# Letters looked for, and the share of all rows that an index of 8 bits may find falsely: what docs/spec/blind-index.md
# states is the average over many keys, and with one key two frequent pieces may share a digest.
STATED = [(3, 0.15), (4, 0.02), (5, 0.01), (6, 0.005)]


@pytest.fixture
def members(people):
    chosen = random.Random(3)
    made = [
        people.Member(
            name=name,
            born=dt.date(1930, 1, 1) + dt.timedelta(days=chosen.randrange(30_000)),
            points=int(chosen.gauss(0, 500)),
        )
        for name in chosen.sample(names.FULL, ROWS)
    ]
    people.Member.objects.bulk_create(made, batch_size=500)
    return people.Member.objects


def found_by_first_pass(members, **question):
    """Return how many rows the database finds before they are opened."""
    (condition,) = members.filter(**question).query.where.children
    assert isinstance(condition, Rechecked)
    search, rows = condition.search, members.all()
    rows.query.where.add(search.first_pass(members.model._meta.db_table, search.digests), "AND")
    return rows.count()


def fragments(letters):
    chosen = random.Random(letters)
    words = [word for word in names.GIVEN + names.FAMILY if len(word) >= letters]
    starts = [(word, chosen.randrange(len(word) - letters + 1)) for word in chosen.choices(words, k=QUESTIONS)]
    return [word[start : start + letters] for word, start in starts]


@pytest.mark.parametrize(("letters", "stated"), STATED)
def test_a_fragment_finds_every_name_that_has_it_and_opens_few_others(members, letters, stated):
    falsely = 0
    every = list(members.values_list("name", flat=True))
    for fragment in fragments(letters):
        right = sorted(name for name in every if has_fragment(name, fragment))
        assert sorted(members.filter(name__icontains=fragment).values_list("name", flat=True)) == right
        falsely += found_by_first_pass(members, name__icontains=fragment) - len(right)
    assert falsely / QUESTIONS / ROWS <= stated


def test_a_range_opens_no_more_than_its_two_ends_hold(members):
    every = list(members.values_list("name", "born", "points"))
    chosen = random.Random(11)
    for _ in range(QUESTIONS):
        low = dt.date(1930, 1, 1) + dt.timedelta(days=chosen.randrange(30_000))
        high = low + dt.timedelta(days=chosen.randrange(2_000))
        right = sorted(name for name, born, _ in every if low <= born <= high)
        assert sorted(members.filter(born__range=(low, high)).values_list("name", flat=True)) == right
        at_the_ends = sum(
            born.toordinal() // 32 in {low.toordinal() // 32, high.toordinal() // 32} for _, born, _ in every
        )
        assert found_by_first_pass(members, born__range=(low, high)) == at_the_ends


def test_a_range_of_a_narrow_index_is_exact_too(members):
    every = list(members.values_list("name", "points"))
    for bound in random.Random(13).choices(range(-900, 900), k=QUESTIONS):
        right = sorted(name for name, points in every if points > bound)
        assert sorted(members.filter(points__gt=bound).values_list("name", flat=True)) == right
        assert members.exclude(points__gt=bound).count() == len(every) - len(right)
