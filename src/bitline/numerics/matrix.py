"""A trained matrix on the chip: real vectors in, real vectors out, whatever plan computes it."""

from __future__ import annotations

from dataclasses import replace
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog, Integer
from bitline.numerics.calibration import Calibration, fits_converter
from bitline.numerics.chance import Key
from bitline.numerics.devices import NEW, Age
from bitline.numerics.examples import Examples
from bitline.numerics.formats.weights import multiplies_codes
from bitline.numerics.formats.whole_numbers import moving_codes
from bitline.numerics.let_go import present, without_values
from bitline.numerics.plans.choice import Choice, PlanName, choose
from bitline.numerics.rows import Rows, rows_of
from bitline.numerics.soundness import refuse_unsound


@final
class Matrix:
    """A stationary matrix `[k inputs, n outputs]`; a row's result never depends on the rows beside it."""

    def __init__(
        self, weight: Tensor, arithmetic: Analog | Integer, key: Key, plan: PlanName = "auto", age: Age = NEW
    ) -> None:
        """Program `weight [n, k]`; it is referred to, not copied, and not changed."""
        self.arithmetic, self.key, self.plan, self.age = arithmetic, key, plan, age
        self.choice = _choice(arithmetic, weight.shape[1], plan, age)
        self.weight = weight
        self.calibration: Calibration | None = None
        self.calibrated_at = age
        self._examples = self._no_examples()
        self.rows = self._programmed()

    def multiply(self, x: Tensor) -> Tensor:
        """Multiply vectors `[rows, k]` into `[rows, n]`, in the type of `x`.

        Until calibrated, a static range is that of each vector, and a calibrated converter spans every possible sum.
        """
        codes, scale = self.codes(x)
        out: Tensor | None = None
        for part in self.rows:
            one = part.product(codes[:, part.start : part.stop], scale)
            out = one if out is None else out.add_(one)
        assert out is not None
        return out.to(x.dtype)

    def codes(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Give the codes `[rows, k]` sent for vectors `[rows, k]`, and the real value `[rows, 1]` of one."""
        form, known = self.arithmetic.input, self.calibration
        static = None if known is None or form.range == "dynamic" else known.input_scale
        eased = x if known is None or known.row_scale is None else x.to(torch.float32) / known.row_scale
        narrow = self.arithmetic.formats.input if isinstance(self.arithmetic, Integer) else None
        return moving_codes(eased, form, narrow, static)

    @property
    def stored_bytes(self) -> int:
        """Memory of the programmed state, the digital weights not counted."""
        return sum(part.stored_bytes for part in self.rows)

    @property
    def learns(self) -> bool:
        """Whether calibration changes anything: input ranges, a calibrated converter, fitted statistics or columns."""
        form = self.arithmetic.input
        fits = fits_converter(self.arithmetic) and self.choice.plan != "lossless"
        return form.range != "dynamic" or form.rescale_fraction > 0 or fits or self.choice.plan == "statistical"

    def let_go(self) -> None:
        """Keep nothing of the digital weights: the matrix multiplies as before, but cannot be programmed anew."""
        self.weight = without_values(self.weight)
        for part in self.rows:
            part.let_go()

    def observe(self, x: Tensor) -> None:
        """Keep what ranges these vectors `[rows, k]` span, and a few of them as examples."""
        self._examples.add(x)

    def settle(self) -> None:
        """Calibrate to what was observed since the last time; nothing changes if nothing was."""
        if self._examples.kept:
            self.calibrate(self._learnt(self._examples))
        self._examples = self._no_examples()

    def _no_examples(self) -> Examples:
        return Examples(others=self.choice.plan == "statistical")

    def _learnt(self, examples: Examples) -> Calibration:
        eased = examples.inputs(self.arithmetic.input, self.weight)
        self.calibrate(eased)
        codes, _ = self.codes(torch.cat(examples.kept))
        checks, _ = self.codes(examples.checks())
        some = ((part, slice(part.start, part.stop)) for part in self.rows)
        fitted = [part.learn(codes[:, rows], checks[:, rows]) for part, rows in some]
        return replace(eased, fitted=tuple(fitted))

    def calibrate(self, calibration: Calibration) -> None:
        """Use a calibration from now on. Inputs whose rows have scales of their own change what cells hold."""
        before = None if self.calibration is None else self.calibration.row_scale
        self.calibration, self.calibrated_at = calibration, self.age
        if before is not None or calibration.row_scale is not None:
            self.rows = self._programmed()
        else:
            for part, known in zip(self.rows, calibration.fitted, strict=False):
                part.fit(known)

    def refuse_calibration(self, calibration: Calibration, name: str = "a matrix") -> None:
        """Raise `ConfigError` if it changes what cells hold, or starts from what they should, and weights are gone."""
        if calibration.row_scale is not None or any(one.error is not None for one in calibration.fitted):
            present(self.weight, name)

    def refuse(self, age: Age) -> None:
        """Raise `ConfigError` if the plan asked for is not sound at this age; nothing changes."""
        _choice(self.arithmetic, self.weight.shape[1], self.plan, age)

    def grow(self, age: Age) -> None:
        """Read the same cells at another age from now on."""
        if age == self.age:
            return
        self.age = age
        # Cells that are ideal when new need not stay so.
        self.choice = _choice(self.arithmetic, self.weight.shape[1], self.plan, age)
        self.rows = self._programmed()

    def _programmed(self) -> tuple[Rows, ...]:
        known = self.calibration
        weight = present(self.weight)
        if known is not None and known.row_scale is not None:
            weight = weight.detach().to(torch.float32) * known.row_scale
        fitted = () if known is None else known.fitted
        return rows_of(weight, self.arithmetic, self.key, self.choice.plan, self.age, fitted)


def program(
    weight: Tensor, arithmetic: Analog | Integer, *, key: Key, plan: PlanName = "auto", age: Age = NEW
) -> Matrix:
    """Put `weight [n, k]` on the chip, to be read at an age.

    The same key gives the same cells on any device and under any plan.

    Raises:
        ConfigError: the description contradicts itself, or the plan asked for is not sound.

    """
    refuse_unsound(arithmetic)
    return Matrix(weight, arithmetic, key, plan, age)


def choice_for(arithmetic: Analog | Integer, k: int, plan: PlanName, age: Age) -> Choice:
    """Give the plan of a matrix with `k` inputs.

    Raises:
        ConfigError: the description contradicts itself, or the plan asked for is not sound.

    """
    refuse_unsound(arithmetic)
    return _choice(arithmetic, k, plan, age)


def _choice(arithmetic: Analog | Integer, k: int, plan: PlanName, age: Age) -> Choice:
    if not isinstance(arithmetic, Integer):
        return choose(arithmetic, k, plan, age)
    form = arithmetic.formats.weight
    if form is None:
        return Choice("lossless", "digital integers are added up exactly")
    if multiplies_codes(form, k):
        return Choice("lossless", f"kept as {form.words}: added up exactly")
    return Choice("fold", f"kept as {form.words}: rounded once")
