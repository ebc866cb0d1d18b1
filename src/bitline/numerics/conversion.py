"""The converter's transfer: bitline sums, in units of one level times one input step, to codes and back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.chance import Key
from bitline.numerics.codes.pulses import top_digit
from bitline.numerics.codes.slices import Digit, digits_of
from bitline.numerics.converters import Distortion, Value, code_limits, converters_of, distortion, step_and_zero
from bitline.numerics.devices import off_level


@final
@dataclass(frozen=True, slots=True)
class Conversion:
    """A quantiser of sums: code c stands for `(c - zero) * step`; codes from `low` to `high`, rounding half to even.

    `step` and `zero` are numbers where all converted columns have the same, else `[blocks or 1, columns]`.
    """

    step: Value
    zero: Value
    low: int
    high: int
    distortions: tuple[Distortion | None, ...] = (None,)
    """Of each block of rows, which has converters of its own; or of none."""

    @property
    def whole(self) -> bool:
        """Whether a code is just the sum, clipped."""
        step, zero = self.step, self.zero
        return (
            not isinstance(step, Tensor)
            and not isinstance(zero, Tensor)
            and (step, zero) == (1.0, 0.0)
            and not self.strays
        )

    @property
    def strays(self) -> bool:
        """Whether converters do anything but round."""
        return any(one is not None for one in self.distortions)

    @property
    def by_block(self) -> bool:
        """Whether blocks differ in what a code stands for."""
        return isinstance(self.step, Tensor) and len(self.step) > 1

    def at(self, block: int) -> tuple[Value, Value]:
        """Give the step and the code of nothing in one block of rows: numbers, or one for each column."""
        return _at(self.step, block), _at(self.zero, block)

    def scaling(self, unit: float, block: int) -> tuple[Value, Value]:
        """Give what sums in multiples of `unit` are multiplied by, and what is added then: numbers or float32."""
        step, zero = self.at(block)
        factor = unit / step
        return tuple(one.to(torch.float32) if isinstance(one, Tensor) else one for one in (factor, zero))  # type: ignore[return-value]

    def codes(self, sums: Tensor, unit: float, block: int, columns: slice = slice(None)) -> Tensor:
        """Convert sums of some columns, given in multiples of `unit`; overwrites a float input, returns float codes.

        Only converters that do not stray convert less than all columns.
        """
        values = sums if sums.is_floating_point() else sums.to(torch.float32)
        factor, zero = (one[columns] if isinstance(one, Tensor) else one for one in self.scaling(unit, block))
        if isinstance(factor, Tensor) or factor != 1.0:
            values.mul_(factor)
        if isinstance(zero, Tensor) or zero != 0.0:
            values.add_(zero)
        strays = self.distortions[block if len(self.distortions) > 1 else 0]
        if strays is not None:
            return strays.codes(values)
        return values.round_().clamp_(self.low, self.high)


def _at(value: Value, block: int) -> Value:
    return value if isinstance(value, float) else value[block if len(value) > 1 else 0]


def _places(digits: int, columns: int, array: int) -> Tensor:
    """Give where the sums of each digit and column `[digits * columns]` stand on arrays that convert so many.

    The digits of an output stand side by side and never on two arrays, so more outputs move none.
    """
    together = max(1, array // digits)
    output, digit = torch.arange(columns), torch.arange(digits)
    return (output // together * max(array, digits) + output % together * digits + digit[:, None]).flatten()


def largest_sum(arithmetic: Analog, rows: int, digit: Digit | None = None) -> float:
    """Give the largest bitline sum that `rows` driven rows can make on cells of a digit (the widest, if not given)."""
    digits = digits_of(arithmetic.weight, arithmetic.cell) if digit is None else (digit,)
    return float(rows * top_digit(arithmetic.input) * max(one.top + resting(arithmetic, one) for one in digits))


def resting(arithmetic: Analog, digit: Digit) -> float:
    """Give the level that a cell which is off adds to what the converter sees: none behind an ideal reference."""
    if arithmetic.weight.reference == "analog" or digit.stands == "pair":
        return 0.0
    return off_level(arithmetic.cell, digit.bits)


def signed_sums(arithmetic: Analog) -> bool:
    """Say whether bitline sums may be negative."""
    return arithmetic.weight.encoding == "differential" or arithmetic.input.signed == "bipolar"


def conversion(
    arithmetic: Analog, columns: int, key: Key = (), *, blocks: int = 1, seen: Tensor | None = None
) -> Conversion | None:
    """Give the transfer of the converters of so many columns a digit and blocks of rows; None reads sums exactly.

    `seen` are the lowest and highest sums that a calibrated range spans, `[blocks or 1, digits * columns or 1, 2]`
    (every possible sum until then); `key` tells the converters of one matrix from those of another.
    """
    adc = arithmetic.adc
    if adc.bits is None or adc.kind == "ideal":
        return None
    signed, rows = signed_sums(arithmetic), arithmetic.array.rows_at_once
    digits = digits_of(arithmetic.weight, arithmetic.cell)
    low, high = code_limits(adc, signed=signed)
    product = [(digit.top + off_level(arithmetic.cell, digit.bits)) * top_digit(arithmetic.input) for digit in digits]
    chosen = replace(adc, low=_by_digit(adc.low, digits), high=_by_digit(adc.high, digits))
    full = _per_digit([largest_sum(arithmetic, rows, digit) for digit in digits])
    step, zero = step_and_zero(
        chosen,
        signed=signed,
        full=full if isinstance(full, float) or adc.range == "given" else full.repeat_interleave(columns),
        full_product=_per_digit(product),
        seen=seen,
    )
    count = len(digits)
    step, zero = _by_column(step, count, columns), _by_column(zero, count, columns)
    nothing = zero if isinstance(zero, float) else float(zero.mean())
    array = max(1, arithmetic.array.columns * arithmetic.weight.conversions // arithmetic.weight.polarities)
    read_by = converters_of(_places(count, columns, array), columns=array, per_array=adc.per_array)
    strays = [distortion(adc, low, high, read_by, key=(*key, block), zero=nothing) for block in range(blocks)]
    return Conversion(step, zero, low, high, tuple(strays) if any(strays) else (None,))


def resolves(arithmetic: Analog, k: int) -> bool:
    """Say whether every sum that `k` inputs can make on this array has a code of its own, exactly."""
    transfer = conversion(arithmetic, 1)
    if transfer is None:
        return True
    return transfer.whole and largest_sum(arithmetic, min(k, arithmetic.array.rows_at_once)) <= transfer.high


def _by_digit(limits: tuple[float, ...], digits: tuple[Digit, ...]) -> tuple[float, ...]:
    """Repeat limits given for each digit of a weight where two columns hold one."""
    return limits if len(limits) <= 1 else tuple(limits[digit.index] for digit in digits)


def _per_digit(values: list[float]) -> Value:
    return values[0] if len(set(values)) == 1 else torch.tensor(values, dtype=torch.float64)


def _by_column(value: Value, digits: int, columns: int) -> Value:
    """Spread entries per digit over its columns, `[blocks or 1, digits * columns]`; one number if all are the same."""
    if isinstance(value, float):
        return value
    if bool((value == value.flatten()[0]).all()):
        return float(value.flatten()[0])
    table = value.unsqueeze(0) if value.ndim == 1 else value
    if table.shape[-1] == digits:
        table = table.repeat_interleave(columns, dim=-1)
    return table.expand(-1, digits * columns)
