"""Linear layers on a chip: the integer product, gradients, and following the weights."""

from __future__ import annotations

import copy
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from transformers.models.falcon.modeling_falcon import FalconLinear
from transformers.pytorch_utils import Conv1D

from bitline.errors import DataError
from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, Integer, Spread, WeightFormat
from bitline.numerics.modules.held import HELD, Held
from bitline.numerics.modules.linear import only_linear, programmed_class, weight_of

EIGHT = Integer(weight=WeightFormat(bits=8), input=InputFormat(bits=8))
NOISY = Analog(
    weight=WeightFormat(bits=8), input=InputFormat(bits=8), array=Array(rows=16, columns=16), adc=Adc(bits=6),
    cell=Cell(
        technology="reram", bits=2, programming_noise=Spread(sigma_fraction=0.02),
        read_noise=Spread(sigma_fraction=0.02),
    ),
)  # fmt: skip


def on_chip(module, arithmetic=EIGHT, seed=0):
    held = Held(weight_of(module), arithmetic, name="layer", key=(seed, "layer"), plan="auto")
    setattr(module, HELD, held)
    module.__class__ = programmed_class(module)
    return module


def linear(kind=nn.Linear, inputs=40, outputs=12):
    torch.manual_seed(0)
    return kind(outputs, inputs) if kind is Conv1D else kind(inputs, outputs)


def vectors(rows=7, width=40):
    return torch.randn(rows, width, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("kind", [nn.Linear, Conv1D, FalconLinear])
@torch.no_grad()
def test_the_product_is_the_integer_one(kind):
    module = linear(kind)
    weight = weight_of(module)[0].clone()
    steps = weight.abs().amax(dim=1) / 127
    codes = (weight / steps[:, None]).round()
    x = vectors()
    step = x.abs().amax(dim=1, keepdim=True) / 127
    wanted = ((x / step).round() @ codes.T) * step * steps + module.bias
    found = on_chip(module)(x)
    assert torch.allclose(found, wanted, rtol=1e-6, atol=1e-6)
    assert isinstance(module, Conv1D if kind is Conv1D else nn.Linear)


@given(cuts=st.lists(st.integers(1, 10), max_size=4), noisy=st.booleans(), seed=st.integers(0, 3))
@torch.no_grad()
def test_any_split_of_a_batch_gives_the_same_bits(cuts, noisy, seed):
    module = on_chip(linear(), NOISY if noisy else EIGHT, seed)
    module.bias = None
    x = vectors(11)
    edges = sorted({0, 11, *(cut for cut in cuts if cut < 11)})
    parts = [module(x[a:b]) for a, b in pairwise(edges)]
    assert torch.equal(torch.cat(parts), module(x))


@torch.no_grad()
def test_seeds_matter_only_with_noise():
    x = vectors()
    noisy = [on_chip(linear(), NOISY, seed)(x) for seed in (0, 0, 1)]
    assert torch.equal(noisy[0], noisy[1])
    assert not torch.equal(noisy[0], noisy[2])
    assert torch.equal(on_chip(linear(), EIGHT, 0)(x), on_chip(linear(), EIGHT, 1)(x))


@torch.no_grad()
def test_leading_shapes_and_types_stay():
    module = on_chip(linear())
    flat = module(vectors(6))
    assert torch.equal(module(vectors(6).view(2, 3, 40)), flat.view(2, 3, 12))
    assert module(vectors(6)[0]).shape == (12,)
    half = on_chip(linear().to(torch.bfloat16))
    assert half(vectors(6).to(torch.bfloat16)).dtype == torch.bfloat16
    assert half.weight.dtype == torch.bfloat16


@torch.no_grad()
def test_matrices_follow_the_weights():
    module, other = on_chip(linear()), linear()
    x = vectors()
    other.weight.mul_(-1.5)
    wanted = on_chip(copy.deepcopy(other))(x)
    assert not torch.equal(module(x), wanted)
    module.weight.copy_(other.weight)
    assert torch.equal(module(x), wanted)
    module.weight = nn.Parameter(linear().weight * 1.0)
    assert torch.equal(module(x), on_chip(linear())(x))
    module.weight[0, 0] = float("nan")
    with pytest.raises(DataError, match="layer: its weights hold NaN"):
        module(x)


def test_gradients_are_digital():
    module, plain = on_chip(linear()), linear()
    x, y = vectors().requires_grad_(), vectors().requires_grad_()
    grown = torch.randn(7, 12, generator=torch.Generator().manual_seed(2))
    module(x).backward(grown)
    plain(y).backward(grown)
    assert torch.allclose(x.grad, y.grad, atol=1e-6)
    assert torch.allclose(module.weight.grad, plain.weight.grad, atol=1e-5)
    module.weight.requires_grad_(False)
    z = vectors().requires_grad_()
    module(z).backward(grown)
    assert torch.equal(z.grad, x.grad)


class Routed(nn.Linear):
    def forward(self, x):
        logits = super().forward(x)
        return logits.softmax(-1), logits


class Squared(nn.Linear):
    def forward(self, x):
        return super().forward(x) ** 2


def test_only_plain_linear_layers_pass_as_such():
    assert only_linear(linear())
    assert only_linear(linear(Conv1D))
    assert only_linear(linear(FalconLinear))
    assert not only_linear(linear(Routed))
    assert not only_linear(linear(Squared))


@torch.no_grad()
def test_observing_is_digital_and_leaves_ranges():
    static = Integer(weight=WeightFormat(bits=8), input=InputFormat(bits=8, range="static"))
    module = on_chip(linear(), static)
    held = getattr(module, HELD)
    held.observing = True
    x = vectors()
    assert torch.equal(module(x), nn.functional.linear(x, module.weight) + module.bias)
    held.observing = False
    held.matrices[0].settle()
    assert held.matrices[0].calibration.input_scale == pytest.approx(float(x.abs().max()) / 127)
    loud = module(10 * x)
    assert float(loud.abs().max()) < 5 * float(module(x).abs().max())
    kept = held.matrices[0].calibration
    module.weight.mul_(1.0)
    module(x)
    assert held.matrices[0].calibration == kept
