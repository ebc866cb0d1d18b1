"""Attention products on a chip: scores against cached keys, sums over cached values, softmax digital in between.

transformers calls whichever function its attention registry holds under the name in the configuration, with the
mask that the mask registry makes for the same name; ours is the eager mask, since any other leaves prompts without
a causal mask. Only the extra arguments listed here are known to be honoured; any other is refused by name.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from functools import partial
from typing import Any, final

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

from bitline.errors import ConfigError, listed
from bitline.hardware import Analog, Arithmetic, BlockFloating, Floating, Integer
from bitline.numerics.chance import Key
from bitline.numerics.kept_cells import KeptCells
from bitline.numerics.modules.key_order import KeyOrder
from bitline.numerics.modules.straight_through import through
from bitline.numerics.product import product
from bitline.numerics.storage.block_product import block_context, block_scores

NAME = "bitline"
"""Under which the attention function and its mask are registered."""
PRODUCTS = "attention_on_chip"
"""The attribute of an attention module that says how its two products are computed."""

HONOURED = frozenset({"scaling", "dropout", "softcap", "s_aux", "position_bias"})
HARMLESS = frozenset(
    {
        "cache_position", "encoder_attention_mask", "encoder_hidden_states", "is_causal", "logits_to_keep",
        "output_attentions", "output_hidden_states", "output_router_logits", "position_embeddings", "position_ids",
        "return_dict", "sliding_window", "use_cache",
    }
)  # fmt: skip
"""Seen to change nothing here: what they ask for is already in the mask, the queries or the keys."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """How the two attention products of one layer are computed."""

    scores: Arithmetic
    context: Arithmetic
    name: str
    """Of the attention module, for messages."""
    key: Key
    keys: KeyOrder | None = None
    """How the channels of a head stand in blocks that share an exponent; None is the model's own order."""
    kept_keys: KeptCells = field(default_factory=KeptCells, compare=False, repr=False)
    kept_values: KeptCells = field(default_factory=KeptCells, compare=False, repr=False)
    """Cells that stay from one step of decoding to the next."""
    compared: list[str] = field(default_factory=list, compare=False)
    """Whether the first input has been compared with the model's own attention."""

    def score(self, query: Tensor, key: Tensor) -> Tensor:
        """Multiply queries `[..., m, d]` with keys `[..., t, d]`, which stand on the chip one token per column."""
        if self.keys is not None and self.keys.observing:
            self.keys.observe(key)
        if isinstance(self.scores, BlockFloating):
            return through(partial(_in_blocks, self.scores, self.keys), _scores, query, key)
        return _computed(query, key.transpose(-1, -2), self.scores, "n", (*self.key, "scores"), self.kept_keys)

    def mix(self, shares: Tensor, value: Tensor) -> Tensor:
        """Multiply shares `[..., m, t]` with values `[..., t, d]`, which stand on the chip one token per row."""
        if isinstance(self.context, BlockFloating):
            return through(partial(_mixed_in_blocks, self.context), torch.matmul, shares, value)
        return _computed(shares, value, self.context, "k", (*self.key, "context"), self.kept_values)


@final
@dataclass(frozen=True, slots=True)
class Extras:
    """What some families add to the scores before the softmax."""

    softcap: float | None = None
    s_aux: Tensor | None = None
    """One learned score per head that takes part in the softmax and mixes in nothing (gpt-oss)."""
    position_bias: Tensor | None = None
    """Added to the scores (T5)."""

    def shares(self, scores: Tensor, mask: Tensor | None) -> Tensor:
        """Turn scores `[b, heads, m, t]` into shares of the same shape that sum to one (less what the sinks take)."""
        if self.softcap is not None:
            scores = torch.tanh(scores / self.softcap) * self.softcap
        if self.position_bias is not None:
            scores = scores + self.position_bias[..., : scores.shape[-1]]
        if mask is not None:
            scores = scores + mask
        if self.s_aux is None:
            return scores.softmax(dim=-1, dtype=torch.float32)
        sinks = self.s_aux.reshape(1, -1, 1, 1).to(scores.dtype).expand(scores.shape[0], -1, scores.shape[2], 1)
        return torch.cat([scores, sinks], dim=-1).softmax(dim=-1, dtype=torch.float32)[..., :-1]


def register() -> None:
    """Make the attention function and its mask known to transformers; doing so again changes nothing."""
    AttentionInterface.register(NAME, attend)
    AttentionMaskInterface.register(NAME, eager_mask)


def attend(
    module: nn.Module, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: Any
) -> tuple[Tensor, Tensor]:
    """Compute attention of `[b, heads, m, d]` queries over `[b, kv_heads, t, d]` keys and values.

    Gives `[b, m, heads, d]` and the shares `[b, heads, m, t]`, as transformers expects.

    Raises:
        ConfigError: an argument that is not known to be honoured, or a result that differs from the model's own.

    """
    products: Products | None = module.__dict__.get(PRODUCTS)
    if products is None:
        raise ConfigError(f"{type(module).__name__}: attention is set to run on a chip, but was not deployed here.")
    _refuse_unknown(products.name, module, options)
    if not products.compared:
        _compare_with_own(products, module, (query, key, value, attention_mask), options)
        products.compared.append(type(module).__name__)
    return _attend(products, module, (query, key, value, attention_mask), options)


