"""Embedding tables on read-only tiles: one row per lookup, the same row in every read."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Integer, Spread, WeightFormat
from bitline.numerics.modules.embedding import ProgrammedEmbedding, only_looks_up, tiles_of
from bitline.numerics.modules.held import HELD, Held

EIGHT = Integer(weight=WeightFormat(bits=8), input=InputFormat(bits=8))
KEY = (0, "table")


def analog(rows: int = 16, **changes) -> Analog:
    parts = {
        "weight": WeightFormat(bits=8), "input": InputFormat(bits=8), "adc": Adc(bits=None, kind="ideal"),
        "cell": Cell(technology="reram", bits=2, programming_noise=Spread(sigma_fraction=0.05)),
        "array": Array(rows=rows, columns=64),
    }  # fmt: skip
    return Analog(**{**parts, **changes})


CHIPS = {
    "integer": EIGHT,
    "wide": Integer(weight=WeightFormat(bits=12), input=InputFormat(bits=12)),
    "stray cells": analog(),
    "few codes": analog(adc=Adc(bits=5)),
    "noisy": analog(cell=Cell(technology="reram", bits=2, read_noise=Spread(sigma_fraction=0.02)), adc=Adc(bits=6)),
}


def table(arithmetic, vocabulary: int = 50, width: int = 12) -> nn.Embedding:
    torch.manual_seed(0)
    made = nn.Embedding(vocabulary, width)
    setattr(made, HELD, Held(tiles_of(made, arithmetic), arithmetic, name="table", key=KEY, plan="auto"))
    made.__class__ = ProgrammedEmbedding
    return made


def tokens(shape=(3, 7), vocabulary: int = 50) -> torch.Tensor:
    return torch.randint(0, vocabulary, shape, generator=torch.Generator().manual_seed(1))


@torch.no_grad()
@pytest.mark.parametrize("name", CHIPS)
def test_a_lookup_is_the_product_with_a_vector_that_is_one_at_its_row(name):
    made = table(CHIPS[name])
    ids = tokens()
    rows = 256 if isinstance(CHIPS[name], Integer) else 16
    for row, one in zip(made(ids).view(-1, 12), ids.flatten().tolist(), strict=True):
        tile, matrix = one // rows, getattr(made, HELD).matrices[one // rows]
        alone = torch.zeros(1, min(50 - tile * rows, rows))
        alone[0, one % rows] = 1.0
        assert torch.equal(row, matrix.multiply(alone)[0])


@torch.no_grad()
@pytest.mark.parametrize("name", CHIPS)
def test_a_row_is_read_the_same_in_any_batch(name):
    made, ids = table(CHIPS[name]), tokens()
    whole = made(ids)
    for place in [(0, 0), (1, 3), (2, 6)]:
        assert torch.equal(made(ids[place]), whole[place])
    assert torch.equal(made(ids.flip(0)), whole.flip(0))


@torch.no_grad()
def test_eight_bits_are_half_a_step_off_and_stray_cells_further():
    exact, ids = nn.Embedding(50, 12), tokens()
    made = table(EIGHT)
    exact.weight = made.weight
    step = made.weight.abs().amax(dim=0) / 127
    assert ((made(ids) - exact(ids)).abs() <= 0.51 * step).all()
    stray = table(CHIPS["stray cells"])
    assert (stray(ids) - exact(ids)).square().mean() > 4 * (made(ids) - exact(ids)).square().mean()


def test_gradients_and_changes_of_the_table_go_through():
    made, ids = table(CHIPS["stray cells"]), tokens()
    made(ids).sum().backward()
    wanted = torch.bincount(ids.flatten(), minlength=50).float()[:, None].expand(50, 12)
    assert torch.equal(made.weight.grad, wanted)
    with torch.no_grad():
        before = made(ids)
        made.weight.mul_(2.0)
        assert torch.allclose(made(ids), 2 * before, rtol=1e-5)


@torch.no_grad()
def test_no_tokens_give_no_rows():
    assert table(EIGHT)(torch.empty((2, 0), dtype=torch.long)).shape == (2, 0, 12)


def test_tables_that_do_more_than_look_up_stay_digital():
    class Scaled(nn.Embedding):
        def forward(self, numbers):
            return super().forward(numbers) * 3

    assert only_looks_up(nn.Embedding(3, 4))
    assert not only_looks_up(Scaled(3, 4))
    assert not only_looks_up(nn.Embedding(3, 4, max_norm=1.0))
    assert not only_looks_up(nn.Linear(3, 4))
