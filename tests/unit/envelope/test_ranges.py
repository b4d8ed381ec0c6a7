from datetime import date, timedelta

import pytest

from ascend.envelope import Buckets, Match

DAYS = Buckets.dates(1)
MONTHS = Buckets.dates(32)
NUMBERS = Buckets.numbers(100)


class TestTerms:
    """IDX-16."""

    def test_are_one_bucket_of_each_size(self) -> None:
        ordinal = date(1815, 12, 10).toordinal()
        assert DAYS.terms("1815-12-10") == {f"{size}:{ordinal // 4**size}" for size in range(11)}
        assert MONTHS.terms("1815-12-10") == {f"{size}:{ordinal // 32 // 4**size}" for size in range(9)}

    def test_of_a_number_count_from_far_below_zero(self) -> None:
        assert NUMBERS.terms("-1") == {f"{size}:{(2**31 - 1) // 4**size}" for size in range(16)}
        assert NUMBERS.terms("0") == NUMBERS.terms("99.99") != NUMBERS.terms("100")

    def test_of_a_date_time_are_those_of_its_date(self) -> None:
        assert DAYS.terms("1815-12-10T23:59:59+01:00") == DAYS.terms(" 1815-12-10 ") == DAYS.terms("1815-12-10 08:00")

    @pytest.mark.parametrize("nothing", ["", "1815", "1815-02-30", "10.12.1815", "today", "1815-12-10x"])
    def test_of_what_is_no_date_are_none(self, nothing: str) -> None:
        assert DAYS.terms(nothing) == frozenset()

    @pytest.mark.parametrize("nothing", ["", "NaN", "sNaN", "12a", "True", "--1"])
    def test_of_what_is_no_number_are_none(self, nothing: str) -> None:
        assert NUMBERS.terms(nothing) == frozenset()

    @pytest.mark.parametrize(("huge", "edge"), [("1e999999", 4**16 - 1), ("-1e999999", 0), ("Infinity", 4**16 - 1)])
    def test_of_a_number_out_of_bounds_are_the_outermost_buckets(self, huge: str, edge: int) -> None:
        assert NUMBERS.terms(huge) == {f"{size}:{edge // 4**size}" for size in range(16)}

    def test_cover_every_date_that_python_knows(self) -> None:
        for width in (1, 2, 7, 32, 365, 3660):
            buckets = Buckets.dates(width)
            first, last = buckets.terms("0001-01-01"), buckets.terms("9999-12-31")
            assert len(first) == len(last) == buckets.levels
            assert int(max(last, key=lambda term: term.startswith("0:"))[2:]) < 4**buckets.levels

    @pytest.mark.parametrize("width", [0, -1, 3661])
    def test_refuse_other_widths_of_dates(self, width: int) -> None:
        with pytest.raises(ValueError, match="days"):
            Buckets.dates(width)

    @pytest.mark.parametrize("width", [0, -1, 10**15 + 1])
    def test_refuse_other_widths_of_numbers(self, width: int) -> None:
        with pytest.raises(ValueError, match="width"):
            Buckets.numbers(width)


