"""Cells of a growing cache are programmed once, and are what they would be if programmed anew at each step."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from bitline.hardware import Adc, Analog, Array, Cell, Faults, InputFormat, Spread, WeightFormat, YieldMap
from bitline.numerics import kept_cells, product
from bitline.numerics.kept_cells import KeptCells

torch.set_num_threads(1)

TOKENS, WIDTH = 45, 12
PCM = Cell(
    technology="pcm", bits=2, on_off_ratio=20.0, programming_noise=Spread(sigma_fraction=0.03),
    faults=Faults(stuck_on_fraction=0.02),
)  # fmt: skip
PLAIN = Analog(
    weight=WeightFormat(), input=InputFormat(), cell=PCM, array=Array(rows=10, columns=64, active_rows=4),
    adc=Adc(bits=4, offset_spread_codes=0.3, per_array=64),
)  # fmt: skip
NOISE, OF_STATE = Spread(sigma_fraction=0.02), Spread(sigma_fraction=0.02, of="state")
MAP = YieldMap(rows=10, columns=64, row=(1, 5), column=(0, 3), state=(1.0, 0.0))
ENGINES = {
    "still": PLAIN,
    "ideal cells": replace(PLAIN, cell=Cell(technology="sram")),
    "noise alike": replace(PLAIN, cell=replace(PCM, read_noise=NOISE)),
    "noise of states": replace(PLAIN, cell=replace(PCM, read_noise=OF_STATE)),
    "bias column": replace(
        PLAIN, weight=WeightFormat(encoding="bias_column"), cell=replace(PCM, read_noise=OF_STATE, faults=None)
    ),
    "pairs": replace(PLAIN, weight=WeightFormat(encoding="differential"), cell=replace(PCM, read_noise=OF_STATE)),
    "a map": replace(PLAIN, cell=replace(PCM, faults=Faults(map=MAP))),
}


def operands() -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(0)
    query, key = (torch.randn(2, 3, TOKENS, WIDTH, generator=draw) for _ in range(2))
    return query, key


def both(engine, scales, last, kept):
    query, key = operands()
    one, stands = query[..., last - 1 : last, :], key[..., :last, :]
    moving, held = (one, stands.mT) if scales == "n" else ((one @ stands.mT).sigmoid(), stands)
    return tuple(product(moving, held, engine, scales=scales, key=(0,), kept=each) for each in (kept, None))


@pytest.mark.parametrize("scales", ["n", "k"])
@pytest.mark.parametrize("name", ENGINES)
def test_every_step_is_what_it_would_be_alone(name, scales):
    kept = KeptCells()
    for last in (7, 8, 9, 10, 11, 20, 21, 21, 38, TOKENS, 30, 31):
        found, wanted = both(ENGINES[name], scales, last, kept)
        assert torch.equal(found, wanted), last


def test_another_cache_is_programmed_anew():
    query, key = operands()
    kept = KeptCells()
    for held in (key, key.flip(0), key[:1], -key):
        moving = query[: len(held), ..., :1, :]
        found, wanted = (product(moving, held.mT, PLAIN, scales="n", key=(0,), kept=one) for one in (kept, None))
        assert torch.equal(found, wanted)


@pytest.mark.parametrize(("scales", "programmed"), [("n", [30, 1, 1, 3]), ("k", [30, 1, 2, 5])])
def test_only_new_tokens_are_programmed(scales, programmed, monkeypatch):
    """Arrays have ten rows: of tokens below each other those of the last array that is not full are programmed."""
    counts = []
    kept, cells = KeptCells(), KeptCells.cells

    def counted(self, tokens, arithmetic, scales, program):
        def noted(part):
            counts.append(part.shape[1])
            return program(part)

        return cells(self, tokens, arithmetic, scales, noted)

    monkeypatch.setattr(KeptCells, "cells", counted)
    for last in (30, 31, 32, 35):
        both(PLAIN, scales, last, kept)
    assert counts == programmed


def test_what_is_too_large_is_not_kept(monkeypatch):
    monkeypatch.setattr(kept_cells, "MOST_BYTES", 1000)
    kept = KeptCells()
    found, wanted = both(PLAIN, "n", 30, kept)
    assert torch.equal(found, wanted)
    assert kept._cells is None
