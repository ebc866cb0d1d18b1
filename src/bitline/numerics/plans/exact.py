"""Plan `exact`: every block, slice and pulse with its own read noise and conversion. The reference for the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import ClassVar, final

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.cells import Block, Cells
from bitline.numerics.chance import Key
from bitline.numerics.codes.integer import planes_needed, product_int8, split
from bitline.numerics.codes.pulses import Pulse, Train, input_offset, pulse_weights, pulses, together, top_digit
from bitline.numerics.codes.slices import code_offset
from bitline.numerics.conversion import Conversion, conversion, largest_sum, resting
from bitline.numerics.converters import Value
from bitline.numerics.correction import accumulated
from bitline.numerics.plans.fused import Converter, Packed, Readout, Worth, kernel_for
from bitline.numerics.plans.settled import SettledArrays
from bitline.numerics.plans.sums import Sums
from bitline.numerics.read_noise import ReadNoise, noisy

_CHUNK = 1 << 18
"""Sums held at a time for each thread: few enough for its caches."""
_ROWS = 1 << 10
"""Vectors times pulses driven at a time: enough that cells are fetched seldom, few enough for the caches."""
_RESULTS = 1 << 19
"""Results made at a time."""
_LEAST = 64
"""Columns read at a time, at least."""
_ALL = slice(None)


@final
class Exact(Sums):
    """Block by block, pulse by pulse; one matrix, or as many at once as there are in a leading dimension.

    An array of which no row carries a code for a vector is not read for it: it adds no output noise.
    """

    plan: ClassVar[str] = "exact"

    def __init__(
        self, cells: Cells, ideal: Tensor, arithmetic: Analog, key: Key, settled: SettledArrays | None = None
    ) -> None:
        """Keep programmed cells; `ideal` are the weight codes `[..., n, k]` that the chip's digital side knows.

        Where sums are not linear in the inputs, `settled` makes them.
        """
        self.settled = settled
        self._kept, self.arithmetic, self.key = cells, arithmetic, key
        self.transfer: Conversion | None = conversion(arithmetic, cells.columns, key, blocks=len(cells.blocks))
        self._of_column = ideal.sum(dim=-1, dtype=torch.int64).unsqueeze(-2) * input_offset(arithmetic.input)
        self._packed: Packed | None = None
        self._of_nothing: Tensor | None = None

    @property
    def cells(self) -> Cells:
        """Everything stored. Planes that only compiled kernels hold come back, and stay until those multiply anew."""
        self._kept = self._all()
        return self._kept

    def _all(self) -> Cells:
        gone = self._packed is not None and not self._kept.blocks[0].planes
        return self._kept.holding(self._packed.planes()) if gone and self._packed is not None else self._kept

    def _let_go_of_planes(self) -> None:
        if self._kept.blocks[0].planes and self._packed is not None and self._packed.gives_back:
            self._kept = self._kept.holding([()] * len(self._kept.blocks))

    def __getstate__(self) -> dict[str, object]:
        """Give what copies and files hold: planes too, since packed cells are for this process alone."""
        return {**self.__dict__, "_kept": self._all()}

    def calibrate_range(self, ranges: Tensor) -> None:
        """Spread the converter's codes over sums `ranges` seen, where the description asks for that."""
        self.transfer = conversion(
            self.arithmetic, self._kept.columns, self.key, blocks=len(self._kept.blocks), seen=ranges
        )
        self._of_nothing = None
        self.__dict__.pop("_readout", None)

    def sums(self, codes: Tensor) -> Tensor:
        """Multiply codes `[..., rows, k]`; float32, or int64 where every step is whole."""
        if codes.dim() == 2 and (readout := self._readout) is not None:
            self._let_go_of_planes()
            of_row = self._of_row(codes)
            return readout.sums(codes, 0.0 if isinstance(of_row, int) else of_row.flatten(), whole=self._whole)
        together = len(pulse_weights(self.arithmetic.input)) if self._any_order else 1
        rows = max(1, min(_ROWS // together, _RESULTS // self._kept.columns) // codes.shape[:-2].numel())
        parts = [self._rows(part) for part in torch.split(codes, rows, dim=-2)]
        return parts[0] if len(parts) == 1 else torch.cat(parts, dim=-2)

    def bitline_sums(self, codes: Tensor) -> Iterator[tuple[Pulse, Block, Tensor]]:
        """Give what reaches the converters, `[..., rows, digits * columns]` in `cells.unit`, before any noise.

        The current of g_min is not in it.
        """
        for pulse in pulses(codes, self.arithmetic.input):
            for block in self.cells.blocks:
                yield pulse, block, self._bitlines(pulse.digits[..., block.start : block.stop], block)

    def resting_sums(self, pulse: Pulse | Train, block: Block, columns: slice = _ALL) -> Tensor | None:
        """Give what the current of g_min adds to those, `[..., rows, digits * columns]` in levels; None if nothing."""
        rest = [resting(self.arithmetic, digit) for digit in self._kept.digits]
        if not any(rest):
            return None
        driven = pulse.digits[..., block.start : block.stop].sum(dim=-1, keepdim=True, dtype=torch.int64)
        per_column = torch.tensor(rest, dtype=torch.float64, device=driven.device).repeat_interleave(self._kept.columns)
        return driven * per_column[columns]

    def _rows(self, codes: Tensor) -> Tensor:
        # Sum of (x + a)(w + b) less what is known of it: a * sum(w), b * sum(x) and a * b * k.
        found = self._raw(codes)
        found = found.sub_(self._raw_of_nothing(codes) if self._measures else self._of_column)
        found = found.sub_(self._of_row(codes))
        return found if self._whole else found.to(torch.float32)

    @property
    def _measures(self) -> bool:
        return self.arithmetic.input.signed == "offset" and self.arithmetic.input.offset_product == "measured"

    def _of_row(self, codes: Tensor) -> Tensor | int:
        """Give what each vector's sum of inputs adds through what is added to every weight, `[..., rows, 1]`."""
        bias = self._added_to_a_weight()
        if not bias:
            return 0
        offset = 0 if self._measures else input_offset(self.arithmetic.input) * codes.shape[-1]
        return (codes.sum(dim=-1, keepdim=True, dtype=torch.int64) + offset) * bias

    @cached_property
    def _readout(self) -> Readout | None:
        """Compiled kernels for these cells and converters, if they are at hand and can do all that is described."""
        transfer, weight = self.transfer, self.arithmetic.weight
        rests = any(resting(self.arithmetic, digit) for digit in self._kept.digits)
        special = (
            self.arithmetic.correction.accumulator_bits is not None
            or self._measures
            or weight.encoding == "bias_column"
            or rests
            or noisy(self.arithmetic)
        )
        if self.settled is not None or transfer is None or transfer.by_block or transfer.strays or special:
            return None
        planes = [block.planes for block in self.cells.blocks]
        kernel = kernel_for(planes, self.arithmetic.input)
        if kernel is None:
            return None
        if self._packed is None:
            self._packed = Packed(planes, len(self._kept.digits), self.arithmetic.input, kernel)
        factor, zero = transfer.scaling(self._kept.unit, 0)
        converter = Converter(factor=factor, offset=zero, low=float(transfer.low), high=float(transfer.high))
        steps, silent = zip(*self._worth(), strict=True)
        worth = Worth(
            places=[float(digit.place) for digit in self._kept.digits],
            step=_joined(steps, self._kept.columns),
            base=_joined(silent, self._kept.columns),
            of_column=self._of_column.flatten().to(torch.float64),
        )
        return self._packed.readout(converter, worth)

    def _raw(self, codes: Tensor) -> Tensor:
        """Add up blocks and pulses, then digits; what the encodings added is still in."""
        noise = (
            ReadNoise(self.cells, self.arithmetic, codes, self.key, self.transfer) if noisy(self.arithmetic) else None
        )
        if self.arithmetic.correction.accumulator_bits is not None:
            return self._saturating(codes, noise)
        shape = (*codes.shape[:-1], len(self._kept.digits) * self._kept.columns)
        total = torch.zeros(shape, dtype=self._accumulator(), device=codes.device)
        for train in self._trains(codes):
            for columns in self._columns_at_once(train.digits.shape[:-1].numel()):
                for block in self.cells.blocks:
                    sums = self._bitlines(train.digits[..., block.start : block.stop], block, columns)
                    read = sums if noise is None else noise.disturbed(sums, train, block, columns)
                    found = self._converted(read, train, block, columns).chunk(len(train.weights), dim=-2)
                    for part, weight in zip(found, train.weights, strict=True):
                        total[..., columns].add_(self._where_read(part, codes, block, columns), alpha=weight)
        return self._combined(total)

    def _columns_at_once(self, driven: int) -> Iterator[slice]:
        """Cut all columns so that caches hold what so many driven vectors make of some; never across a digit's end."""
        count, each = len(self._kept.digits), self._kept.columns
        most = max(_LEAST, _CHUNK * torch.get_num_threads() // max(1, driven))
        if most >= count * each or self.settled is not None or (self.transfer is not None and self.transfer.strays):
            yield slice(0, count * each)
        elif most >= each:
            step = most // each * each
            yield from (slice(at, min(at + step, count * each)) for at in range(0, count * each, step))
        else:
            for digit in range(0, count * each, each):
                yield from (slice(digit + at, digit + min(at + most, each)) for at in range(0, each, most))

    def _trains(self, codes: Tensor) -> Iterator[Train]:
        """Give all pulses at once, unless rounding would show in which order sums are added up."""
        sent = pulses(codes, self.arithmetic.input)
        if self._any_order:
            yield together(sent)
        else:
            yield from (together((pulse,)) for pulse in sent)

    @property
    def _any_order(self) -> bool:
        """Whether what is added up is whole numbers."""
        if self.transfer is None:
            return self.settled is None and not noisy(self.arithmetic)
        return not self.transfer.by_block and not self.transfer.strays

    def _saturating(self, codes: Tensor, noise: ReadNoise | None) -> Tensor:
        """Add up codes in an accumulator of limited width for each array, and what arrays give in a wide one."""
        correction, columns = self.arithmetic.correction, self._kept.columns
        whole = torch.zeros((*codes.shape[:-1], columns), dtype=torch.float64, device=codes.device)
        for block in self.cells.blocks:
            total = torch.zeros((*codes.shape[:-1], columns), dtype=torch.int64, device=codes.device)
            for pulse in pulses(codes, self.arithmetic.input):
                sums = self._bitlines(pulse.digits[..., block.start : block.stop], block)
                read = sums if noise is None else noise.disturbed(sums, together((pulse,)), block)
                found = self._where_read(self._converted(read, pulse, block), codes, block)
                parts = torch.split(found, columns, dim=-1)
                for digit, part in zip(self._kept.digits, parts, strict=True):
                    term = part.to(torch.int64) * (pulse.weight * digit.place)
                    total = accumulated(total, term, correction.accumulator_bits, correction.overflow)
            whole.add_(total)
        step, zero = (1.0, 0.0) if self.transfer is None else self.transfer.at(0)
        places = sum(digit.place for digit in self._kept.digits) * sum(pulse_weights(self.arithmetic.input))
        whole = (whole - zero * places * len(self._kept.blocks)) * step
        return whole[..., 1:] - whole[..., :1] if self.arithmetic.weight.encoding == "bias_column" else whole

    def _raw_of_nothing(self, codes: Tensor) -> Tensor:
        """Read the input of zero codes, once: the array's own product with what is added to every input."""
        if self._of_nothing is None:
            self._of_nothing = self._raw(torch.zeros_like(codes[..., :1, :]))
        return self._of_nothing

    def _added_to_a_weight(self) -> float | int:
        if self.arithmetic.weight.encoding == "bias_column":
            return 0
        rests = sum(resting(self.arithmetic, digit) * digit.place for digit in self._kept.digits)
        rests = 0 if self.transfer is None else rests
        added = code_offset(self.arithmetic.weight) + rests
        return int(added) if added == int(added) else added

    def _bitlines(self, digits: Tensor, block: Block, columns: slice = _ALL) -> Tensor:
        if self.settled is not None:
            return self.settled.sums(digits, block).div_(self._kept.unit)
        form = self.arithmetic.input
        inputs = (digits,) if digits.dtype == torch.int8 else split(digits, planes_needed(form.bits_per_pulse + 1))
        planes = [plane[..., columns] for plane in block.planes]
        total = product_int8(inputs[0], planes[0])
        stored = 128 ** len(block.planes) * 2 ** len(block.planes)
        if (block.stop - block.start) * top_digit(form) * stored >= 2**31:
            total = total.to(torch.int64)
        for i, left in enumerate(inputs):
            for j, right in enumerate(planes):
                if i + j:
                    total.add_(product_int8(left, right), alpha=256 ** (i + j))
        return total

    @property
    def _whole(self) -> bool:
        transfer = self.transfer
        uniform = transfer is None or transfer.whole
        rests = transfer is not None and any(resting(self.arithmetic, digit) for digit in self._kept.digits)
        return self._kept.unit == 1.0 and self.settled is None and uniform and not rests and not noisy(self.arithmetic)

    def _accumulator(self) -> torch.dtype:
        # The smallest type that adds up every pulse and block without rounding.
        weights = 2**self.arithmetic.input.bits * len(self._kept.blocks)
        if self._whole:
            largest = largest_sum(self.arithmetic, self.arithmetic.array.rows_at_once) * weights
            return torch.int32 if largest < 2**31 else torch.int64
        if self.transfer is None or self.transfer.by_block:
            return torch.float64
        return torch.float32 if max(self.transfer.high, -self.transfer.low) * weights <= 2**24 else torch.float64

    def _converted(self, sums: Tensor, pulse: Pulse | Train, block: Block, columns: slice = _ALL) -> Tensor:
        if self.transfer is None:
            return sums
        if self._whole:
            return sums.clamp_(self.transfer.low, min(self.transfer.high, 2**31 - 1))
        rest = self.resting_sums(pulse, block, columns)
        if rest is not None:
            sums = (sums + rest / self._kept.unit).to(torch.float32)
        codes = self.transfer.codes(sums, self._kept.unit, block.index, columns)
        return codes.mul_(_cut(self.transfer.at(block.index)[0], columns)) if self.transfer.by_block else codes

    def _where_read(self, found: Tensor, codes: Tensor, block: Block, columns: slice = _ALL) -> Tensor:
        """Let converters that make something of nothing be read only by vectors with any code in the block.

        So rows that a vector does not drive (tokens to come) change nothing for it.
        """
        transfer = self.transfer
        if transfer is None or not (transfer.strays or self._never_zero(codes)) or input_offset(self.arithmetic.input):
            return found
        step, zero = transfer.at(block.index)
        nothing = _cut(zero * step if transfer.by_block else zero, columns)
        idle = codes[..., block.start : block.stop].eq(0).all(dim=-1, keepdim=True)
        return torch.where(idle, torch.as_tensor(nothing, dtype=found.dtype), found)

    def _never_zero(self, codes: Tensor) -> bool:
        """Say whether no code stands for nothing, of operands (`codes [..., rows, k]`) that grow."""
        zero = None if self.transfer is None else self.transfer.zero
        return codes.dim() > 2 and zero is not None and bool((torch.as_tensor(zero) % 1.0).any())

    def _combined(self, total: Tensor) -> Tensor:
        form = torch.int64 if self._whole else torch.float64
        whole = torch.zeros((*total.shape[:-1], self._kept.columns), dtype=form, device=total.device)
        parts = torch.split(total, self._kept.columns, dim=-1)
        for digit, part, (step, silent) in zip(self._kept.digits, parts, self._worth(), strict=True):
            one = part.to(form)
            if not self._whole:
                one = one.mul_(step) if one is not part else one * step
                one.add_(silent)
            whole.add_(one, alpha=digit.place)
        return whole[..., 1:] - whole[..., :1] if self.arithmetic.weight.encoding == "bias_column" else whole

    def _worth(self) -> list[tuple[Value, Value]]:
        """Give each digit's value of one code, and of the codes that nothing gives, together."""
        count, columns = len(self._kept.digits), self._kept.columns
        if self.transfer is None:
            return [(self._kept.unit, 0.0)] * count
        times = -float(sum(pulse_weights(self.arithmetic.input)))
        at = [self.transfer.at(block.index) for block in self._kept.blocks]
        silent: Value = 0.0
        for step, zero in at:
            silent = silent + zero * step * times
        step = 1.0 if self.transfer.by_block else self.transfer.step
        return [(_of_digit(step, index, columns), _of_digit(silent, index, columns)) for index in range(count)]

    @property
    def unit(self) -> float:
        """Sums are in products of codes."""
        return 1.0

    @property
    def stored_bytes(self) -> int:
        """A byte (two with programming error) a cell; or what compiled kernels packed instead, once they are used."""
        return self._kept.stored_bytes + (0 if self._packed is None else self._packed.stored_bytes)


def _of_digit(value: Value, index: int, columns: int) -> Value:
    return value if isinstance(value, float) else value.reshape(-1)[index * columns : (index + 1) * columns]


def _cut(value: Value, columns: slice) -> Value:
    return value if isinstance(value, float) else value[columns]


def _joined(values: Sequence[Value], columns: int) -> Tensor:
    """Put the values of all digits side by side, `[digits * columns]`."""
    return torch.cat([torch.as_tensor(value, dtype=torch.float64).expand(columns) for value in values])
