"""Laws on tensors are the laws of the description, number by number."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import Cell, Course, Law, Piece, Snapshot, Spread
from bitline.hardware.law import law_at, law_value
from bitline.hardware.library import part_names
from bitline.hardware.write_verify import sigma_share
from bitline.numerics.devices.deviation import deviations, strays
from bitline.numerics.devices.laws import interpolated, law_values

NUMBERS = st.floats(-3, 3)


@st.composite
def pieces(draw, below=None):
    return Piece(
        coefficients=tuple(draw(st.lists(NUMBERS, min_size=1, max_size=4))),
        of=draw(st.sampled_from(["x", "ln", "log10", "power", "decay"])),
        exponent=draw(st.sampled_from([-0.65, 0.5, 2.0])),
        scale=draw(st.floats(0.1, 10)),
        low=draw(st.none() | st.floats(-2, 0)),
        high=draw(st.none() | st.floats(0, 2)),
        below=below,
    )


@given(first=pieces(below=0.3), second=pieces(below=1.5), last=pieces())
def test_a_law_is_the_same_on_tensors(first, second, last):
    law = Law(pieces=(first, second, last))
    xs = [0.0, 1e-9, 0.1, 0.3, 0.5, 1.5, 2.0]
    found = law_values(law, torch.tensor(xs, dtype=torch.float64))
    for x, value in zip(xs, found.tolist(), strict=True):
        assert value == pytest.approx(law_value(law, x), rel=1e-9, abs=1e-9)


def test_deviations_are_the_same_for_costs_and_for_tensors(cell_of):
    straying = [cell for cell in map(cell_of, part_names("cell")) if strays(cell.programming_noise)]
    assert len(straying) > 10
    shares = torch.linspace(0.05, 1.0, 7, dtype=torch.float64)
    for cell in straying:
        for seconds in (0.0, 1e5):
            found = deviations(cell.programming_noise, cell, shares, shares, seconds)
            wanted = [sigma_share(cell.programming_noise, cell, share, seconds) for share in shares.tolist()]
            assert found.tolist() == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def flat(seconds, value):
    return Snapshot(seconds=seconds, law=Law(pieces=(Piece(coefficients=(value,)),)))


def test_numbers_of_a_course_go_straight_in_the_logarithm_of_time():
    course = Course(at=(flat(0.0, 1.0), flat(1.0, 2.0), flat(100.0, 4.0)))
    wanted = {0.0: 1.0, 0.25: 1.25, 1.0: 2.0, 10.0: 3.0, 100.0: 4.0, 1e9: 4.0}
    assert {t: law_value(law_at(course, t), 0.5) for t in wanted} == pytest.approx(wanted)
    plain = Course(at=course.at, between="time")
    assert law_value(law_at(plain, 50.5), 0.5) == pytest.approx(3.0)
    late = Course(at=(flat(10.0, 5.0), flat(20.0, 6.0)))
    assert law_value(law_at(late, 0.0), 0.5) == 5.0


def test_states_are_joined_by_straight_lines():
    cell = Cell(technology="reram", bits=1, on_off_ratio=2.0)
    spread = Spread(states_fraction=(0.1, 0.3))
    shares = torch.tensor([0.5, 0.75, 1.0], dtype=torch.float64)
    found = deviations(spread, cell, shares, shares, 0.0)
    torch.testing.assert_close(found, torch.tensor([0.05, 0.1, 0.15], dtype=torch.float64))


def test_resistances_of_the_mram_crossbar(cell_of):
    """Cells of 13 and 26 kohm that stray by 1.6 and 2.0 kohm; one level is 13 kohm."""
    cell = cell_of("mram-samsung")
    shares = torch.tensor([13.0, 26.0], dtype=torch.float64) / 26.0
    sigma_ohm = deviations(cell.programming_noise, cell, shares, shares, 0.0) * 26e3
    torch.testing.assert_close(sigma_ohm, torch.tensor([1.6e3, 2.0e3], dtype=torch.float64))
    column = math.sqrt(32 * 1.6**2 + 32 * 2.0**2)
    assert column == pytest.approx(14.5, abs=0.05)


def test_lines_between_corners():
    x = torch.tensor([-1.0, 0.0, 0.5, 1.0, 1.5, 3.0, 9.0])
    found = interpolated((0.0, 1.0, 3.0), (1.0, 3.0, 2.0), x)
    torch.testing.assert_close(found, torch.tensor([1.0, 1.0, 2.0, 3.0, 2.75, 2.0, 2.0]))
    torch.testing.assert_close(interpolated((0.5,), (4.0,), x), torch.full((7,), 4.0))
