"""A trained matrix on the chip: real vectors in, real vectors out, whatever plan computes it."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog, Integer
from bitline.numerics.calibration import Calibration, Examples, largest_sum_seen, measured_error
from bitline.numerics.cells import program_cells
from bitline.numerics.chance import Key
from bitline.numerics.codes import input_codes, top_code, weight_codes
from bitline.numerics.effective import effective_codes
from bitline.numerics.exact import Exact
from bitline.numerics.fold import Fold
from bitline.numerics.lossless import Lossless
from bitline.numerics.moments import error_moments, even_activity
from bitline.numerics.plan import Choice, PlanName, choose
from bitline.numerics.programming import draw_by_place
from bitline.numerics.soundness import refuse_unsound
from bitline.numerics.statistical import Statistical
from bitline.numerics.sums import Sums


@final
class Matrix:
    """A stationary matrix `[k inputs, n outputs]`; a row's result never depends on the rows beside it."""

    def __init__(self, weight: Tensor, arithmetic: Analog | Integer, key: Key, choice: Choice) -> None:
        """Program `weight [n, k]`; it is referred to, not copied, and not changed."""
        self.arithmetic, self.key, self.choice = arithmetic, key, choice
        self.weight = weight
        self.calibration: Calibration | None = None
        self._examples = Examples()
        codes, self.scale = weight_codes(weight, arithmetic.weight)
        self.computed: Sums = _programmed(codes, arithmetic, key, choice.plan)

    def multiply(self, x: Tensor) -> Tensor:
        """Multiply vectors `[rows, k]` into `[rows, n]`, in the type of `x`.

        Until calibrated, a static range is that of each vector, and a calibrated converter spans every possible sum.
        """
        codes, scale = input_codes(x, self.arithmetic.input.bits, self._static_scale)
        sums = self.computed.sums(codes)
        out = torch.mul(sums, scale) if sums.dtype != torch.int64 else sums.to(torch.float32).mul_(scale)
        return out.mul_(self.scale * self.computed.unit).to(x.dtype)

    @property
    def _static_scale(self) -> float | None:
        static = self.arithmetic.input.range == "static"
        return self.calibration.input_scale if static and self.calibration is not None else None

    @property
    def stored_bytes(self) -> int:
        """Memory of the programmed state, the digital weights not counted."""
        return self.computed.stored_bytes + self.scale.nbytes

    @property
    def learns(self) -> bool:
        """Whether calibration changes anything: static input ranges, a calibrated converter, fitted statistics."""
        return self.arithmetic.input.range == "static" or self._fits_converter or isinstance(self.computed, Statistical)

    @property
    def _fits_converter(self) -> bool:
        converted = isinstance(self.computed, Exact | Statistical)
        return converted and isinstance(self.arithmetic, Analog) and self.arithmetic.adc.range == "calibrated"

    def observe(self, x: Tensor) -> None:
        """Keep the largest magnitude of these vectors `[rows, k]`, and a few of them as examples."""
        self._examples.add(x)

    def settle(self) -> None:
        """Calibrate to what was observed since the last time; nothing changes if nothing was."""
        if self._examples.kept:
            self.calibrate(self._learnt(self._examples))
        self._examples = Examples()

    def _learnt(self, examples: Examples) -> Calibration:
        form = self.arithmetic.input
        scale = max(examples.largest, 1e-30) / top_code(form.bits)
        codes, _ = input_codes(torch.cat(examples.kept), form.bits, scale if form.range == "static" else None)
        adc_range = largest_sum_seen(self._exact(None), codes) if self._fits_converter else None
        error = None
        if isinstance(self.computed, Statistical):
            error = measured_error(self._exact(adc_range), self.computed.fold, codes, adc_range)
        return Calibration(scale, adc_range, error)

    def calibrate(self, calibration: Calibration) -> None:
        """Use a calibration from now on."""
        self.calibration = calibration
        if isinstance(self.computed, Exact) and calibration.adc_range is not None:
            self.computed.calibrate_range(calibration.adc_range)
        if isinstance(self.computed, Statistical) and calibration.error is not None:
            self.computed.set_moments(calibration.error)

    def _exact(self, adc_range: float | None) -> Exact:
        assert isinstance(self.arithmetic, Analog)
        if isinstance(self.computed, Exact):
            return self.computed
        codes, _ = weight_codes(self.weight, self.arithmetic.weight)
        cells = program_cells(codes, self.arithmetic, draw_by_place(codes, self.key))
        exact = Exact(cells, codes, self.arithmetic, self.key)
        if adc_range is not None:
            exact.calibrate_range(adc_range)
        return exact


def program(weight: Tensor, arithmetic: Analog | Integer, *, key: Key, plan: PlanName = "auto") -> Matrix:
    """Put `weight [n, k]` on the chip. The same key gives the same cells on any device and under any plan.

    Raises:
        ConfigError: the description contradicts itself, or the plan asked for is not sound.

    """
    refuse_unsound(arithmetic)
    if isinstance(arithmetic, Integer):
        choice = Choice("lossless", "digital integers are added up exactly")
    else:
        choice = choose(arithmetic, weight.shape[1], plan)
    return Matrix(weight, arithmetic, key, choice)


def _programmed(codes: Tensor, arithmetic: Analog | Integer, key: Key, plan: PlanName) -> Sums:
    if isinstance(arithmetic, Integer) or plan == "lossless":
        return Lossless(codes, arithmetic.weight.bits, arithmetic.input.bits)
    draw = draw_by_place(codes, key)
    if plan == "exact":
        return Exact(program_cells(codes, arithmetic, draw), codes, arithmetic, key)
    fold = Fold(effective_codes(codes, arithmetic, draw), codes, arithmetic)
    if plan == "fold":
        return fold
    activity = even_activity(arithmetic.input, codes.shape[1])
    cells = program_cells(codes, arithmetic, draw)
    return Statistical(fold, error_moments(cells, arithmetic, activity, None), key)
