"""Levels of cells behind wires: the joint between arrays of conductances and arrays of codes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from bitline.errors import ConfigError
from bitline.hardware import Array, Cell
from bitline.hardware.wires import WireModel
from bitline.numerics.wires import (
    Until,
    Wires,
    array_wires,
    effective_levels,
    hafnium_oxide,
    ohmic,
    settle,
    settled_sums,
)

CELL = Cell(technology="reram", bits=2, g_max_siemens=1e-4, on_off_ratio=20.0, read_voltage_v=0.2)
STEP, REST = (1e-4 - 5e-6) / 3, 5e-6
EXACT = WireModel(wordline_ohm=4.0, bitline_ohm=4.0, method="exact")


def drawn(*shape: int) -> torch.Tensor:
    return torch.randint(0, 4, shape, generator=torch.Generator().manual_seed(0)).double()


def shares(batch: int, rows: int) -> torch.Tensor:
    return torch.rand((batch, rows), dtype=torch.float64, generator=torch.Generator().manual_seed(1))


def close(one: torch.Tensor, other: torch.Tensor, relative: float = 1e-9) -> bool:
    return bool((one - other).abs().max() <= relative * float(other.abs().max()))


def test_column_currents_follow_from_levels_with_the_off_current_included():
    levels = drawn(2, 12, 9)
    found = effective_levels(levels, wires=EXACT, cell=CELL)
    volts = torch.linspace(0, 0.3, 12, dtype=torch.float64)
    cells = ohmic((levels[1] * STEP + REST).T.numpy())
    current = settle(cells, volts.numpy()[None], Wires(input_ohm=4.0, output_ohm=4.0))
    assert close(volts @ found[1] * STEP + REST * volts.sum(), torch.from_numpy(current.current_a[0]))
    for method in ("ladder", "coarse"):
        rough = effective_levels(levels, wires=replace(EXACT, method=method), cell=CELL)
        assert (rough - found).abs().max() < 0.1 * (found - levels).abs().max()


def test_short_form_of_an_array():
    wires = array_wires(Array(rows=12, columns=9, wire_resistance_ohm=4.0))
    assert wires == WireModel(wordline_ohm=4.0, bitline_ohm=4.0)
    assert array_wires(Array(rows=1, columns=1)).ideal


@pytest.mark.parametrize("method", ["exact", "coarse", "ladder"])
@pytest.mark.parametrize("wires", [EXACT, replace(EXACT, sense="two_sided", sense_ohm=30.0, drive="two_sided")])
def test_narrow_levels_stay_narrow(method, wires):
    levels = drawn(3, 40, 25)
    wires = replace(wires, method=method)
    narrow = effective_levels(levels.float(), wires=wires, cell=CELL)
    assert narrow.dtype == torch.float32
    assert close(narrow.double(), effective_levels(levels, wires=wires, cell=CELL), 1e-5)


def test_rows_in_groups_pass_the_pitches_of_the_others():
    """Each group is what it would be on its own with the others' cells open, so near the sense node less is lost."""
    levels = drawn(10, 6)
    wires = replace(EXACT, sense="two_sided", bitline_ohm=20.0, sense_ohm=7.0)
    cell = replace(CELL, on_off_ratio=None)
    grouped = effective_levels(levels, wires=wires, cell=cell, active_rows=4)
    for start, stop in ((0, 4), (4, 8), (8, 10)):
        alone = torch.zeros_like(levels)
        alone[start:stop] = levels[start:stop]
        open_rows = effective_levels(alone, wires=wires, cell=cell)
        assert close(grouped[start:stop], open_rows[start:stop])
    assert torch.equal(
        effective_levels(levels, wires=wires, cell=cell, active_rows=10),
        effective_levels(levels, wires=wires, cell=cell),
    )


def test_interleaved_pairs_give_their_difference():
    pairs = drawn(2, 3, 12, 9)
    wires = replace(EXACT, bitlines="interleaved")
    found = effective_levels(pairs, wires=wires, cell=CELL)
    assert found.shape == (3, 12, 9)
    assert close(effective_levels(pairs.flip(0), wires=wires, cell=CELL), -found)
    inputs = shares(4, 12)
    sums = settled_sums(pairs[:, 1], inputs, wires=wires, cell=CELL)
    assert close(sums, inputs @ found[1])
    assert (found - (pairs[0] - pairs[1])).abs().max() > 1e-3
    ideal = replace(wires, wordline_ohm=0.0, bitline_ohm=0.0)
    assert torch.equal(effective_levels(pairs, wires=ideal, cell=CELL), pairs[0] - pairs[1])


def test_linear_cells_settle_where_they_fold():
    levels, inputs = drawn(12, 9), shares(5, 12) * 2 - 1
    wires = replace(EXACT, driver_ohm=50.0, access_ohm=2e3, drive="two_sided")
    folded = effective_levels(levels, wires=wires, cell=CELL)
    assert close(settled_sums(levels, inputs, wires=wires, cell=CELL), inputs @ folded)
    part = effective_levels(levels, wires=wires, cell=CELL, active_rows=6)[6:]
    settled = settled_sums(levels[6:], inputs[:, 6:], wires=wires, cell=CELL, ahead=6)
    assert close(settled, inputs[:, 6:] @ part)


