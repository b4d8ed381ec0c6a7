import random
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend.envelope import IndexKey, Match, SecretKey
from ascend.envelope.planning import Finding, Workload, forecast, recommend, rows_alike
from ascend.envelope.populations import workload

ROWS = st.integers(1, 10**8)
POPULATIONS = st.integers(1, 10**12)
WIDTHS = range(8, 129, 8)
NAMES = ["exact", "casefold", "last4", "year", "month", "digits", "phone", "email-domain", "prefix-3", "ngram-2",
         "ngram-3", "range-date-1", "range-date-32", "range-number-100"]  # fmt: skip


class TestForecast:
    """IDX-18."""

    def test_agrees_with_real_digests(self) -> None:
        rows, population, drawn = 20_000, 5_000, random.Random(7)
        key = IndexKey(SecretKey(bytes(32)), bits=8)
        values = [str(drawn.randrange(population)) for _ in range(rows)]
        distinct_of = Counter(key.digest(value) for value in set(values))
        rows_of = Counter(key.digest(value) for value in values)
        occurs = Counter(values)
        found = forecast(Workload(rows, population), 8)
        counted = [distinct_of[key.digest(value)] - 1 for value in occurs]
        wrong = [rows_of[key.digest(value)] - times for value, times in occurs.items()]
        assert found.coincidences == pytest.approx(sum(counted) / len(counted), rel=0.1)
        assert found.false_positives == pytest.approx(sum(wrong) / len(wrong), rel=0.1)
        assert found.rows_per_digest == pytest.approx(rows / len(rows_of), rel=0.05)

    def test_agrees_with_real_digests_of_many_terms(self) -> None:
        rows, drawn = 20_000, random.Random(8)
        key = IndexKey(SecretKey(bytes(32)), bits=8)
        work = Workload(rows, 10**9, 12, 2, Match.ALL)
        asked = frozenset(key.digests(["asked-1", "asked-2"]))
        stored = (frozenset(key.digests(str(drawn.random()) for _ in range(12))) for _ in range(rows))
        found = sum(asked <= digests for digests in stored)
        assert forecast(work, 8).false_positives == pytest.approx(found, rel=0.4)

    @given(ROWS, POPULATIONS)
    def test_of_a_wider_index_finds_less_and_shows_more(self, rows: int, population: int) -> None:
        for kind in ((1, 1, None), (12, 3, Match.ALL), (11, 64, Match.ANY)):
            found = [forecast(Workload(rows, population, *kind), bits) for bits in WIDTHS]
            for narrow, wide in pairwise(found):
                assert narrow.false_positives >= wide.false_positives >= 0
                assert narrow.coincidences >= wide.coincidences >= 0
                assert narrow.visible_bits <= wide.visible_bits

    @given(ROWS, POPULATIONS, st.sampled_from(WIDTHS))
    def test_stays_within_the_table(self, rows: int, population: int, bits: int) -> None:
        for kind in ((1, 1, None), (12, 3, Match.ALL), (11, 64, Match.ANY)):
            found = forecast(Workload(rows, population, *kind), bits)
            assert 0 <= found.false_positives <= rows
            assert 0 <= found.coincidences <= min(population, rows * kind[0])
            assert found.rows_per_digest <= rows * kind[0] * 1.000001

    def test_of_one_possible_value_has_nothing_to_confuse_it_with(self) -> None:
        found = forecast(Workload(1_000, 1), 8)
        assert (found.coincidences, found.false_positives, found.visible_bits) == (0, 0, 0)

    @pytest.mark.parametrize("counts", [(0, 1), (1, 0), (-1, 5), (1, 1, 0), (1, 1, 1, 0)])
    def test_refuses_counts_below_one(self, counts: tuple[int, ...]) -> None:
        with pytest.raises(ValueError, match="counted from 1"):
            Workload(*counts)


