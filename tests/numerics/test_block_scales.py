"""Blocks of rows with scales of their own, where an array holds several: they lie where they lie."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bitline.errors import ConfigError
from bitline.hardware import Adc, Analog, Array, Cell, Faults, InputFormat, WeightFormat, WireModel, YieldMap
from bitline.numerics import program

MAP = YieldMap(rows=16, columns=8, row=(1, 5, 6, 11, 14), column=(0, 3, 4, 6, 7), state=(1.0, 0.0, 1.0, 1.0, 0.5))
CELL = Cell(technology="reram", bits=2, g_max_siemens=50e-6, on_off_ratio=20.0, faults=Faults(map=MAP))
LAYER = Analog(
    weight=WeightFormat(bits=6, scale="column", full_scale=2.0), input=InputFormat(bits=5), cell=CELL,
    array=Array(rows=16, columns=24, active_rows=4), adc=Adc(bits=4),
)  # fmt: skip
BLOCKS = replace(LAYER, weight=replace(LAYER.weight, scale="block"))


def operands(k=40, n=11):
    draw = torch.Generator().manual_seed(3)
    return torch.randn(n, k, generator=draw), torch.randn(5, k, generator=draw)


@pytest.mark.parametrize("plan", ["fold", "exact"])
@pytest.mark.parametrize("active", [4, 6, 16])
def test_stuck_cells_are_those_of_the_rows_that_a_block_lies_on(plan, active):
    """Where every block has the scale that columns have, block scales change nothing."""
    weight, x = operands()
    array = replace(LAYER.array, active_rows=active)
    adc = Adc() if plan == "fold" else LAYER.adc
    columns, blocks = (
        program(weight, replace(one, array=array, adc=adc), key=(0,), plan=plan).multiply(x) for one in (LAYER, BLOCKS)
    )
    torch.testing.assert_close(blocks, columns, rtol=1e-3, atol=1e-3)
    healthy = replace(LAYER, cell=replace(CELL, faults=None), array=array, adc=adc)
    assert float((program(weight, healthy, key=(0,), plan=plan).multiply(x) - columns).abs().max()) > 0.05


def test_wires_that_blocks_share_are_refused():
    weight, x = operands()
    wires = WireModel(wordline_ohm=2.0, bitline_ohm=30.0)
    shared = replace(BLOCKS, array=replace(BLOCKS.array, wires=wires))
    with pytest.raises(ConfigError, match=r"weight.scale = 'block' is not column or tensor, as wires .* 4 of 16 rows"):
        program(weight, shared, key=(0,))
    alone = replace(BLOCKS, array=Array(rows=16, columns=24, wires=wires), adc=Adc())
    columns = replace(alone, weight=LAYER.weight)
    found, wanted = (program(weight, one, key=(0,)).multiply(x) for one in (alone, columns))
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)
