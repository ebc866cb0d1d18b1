"""The rows of a matrix that share one scale per column: all of them, or those that one bitline sums."""

from __future__ import annotations

from dataclasses import replace
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog, Integer
from bitline.numerics.calibration import Fitted, fits_converter, fitted_affine, fitted_error, fitted_ranges
from bitline.numerics.cells import program_cells
from bitline.numerics.chance import Key
from bitline.numerics.codes.quantise import weight_codes
from bitline.numerics.codes.slices import in_columns
from bitline.numerics.conversion import conversion
from bitline.numerics.devices import NEW, Age, Draw, seen_from
from bitline.numerics.effective import effective
from bitline.numerics.fixed_point import FixedPoint
from bitline.numerics.let_go import present, without_values
from bitline.numerics.plans.choice import PlanName
from bitline.numerics.plans.exact import Exact
from bitline.numerics.plans.fold import Fold
from bitline.numerics.plans.lossless import Lossless
from bitline.numerics.plans.moments import error_moments, even_activity
from bitline.numerics.plans.output_noise import OutputNoise
from bitline.numerics.plans.replayed import Replayed, frozen_cell, of_read, stored_reads
from bitline.numerics.plans.settled import settled_arrays
from bitline.numerics.plans.statistical import Statistical, passed
from bitline.numerics.plans.sums import Sums
from bitline.numerics.programming import draw_by_place
from bitline.numerics.read_noise import noisy
from bitline.numerics.storage.stored import stored


@final
class Rows:
    """Input rows `start:stop` of a matrix on cells."""

    def __init__(
        self, start: int, weight: Tensor, arithmetic: Analog | Integer, key: Key, *, plan: PlanName, age: Age
    ) -> None:
        """Program `weight [n, rows]`."""
        self.start, self.stop = start, start + weight.shape[1]
        self._weight, self._arithmetic, self._key, self._age = weight, arithmetic, key, age
        codes, self.scale = self._codes()
        self.computed = _computed(codes, arithmetic, key, plan, age)
        if isinstance(arithmetic, Analog) and age != NEW and arithmetic.correction.drift != "none":
            self.scale = self.scale * _drift_factor(codes, arithmetic, key, age)
        self._affine: tuple[Tensor, Tensor] | None = None
        self._unit: FixedPoint | None = None
        self._load(Fitted())

    def product(self, codes: Tensor, step: Tensor) -> Tensor:
        """Multiply input codes `[vectors, rows]`, each worth `step [vectors, 1]`: float32 `[vectors, n]`."""
        sums = self.computed.sums(codes)
        if self._unit is not None:
            return self._unit.corrected(sums * self.computed.unit).mul_(step)
        if self._affine is not None:
            sums = sums.mul(self._affine[0]).add_(self._affine[1])
        real = torch.mul(sums, step) if sums.dtype != torch.int64 else sums.to(torch.float32).mul_(step)
        return real.mul_(self.scale * self.computed.unit)

    @property
    def stored_bytes(self) -> int:
        """Memory of the programmed state."""
        return self.computed.stored_bytes + self.scale.nbytes

    def let_go(self) -> None:
        """Keep nothing of the digital weights."""
        self._weight = without_values(self._weight)

    def learn(self, codes: Tensor) -> Fitted:
        """Fit converters, columns and statistics to example codes `[vectors, rows]`."""
        arithmetic = self._arithmetic
        first = self._reads[0]
        fits = isinstance(first, Statistical) or fits_converter(arithmetic)
        if not fits or not isinstance(arithmetic, Analog) or isinstance(first, Lossless):
            return Fitted()
        exact = self.exact()
        ranges = fitted_ranges(exact, codes) if arithmetic.adc.range == "calibrated" else None
        if ranges is not None:
            exact.calibrate_range(ranges)
        affine = None
        if arithmetic.correction.affine == "column":
            anew = isinstance(first, Statistical) or ranges is not None
            affine = fitted_affine(self._meant(), exact if anew else self.computed, codes)
        error = None
        if isinstance(first, Statistical):
            error = fitted_error(exact, self._codes()[0], self._level(), codes)
        return Fitted(ranges=ranges, error=error, affine=affine)

    def fit(self, known: Fitted) -> None:
        """Use what was learnt from now on."""
        for read, one in enumerate(self._reads):
            if isinstance(one, Exact) and known.ranges is not None:
                one.calibrate_range(known.ranges)
            if isinstance(one, Statistical) and known.error is not None:
                weights, _ = self._codes()
                level = passed(self._level(read), weights, known.error.response)
                one.set_moments(Fold(level, weights, one.arithmetic), known.error)
        self._affine = None
        if known.affine is not None:
            scale, offset = known.affine
            self._affine = scale, offset / self.computed.unit
        self._load(known)

    @property
    def _reads(self) -> tuple[Sums, ...]:
        """The ways of computing: one, or one for each stored read."""
        return self.computed.reads if isinstance(self.computed, Replayed) else (self.computed,)

    def _load(self, known: Fitted) -> None:
        """Load the near-memory unit, if there is one, with each column's scale and what was fitted."""
        arithmetic, first = self._arithmetic, self._reads[0]
        if not isinstance(arithmetic, Analog) or arithmetic.correction.near_memory is None:
            return
        columns = len(self.scale) + (arithmetic.weight.encoding == "bias_column")
        if isinstance(first, Exact):
            transfer = first.transfer
        else:
            transfer = conversion(arithmetic, columns, self._key, seen=known.ranges)
        self._unit = FixedPoint(arithmetic.correction.near_memory, transfer, self.scale, known.affine, columns=columns)

    def _codes(self) -> tuple[Tensor, Tensor]:
        """Give the codes `[n, rows]` as they come out of storage, and the scale `[n]` of each column."""
        codes, scale = weight_codes(present(self._weight), self._arithmetic.weight)
        return stored(codes, self._arithmetic.weight.bits, self._arithmetic.storage, self._key), scale

    def _meant(self) -> Lossless:
        codes, _ = weight_codes(present(self._weight), self._arithmetic.weight)
        return Lossless(codes, self._arithmetic.weight.bits, self._arithmetic.input.top_code)

    def _level(self, read: int = 0) -> Tensor:
        """Give the effective weights `[n, rows]` of one of the stored reads."""
        arithmetic = self._arithmetic
        assert isinstance(arithmetic, Analog)
        held = in_columns(self._codes()[0], arithmetic.weight)
        draw = draw_by_place(held, self._key)
        if isinstance(self.computed, Replayed):
            arithmetic, draw = replace(arithmetic, cell=frozen_cell(arithmetic.cell)), of_read(draw, read)
        return effective(held, arithmetic, draw, self._age).level

    def exact(self) -> Exact:
        """Give the cells and converters that stand behind any plan, in the first stored read if reads are replayed.

        They are made anew unless the plan is exact.
        """
        arithmetic, first = self._arithmetic, self._reads[0]
        assert isinstance(arithmetic, Analog)
        if isinstance(first, Exact):
            return first
        codes, _ = self._codes()
        held = in_columns(codes, arithmetic.weight)
        draw = draw_by_place(held, self._key)
        if isinstance(self.computed, Replayed):
            arithmetic, draw = replace(arithmetic, cell=frozen_cell(arithmetic.cell)), of_read(draw, 0)
        cells = program_cells(held, arithmetic, draw, self._age)
        settled = settled_arrays(held, arithmetic, draw, self._age)
        return Exact(cells, codes, arithmetic, self._key, settled)


