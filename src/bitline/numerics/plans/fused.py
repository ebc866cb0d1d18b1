"""Plan `exact` without intermediate tensors, if the distribution `bitline-kernels` is installed: the same bits, sooner.

The compiled kernels convert the sums of a block while they are still in registers. Only this file knows of them;
where they are absent, or a description is beyond them, whoever asks gets None and computes with torch.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Self, final

import torch
from torch import Tensor

from bitline.errors import not_one_of
from bitline.hardware import InputFormat

CHOICE = "BITLINE_KERNEL"
"""Environment variable that names a kernel to be used instead of the fastest; `torch` for none."""
_WHOLE, _POSITIVE, _NEGATIVE, _SIGNS = range(4)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Converter:
    """A quantiser of integer sums: code = clamp(round_half_even(float32(sum) * factor + offset), low, high).

    Each is a number or a float32 tensor that broadcasts to `[blocks or 1, slices * columns]`. Product and sum are
    rounded to float32 one after the other.
    """

    factor: Tensor | float
    offset: Tensor | float = 0.0
    low: Tensor | float
    high: Tensor | float

    def largest_code(self, largest_sum: float) -> float:
        """Bound the magnitude of codes of sums up to `largest_sum`."""
        low, high = torch.as_tensor(self.low), torch.as_tensor(self.high)
        factor, offset = (float(torch.as_tensor(each).abs().max()) for each in (self.factor, self.offset))
        beyond = max(0.0, float(low.max()), -float(high.min()))
        return min(float(torch.maximum(low.abs(), high.abs()).max()), largest_sum * factor + offset + 1 + beyond)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What totals of codes are worth: sum over slices of place * (total * step + base), less `of_column`.

    Computed in float64, slice after slice; `step` and `base` broadcast to `[slices * columns]`, `of_column` to
    `[columns]`. Places are powers of two, or their negatives.
    """

    places: Sequence[float]
    step: Tensor | float = 1.0
    base: Tensor | float = 0.0
    of_column: Tensor | float = 0.0


class Unchanging:
    """What copies of a model share, and what is not stored with one: it unpickles as None, and torch computes."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type, tuple[()]]:
        return type(None), ()


@final
class Packed(Unchanging):
    """The cells of one matrix in the order in which kernels read them."""

    def __init__(self, planes: Sequence[Sequence[Tensor]], slices: int, form: InputFormat, kernel: str) -> None:
        """Take each block's int8 planes `[rows, slices * columns]`, level = plane 0 + 256 * plane 1."""
        kernels = _kernels()
        assert kernels is not None
        self.form, self.slices, self.kernel, self.count = form, slices, kernel, len(planes[0])
        self.columns = planes[0][0].shape[1] // slices
        self.rows = [len(block[0]) for block in planes]
        held = [[plane.t().contiguous().numpy() for plane in block] for block in planes]
        how = "bits" if kernel in kernels.variants("bits") else "bytes"
        self.cells = kernels.Cells(held, slices, self.columns, how)
        level = int(self.cells.largest) if len(planes[0]) == 1 else 128 * 257
        self.largest_sum = max(self.rows) * level * max((mask for _, _, _, mask, _ in pulse_fields(form)), default=0)

    @property
    def gives_back(self) -> bool:
        """Whether planes come back out of it, so that they need not be kept beside it."""
        return hasattr(self.cells, "levels")

    def planes(self) -> list[tuple[Tensor, ...]]:
        """Give each block's planes as they came."""
        found = []
        for block, rows in enumerate(self.rows):
            planes = []
            for place in range(self.count):
                plane = torch.empty(self.slices * self.columns, rows, dtype=torch.int8)
                self.cells.levels(block, place, plane.numpy())
                planes.append(plane.t())
            found.append(tuple(planes))
        return found

    @property
    def stored_bytes(self) -> int:
        """Memory of the packed form."""
        return int(self.cells.nbytes)

    def readout(self, converter: Converter, worth: Worth) -> Readout | None:
        """Join cells and converters; None where totals would not fit in 32 bits, or sums not be exact."""
        pulses = pulse_fields(self.form)
        most = converter.largest_code(self.largest_sum) * sum(abs(weight) for *_, weight in pulses) * len(self.rows)
        # A float32 holds the sums of a converter that only clips, if at all, exactly.
        only_clips = isinstance(converter.factor, float) and (converter.factor, converter.offset) == (1.0, 0.0)
        if most >= 2**31 or self.largest_sum >= (2**24 if only_clips else 2**31):
            return None
        return Readout(self, pulses, converter, worth)


