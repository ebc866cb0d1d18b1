"""What is nothing stays nothing, whatever the cells it is written to do."""

from __future__ import annotations

import torch

from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Spread, WeightFormat
from bitline.numerics.matrix import program

STRAYING = Analog(
    weight=WeightFormat(bits=8),
    input=InputFormat(bits=8),
    cell=Cell(technology="reram", bits=2, programming_noise=Spread(sigma_fraction=0.1)),
    array=Array(rows=64, columns=64),
    adc=Adc(bits=6),
)


def test_a_column_of_zeros_gives_zeros():
    """Tied embeddings have such a column for the padding token."""
    torch.manual_seed(0)
    weight = torch.randn(5, 64) * 0.02
    weight[1] = 0.0
    found = program(weight, STRAYING, key=(0, "w")).multiply(torch.randn(7, 64))
    assert torch.equal(found[:, 1], torch.zeros(7))
    assert (found[:, [0, 2, 3, 4]] != 0).any(dim=0).all()


def test_a_vector_of_zeros_gives_zeros():
    torch.manual_seed(0)
    x = torch.randn(3, 64)
    x[1] = 0.0
    found = program(torch.randn(5, 64), STRAYING, key=(0, "w")).multiply(x)
    assert torch.equal(found[1], torch.zeros(5))
    assert (found[[0, 2]] != 0).any(dim=1).all()
