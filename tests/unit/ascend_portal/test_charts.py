"""The geometry of the charts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ascend_portal.charts import AreaChart, Donut, Series, Share, compact, round_up


@given(st.integers(min_value=0, max_value=10**12))
def test_the_axis_ends_at_or_above_the_highest_value_and_four_lines_divide_it(value):
    top = round_up(value)
    assert top >= value
    assert top % 4 == 0
    assert top <= max(4, 2.5 * value)


def test_the_highest_value_touches_no_more_than_the_top():
    chart = AreaChart("c", "t", "Day", ["a", "b", "c"], [Series("s", [0, 200, 100])])
    assert chart.ceiling == 200
    assert chart.lines == ["M0.0,200.0L500.0,0.0L1000.0,100.0"]
    assert chart.y_labels == ["200", "150", "100", "50", "0"]


def test_one_day_draws_one_point():
    chart = AreaChart("c", "t", "Day", ["a"], [Series("s", [3])])
    assert chart.lines == ["M0.0,50.0"]
    assert chart.x_labels == []


def test_what_the_arrow_keys_read_is_what_the_table_shows():
    chart = AreaChart("c", "t", "Day", ["1 Nov"], [Series("Events", [1200]), Series("Denied", [2])])
    assert chart.points == [["1 Nov", "Events: 1,200", "Denied: 2"]]
    assert chart.rows[0].values == (1200, 2)


def test_a_series_of_another_length_is_refused():
    with pytest.raises(ValueError, match="zip"):
        _ = AreaChart("c", "t", "Day", ["a", "b"], [Series("s", [1])]).rows


@given(st.lists(st.integers(min_value=0, max_value=1000), min_size=1, max_size=4))
def test_the_arcs_of_a_donut_fill_the_circle_or_nothing(counts):
    arcs = Donut("t", "0", "c", [Share(str(at), count, "a") for at, count in enumerate(counts)]).arcs
    assert sum(arc.percent for arc in arcs) == pytest.approx(100 if any(counts) else 0)


@pytest.mark.parametrize(("value", "label"), [(0, "0"), (999, "999"), (1500, "1.5k"), (20000, "20k")])
def test_axis_labels_are_short(value, label):
    assert compact(value) == label