class TestRecommend:
    """IDX-18."""

    @given(ROWS, st.sampled_from(NAMES))
    def test_is_the_narrowest_width_that_is_fast_enough(self, rows: int, name: str) -> None:
        work = workload(name, rows)
        found = recommend(work)
        assert found.bits in WIDTHS
        assert found == forecast(work, found.bits)
        if work.is_lossless:
            assert found.bits == 128
        else:
            assert found.false_positives <= rows**0.5
            assert found.bits == 8 or forecast(work, found.bits - 8).false_positives > rows**0.5

    def test_is_what_the_specification_prints(self) -> None:
        table = [
            ("casefold", (8, 16, 16)), ("last4", (8, 16, 16)), ("year", (8, 16, 16)), ("ngram-3", (8, 8, 8)),
            ("range-date-32", (24, 24, 24)), ("exact", (128, 128, 128)),
        ]  # fmt: skip
        for name, widths in table:
            assert tuple(recommend(workload(name, rows)).bits for rows in (20_000, 100_000, 1_000_000)) == widths

    def test_agrees_with_the_published_planner_where_whole_bytes_allow(self) -> None:
        """For 50,000 rows and unlimited values CipherSweet's page prints 8 as the least safe width."""
        assert recommend(Workload(50_000, 10**12)).bits == 8


class TestFindings:
    """IDX-19."""

    @pytest.mark.parametrize("name", ["year", "month", "last4", "email-domain", "prefix-2", "ngram-3", "range-date-1"])
    def test_warn_of_few_possibilities_at_every_width(self, name: str) -> None:
        for bits in WIDTHS:
            assert Finding.KNOWN in forecast(workload(name, 20_000), bits).findings

    def test_do_not_warn_of_few_possibilities_where_there_are_many(self) -> None:
        for name in ("exact", "casefold", "phone"):
            assert Finding.KNOWN not in forecast(workload(name, 10**6), 16).findings

    def test_say_that_a_wide_index_shows_equality_and_frequency(self) -> None:
        work = workload("casefold", 20_000)
        assert Finding.EQUALITY in forecast(work, 128).findings
        assert forecast(work, 8).findings == ()

    def test_say_what_pieces_and_ranges_show_however_narrow(self) -> None:
        for bits in WIDTHS:
            assert Finding.PIECES in forecast(workload("ngram-3", 10**6), bits).findings
            assert Finding.DISTANCES in forecast(workload("range-date-32", 10**6), bits).findings

    def test_say_that_too_narrow_an_index_is_slow(self) -> None:
        assert Finding.SLOW in forecast(workload("casefold", 10**6), 8).findings
        assert Finding.SLOW not in forecast(workload("casefold", 10**6), 16).findings


class TestRowsAlike:
    """IDX-18."""

    def test_counts_the_indexes_of_a_field_together(self) -> None:
        one, two = forecast(Workload(10_000, 10**6), 8), forecast(Workload(10_000, 16), 8)
        assert rows_alike(10_000, [one]) == pytest.approx(9_999 / 256)
        assert rows_alike(10_000, [one, two]) == pytest.approx(9_999 / 256 / 16)
        assert rows_alike(10_000, []) == 9_999

    def test_counts_the_buckets_of_a_value_once(self) -> None:
        days = forecast(workload("range-date-1", 10_000), 24)
        assert days.visible_bits == pytest.approx(15.42, abs=0.01)

    def test_never_counts_below_nothing(self) -> None:
        assert rows_alike(1, [forecast(Workload(1, 1), 8)]) == 0


class TestWorkload:
    """IDX-18."""

    @pytest.mark.parametrize("name", NAMES)
    def test_takes_a_population_that_somebody_knows(self, name: str) -> None:
        assert workload(name, 1_000, 77).population == 77
        with pytest.raises(ValueError, match="counted from 1"):
            workload(name, 1_000, 0)

    def test_estimates_one_otherwise(self) -> None:
        estimated = {name: workload(name, 1_000).population for name in ("year", "prefix-2", "exact", "range-date-30")}
        assert estimated == {"year": 120, "prefix-2": 676, "exact": 10**9, "range-date-30": 1_461}

    def test_of_no_transform_is_refused(self) -> None:
        with pytest.raises(LookupError, match="no transform"):
            workload("soundex", 1_000)
