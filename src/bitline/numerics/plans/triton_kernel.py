"""Plan `exact` on a GPU without intermediate tensors, as a Triton kernel; import this file only if triton is there.

The same function as `fused.Readout.totals`, bit for bit: integer products of one block stay in registers until the
converter has read them. It is tested through triton's interpreter (`TRITON_INTERPRET=1`) and compiled for a GPU, but
has not been run on one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import torch
import triton
import triton.language as tl
from torch import Tensor

from bitline.hardware import InputFormat
from bitline.numerics.plans.fused import Converter, pulse_fields

_ROWS, _COLUMNS, _INNER = 32, 64, 64
"""Of one program's tile; tensor cores ask for at least 16 by 16 by 32 of bytes."""
_LARGEST_CODE = 1 << 22
"""Up to here adding and taking off 1.5 * 2**23 rounds a float32 to the nearest whole number, half to even."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """Stored levels of one matrix, block under block."""

    planes: tuple[Tensor, ...]
    """One or two int8 planes `[k, slices * columns]`: level = plane 0 + 256 * plane 1."""
    height: int
    """Rows of every block but perhaps the last."""


def totals(codes: Tensor, cells: Cells, form: InputFormat, converter: Converter) -> Tensor:
    """Multiply codes `[rows, k]`: what converters read, added up over pulses and blocks, int32 `[rows, width]`.

    Raises:
        ValueError: digits are more than a byte, or codes of the converter more than 2**22.

    """
    fields, (k, width) = pulse_fields(form), cells.planes[0].shape
    limit = max(float(torch.as_tensor(each).abs().max()) for each in (converter.low, converter.high))
    if not fields or len(cells.planes) > 2 or limit > _LARGEST_CODE:
        raise ValueError("digits of up to 8 bits, levels of up to two bytes, converters of up to 22 bits")
    blocks = -(-k // cells.height)
    out = torch.empty(len(codes), width, dtype=torch.int32, device=codes.device)
    low, high = cells.planes[0].contiguous(), cells.planes[-1].contiguous()
    grid = (-(-len(codes) // _ROWS), -(-width // _COLUMNS))
    _exact[grid](
        codes.contiguous(), low, high, _level_sums(cells, blocks), _limits(converter, blocks, width, codes.device), out,
        len(codes), k, width, blocks, cells.height,
        pulses=fields, planes=len(cells.planes), lift=128 if fields[0][3] > 127 else 0,
        rows_at_once=_ROWS, columns_at_once=_COLUMNS, inner=_INNER, enable_fp_fusion=False,
    )  # fmt: skip
    return out


def _level_sums(cells: Cells, blocks: int) -> Tensor:
    level = sum(
        (plane.to(torch.int32) << (8 * place) for place, plane in enumerate(cells.planes)), start=torch.tensor(0)
    )
    padded = torch.nn.functional.pad(level, (0, 0, 0, blocks * cells.height - len(level)))
    return padded.view(blocks, cells.height, -1).sum(dim=1, dtype=torch.int32).contiguous()


def _limits(converter: Converter, blocks: int, width: int, device: torch.device) -> Tensor:
    each: Sequence[Tensor | float] = (converter.factor, converter.offset, converter.low, converter.high)
    parts = [torch.as_tensor(part, dtype=torch.float32, device=device).expand(blocks, width) for part in each]
    return torch.stack(parts)


@triton.jit
def _digit(code, pulse: tl.constexpr):
    """Give what a pulse (as `fused.pulse_fields` writes it) carries of codes."""
    part = tl.abs(code)
    if pulse[0] == 0:
        part = code + pulse[1]
    if pulse[0] == 1:
        part = tl.maximum(code, 0)
    if pulse[0] == 2:
        part = tl.maximum(-code, 0)
    digit = (part >> pulse[2]) & pulse[3]
    return tl.where(code < 0, -digit, digit) if pulse[0] == 3 else digit


@triton.jit
def _exact(  # noqa: PLR0913
    codes, low, high, level_sums, limits, out, rows, k, width, blocks, height,
    pulses: tl.constexpr, planes: tl.constexpr, lift: tl.constexpr,
    rows_at_once: tl.constexpr, columns_at_once: tl.constexpr, inner: tl.constexpr,
):  # fmt: skip
    """Compute one tile of the totals."""
    row = tl.program_id(0) * rows_at_once + tl.arange(0, rows_at_once)
    column = tl.program_id(1) * columns_at_once + tl.arange(0, columns_at_once)
    step = tl.arange(0, inner)
    has_row, has_column = row < rows, column < width
    total = tl.zeros((rows_at_once, columns_at_once), tl.int32)
    for block in range(blocks):
        start = block * height
        stop = tl.minimum(start + height, k)
        at = limits + block * width + column
        factor = tl.load(at, mask=has_column, other=0.0)
        offset = tl.load(at + blocks * width, mask=has_column, other=0.0)
        lowest = tl.load(at + 2 * blocks * width, mask=has_column, other=0.0)
        highest = tl.load(at + 3 * blocks * width, mask=has_column, other=0.0)
        lifted = lift * tl.load(level_sums + block * width + column, mask=has_column, other=0)
        for pulse in tl.static_range(len(pulses)):
            sums = tl.zeros((rows_at_once, columns_at_once), tl.int32)
            for first in range(start, stop, inner):
                inside = first + step < stop
                where = row[:, None] * k + first + step[None, :]
                code = tl.load(codes + where, mask=has_row[:, None] & inside[None, :], other=0).to(tl.int32)
                digit = (_digit(code, pulses[pulse]) - lift).to(tl.int8)
                cell = (first + step)[:, None] * width + column[None, :]
                stored = inside[:, None] & has_column[None, :]
                sums += tl.dot(digit, tl.load(low + cell, mask=stored, other=0), out_dtype=tl.int32)
                if planes == 2:
                    upper = tl.load(high + cell, mask=stored, other=0)
                    sums += tl.dot(digit, upper, out_dtype=tl.int32) * 256
            seen = (sums + lifted[None, :]).to(tl.float32) * factor[None, :]
            seen = seen + offset[None, :]
            seen = tl.minimum(tl.maximum(seen, lowest[None, :]), highest[None, :])
            total += ((seen + 12582912.0) - 12582912.0).to(tl.int32) * pulses[pulse][4]
    place = row[:, None] * width + column[None, :]
    tl.store(out + place, total, mask=has_row[:, None] & has_column[None, :])
