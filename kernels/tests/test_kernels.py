"""The compiled module by itself, against numpy: extremes, every kernel, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

kernels = pytest.importorskip("bitline_kernels", reason="bitline-kernels is not installed: make kernels")

ONE_BIT = np.array([[0, 0, 0, 1, 1], [0, 0, 1, 1, 2], [0, 0, 2, 1, -4]], np.int32)
BYTE = np.array([[0, 128, 0, 255, 1]], np.int32)


def readout(levels, height, pulses, *, slices=1, form="bytes", high=2.0**30):
    width, k = levels.shape
    columns = width // slices
    planes = [[np.ascontiguousarray(levels[:, at : at + height]).astype(np.int8)] for at in range(0, k, height)]
    converter = np.zeros((4, 1, width), np.float32)
    converter[0], converter[2], converter[3] = 1, -high, high
    worth = np.stack([np.ones(width), np.zeros(width)])
    cells = kernels.Cells(planes, slices, columns, form)
    return kernels.Readout(cells, pulses, converter, worth, np.ones(slices), np.zeros(columns))


def totals(made, codes, width, kernel, threads=1):
    out = np.full((len(codes), width), -7, np.int32)
    made.totals(codes, out, kernel, threads)
    return out


@pytest.mark.parametrize("kernel", kernels.variants("bytes"))
@pytest.mark.parametrize("kind", [np.int8, np.int16, np.int32])
@pytest.mark.parametrize("height", [5, 64, 300])
def test_extreme_bytes_do_not_saturate(kernel, kind, height):
    levels = np.full((35, 300), -128)
    levels[1::2] = 127
    codes = np.full((9, 300), 127, kind)
    codes[1::2] = -128
    found = totals(readout(levels, height, BYTE), codes, 35, kernel)
    np.testing.assert_array_equal(found, (codes.astype(int) + 128) @ levels.T)


@pytest.mark.parametrize("kernel", kernels.variants("bits"))
@pytest.mark.parametrize(("low", "high"), [(1, 1), (-1, -1), (3, 3), (-2, 1), (15, 15), (-8, 7)])
@pytest.mark.parametrize("height", [1, 20, 256, 300])
def test_full_tables_do_not_overflow(kernel, low, high, height):
    levels = np.full((70, 300), low)
    levels[1::2] = high
    codes = np.full((9, 300), 3, np.int8)
    codes[1::2] = -1
    found = totals(readout(levels, height, ONE_BIT, slices=2, form="bits"), codes, 70, kernel, threads=2)
    np.testing.assert_array_equal(found, codes.astype(int) @ levels.T)


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-1, 0), (0, 3), (-2, 1), (0, 15), (-8, 7), (-128, 127)])
@pytest.mark.parametrize("height", [1, 7, 64, 300])
def test_what_was_packed_comes_back(low, high, height):
    draw = np.random.default_rng(height)
    parts = [draw.integers(low, high + 1, (70, height)).astype(np.int8) for _ in range(2)]
    for form in ("bytes", "bits") if high <= 15 else ("bytes",):
        planes = [[part, part[::-1].copy()] if form == "bytes" else [part] for part in parts]
        cells = kernels.Cells(planes, 2, 35, form)
        for block, held in enumerate(planes):
            for place, plane in enumerate(held):
                found = np.full((70, height), 99, np.int8)
                cells.levels(block, place, found)
                np.testing.assert_array_equal(found, plane)


def test_every_processor_has_the_portable_kernel():
    assert kernels.variants("bytes")[0] == "portable"
    assert kernels.variants("") == kernels.variants("bytes") + kernels.variants("bits")


def test_what_does_not_fit_is_refused():
    levels = np.ones((4, 8), int)
    made = readout(levels, 8, ONE_BIT)
    with pytest.raises(ValueError, match=r"codes are \[rows, inputs\]"):
        totals(made, np.zeros((2, 7), np.int8), 4, "portable")
    with pytest.raises(ValueError, match=r"codes are whole"):
        totals(made, np.zeros((2, 8), np.float32), 4, "portable")
    with pytest.raises(ValueError, match=r"no such variant"):
        totals(made, np.zeros((2, 8), np.int8), 4, "avx1")
    with pytest.raises(ValueError, match=r"out is \[rows, slices \* columns\]"):
        totals(made, np.zeros((2, 8), np.int8), 5, "portable")
    with pytest.raises(ValueError, match=r"do not fit in four bits"):
        readout(levels * 16, 8, ONE_BIT, form="bits")
    with pytest.raises(ValueError, match=r"one-bit pulses"):
        readout(levels, 8, BYTE, form="bits")
    with pytest.raises(ValueError, match=r"digits are bytes"):
        readout(levels, 8, np.array([[0, 0, 0, 511, 1]], np.int32))
