"""Convolutions on a chip of many bits equal torch's."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from bitline.hardware import InputFormat, Integer, WeightFormat
from bitline.numerics.modules.convolution import can_convolve, convolution_class, kernel_of
from bitline.numerics.modules.held import HELD, Held


@pytest.mark.parametrize(
    "options", [{}, {"stride": 2, "padding": 1}, {"dilation": 2, "padding": 3}, {"bias": False, "padding": "valid"}]
)
@pytest.mark.parametrize("kind", [nn.Conv1d, nn.Conv2d])
@torch.no_grad()
def test_convolutions_equal_those_of_torch(kind, options):
    torch.manual_seed(0)
    module = kind(3, 5, 3, **options)
    image = torch.randn(2, 3, 11) if kind is nn.Conv1d else torch.randn(2, 3, 11, 8)
    wanted = module(image)
    assert can_convolve(module)
    arithmetic = Integer(weight=WeightFormat(bits=18), input=InputFormat(bits=18))
    setattr(module, HELD, Held(kernel_of(module), arithmetic, name="conv", key=(0,), plan="auto"))
    module.__class__ = convolution_class(module)
    assert isinstance(module, kind)
    assert torch.allclose(module(image), wanted, atol=1e-4)
    assert not torch.equal(module(image), wanted)


def test_what_is_not_one_matrix_stays():
    assert not can_convolve(nn.Conv2d(4, 4, 3, groups=2))
    assert not can_convolve(nn.Conv2d(4, 4, 3, padding="same"))
    assert not can_convolve(nn.Conv1d(4, 4, 3, padding=1, padding_mode="circular"))
    assert not can_convolve(nn.ConvTranspose2d(4, 4, 3))