@final
class Readout(Unchanging):
    """Cells together with their converters, ready to multiply."""

    def __init__(self, packed: Packed, pulses: Sequence[tuple[int, ...]], converter: Converter, worth: Worth) -> None:
        """Lay out what the kernel reads; use `Packed.readout`, which checks that it can."""
        kernels = _kernels()
        assert kernels is not None
        width = packed.slices * packed.columns
        each = (converter.factor, converter.offset, converter.low, converter.high)
        given = [torch.as_tensor(part, dtype=torch.float32) for part in each]
        blocks = max(len(part) if part.dim() == 2 else 1 for part in given)
        values = [torch.as_tensor(part, dtype=torch.float64).expand(width) for part in (worth.step, worth.base)]
        of_column = torch.as_tensor(worth.of_column, dtype=torch.float64).expand(packed.columns).contiguous()
        self.packed = packed
        self.native = kernels.Readout(
            packed.cells,
            torch.tensor(pulses, dtype=torch.int32).numpy(),
            torch.stack([part.expand(blocks, width) for part in given]).numpy(),
            torch.stack(values).numpy(),
            torch.tensor(worth.places, dtype=torch.float64).numpy(),
            of_column.numpy(),
        )

    def sums(self, codes: Tensor, of_row: Tensor | float = 0.0, *, whole: bool = False) -> Tensor:
        """Multiply codes `[rows, k]`, less `of_row [rows]`; float32, or int64 if results are known to be whole."""
        out = torch.empty(len(codes), self.packed.columns, dtype=torch.int64 if whole else torch.float32)
        less = torch.as_tensor(of_row, dtype=torch.float64).expand(len(codes)).contiguous()
        threads = torch.get_num_threads()
        self.native.sums(codes.contiguous().numpy(), less.numpy(), out.numpy(), self.packed.kernel, threads)
        return out

    def totals(self, codes: Tensor) -> Tensor:
        """Give what converters read, added up over pulses and blocks: int32 `[rows, slices * columns]`."""
        out = torch.empty(len(codes), self.packed.slices * self.packed.columns, dtype=torch.int32)
        self.native.totals(codes.contiguous().numpy(), out.numpy(), self.packed.kernel, torch.get_num_threads())
        return out


def kernel_for(planes: Sequence[Sequence[Tensor]], form: InputFormat) -> str | None:
    """Name the kernel that multiplies these cells (as `Packed` takes them); None if only torch can.

    Raises:
        ConfigError: the environment names a kernel that this machine does not have.

    """
    kernels, wanted = _kernels(), os.environ.get(CHOICE, "")
    if kernels is None or wanted == "torch":
        return None
    if wanted and wanted not in kernels.variants(""):
        raise not_one_of(CHOICE, wanted, ("torch", *kernels.variants("")))
    first = planes[0][0]
    if first.device.type != "cpu" or first.dim() != 2 or len(planes[0]) > 2 or pulse_fields(form) == ():
        return None
    able = list(kernels.variants("bytes"))
    if _cuts_into_bits(planes, form):
        # Tile products of whole bytes are faster still.
        able = [*kernels.variants("bits"), *able] if "amx" in able else [*able, *kernels.variants("bits")]
    if wanted in able:
        return wanted
    # Plain C++ is there to say what the others mean; torch is faster.
    return able[-1] if able[-1] != "portable" else None


def pulse_fields(form: InputFormat) -> tuple[tuple[int, int, int, int, int], ...]:
    """Give part of the code, added, shift, mask and weight of every pulse; none where digits are more than a byte."""
    mask = (1 << form.bits_per_pulse) - 1
    shifts = range(0, form.pulses * form.bits_per_pulse, form.bits_per_pulse)
    if mask > (127 if form.signed == "bipolar" else 255):
        return ()
    if form.signed == "sign_split":
        parts = ((_POSITIVE, 1), (_NEGATIVE, -1))
        return tuple((part, 0, shift, mask, sign << shift) for part, sign in parts for shift in shifts)
    if form.signed == "bipolar":
        return tuple((_SIGNS, 0, shift, mask, 1 << shift) for shift in shifts)
    if form.signed == "twos_complement":
        last = form.bits - 1
        return tuple((_WHOLE, 0, bit, 1, -(1 << bit) if bit == last else 1 << bit) for bit in range(form.bits))
    added = 1 << (form.bits - 1) if form.signed == "offset" else 0
    return tuple((_WHOLE, added, shift, mask, 1 << shift) for shift in shifts)


def _cuts_into_bits(planes: Sequence[Sequence[Tensor]], form: InputFormat) -> bool:
    if form.bits_per_pulse > 1 or form.signed == "bipolar" or len(planes[0]) > 1:
        return False
    low = min(int(block[0].min()) for block in planes)
    high = max(int(block[0].max()) for block in planes)
    return low >= -8 and high <= (7 if low < 0 else 15)


@lru_cache(maxsize=1)
def _kernels() -> ModuleType | None:
    try:
        return import_module("bitline_kernels")
    except ImportError:
        return None