class TestBetween:
    """IDX-11, IDX-17."""

    def test_asks_for_one_bucket_where_one_is_enough(self) -> None:
        start = date.fromordinal(4**5 * 600)
        assert DAYS.between(start.isoformat(), (start + timedelta(4**5 - 1)).isoformat()) == {"5:600"}

    def test_asks_for_few_buckets_whatever_the_length(self) -> None:
        worst = max(
            len(DAYS.between(start, end))
            for start in ("0001-01-02", "1900-01-01", "1999-12-31")
            for end in ("2000-01-01", "2026-11-22", "9999-12-30", None)
        )
        assert worst <= 64
        assert len(NUMBERS.between("-214748364699", "214748364699")) <= 94
        assert len(DAYS.between(None, None)) == 4

    def test_finds_exactly_the_days_of_a_year(self) -> None:
        asked = DAYS.between("1980-01-01", "1980-12-31")
        days = [date(1979, 1, 1) + timedelta(day) for day in range(3 * 365)]
        assert all(bool(DAYS.terms(str(day)) & asked) == (day.year == 1980) for day in days)

    def test_of_coarse_buckets_finds_neighbours_that_the_second_pass_removes(self) -> None:
        asked = MONTHS.between("1980-02-10", "1980-02-20")
        found = [day for day in self.around(date(1980, 2, 15)) if MONTHS.terms(day) & asked]
        right = [day for day in found if MONTHS.holds(day, "1980-02-10", "1980-02-20")]
        assert right == [f"1980-02-{day}" for day in range(10, 21)]
        assert len(right) < len(found) <= 2 * 32

    def around(self, middle: date) -> list[str]:
        return [str(middle + timedelta(day)) for day in range(-100, 100)]

    def test_without_an_end_reaches_to_the_outermost(self) -> None:
        assert NUMBERS.terms("1e30") & NUMBERS.between("5", None)
        assert NUMBERS.terms("-1e30") & NUMBERS.between(None, "5")
        assert not NUMBERS.terms("-1e30") & NUMBERS.between("5", None)

    def test_from_the_end_to_the_beginning_asks_for_nothing(self) -> None:
        assert DAYS.between("1980-02-02", "1980-02-01") == frozenset()

    @pytest.mark.parametrize("wrong", ["", "1980", "soon"])
    def test_refuses_a_bound_that_is_none(self, wrong: str) -> None:
        for bounds in ((wrong, None), (None, wrong)):
            with pytest.raises(ValueError, match="bounds of range-date-1"):
                DAYS.between(*bounds)

    def test_finds_a_row_that_shares_any_bucket(self) -> None:
        assert (DAYS.match, DAYS.name, NUMBERS.name) == (Match.ANY, "range-date-1", "range-number-100")


class TestInside:
    """IDX-20."""

    @pytest.mark.parametrize(
        ("low", "high"), [(None, None), ("-3", "917"), ("100", "100"), ("1", "1099"), (None, "512"), ("-77", None)]
    )
    def test_holds_no_value_outside_and_with_the_edges_every_value_of_the_range(
        self, low: str | None, high: str | None
    ) -> None:
        inside, edges = NUMBERS.inside(low, high), NUMBERS.edges(*(end for end in (low, high) if end is not None))
        for number in map(str, range(-400, 1400, 7)):
            held = NUMBERS.terms(number)
            assert NUMBERS.holds(number, low, high) or held.isdisjoint(inside)
            assert not NUMBERS.holds(number, low, high) or not held.isdisjoint(inside | edges)

    def test_is_all_but_the_edges(self) -> None:
        days = [date(2024, 1, 1) + timedelta(days) for days in range(366)]
        inside = DAYS.inside("2024-02-01", "2024-02-29")
        assert [day for day in days if not DAYS.terms(str(day)).isdisjoint(inside)] == days[32:59]
        assert DAYS.edges("2024-02-01", "2024-02-29") == {f"0:{days[31].toordinal()}", f"0:{days[59].toordinal()}"}

    def test_is_nothing_where_the_ends_are_neighbours(self) -> None:
        assert NUMBERS.inside("150", "250") == NUMBERS.inside("150", "160") == NUMBERS.inside("9", "1") == frozenset()

    def test_of_bounds_beyond_the_outermost_buckets_leaves_these_to_be_opened(self) -> None:
        assert NUMBERS.edges("1e30") == {f"0:{4**16 - 1}"}
        assert NUMBERS.inside("1e30", None) == frozenset()


class TestHolds:
    """IDX-11."""

    def test_includes_both_ends_and_compares_exactly(self) -> None:
        assert NUMBERS.holds("0.30", "0.3", "0.3")
        assert not NUMBERS.holds("0.30000000000000000000000000000000001", None, "0.3")
        assert DAYS.holds("1980-02-01", "1980-02-01", "1980-02-01")
        assert not DAYS.holds("1980-02-02", None, "1980-02-01")
        assert not DAYS.holds("no date", None, None)
