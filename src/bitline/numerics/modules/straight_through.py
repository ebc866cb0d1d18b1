"""Chip forward, digital backward: what lets adapters train on a model whose products run on a chip."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def through(chip: Callable[..., Tensor], digital: Callable[..., Tensor], *operands: Tensor) -> Tensor:
    """Give `chip(*operands)`, with the gradient of `digital(*operands)`.

    Rounding has no gradient of its own (it is zero almost everywhere), so without this whatever stands below the
    chip would silently not train.
    """
    if torch.is_grad_enabled() and any(operand.requires_grad for operand in operands):
        result: Tensor = _StraightThrough.apply(chip, digital, *operands)  # type: ignore[no-untyped-call]
        return result
    return chip(*operands)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, chip: Callable[..., Tensor], digital: Callable[..., Tensor], *operands: Tensor) -> Tensor:
        ctx.digital = digital
        ctx.save_for_backward(*operands)
        return chip(*operands)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        wanted = ctx.needs_input_grad[2:]
        operands = [
            operand.detach().requires_grad_(needed) for operand, needed in zip(ctx.saved_tensors, wanted, strict=True)
        ]
        with torch.enable_grad():
            result = ctx.digital(*operands)
        found = iter(torch.autograd.grad(result, [one for one in operands if one.requires_grad], gradients[0]))
        return (None, None, *(next(found) if needed else None for needed in wanted))
