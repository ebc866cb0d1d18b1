"""The rows of a matrix that share one scale per column: all of them, or those that one bitline sums."""

from __future__ import annotations

from dataclasses import replace
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog, Integer
from bitline.numerics.calibration import UNFITTED, Fitted, fits_converter, fitted_affine, fitted_error, fitted_ranges
from bitline.numerics.cells import program_cells
from bitline.numerics.chance import Key
from bitline.numerics.codes.quantise import weight_codes
from bitline.numerics.codes.slices import in_columns
from bitline.numerics.conversion import conversion
from bitline.numerics.devices import NEW, Age, Draw, seen_from
from bitline.numerics.effective import effective, effective_in_turn
from bitline.numerics.fixed_point import FixedPoint
from bitline.numerics.formats.weights import kept_weights
from bitline.numerics.let_go import present, without_values
from bitline.numerics.plans.choice import PlanName
from bitline.numerics.plans.exact import Exact
from bitline.numerics.plans.fold import Fold, whole
from bitline.numerics.plans.lossless import Lossless
from bitline.numerics.plans.moments import ErrorMoments, error_moments, even_activity
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
        self,
        start: int,
        weight: Tensor,
        arithmetic: Analog | Integer,
        key: Key,
        *,
        plan: PlanName,
        age: Age,
        known: Fitted = UNFITTED,
    ) -> None:
        """Program `weight [n, rows]` and use what is known from earlier examples."""
        self.start, self.stop = start, start + weight.shape[1]
        self._weight, self._arithmetic, self._key, self._age = weight, arithmetic, key, age
        if isinstance(arithmetic, Integer) and arithmetic.formats.weight is not None:
            self.computed, self.scale = kept_weights(present(weight), arithmetic.formats.weight, arithmetic)
        else:
            codes, self.scale = self._codes()
            self.computed = _computed(codes, arithmetic, key, plan, age, known)
        if isinstance(arithmetic, Analog) and age != NEW and arithmetic.correction.drift != "none":
            self.scale = self.scale * _drift_factor(codes, arithmetic, key, age)
        self._affine: tuple[Tensor, Tensor] | None = None
        self._unit: FixedPoint | None = None
        self._shown: Tensor | None = None
        self._use(known)

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

    def learn(self, codes: Tensor, checks: Tensor) -> Fitted:
        """Fit converters and columns to example codes `[vectors, rows]`, statistics of errors to others, `checks`."""
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
            # Kept until `fit`, which is next: to work it out again takes as long as programming.
            self._shown = self._level()
            error = fitted_error(exact, self._codes()[0], self._shown, checks)
        return Fitted(ranges=ranges, error=error, affine=affine)

    def fit(self, known: Fitted) -> None:
        """Use what was learnt from now on."""
        for read, one in enumerate(self._reads):
            if isinstance(one, Statistical) and known.error is not None:
                shown, self._shown = self._shown, None
                level = self._level(read) if shown is None else shown
                one.set_moments(_as_read(level, self._codes()[0], one.arithmetic, known.error), known.error)
        self._use(known)

    def _use(self, known: Fitted) -> None:
        """Set ranges, columns and the near-memory unit."""
        for one in self._reads:
            if isinstance(one, Exact) and known.ranges is not None:
                one.calibrate_range(known.ranges)
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


def rows_of(
    weight: Tensor, arithmetic: Analog | Integer, key: Key, plan: PlanName, age: Age, known: tuple[Fitted, ...] = ()
) -> tuple[Rows, ...]:
    """Program `weight [n, k]`: in one piece, or one piece for each block of rows with scales of its own.

    What is known is used from the start: one entry for each piece, or none.
    """
    k = weight.shape[1]
    by_block = isinstance(arithmetic, Analog) and arithmetic.weight.scale == "block"
    blocks = arithmetic.array.blocks(k) if isinstance(arithmetic, Analog) and by_block else ()
    if len(blocks) <= 1:
        return (Rows(0, weight, arithmetic, key, plan=plan, age=age, known=known[0] if known else UNFITTED),)
    assert isinstance(arithmetic, Analog)
    found = []
    for at, one in zip(blocks, known or [UNFITTED] * len(blocks), strict=True):
        part, own = weight[:, at.start : at.stop], (*key, "rows", at.start)
        seen = replace(arithmetic, cell=seen_from(arithmetic.cell, at.start))
        found.append(Rows(at.start, part, seen, own, plan=plan, age=age, known=one))
    return tuple(found)


def _computed(codes: Tensor, arithmetic: Analog | Integer, key: Key, plan: PlanName, age: Age, known: Fitted) -> Sums:
    if isinstance(arithmetic, Integer) or plan == "lossless":
        return Lossless(codes, arithmetic.weight.bits, arithmetic.input.top_code)
    draw = draw_by_place(in_columns(codes, arithmetic.weight), key)
    reads = stored_reads(arithmetic.cell)
    if reads > 1:
        still = replace(arithmetic, cell=frozen_cell(arithmetic.cell))
        return Replayed([_made(codes, still, key, plan, age, of_read(draw, read), known) for read in range(reads)], key)
    return _made(codes, arithmetic, key, plan, age, draw, known)


def _made(codes: Tensor, arithmetic: Analog, key: Key, plan: PlanName, age: Age, draw: Draw, known: Fitted) -> Sums:
    held = in_columns(codes, arithmetic.weight)
    if plan == "exact":
        settled = settled_arrays(held, arithmetic, draw, age)
        return Exact(program_cells(held, arithmetic, draw, age), codes, arithmetic, key, settled)
    if plan == "fold" and not noisy(arithmetic):
        parts = effective_in_turn(held, arithmetic, draw, age)
        return Fold(((some, one.level) for some, one in parts), codes, arithmetic)
    found = effective(held, arithmetic, draw, age)
    if plan == "statistical" and known.error is not None:
        return Statistical(_as_read(found.level, codes, arithmetic, known.error), known.error, arithmetic, key)
    quiet = plan == "statistical" or not noisy(arithmetic)
    noise = None if quiet else OutputNoise(found.variance, arithmetic, codes, key, age)
    fold = Fold(whole(found.level), codes, arithmetic, noise)
    if plan == "fold":
        return fold
    cells = program_cells(held, arithmetic, draw, age)
    activity = even_activity(arithmetic.input, codes.shape[1])
    transfer = conversion(arithmetic, cells.columns, key)
    return Statistical(fold, error_moments(cells, arithmetic, activity, transfer), arithmetic, key)


def _as_read(level: Tensor, codes: Tensor, arithmetic: Analog, error: ErrorMoments) -> Fold:
    """Fold effective weights `[n, rows]` as converters pass them on."""
    return Fold(whole(passed(level, codes, error.response)), codes, arithmetic)


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
