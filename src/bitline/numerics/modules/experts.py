"""The experts of a mixture on a chip: three-dimensional weights, one matrix per expert and projection.

transformers calls whichever function its experts registry holds under the name in the configuration; ours finds
the matrices under the module. A module of a model that is not deployed is computed as transformers would.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS

from bitline.errors import ConfigError
from bitline.numerics.modules.held import Held

NAME = "bitline"
"""Under which the experts function is registered."""
EXPERTS = "experts_on_chip"
"""The attribute of a module that holds its two sets of matrices, keyed `in` and `out`."""


def register() -> None:
    """Make the experts function known to transformers; doing so again changes nothing."""
    ALL_EXPERTS_FUNCTIONS.register(NAME, experts_forward)


def in_registry(module: nn.Module) -> bool:
    """Say whether a module is a set of experts that the registry serves."""
    down = getattr(module, "down_proj", None)
    return isinstance(down, nn.Parameter) and down.dim() == 3 and hasattr(module, "is_transposed")


def inward(module: nn.Module) -> Sequence[Tensor]:
    """Give each expert's first matrix `[n, k]`: gate and up together, or up alone."""
    return _matrices(module, inward_name(module))


def outward(module: nn.Module) -> Sequence[Tensor]:
    """Give each expert's second matrix `[n, k]`."""
    return _matrices(module, "down_proj")


def experts_forward(module: nn.Module, hidden_states: Tensor, top_k_index: Tensor, top_k_weights: Tensor) -> Tensor:
    """Send each of `[tokens, hidden]` through its chosen experts and add up their weighted answers.

    The answers of a token are added in the order of its choices, so that they do not depend on the other tokens.
    """
    held: dict[str, Held] | None = module.__dict__.get(EXPERTS)
    if held is None:
        raise ConfigError(f"{type(module).__name__}: experts are set to run on a chip, but none was programmed here.")
    if module._is_expert_parallel:
        raise ConfigError(f"{type(module).__name__}: experts spread over several processes cannot be put on a chip.")
    chosen = top_k_index.shape[-1]
    rows = hidden_states.repeat_interleave(chosen, dim=0)
    picks = top_k_index.reshape(-1)
    answers = torch.zeros_like(rows)
    for expert in sorted(set(picks.tolist())):
        taken = (picks == expert).nonzero().squeeze(1)
        answers = answers.index_copy(0, taken, _one_expert(module, held, expert, rows[taken]).to(rows.dtype))
    weighted = answers * top_k_weights.reshape(-1, 1)
    return weighted.view(hidden_states.shape[0], chosen, -1).sum(dim=1).to(hidden_states.dtype)


def _one_expert(module: Any, held: dict[str, Held], expert: int, rows: Tensor) -> Tensor:
    name = inward_name(module)
    inner = held["in"].multiply(rows, inward(module)[expert], expert)
    if module.has_bias:
        inner = inner + getattr(module, f"{name}_bias")[expert]
    inner = module._apply_gate(inner) if module.has_gate else module.act_fn(inner)
    answer = held["out"].multiply(inner, outward(module)[expert], expert)
    if module.has_bias:
        answer = answer + module.down_proj_bias[expert]
    return cast("Tensor", module.post_expert_norm(answer) if module.has_post_expert_norm else answer)


def inward_name(module: nn.Module) -> str:
    """Name the parameter of the first projection."""
    return "gate_up_proj" if module.has_gate else "up_proj"


def _matrices(module: nn.Module, name: str) -> Sequence[Tensor]:
    weights: Tensor = getattr(module, name)
    return (weights.transpose(1, 2) if module.is_transposed else weights).unbind(0)