def test_curved_cells_settle_for_each_vector():
    levels, inputs = 1 + drawn(12, 9).clamp(max=2), shares(3, 12)
    cell = replace(CELL, g_max_siemens=2e-4, on_off_ratio=4.0, read_voltage_v=0.5)
    wires = replace(EXACT, curve="hafnium_oxide")
    sums = settled_sums(levels, inputs, wires=wires, cell=cell)
    curve = hafnium_oxide((5e-5 + levels.T * 5e-5).numpy())
    lines = Wires(input_ohm=4.0, output_ohm=4.0)
    amperes = settle(curve, 0.5 * inputs.numpy(), lines, Until(tolerance_fraction=1e-10)).current_a
    assert close(sums * (0.5 * 5e-5) + 0.5 * 5e-5 * inputs.sum(1, keepdim=True), torch.from_numpy(amperes), 1e-6)
    for index in range(3):
        one = settled_sums(levels, inputs[index : index + 1], wires=wires, cell=cell)
        assert torch.equal(one[0], sums[index])
    straight = settled_sums(levels, inputs, wires=EXACT, cell=cell)
    assert 1e-3 < (sums - straight).abs().max() / straight.abs().max() < 0.3


@pytest.mark.parametrize("curve", ["linear", "sinh"])
def test_source_lines_open_cells(curve):
    levels, gates = drawn(12, 9), (shares(3, 12) > 0.4).double()
    wires = replace(EXACT, source="separate", curve=curve, sinh_v=50.0 if curve == "sinh" else None)
    sums = settled_sums(levels, gates, wires=wires, cell=CELL)
    ideal = settled_sums(levels, gates, wires=replace(wires, wordline_ohm=0.0, bitline_ohm=0.0), cell=CELL)
    assert close(ideal, gates @ levels, 1e-5)
    assert 1e-2 < (ideal - sums).abs().max() / ideal.abs().max() < 0.2
    # A sine this wide is straight.
    assert close(sums, settled_sums(levels, gates, wires=replace(wires, curve="linear"), cell=CELL), 1e-5)


def test_levels_without_wires_are_handed_back():
    levels = torch.ones(3, 3)
    bare = Cell(technology="reram")
    assert effective_levels(levels, wires=WireModel(), cell=bare) is levels
    with pytest.raises(ConfigError, match=r"cell.g_max_siemens is missing"):
        effective_levels(levels, wires=EXACT, cell=bare)


def test_what_cannot_be_folded_is_refused():
    levels = drawn(4, 4)
    with pytest.raises(ConfigError, match=r"wires.curve = 'sinh' is not one whose wires fold .* Nearest: 'linear'"):
        effective_levels(levels, wires=replace(EXACT, curve="sinh", sinh_v=0.3), cell=CELL)
    with pytest.raises(ConfigError, match=r"wires.source = 'separate' is not one"):
        effective_levels(levels, wires=replace(EXACT, source="separate"), cell=CELL)
    with pytest.raises(ConfigError, match=r"a shape \[2, ..., rows, columns\], as bitlines are interleaved"):
        effective_levels(levels, wires=replace(EXACT, bitlines="interleaved"), cell=CELL)
    with pytest.raises(ConfigError, match=r"a shape \[rows, columns\]"):
        settled_sums(levels[None], shares(1, 4), wires=EXACT, cell=CELL)
    with pytest.raises(ConfigError, match=r"wires.sinh_v is missing"):
        settled_sums(levels, shares(1, 4), wires=replace(EXACT, curve="sinh"), cell=CELL)
    unread = replace(CELL, read_voltage_v=None)
    with pytest.raises(ConfigError, match=r"cell.read_voltage_v is missing"):
        settled_sums(levels, shares(1, 4), wires=replace(EXACT, curve="sinh", sinh_v=0.3), cell=unread)
    both = replace(EXACT, source="separate", bitlines="interleaved")
    with pytest.raises(ConfigError, match=r"wires.source = 'separate' is not input"):
        settled_sums(drawn(2, 4, 4), shares(1, 4), wires=both, cell=CELL)


def test_numbers_of_the_description_stay_numbers():
    """A current is that of resistances in series, all of the description's in a row: one cell, fully on."""
    wires = WireModel(wordline_ohm=1e2, bitline_ohm=2e2, driver_ohm=3e2, sense_ohm=4e2, access_ohm=9e3)
    cell = Cell(technology="reram", bits=1, g_max_siemens=1e-4)
    found = effective_levels(torch.ones(1, 1, dtype=torch.float64), wires=wires, cell=cell)
    assert float(found) == pytest.approx(1e4 / (1e4 + 1e4))
    assert np.isclose(float(settled_sums(torch.ones(1, 1), torch.ones(1, 1), wires=wires, cell=cell)), 0.5)
