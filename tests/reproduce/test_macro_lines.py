"""The table of all macros fits a terminal and says of each figure what it rests on."""

from __future__ import annotations

import pytest

from bitline.reproduce import MACRO_COLUMNS, SPREAD_COLUMNS, macro_lines, predictions, spread_lines, spreads

FOUND = predictions()


def test_every_figure_says_what_it_rests_on_and_nothing_is_fitted():
    rows = macro_lines(FOUND)
    assert len(rows) == len(FOUND) > 100
    assert {len(row) for row in rows} == {len(MACRO_COLUMNS)}
    for row, one in zip(rows, FOUND, strict=True):
        stated, costs, assumed, fitted = map(int, row[-1].split("/"))
        assert (stated, assumed) == (one.rests_on.stated, one.rests_on.assumed)
        assert costs == one.stated_costs <= stated
        assert fitted == 0


def test_lines_leave_room_for_the_spaces_between_them():
    widths = [max(map(len, column)) for column in zip(MACRO_COLUMNS, *macro_lines(FOUND), strict=True)]
    assert sum(widths) + 3 * (len(widths) - 1) + 2 <= 100


def test_what_has_no_envelope_is_not_said_to_lie_outside_of_it():
    summed = {row[0]: dict(zip(SPREAD_COLUMNS, row, strict=True)) for row in spread_lines(spreads(FOUND))}
    assert summed["throughput"]["inside"] == ""
    within, of = map(int, summed["efficiency"]["inside"].split(" of "))
    assert within <= of == int(summed["efficiency"]["figures"])


@pytest.mark.parametrize("sort", ["efficiency", "density", "area"])
def test_the_worst_factor_is_one_of_the_table(sort):
    (one,) = (one for one in spreads(FOUND) if one.sort == sort)
    sizes = [max(found.factor, 1 / found.factor) for found in FOUND if found.sort == sort]
    assert one.worst_factor == pytest.approx(max(sizes))
    assert one.figures == len(sizes)
