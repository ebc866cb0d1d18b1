"""The closed-form column approximation: by hand, and from integers whatever the batch."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from bitline.errors import ConfigError
from bitline.numerics.wires import column_drop, column_product


def test_two_inputs_by_hand():
    """Load a = 2 / 10 (0.5 + 0.25) = 0.15; levers 0 and 3/4; c = 0.075 - 0.0045 + 0.00016875."""
    made = column_product(
        torch.tensor([[1.0, -0.5]], dtype=torch.float64),
        torch.tensor([[0.5, 0.5]], dtype=torch.float64),
        wire_to_cell_ratio=10.0,
        strength=2.0,
    )
    assert float(made) == pytest.approx(0.25 - 2.0 * 0.07066875 * (-0.25 * 0.75))


@given(seed=st.integers(0, 2**31), inputs=st.integers(1, 60), bits=st.sampled_from([1, 8, 12]))
def test_integers_give_the_same_drop_for_any_batch(seed, inputs, bits):
    draw = torch.Generator().manual_seed(seed)
    weights = torch.rand((7, inputs), dtype=torch.float64, generator=draw) * 2 - 1
    codes = torch.randint(-(2 ** (bits - 1)), 2 ** (bits - 1), (5, inputs), generator=draw)
    step = torch.rand((5, 1), dtype=torch.float64, generator=draw) / 2**bits
    drop = column_drop(weights, wire_to_cell_ratio=100.0, strength=1.5)
    together = drop.of(codes, step)
    for row in range(5):
        assert torch.equal(drop.of(codes[row : row + 1], step[row : row + 1])[0], together[row])
    x = codes * step
    wanted = x @ weights.T - column_product(x, weights, wire_to_cell_ratio=100.0, strength=1.5)
    assert (together - wanted).abs().max() <= 1e-3 * float(wanted.abs().max()) + 1e-12


def test_what_cannot_be_is_refused():
    with pytest.raises(ConfigError, match=r"inputs = \(2, 3\) is not a shape \[rows, 4\]"):
        column_product(torch.ones(2, 3), torch.ones(5, 4))
    with pytest.raises(ConfigError, match="wire_to_cell_ratio = 0 is outside"):
        column_drop(torch.ones(5, 4), wire_to_cell_ratio=0.0)
