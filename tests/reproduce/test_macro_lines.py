"""The table of all macros fits a terminal and says of each figure what it rests on."""

from __future__ import annotations

import pytest

from bitline.reproduce import MACRO_COLUMNS, SPREAD_COLUMNS, Prediction, macro_lines, predictions, spread_lines, spreads


@pytest.fixture(scope="module")
def found() -> tuple[Prediction, ...]:
    """Every published figure of a macro, and ours."""
    return predictions()


def test_every_figure_says_what_it_rests_on_and_nothing_is_fitted(found):
    rows = macro_lines(found)
    assert len(rows) == len(found) > 100
    assert {len(row) for row in rows} == {len(MACRO_COLUMNS)}
    for row, one in zip(rows, found, strict=True):
        stated, costs, assumed, fitted = map(int, row[-1].split("/"))
        assert (stated, assumed) == (one.rests_on.stated, one.rests_on.assumed)
        assert costs == one.stated_costs <= stated
        assert fitted == 0


def test_lines_leave_room_for_the_spaces_between_them(found):
    widths = [max(map(len, column)) for column in zip(MACRO_COLUMNS, *macro_lines(found), strict=True)]
    assert sum(widths) + 3 * (len(widths) - 1) + 2 <= 100


def test_what_has_no_envelope_is_not_said_to_lie_outside_of_it(found):
    summed = {row[0]: dict(zip(SPREAD_COLUMNS, row, strict=True)) for row in spread_lines(spreads(found))}
    assert summed["throughput"]["inside"] == ""
    within, of = map(int, summed["efficiency"]["inside"].split(" of "))
    assert within <= of == int(summed["efficiency"]["figures"])


@pytest.mark.parametrize("sort", ["efficiency", "density", "area"])
def test_the_worst_factor_is_one_of_the_table(found, sort):
    (one,) = (one for one in spreads(found) if one.sort == sort)
    sizes = [max(each.factor, 1 / each.factor) for each in found if each.sort == sort]
    assert one.worst_factor == pytest.approx(max(sizes))
    assert one.figures == len(sizes)
