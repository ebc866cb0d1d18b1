"""Linear layers on a chip: still `nn.Linear` or `Conv1D`, with their own parameters, but the product is the chip's.

Only the class of a module changes, and back again: its parameters (so tied weights), hooks and every reference to
it stay. (`torch.nn.utils.parametrize` changes classes in place in the same way.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from bitline.numerics.modules.held import HELD, Held


@final
class ProgrammedLinear(nn.Linear):
    """An `nn.Linear` whose product runs on the chip; the bias is added digitally."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 - the name nn.Linear gives it
        """Map `[..., k]` to `[..., n]`."""
        held: Held = getattr(self, HELD)
        result = held.multiply(input, self.weight)
        return result if self.bias is None else result + self.bias


@final
class ProgrammedConv1D(Conv1D):
    """GPT-2's linear layer, whose weight is stored `[k, n]`, with its product on the chip."""

    def forward(self, x: Tensor) -> Tensor:
        """Map `[..., k]` to `[..., n]`."""
        held: Held = getattr(self, HELD)
        return held.multiply(x, self.weight.T) + self.bias


def weight_of(module: nn.Module) -> Sequence[Tensor]:
    """Give the weight of a linear layer as the one matrix `[n, k]` to program."""
    weight: Tensor = module.weight  # type: ignore[assignment]
    return (weight.T if isinstance(module, Conv1D) else weight,)


def programmed_class(module: nn.Module) -> type[nn.Module]:
    """Give the class that a linear layer takes on the chip."""
    return ProgrammedConv1D if isinstance(module, Conv1D) else ProgrammedLinear


def only_linear(module: nn.Module) -> bool:
    """Say whether a module computes `weight x + bias` and nothing else.

    A subclass of `nn.Linear` may do more in its forward (a router that also picks experts): try it on two vectors.
    """
    if type(module).forward in (nn.Linear.forward, Conv1D.forward):
        return True
    weight = weight_of(module)[0]
    x = torch.linspace(-1.0, 1.0, 2 * weight.shape[1], device=weight.device, dtype=weight.dtype)
    x = x.reshape(2, -1)
    try:
        with torch.no_grad():
            found = module(x)
            wanted = nn.functional.linear(x, weight, module.bias)  # type: ignore[arg-type]
    except (RuntimeError, TypeError, ValueError, IndexError):
        return False
    return isinstance(found, Tensor) and found.shape == wanted.shape and torch.allclose(found, wanted, atol=1e-4)
