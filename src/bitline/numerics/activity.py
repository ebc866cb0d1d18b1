"""How busy data keep a matrix: its pulses, cells, sums and reads, gathered while a model runs.

Everything about inputs is counted over all vectors, as whole numbers. Sums at the converters cost as much as the
matrix itself, so they are those of a sample: the vectors of smallest fingerprint, whichever batch they came in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog, InputFormat
from bitline.numerics.cells import Block, joined
from bitline.numerics.chance import fingerprints
from bitline.numerics.codes.pulses import Pulse, pulses
from bitline.numerics.conversion import Conversion, largest_sum, signed_sums
from bitline.numerics.matrix import Matrix
from bitline.numerics.plans.exact import Exact

BINS = 64
SAMPLED = 128
_CHUNK = 1 << 22
"""Digits looked at together."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ConverterActivity:
    """What the converters of a matrix met, before any noise."""

    low: float
    """Sum that the lowest code stands for, in levels times input steps."""
    high: float
    """The same of the highest code; of an ideal converter, the largest possible sum."""
    histogram: tuple[int, ...]
    """Conversions in 64 equal bins from `low` to `high`; what is clipped counts in the first and the last."""
    clipped_low_fraction: float
    clipped_high_fraction: float


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixActivity:
    """Statistics of one matrix."""

    vectors: int
    """Seen."""
    sampled: int
    """Of which the sums were looked at."""
    shape: tuple[int, int]
    """Inputs and outputs."""
    bit_fractions: tuple[float, ...]
    """Share of ones in each bit of each pulse, in the order sent, least significant first."""
    mean_bits: float
    """Mean width of the magnitude of an input code, leading zeros not counted; 0 for a zero."""
    zero_fraction: float
    """Share of input codes that are zero."""
    drive_fraction: float
    """Mean square digit as a share of the largest digit's; mean digit where pulses are long rather than high."""
    toggle_fraction: float
    """Share of input bits that change from one pulse of a vector to its next; of a single pulse, from one vector to
    another that has nothing to do with it."""
    reads: tuple[int, ...]
    """How often the cells of each block of rows were read: pulses, of vectors that have any code there. What read
    disturb is counted in."""
    cell_fractions: tuple[float, ...] = ()
    """Mean level of each digit's cells as a share of the largest, least significant first; of a pair, of the one that
    is on. Empty for digital engines."""
    driven_cell_fraction: float = 0.5
    """The same over all digits, each row weighted with how much it is driven."""
    converter: ConverterActivity | None = None
    """None for digital engines."""

    @property
    def density_fraction(self) -> float:
        """Share of ones in all bits of all pulses."""
        return sum(self.bit_fractions) / len(self.bit_fractions)


