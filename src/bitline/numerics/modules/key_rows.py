"""The weight that makes the keys of an attention module, row by row: found by role, never guessed."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from bitline.numerics.modules.linear import weight_of
from bitline.numerics.modules.roles import ModuleRoles, plain_name, roles_of

_NORMS = ("k_norm", "k_layernorm", "key_norm", "key_layernorm")


@final
@dataclass(frozen=True, slots=True)
class Rows:
    """Views of the rows of a projection that make one operand; writing to them writes to the parameters."""

    weight: Tensor
    """`[heads * d, inputs]`."""
    bias: Tensor | None
    """`[heads * d]`."""


def rows_of(module: nn.Module, name: str, role: str, own: ModuleRoles = ()) -> Rows | None:
    """Find the rows that make the queries (`q`) or keys (`k`) of the attention module called `name`.

    None if there are none, or if they are fused with others in an order that is not known here.
    """
    for child_name, child in module.named_modules():
        if not isinstance(child, (nn.Linear, Conv1D)):
            continue
        roles = roles_of(plain_name(f"{name}.{child_name}"), own)
        if role in roles:
            weight = weight_of(child)[0].detach()
            span = _span(module, child, child_name, roles, role)
            bias = None if child.bias is None else child.bias.detach()
            return None if span is None else Rows(weight[span], None if bias is None else bias[span])
    return None


def key_sizes(module: nn.Module, name: str, own: ModuleRoles = ()) -> Tensor | None:
    """Give the length (L2) of each row that makes keys, `[kv_heads * d]` as float64, times the norm behind it.

    Rotary embeddings mix the members of a pair, the slower the less: lengths are not evened out over pairs, as the
    slowest pairs of trained models, which hardly turn, hold the most unequal channels.
    """
    rows = rows_of(module, name, "k", own)
    if rows is None:
        return None
    sizes = rows.weight.to(torch.float64).square().sum(dim=1).sqrt()
    norm = key_norm(module)
    if norm is not None:
        gain = _gain(norm)
        sizes = sizes * gain.repeat(len(sizes) // len(gain)) if len(sizes) % len(gain) == 0 else sizes
    return sizes


def key_norm(module: nn.Module) -> nn.Module | None:
    """Give the norm between the projection of keys and the cache, if the module has one with weights."""
    for name in _NORMS:
        norm = getattr(module, name, None)
        if isinstance(norm, nn.Module) and isinstance(getattr(norm, "weight", None), Tensor):
            return norm
    return None


def rotates(module: nn.Module) -> bool:
    """Say whether queries and keys are turned by their positions (rotary embeddings) after their projections."""
    try:
        source = inspect.getsource(type(module).forward)
    except (OSError, TypeError):
        return False
    return "rotary" in source or "rope" in source.lower()


def _span(module: nn.Module, child: nn.Module, child_name: str, roles: tuple[str, ...], role: str) -> slice | None:
    if len(roles) == 1:
        return slice(None)
    if isinstance(child, Conv1D):
        # GPT-2 splits its fused projection into equal parts.
        width = child.nf // len(roles)
        start = roles.index(role) * width
        return slice(start, start + width)
    config: Any = getattr(module, "config", None)
    d, heads = getattr(module, "head_dim", None), getattr(config, "num_attention_heads", None)
    kv_heads = getattr(config, "num_key_value_heads", None)
    if child_name.endswith("qkv_proj") and d and heads and kv_heads:
        queries, keys = heads * d, kv_heads * d
        if child.out_features == queries + 2 * keys:
            return slice(0, queries) if role == "q" else slice(queries, queries + keys)
    return None


@torch.no_grad()
def _gain(norm: nn.Module) -> Tensor:
    """Measure what a norm multiplies each channel by: some add one to their weight."""
    weight: Any = norm.weight
    signs = torch.ones(weight.numel(), dtype=weight.dtype, device=weight.device)
    signs[1::2] = -1.0
    result: Tensor = norm(signs.view(weight.shape))
    return result.flatten().abs().to(torch.float64)