def _attend(
    products: Products, module: nn.Module, operands: tuple[Tensor, Tensor, Tensor, Tensor | None], options: Any
) -> tuple[Tensor, Tensor]:
    query, key, value, mask = operands
    batch, heads, m, d = query.shape
    kv_heads, slots = key.shape[1:3]
    filled = _filled(mask, slots)
    key, value = key[:, :, :filled], value[:, :, :filled]
    mask = None if mask is None else mask[..., :filled]
    scaling = options.get("scaling")
    scaling = d**-0.5 if scaling is None else scaling
    # Query heads that share a key head meet the same cells: their vectors go through one array, keys un-repeated.
    shared = query.reshape(batch, kv_heads, heads // kv_heads * m, d)
    scores = products.score(shared, key).reshape(batch, heads, m, filled) * scaling
    extras = Extras(options.get("softcap"), options.get("s_aux"), options.get("position_bias"))
    shares = extras.shares(scores, mask).to(query.dtype)
    shares = nn.functional.dropout(shares, p=options.get("dropout") or 0.0, training=module.training)
    mixed = products.mix(shares.reshape(batch, kv_heads, heads // kv_heads * m, filled), value)
    mixed = mixed.reshape(batch, heads, m, value.shape[-1]).transpose(1, 2).contiguous()
    return mixed, nn.functional.pad(shares, (0, slots - filled))


def _computed(
    moving: Tensor, stationary: Tensor, arithmetic: Floating | Integer | Analog, scales: Any, key: Key, kept: KeptCells
) -> Tensor:
    if isinstance(arithmetic, Floating):
        return torch.matmul(moving, stationary)
    return through(partial(_on_chip, arithmetic, scales, key, kept), torch.matmul, moving, stationary)


def _on_chip(
    arithmetic: Floating | Integer | Analog, scales: Any, key: Key, kept: KeptCells, moving: Tensor, stationary: Tensor
) -> Tensor:
    with torch._C.DisableTorchFunction():
        found = product(moving.float(), stationary.float(), arithmetic, scales=scales, key=key, kept=kept)
        return found.to(moving.dtype)


def _in_blocks(arithmetic: BlockFloating, keys: KeyOrder | None, query: Tensor, key: Tensor) -> Tensor:
    with torch._C.DisableTorchFunction():
        left, right = (query, key) if keys is None else keys.sorted(query, key)
        return block_scores(left, right, arithmetic).to(query.dtype)


def _mixed_in_blocks(arithmetic: BlockFloating, shares: Tensor, value: Tensor) -> Tensor:
    with torch._C.DisableTorchFunction():
        return block_context(shares, value, arithmetic).to(shares.dtype)


def _scores(query: Tensor, key: Tensor) -> Tensor:
    return torch.matmul(query, key.transpose(-1, -2))


def _filled(mask: Tensor | None, slots: int) -> int:
    """Count the cache slots up to the last that any query may see; a static cache is mostly empty."""
    if mask is None or mask.shape[-1] < slots:
        return slots
    seen = (mask[..., :slots] > torch.finfo(mask.dtype).min / 2).flatten(0, -2).any(dim=0)
    return slots if bool(seen[-1]) else max(1, int(seen.nonzero().amax().item()) + 1 if bool(seen.any()) else 1)


def _refuse_unknown(name: str, module: nn.Module, options: dict[str, Any]) -> None:
    unknown = [option for option, value in options.items() if value is not None and option not in HONOURED | HARMLESS]
    if unknown:
        raise ConfigError(
            f"{name} ({type(module).__name__}) passes {listed(unknown)} to its attention, which attention on a chip "
            f"does not know how to honour. Place scores and context on an engine that computes in floating point."
        )


def _compare_with_own(
    products: Products, module: nn.Module, operands: tuple[Tensor, Tensor, Tensor, Tensor | None], options: Any
) -> None:
    """Compare, on the first input, our attention in floating point with the eager attention of the model's own file.

    A family may read something from its module instead of passing it; ignoring that would be wrong without a sign.
    """
    own = getattr(sys.modules[type(module).__module__], "eager_attention_forward", None)
    if own is None or (module.training and options.get("dropout")):
        return
    plain = Products(scores=Floating(), context=Floating(), name=products.name, key=products.key)
    with torch.no_grad():
        ours = _attend(plain, module, operands, options)[0]
        theirs = own(module, *operands, **options)[0].reshape(ours.shape)
    close = 1e-3 if ours.dtype == torch.float32 else 5e-2
    if not torch.allclose(ours, theirs, rtol=close, atol=close * float(theirs.abs().max())):
        raise ConfigError(
            f"{products.name}: {type(module).__name__} does more than softmax attention with the arguments it passes; "
            f"it cannot run on a chip. Place scores and context on an engine that computes in floating point."
        )
