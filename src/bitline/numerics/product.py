"""Products of two activations on an engine: scores of queries with keys, weighted sums of values.

The stationary operand is written when it is made, one scale per token: a column of keys transposed (`scales="n"`)
or a row of values (`scales="k"`, folded into the moving vector before that is rounded). A token's codes and its
cells' errors depend on the token alone, and zero codes drive nothing (unless inputs are sent with an offset): so
nothing changes when the cache grows, and prefill and cached decoding agree.

Ranges are those of each vector and of every possible sum: activations have no calibration of their own here.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import torch
from torch import Tensor

from bitline.hardware import Analog, Floating, Integer
from bitline.numerics.cells import Cells, program_cells
from bitline.numerics.chance import Key
from bitline.numerics.codes import integer
from bitline.numerics.codes.quantise import input_codes, top_code
from bitline.numerics.codes.slices import in_columns
from bitline.numerics.devices import NEW
from bitline.numerics.formats.operands import kept_product
from bitline.numerics.kept_cells import KeptCells
from bitline.numerics.plans.choice import choose
from bitline.numerics.plans.exact import Exact
from bitline.numerics.programming import draw_by_content
from bitline.numerics.soundness import refuse_unsound

_CHUNK = 1 << 22
"""Stationary codes held at a time, over all matrices of a batch."""


def product(
    moving: Tensor,
    stationary: Tensor,
    arithmetic: Floating | Integer | Analog,
    *,
    scales: Literal["k", "n"],
    key: Key,
    kept: KeptCells | None = None,
) -> Tensor:
    """Multiply `[..., m, k]` by `[..., k, n]` as the engine does; float in, float out.

    With `kept`, cells of tokens that stand since the last step (of fewer vectors than tokens) are not programmed anew.

    Raises:
        ConfigError: the description contradicts itself, or asks for what is known for trained weights only.

    """
    if isinstance(arithmetic, Floating):
        return moving @ stationary
    refuse_unsound(arithmetic, operands=True)
    if isinstance(arithmetic, Integer) and (arithmetic.formats.cache or arithmetic.formats.input):
        return kept_product(moving, stationary, arithmetic, scales).to(moving.dtype)
    form = arithmetic.input
    tokens, scale = input_codes(stationary.mT if scales == "n" else stationary, top_code(arithmetic.weight.bits))
    vectors = moving if scales == "n" else moving.to(torch.float32) * scale.mT
    codes, step = input_codes(vectors, form.top_code, signed=form.signed != "unsigned")
    lead = (codes[..., 0, 0] + tokens[..., 0, 0]).shape
    left, right = (part.expand(*lead, *part.shape[-2:]).reshape(-1, *part.shape[-2:]) for part in (codes, tokens))
    together = max(1, _CHUNK // right.shape[1:].numel())
    groups = zip(torch.split(left, together), torch.split(right, together), strict=True)
    steps = left.shape[-2] < right.shape[-2] and len(right) <= together
    sums = torch.cat([_sums(a, b, arithmetic, scales, key, kept if steps else None) for a, b in groups])
    out = sums.view(*lead, *sums.shape[-2:]).to(torch.float32) * step
    return (out.mul_(scale.mT) if scales == "n" else out).to(moving.dtype)


def _sums(
    codes: Tensor,
    tokens: Tensor,
    arithmetic: Analog | Integer,
    scales: Literal["k", "n"],
    key: Key,
    kept: KeptCells | None,
) -> Tensor:
    """Multiply codes `[b, m, k]` by what stands for tokens `[b, t, d]`: whole numbers, or float32."""
    if isinstance(arithmetic, Integer) or choose(arithmetic, codes.shape[-1]).plan == "lossless":
        planes = integer.split(codes, integer.planes_for(arithmetic.input.top_code))
        stationary = integer.split(
            tokens.mT if scales == "n" else tokens, integer.planes_needed(arithmetic.weight.bits)
        )
        return integer.product(planes, stationary)
    program = partial(_programmed, arithmetic=arithmetic, scales=scales, key=key)
    cells = program(tokens) if kept is None else kept.cells(tokens, arithmetic, scales, program)
    return Exact(cells, tokens if scales == "n" else tokens.mT.contiguous(), arithmetic, key).sums(codes)


def _programmed(tokens: Tensor, arithmetic: Analog, scales: Literal["k", "n"], key: Key) -> Cells:
    """Program tokens `[b, t, d]`, each a column, or each a row."""
    if scales == "n":
        held = in_columns(tokens, arithmetic.weight)
        return program_cells(held, arithmetic, draw_by_content(held, key), NEW)
    held = in_columns(tokens.mT.contiguous(), arithmetic.weight)
    by_token = draw_by_content(held.mT.contiguous(), key)
    return program_cells(held, arithmetic, lambda which: by_token(which).mT.contiguous(), NEW)