@final
class Watch:
    """Looks at the input codes of one matrix."""

    def __init__(self, form: InputFormat, blocks: Sequence[range], sampled: int = SAMPLED) -> None:
        """Count reads of each of these blocks of rows; keep up to `sampled` vectors."""
        self.form, self.blocks, self.sampled = form, blocks, sampled
        self.vectors = self.zeros = self.widths = self.toggles = 0
        self.ones = torch.zeros(0, dtype=torch.int64)
        self.powers = torch.zeros(0, dtype=torch.int64)
        self.reads = torch.zeros(0, dtype=torch.int64)
        self.kept = torch.zeros(0, 0)
        self._marks = torch.zeros(0, dtype=torch.int64)

    def add(self, codes: Tensor) -> None:
        """Look at more vectors `[rows, k]`."""
        for part in torch.split(codes, max(1, _CHUNK // codes.shape[1])):
            self._count(part)
        marks = fingerprints(codes)
        if self.vectors:
            codes_kept, marks = torch.cat([self.kept, codes]), torch.cat([self._marks, marks])
        else:
            codes_kept = codes
        self.vectors += len(codes)
        order = torch.argsort(marks, stable=True)[: self.sampled]
        self.kept, self._marks = codes_kept[order], marks[order]

    def activity(self, matrix: Matrix) -> MatrixActivity:
        """Give the statistics of all vectors seen, at least one; sums are worked out now."""
        form, (n, k) = self.form, matrix.weight.shape
        digits = self.vectors * k * (len(self.ones) // form.bits_per_pulse)
        known = MatrixActivity(
            vectors=self.vectors, sampled=len(self.kept), shape=(k, n),
            bit_fractions=tuple((self.ones / (self.vectors * k)).tolist()),
            mean_bits=self.widths / (self.vectors * k),
            zero_fraction=self.zeros / (self.vectors * k),
            drive_fraction=int(self.powers.sum()) / (digits * self._top_power),
            toggle_fraction=self._toggled(digits, k),
            reads=tuple(self.reads.tolist()),
        )  # fmt: skip
        if not isinstance(matrix.arithmetic, Analog):
            return known
        pieces = list(_pieces(matrix))
        cells, driven = _cell_fractions(pieces, self.powers.to(torch.float64))
        converter = _converter_activity(pieces, self.kept, matrix.arithmetic)
        return replace(known, cell_fractions=cells, driven_cell_fraction=driven, converter=converter)

    @property
    def _top_power(self) -> int:
        top = (1 << self.form.bits_per_pulse) - 1
        return top if self.form.coding != "voltage" else top**2

    def _toggled(self, digits: int, k: int) -> float:
        pairs = (digits - self.vectors * k) * self.form.bits_per_pulse
        if pairs:
            return self.toggles / pairs
        share = self.ones.to(torch.float64) / (self.vectors * k)
        return float((2.0 * share * (1.0 - share)).mean())

    def _count(self, codes: Tensor) -> None:
        self.zeros += int((codes == 0).sum())
        magnitude = codes.to(torch.int32).abs()
        self.widths += sum(int((magnitude >> bit > 0).sum()) for bit in range(self.form.bits))
        ones, powers = [], torch.zeros(codes.shape[1], dtype=torch.int64, device=codes.device)
        before: Tensor | None = None
        for pulse in pulses(codes, self.form):
            digits = pulse.digits.to(torch.int32).abs()
            ones += [int(((digits >> bit) & 1).sum()) for bit in range(self.form.bits_per_pulse)]
            wide = digits.to(torch.int64)
            powers += (wide if self.form.coding != "voltage" else wide.square()).sum(dim=0)
            if before is not None:
                changed = digits ^ before
                self.toggles += sum(int(((changed >> bit) & 1).sum()) for bit in range(self.form.bits_per_pulse))
            before = digits
        sent = len(ones) // self.form.bits_per_pulse
        read = [int(codes[:, at.start : at.stop].ne(0).any(dim=1).sum()) * sent for at in self.blocks]
        self.ones = _added(self.ones, torch.tensor(ones))
        self.powers = _added(self.powers, powers.cpu())
        self.reads = _added(self.reads, torch.tensor(read))


def watch(matrix: Matrix, sampled: int = SAMPLED) -> Watch:
    """Make what looks at the inputs of a matrix."""
    arithmetic, k = matrix.arithmetic, matrix.weight.shape[1]
    blocks = arithmetic.array.blocks(k) if isinstance(arithmetic, Analog) else (range(k),)
    return Watch(arithmetic.input, blocks, sampled)


def sent_codes(matrix: Matrix, x: Tensor) -> Tensor:
    """Give the codes `[rows, k]` that a matrix makes of vectors `[rows, k]`."""
    return matrix.codes(x)[0]


def _pieces(matrix: Matrix) -> Iterator[tuple[slice, Exact]]:
    """Give the rows of a matrix that share scales, as cells and converters hold them."""
    known = () if matrix.calibration is None else matrix.calibration.fitted
    for part, fitted in zip_longest(matrix.rows, known):
        exact = part.exact()
        if fitted is not None and fitted.ranges is not None:
            exact.calibrate_range(fitted.ranges)
        yield slice(part.start, part.stop), exact


def _cell_fractions(pieces: Sequence[tuple[slice, Exact]], squares: Tensor) -> tuple[tuple[float, ...], float]:
    """Give the mean level of each digit, and of all under driven rows; `squares [k]` says how much rows are driven."""
    total, weighted, rows, driven = torch.zeros(0), 0.0, 0, 0.0
    for place, exact in pieces:
        cells = exact.cells
        for block in cells.blocks:
            shape = (block.stop - block.start, len(cells.digits), cells.columns)
            tops = torch.tensor([float(digit.top) for digit in cells.digits], dtype=torch.float64).unsqueeze(1)
            share = joined(block.planes, cells.unit).abs_().view(shape).div_(tops)
            by_row = share.mean(dim=2).cpu()
            power = squares[place][block.start : block.stop]
            total = _added(total, by_row.sum(dim=0))
            weighted += float(power @ by_row.mean(dim=1))
            rows, driven = rows + len(by_row), driven + float(power.sum())
    means = total / rows
    return tuple(means.tolist()), weighted / driven if driven else float(means.mean())


def _converter_activity(pieces: Sequence[tuple[slice, Exact]], codes: Tensor, arithmetic: Analog) -> ConverterActivity:
    counts = torch.zeros(BINS, dtype=torch.int64)
    below = above = 0
    for place, exact in pieces:
        for pulse, block, sums in exact.bitline_sums(codes[:, place]):
            found, top = _in_codes(exact, pulse, block, sums)
            below += int((found < -0.5).sum())
            above += int((found > top + 0.5).sum())
            bins = found.div_(top / BINS).floor_().clamp_(0, BINS - 1).to(torch.int64)
            counts += torch.bincount(bins.flatten().cpu(), minlength=BINS)
    conversions = int(counts.sum())
    low, high = _range(pieces[0][1].transfer, arithmetic)
    return ConverterActivity(
        low=low, high=high, histogram=tuple(counts.tolist()),
        clipped_low_fraction=below / conversions, clipped_high_fraction=above / conversions,
    )  # fmt: skip


def _in_codes(exact: Exact, pulse: Pulse, block: Block, sums: Tensor) -> tuple[Tensor, float]:
    """Give sums in codes counted from the lowest, not rounded, and the highest code; for ideal converters, in sums."""
    found = sums.to(torch.float64).mul_(exact.cells.unit)
    transfer = exact.transfer
    if transfer is None:
        low, high = _range(None, exact.arithmetic)
        return found.sub_(low), high - low
    rest = exact.resting_sums(pulse, block)
    step, zero = transfer.at(block.index)
    found = found if rest is None else found.add_(rest)
    return found.div_(step).add_(zero).sub_(transfer.low), float(transfer.high - transfer.low)


def _range(transfer: Conversion | None, arithmetic: Analog) -> tuple[float, float]:
    """Give what the lowest and the highest code stand for, the widest if converters differ."""
    if transfer is None:
        largest = largest_sum(arithmetic, arithmetic.array.rows_at_once)
        return (-largest if signed_sums(arithmetic) else 0.0), largest
    step, zero = torch.as_tensor(transfer.step), torch.as_tensor(transfer.zero)
    return float(((transfer.low - zero) * step).min()), float(((transfer.high - zero) * step).max())


def _added(total: Tensor, more: Tensor) -> Tensor:
    return more if not total.numel() else total + more
