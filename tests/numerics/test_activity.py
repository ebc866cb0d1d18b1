"""Statistics of data on a matrix: by hand where inputs are known, by brute force where they are not."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Integer, Spread, WeightFormat
from bitline.numerics import program
from bitline.numerics.activity import MatrixActivity, sent_codes, watch
from bitline.numerics.codes.quantise import weight_codes

KEY = (0, "watched")


def analog(**changes) -> Analog:
    values = {
        "weight": WeightFormat(bits=8), "input": InputFormat(bits=8), "cell": Cell(technology="reram", bits=2),
        "array": Array(rows=32, columns=32), "adc": Adc(bits=8, range="unit"),
    }  # fmt: skip
    return Analog(**{**values, **changes})


def observed(weight, arithmetic, *parts, sampled=64) -> MatrixActivity:
    matrix = program(weight, arithmetic, key=KEY)
    watching = watch(matrix, sampled)
    for part in parts:
        watching.add(sent_codes(matrix, part))
    return watching.activity(matrix)


def test_inputs_by_hand():
    # Codes 127 = 01111111, -127 = 10000001, 0 and 64 = 01000000, least significant bit first below.
    found = observed(torch.ones(3, 4), analog(), torch.tensor([[1.0, -1.0, 0.0, 64 / 127]]))
    bits = [[1, 1, 1, 1, 1, 1, 1, 0], [1, 0, 0, 0, 0, 0, 0, 1], [0] * 8, [0, 0, 0, 0, 0, 0, 1, 0]]
    table = torch.tensor(bits, dtype=torch.float64)
    assert found.bit_fractions == tuple(table.mean(dim=0).tolist())
    assert found.density_fraction == found.drive_fraction == float(table.mean())
    assert found.toggle_fraction == float(table.diff(dim=1).abs().mean())
    assert found.mean_bits == (7 + 7 + 0 + 7) / 4
    assert found.zero_fraction == 1 / 4
    assert (found.vectors, found.sampled, found.shape) == (1, 1, (4, 3))


def test_pulses_of_several_bits_count_their_squares():
    form = InputFormat(bits=5, bits_per_pulse=2, signed="sign_split")
    found = observed(torch.ones(1, 2), analog(input=form), torch.tensor([[1.0, -7 / 15]]))
    # Codes 15 and -7: digits 3, 3 then 0, 0 of one; 0, 0 then 3, 1 of the other, in two passes of two pulses.
    assert found.drive_fraction == (9 + 9 + 9 + 1) / (8 * 9)
    assert found.bit_fractions == (0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.0)
    # Of 2 bits each: 3 3 0 0 changes both once; 0 0 3 1 changes both, then one.
    assert found.toggle_fraction == (2 + 3) / (2 * 3 * 2)
    assert found.mean_bits == (4 + 3) / 2
    long = observed(torch.ones(1, 2), analog(input=replace(form, coding="time")), torch.tensor([[1.0, -7 / 15]]))
    assert long.drive_fraction == (3 + 3 + 3 + 1) / (8 * 3)


def test_changes_from_pass_to_pass_and_of_a_single_pulse():
    form = InputFormat(bits=2, bits_per_pulse=1, signed="sign_split")
    found = observed(torch.ones(1, 2), analog(input=form), torch.tensor([[1.0, 1.0]]))
    assert found.toggle_fraction == 1.0  # on in the first pass, off in the second: both lines change
    single = InputFormat(bits=8, bits_per_pulse=8, signed="offset")
    found = observed(torch.ones(1, 4), analog(input=single), torch.tensor([[1.0, 0.0, 0.0, 0.0]]))
    # 255 and three times 128: seven bits are ones by a quarter, the highest always.
    assert found.toggle_fraction == 7 * 2 * 0.25 * 0.75 / 8


def test_cells_sums_and_clipping_by_hand():
    # Weights of the largest code, 127 + 128 = 255: every cell fully on, 32 rows at level 3 under pulses of 127.
    found = observed(torch.ones(5, 32), analog(adc=Adc(bits=4, range="unit")), torch.ones(2, 32))
    assert found.cell_fractions == (1.0, 1.0, 1.0, 1.0)
    assert found.driven_cell_fraction == 1.0
    converter = found.converter
    assert (converter.low, converter.high) == (0.0, 15.0)
    assert (converter.clipped_low_fraction, converter.clipped_high_fraction) == (0.0, 7 / 8)
    conversions = 2 * 8 * 4 * 5
    assert converter.histogram[0] == conversions // 8
    assert converter.histogram[-1] == conversions * 7 // 8
    assert sum(converter.histogram) == conversions


def test_driven_cells_are_weighted_with_their_inputs():
    # The first input is alone driven, on cells of code 127; the others are zero, on cells of code -128 + 1.
    weight = torch.tensor([[1.0, -1.0, -1.0]])
    found = observed(weight, analog(), torch.tensor([[1.0, 0.0, 0.0]]))
    assert found.driven_cell_fraction == pytest.approx(1.0)
    assert sum(found.cell_fractions) / 4 == pytest.approx((1.0 + 2 * (1 / 3) / 4) / 3)


def test_only_blocks_with_codes_are_read():
    x = torch.zeros(3, 80)
    x[0, :32], x[1, 70], x[2] = 1.0, 1.0, 1.0
    found = observed(torch.ones(1, 80), analog(), x)
    assert found.reads == (2 * 8, 1 * 8, 2 * 8)


def test_reads_are_those_of_the_groups_of_rows_that_arrays_drive():
    """Arrays of ten rows, four driven together: groups of 4, 4 and 2, and so again in the next array."""
    array = Array(rows=10, columns=32, active_rows=4)
    x = torch.zeros(3, 18)
    x[0, 8], x[1, 9:11], x[2, 16] = 1.0, 1.0, 1.0
    found = observed(torch.ones(3, 18), analog(array=array), x)
    # Row 8 and row 9 stand in the third group, row 10 begins the second array, row 16 is in its second group.
    assert found.reads == (0, 0, 16, 8, 8)


@pytest.mark.parametrize("encoding", ["offset", "differential"])
@pytest.mark.parametrize("signed", ["twos_complement", "offset", "sign_split"])
def test_clipping_by_brute_force(encoding, signed):
    rng = torch.Generator().manual_seed(1)
    weight, x = torch.randn(6, 70, generator=rng), torch.randn(9, 70, generator=rng)
    form = InputFormat(bits=6, bits_per_pulse=1 if signed == "twos_complement" else 2, signed=signed)
    chosen = analog(weight=WeightFormat(bits=6, encoding=encoding), input=form, adc=Adc(bits=5, range="unit"))
    matrix = program(weight, chosen, key=KEY)
    found = observed(weight, chosen, x).converter
    codes, _ = weight_codes(weight, chosen.weight)
    top, low = (15, -15) if encoding == "differential" else (31, 0)
    above = below = total = 0
    sent = sent_codes(matrix, x).long()
    if signed == "sign_split":
        passes = [sent.clamp(min=0), (-sent).clamp(min=0)]
    elif signed == "offset":
        passes = [sent + 32]
    else:
        passes = [sent % 64]
    for one in passes:
        for pulse in range(form.pulses):
            digits = (one >> (pulse * form.bits_per_pulse)) & ((1 << form.bits_per_pulse) - 1)
            for slice_index in range(3):
                wide = codes.long()
                stored = (wide + 32) if encoding == "offset" else wide.abs()
                levels = (stored >> (2 * slice_index)) & 3
                if encoding == "differential":
                    levels = levels * wide.sign()
                for start in range(0, 70, 32):
                    sums = digits[:, start : start + 32] @ levels[:, start : start + 32].T
                    above, below = above + int((sums > top).sum()), below + int((sums < low).sum())
                    total += sums.numel()
    assert sum(found.histogram) == total
    assert found.clipped_high_fraction == above / total
    assert found.clipped_low_fraction == below / total
    assert above > 0


@given(cuts=st.lists(st.integers(0, 40), max_size=5), shuffled=st.booleans(), sampled=st.sampled_from([1, 7, 100]))
def test_no_split_or_order_of_vectors_matters(cuts, shuffled, sampled):
    rng = torch.Generator().manual_seed(2)
    weight, x = torch.randn(4, 40, generator=rng), torch.randn(40, 40, generator=rng)
    x[7], x[9] = x[3], 0.0
    noisy = Cell(technology="reram", bits=2, programming_noise=Spread(sigma_fraction=0.05))
    chosen = analog(cell=noisy, adc=Adc(bits=6))
    whole = observed(weight, chosen, x, sampled=sampled)
    y = x[torch.randperm(40, generator=rng)] if shuffled else x
    ends = [0, *sorted(cuts), 40]
    parts = [y[a:b] for a, b in itertools.pairwise(ends) if b > a]
    assert observed(weight, chosen, *parts, sampled=sampled) == whole


def test_an_ideal_converter_and_a_digital_engine():
    rng = torch.Generator().manual_seed(3)
    weight, x = torch.randn(4, 40, generator=rng), torch.randn(5, 40, generator=rng)
    found = observed(weight, analog(adc=Adc(bits=None)), x).converter
    assert (found.low, found.high) == (0.0, 32 * 3.0)
    assert found.clipped_high_fraction == found.clipped_low_fraction == 0.0
    digital = observed(weight, Integer(weight=WeightFormat(bits=8), input=InputFormat(bits=8)), x)
    assert digital.converter is None
    assert digital.cell_fractions == ()
    assert digital.reads == (5 * 8,)
    assert digital.bit_fractions == observed(weight, analog(), x).bit_fractions