def rows_of(weight: Tensor, arithmetic: Analog | Integer, key: Key, plan: PlanName, age: Age) -> tuple[Rows, ...]:
    """Program `weight [n, k]`: in one piece, or one piece for each block of rows with scales of its own."""
    k = weight.shape[1]
    by_block = isinstance(arithmetic, Analog) and arithmetic.weight.scale == "block"
    blocks = arithmetic.array.blocks(k) if isinstance(arithmetic, Analog) and by_block else ()
    if len(blocks) <= 1:
        return (Rows(0, weight, arithmetic, key, plan=plan, age=age),)
    assert isinstance(arithmetic, Analog)
    pieces = ((at, weight[:, at.start : at.stop], (*key, "rows", at.start)) for at in blocks)
    return tuple(
        Rows(at.start, part, replace(arithmetic, cell=seen_from(arithmetic.cell, at.start)), own, plan=plan, age=age)
        for at, part, own in pieces
    )


def _computed(codes: Tensor, arithmetic: Analog | Integer, key: Key, plan: PlanName, age: Age) -> Sums:
    if isinstance(arithmetic, Integer) or plan == "lossless":
        return Lossless(codes, arithmetic.weight.bits, arithmetic.input.top_code)
    draw = draw_by_place(in_columns(codes, arithmetic.weight), key)
    reads = stored_reads(arithmetic.cell)
    if reads > 1:
        still = replace(arithmetic, cell=frozen_cell(arithmetic.cell))
        return Replayed([_made(codes, still, key, plan, age, of_read(draw, read)) for read in range(reads)], key)
    return _made(codes, arithmetic, key, plan, age, draw)


def _made(codes: Tensor, arithmetic: Analog, key: Key, plan: PlanName, age: Age, draw: Draw) -> Sums:
    held = in_columns(codes, arithmetic.weight)
    if plan == "exact":
        settled = settled_arrays(held, arithmetic, draw, age)
        return Exact(program_cells(held, arithmetic, draw, age), codes, arithmetic, key, settled)
    found = effective(held, arithmetic, draw, age)
    quiet = plan == "statistical" or not noisy(arithmetic)
    noise = None if quiet else OutputNoise(found.variance, arithmetic, codes, key, age)
    fold = Fold(found.level, codes, arithmetic, noise)
    if plan == "fold":
        return fold
    cells = program_cells(held, arithmetic, draw, age)
    activity = even_activity(arithmetic.input, codes.shape[1])
    transfer = conversion(arithmetic, cells.columns, key)
    return Statistical(fold, error_moments(cells, arithmetic, activity, transfer), arithmetic, key)


def _drift_factor(codes: Tensor, arithmetic: Analog, key: Key, age: Age) -> Tensor:
    """Give what outputs are multiplied by: the mean magnitude read from one-hot inputs when new, over that now."""
    held = in_columns(codes, arithmetic.weight)
    draw = draw_by_place(held, key)
    new, now = (effective(held, arithmetic, draw, at).level.abs().to(torch.float64) for at in (NEW, age))
    if arithmetic.correction.drift == "global":
        factor = (new.mean() / now.mean().clamp(min=1e-30)).expand(len(codes))
    else:
        factor = new.mean(dim=1) / now.mean(dim=1).clamp(min=1e-30)
    return factor.to(torch.float32)
