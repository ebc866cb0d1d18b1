"""Matrices in few bits: their products by hand, alone and together, and what they take."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.hardware import BlockFloating, Floating, InputFormat, Integer, WeightFormat
from bitline.hardware.compression import Compression
from bitline.hardware.formats import Formats, ValueFormat, formats_of
from bitline.numerics import program
from bitline.numerics.formats.rounding import rounded
from bitline.numerics.formats.whole_numbers import in_whole_numbers, met
from bitline.numerics.plans.choice import Choice

torch.set_num_threads(1)
SCALES = Compression(shared_bits=16, shared_by=32)
ZEROS = Compression(shared_bits=32, shared_by=32)
BLOCKS = Compression(shared_bits=8, shared_by=32)
PRUNED = Compression(kept=2, left_out=2, shared_bits=32, shared_by=32)
FORMATS = {
    "w8": formats_of("fp16", 16, 8), "w4": formats_of("fp16", 16, 4),
    "w4 groups": formats_of("fp16", 16, 4, None, SCALES), "w4 zeros": formats_of("fp16", 16, 4, None, ZEROS),
    "blocks": formats_of("fp16", 16, 5, None, BLOCKS), "w2 2:4": formats_of("fp16", 16, 2, None, PRUNED),
    "w8 2:4": formats_of("fp16", 16, 8, None, Compression(kept=2, left_out=2)),
    "w8 zeros": formats_of("fp16", 16, 8, None, Compression(shared_bits=32, shared_by=4096)),
    "w8a8": formats_of("int8", 8), "w4a8": formats_of("int8", 8, 4, None, ZEROS), "fp8": formats_of("fp8", 8),
    "e5m2": formats_of("e5m2", 8), "a8": formats_of("fp16", 8, 16),
}  # fmt: skip


def made(name: str, k: int = 96, n: int = 40, rows: int = 7):
    draw = torch.Generator().manual_seed(len(name))
    weight, x = torch.randn(n, k, generator=draw), torch.randn(rows, k, generator=draw)
    x[:, k // 2] *= 50.0
    arithmetic = in_whole_numbers(Floating(formats=FORMATS[name]))
    return weight, x, program(weight, arithmetic, key=("test",))


@pytest.mark.parametrize("name", FORMATS)
def test_products_are_those_of_rounded_weights_and_inputs(name):
    weight, x, matrix = made(name)
    formats = FORMATS[name]
    w = weight if formats.weight is None else rounded(weight, formats.weight).values()
    sent = x if formats.input is None else rounded(x, formats.input).values()
    wanted = sent.double() @ w.double().T
    most = x.abs().amax(dim=1, keepdim=True).double() * weight.abs().sum(dim=1).double()
    assert bool(((matrix.multiply(x).double() - wanted).abs() <= 4e-5 * most).all())
    close = 1e-6 if matrix.choice.plan == "lossless" else 1e-4
    assert (matrix.multiply(x).double() - wanted).norm() <= close * wanted.norm()


def test_whole_numbers_meet_as_such():
    """W8A8: products of codes, times both scales."""
    weight, x, matrix = made("w8a8")
    codes, scales = (rounded(one, ValueFormat(bits=8)) for one in (weight, x))
    sums = scales.codes.double() @ codes.codes.double().T
    assert torch.equal(matrix.multiply(x), (sums.float() * scales.scales) * codes.scales[:, 0])


@pytest.mark.parametrize("name", FORMATS)
def test_a_row_does_not_see_the_others(name):
    for rows in (2, 33, 90):
        _, x, matrix = made(name, rows=rows)
        whole = matrix.multiply(x)
        for row in (0, 1, rows - 1):
            assert torch.equal(matrix.multiply(x[row : row + 1]), whole[row : row + 1])
        assert torch.equal(matrix.multiply(x.flip(0)), whole.flip(0))


@given(rows=st.integers(1, 40), k=st.integers(1, 300), n=st.integers(1, 600), name=st.sampled_from([*FORMATS]))
def test_shapes_of_any_kind(rows, k, n, name):
    _, x, matrix = made(name, k, n, rows)
    assert matrix.multiply(x).shape == (rows, n)
    assert torch.equal(matrix.multiply(x)[-1:], matrix.multiply(x[-1:]))


def test_memory_is_a_byte_a_weight_or_two():
    for name, most in (("w4", 1), ("w8a8", 1), ("w4 groups", 2), ("fp8", 2), ("w2 2:4", 2), ("blocks", 2)):
        _, _, matrix = made(name, 1024, 512)
        assert matrix.stored_bytes <= 1.02 * most * 1024 * 512


@pytest.mark.parametrize("name", ["w4", "w4 groups"])
def test_weights_can_go_once_they_are_rounded(name):
    _, x, matrix = made(name)
    before = matrix.multiply(x)
    matrix.let_go()
    assert torch.equal(matrix.multiply(x), before)


def test_plans_say_how_weights_are_kept():
    found = {name: made(name)[2].choice for name in FORMATS}
    assert found["w4"] == Choice("lossless", "kept as 4-bit integers with a scale for each row: added up exactly")
    assert found["w4 groups"] == Choice("fold", "kept as 4-bit integers with a scale for each 32 of them: rounded once")


def test_static_ranges_of_inputs_stay_with_weights_in_groups():
    """A grid of integers whose memory holds narrower ones: scales of rows move into them before they are rounded."""
    formats = Formats(weight=ValueFormat(bits=4, shared_by=32))
    for form in (InputFormat(range="row"), InputFormat(range="static"), InputFormat(signed="offset")):
        arithmetic = Integer(weight=WeightFormat(), input=form, formats=formats)
        weight, x, _ = made("w4")
        matrix = program(weight, arithmetic, key=("test",))
        matrix.observe(x)
        matrix.settle()
        wanted = x.double() @ rounded(weight, ValueFormat(bits=4, shared_by=32)).values().double().T
        assert (matrix.multiply(x).double() - wanted).norm() < 0.15 * wanted.norm()


def test_better_formats_are_nearer():
    _, x, _ = made("w4", 512, 256, 64)
    errors = {name: [] for name in ("w8", "w4", "w4 zeros")}
    draw = torch.Generator().manual_seed(0)
    for _ in range(3):
        weight = torch.randn(256, 512, generator=draw)
        for name, found in errors.items():
            matrix = program(weight, in_whole_numbers(Floating(formats=FORMATS[name])), key=("test",))
            found.append(float((matrix.multiply(x) - x @ weight.T).norm() / (x @ weight.T).norm()))
    assert max(errors["w8"]) < 0.01 < min(errors["w4 zeros"]) < max(errors["w4 zeros"]) < min(errors["w4"]) < 0.2


def test_products_meet_their_own_operands_alone():
    both = Floating(formats=formats_of("fp16", 16, 4, 8))
    assert met(both, "weight").formats == Formats(weight=ValueFormat(bits=4))
    assert met(both, "cache").formats == Formats(cache=ValueFormat(bits=8))
    assert met(Floating(formats=formats_of("int8", 8)), "cache").formats.input == ValueFormat(bits=8)
    narrow = Integer(weight=WeightFormat(), input=InputFormat(), formats=both.formats)
    assert met(narrow, "weight").formats.cache is None
    blocks = BlockFloating(weight=WeightFormat(), input=InputFormat())
    assert met(blocks, "cache") == blocks
