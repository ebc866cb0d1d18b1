"""Products of modules that neither are linear layers nor ask a registry: caught while their forward runs.

Attention written out in a model's own file (GPT-Neo, GPT-J, Bloom, Falcon) multiplies once before its softmax and
once after; a router multiplies once with its parameter. Anything else is refused, never guessed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, final

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from bitline.errors import ConfigError
from bitline.numerics.modules.attention import PRODUCTS, Products
from bitline.numerics.modules.held import HELD, Held

_PRODUCTS = (torch.matmul, torch.Tensor.matmul, torch.Tensor.__matmul__, torch.bmm, torch.Tensor.bmm)
_SUMS = (torch.baddbmm, torch.Tensor.baddbmm)
_SOFTMAXES = (torch.softmax, torch.Tensor.softmax, nn.functional.softmax)


@final
class AttentionProducts(TorchFunctionMode):
    """Sends the product before the softmax to `score` and the one after it to `mix`, written out or fused."""

    def __init__(self, products: Products) -> None:
        super().__init__()
        self.products = products
        self.before = self.after = self.softmaxes = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Replace attention products; let everything else through."""
        kwargs = kwargs or {}
        if func is nn.functional.scaled_dot_product_attention:
            return self._fused(*args, **kwargs)
        if func in _SOFTMAXES:
            self.softmaxes += 1
        elif func in _PRODUCTS and _both_move(args):
            return self._product(*args)
        elif func in _SUMS:
            return self._sum(*args, **kwargs)
        return func(*args, **kwargs)

    def finished(self) -> None:
        """Check that there was one product, one softmax and one product."""
        if (self.before, self.softmaxes, self.after) != (1, 1, 1):
            raise self.refused(
                f"it computes {self.before} products, {self.softmaxes} softmaxes and {self.after} more products"
            )

    def refused(self, why: str) -> ConfigError:
        """Say that this attention cannot be put on a chip."""
        return ConfigError(
            f"{self.products.name}: this attention cannot run on a chip: {why}. "
            f"Place scores and context on an engine that computes in floating point."
        )

    def _product(self, moving: Tensor, stationary: Tensor) -> Tensor:
        if self.softmaxes:
            self.after += 1
            return self.products.mix(moving, stationary)
        self.before += 1
        return self.products.score(moving, stationary.transpose(-1, -2))

    def _fused(
        self, query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None, dropout_p: float = 0.0,
        is_causal: bool = False, scale: float | None = None, **rest: Any,
    ) -> Tensor:  # fmt: skip
        """Do what `scaled_dot_product_attention` does, in its two products."""
        if dropout_p or rest.get("enable_gqa"):
            raise self.refused("it asks its fused attention for dropout or grouped heads")
        m, t, d = query.shape[-2], key.shape[-2], query.shape[-1]
        scores = self._product(query, key.transpose(-1, -2)) * (d**-0.5 if scale is None else scale)
        if is_causal:
            attn_mask = torch.ones(m, t, dtype=torch.bool, device=query.device).tril()
        if attn_mask is not None and attn_mask.dtype == torch.bool:
            scores = scores.masked_fill(~attn_mask, torch.finfo(scores.dtype).min)
        elif attn_mask is not None:
            scores = scores + attn_mask
        self.softmaxes += 1
        return self._product(scores.softmax(dim=-1, dtype=torch.float32).to(query.dtype), value)

    def _sum(self, bias: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1.0, alpha: float = 1.0) -> Tensor:
        return beta * bias + alpha * self._product(batch1, batch2)


@final
class RouterProduct(TorchFunctionMode):
    """Sends the one product with a router's weight to the chip."""

    def __init__(self, held: Held, shape: torch.Size) -> None:
        super().__init__()
        self.held = held
        self.shape = shape
        self.products = 0

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Replace the product; let everything else through."""
        kwargs = kwargs or {}
        if func is not nn.functional.linear or args[1].shape != self.shape:
            return func(*args, **kwargs)
        self.products += 1
        bias = args[2] if len(args) > 2 else kwargs.get("bias")
        result = self.held.multiply(args[0], args[1])
        return result if bias is None else result + bias

    def finished(self) -> None:
        """Check that there was exactly one product."""
        if self.products != 1:
            raise ConfigError(
                f"{self.held.name}: this router computes {self.products} products with its weight where one was "
                f"expected; place router on an engine that computes in floating point."
            )


def caught_attention(kind: type[nn.Module]) -> type[nn.Module]:
    """Give a subclass of an attention class that computes its products as the chip does."""

    def mode(module: nn.Module) -> AttentionProducts:
        return AttentionProducts(module.__dict__[PRODUCTS])

    return _caught(kind, mode)


def caught_router(kind: type[nn.Module]) -> type[nn.Module]:
    """Give a subclass of a router class that computes its product as the chip does."""

    def mode(module: nn.Module) -> RouterProduct:
        return RouterProduct(module.__dict__[HELD], module.weight.shape)  # type: ignore[arg-type]

    return _caught(kind, mode)


def _caught(kind: type[nn.Module], mode: Callable[[nn.Module], Any]) -> type[nn.Module]:
    def forward(self: nn.Module, *args: Any, **kwargs: Any) -> Any:
        with mode(self) as catching:
            result = kind.forward(self, *args, **kwargs)
        catching.finished()
        return result

    return type(f"OnChip{kind.__name__}", (kind,), {"forward": forward, "__module__": kind.__module__})


def _both_move(args: tuple[Any, ...]) -> bool:
    return len(args) == 2 and all(isinstance(one, Tensor) and one.dim() >= 3 and math.prod(one.shape) for one in args)
