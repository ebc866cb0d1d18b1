"""Sort the key channels of every head by size, in the weights themselves (K-sort), for models without rotation.

The rows that make a head's keys are put in rising order of their length, and those of all its query heads alike, so
that every product of a query with a key stays what it was: only the order of its terms is another. The checkpoint
stays an ordinary one. Rotary embeddings turn channels by angles that all heads and layers share, and so do norms
with one weight for all heads: there no order of the rows is exact, and the engine's `key_order` sorts keys where
they are written instead, for any model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, final

import torch
from torch import Tensor, nn

from bitline.errors import ConfigError
from bitline.numerics.modules.key_rows import Rows, key_norm, key_sizes, rotates, rows_of
from bitline.numerics.modules.roles import ModuleRoles
from bitline.verbs.survey import Site, family_roles, survey

_WIDTHS = ("head_dim", "attention_head_size", "key_value_proj_dim")
"""What modules call the channels of a head."""


@final
@dataclass(frozen=True, slots=True)
class _Sorting:
    """What is to change in one attention module."""

    name: str
    queries: Rows
    keys: Rows
    order: Tensor
    """Of the channels of each key head, `[kv_heads, d]`."""


def sort_keys(model: nn.Module) -> tuple[str, ...]:
    """Permute the rows of every key projection by their length, head by head, and those of its queries alike.

    The weights are changed in place; gives the names of the attention modules. Sorting again changes nothing.

    Raises:
        ConfigError: no order of the rows would be exact, or they are not known; nothing was changed.

    """
    own = family_roles(model)
    sites = [site for site in survey(model) if site.kind in ("attention", "written_attention")]
    sortings = [_sorting(site, own) for site in sites]
    if not sortings:
        raise ConfigError(f"{type(model).__name__} has no attention whose keys could be sorted.")
    for sorting in sortings:
        heads, d = sorting.order.shape
        _permute(sorting.keys, sorting.order)
        _permute(sorting.queries, sorting.order.repeat_interleave(len(sorting.queries.weight) // (heads * d), 0))
    return tuple(sorting.name for sorting in sortings)


def _sorting(site: Site, own: ModuleRoles) -> _Sorting:
    module: Any = site.module
    if site.why_digital:
        raise _refused(site, site.why_digital)
    if rotates(module):
        raise _refused(site, "rotary embeddings turn its keys by angles that all heads share")
    if key_norm(module) is not None:
        raise _refused(site, "a norm with one weight for all heads stands behind its keys")
    queries, keys = rows_of(module, site.name, "q", own), rows_of(module, site.name, "k", own)
    sizes = key_sizes(module, site.name, own)
    d = next((getattr(module, name) for name in _WIDTHS if isinstance(getattr(module, name, None), int)), None)
    if queries is None or keys is None or sizes is None or d is None:
        raise _refused(site, "which rows make the channels of a head is not known")
    if len(sizes) % d or len(queries.weight) % len(sizes):
        raise _refused(site, f"its {len(sizes)} key channels and {len(queries.weight)} query channels share no heads")
    return _Sorting(site.name, queries, keys, sizes.view(-1, d).argsort(dim=1, stable=True))


@torch.no_grad()
def _permute(rows: Rows, order: Tensor) -> None:
    """Put rows `[heads * d, inputs]` into the order `[heads, d]` of each head's channels, in place."""
    heads, d = order.shape
    places = (order + torch.arange(0, heads * d, d, device=order.device)[:, None]).flatten()
    rows.weight.copy_(rows.weight[places])
    if rows.bias is not None:
        rows.bias.copy_(rows.bias[places])


def _refused(site: Site, why: str) -> ConfigError:
    return ConfigError(
        f"{site.name} ({type(site.module).__name__}): its keys cannot be sorted in the weights: {why}. "
        f"Describe the engine of the scores with shared_exponent.key_order = 'weights' or 'measured' instead."
    )
