"""What became of a matrix on its cells: digit by digit, and added up again."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.behind_wires import behind_wires, folds, has_wires
from bitline.numerics.chance import Key
from bitline.numerics.codes.slices import Digit, code_offset, digits_of, levels
from bitline.numerics.devices import Age, Draw, InTurn, Programmed, of_outputs, programmed

_CELLS = 1 << 22
"""Cells programmed at a time."""
_OUTPUTS = 16
"""In multiples of so many outputs."""


def written(codes: Tensor, arithmetic: Analog, draw: Draw, age: Age) -> Iterator[Programmed]:
    """Program codes `[..., n, k]` and give each digit as its converter will see it, pairs subtracted, behind wires."""
    digits = digits_of(arithmetic.weight, arithmetic.cell)
    if has_wires(arithmetic) and folds(arithmetic):
        held = [physical_cells(codes, digit, arithmetic, draw, age) for digit in digits]
        yield from behind_wires(held, digits, arithmetic)
        return
    for digit in digits:
        cells = physical_cells(codes, digit, arithmetic, draw, age)
        yield cells[0] if len(cells) == 1 else _difference(*cells)


def effective(codes: Tensor, arithmetic: Analog, draw: Draw, age: Age) -> Programmed:
    """Give what the codes `[n, k]` of all columns became, in units of one code, and the variance of reading them.

    What a bias column reads is taken off; its noise counts for every output, as if drawn for each.
    """
    total = torch.full(codes.shape, -float(code_offset(arithmetic.weight)), device=codes.device)
    variance: Tensor | float | None = None
    for digit, some, one in _in_parts(codes, arithmetic, draw, age):
        total[..., some, :].add_(one.level, alpha=float(digit.place))
        if isinstance(one.variance, Tensor):
            variance = torch.zeros_like(total) if variance is None else variance
            assert isinstance(variance, Tensor)
            variance[..., some, :].add_(one.variance * float(digit.place) ** 2)
        elif one.variance is not None and some.start == 0:
            variance = (0.0 if variance is None else variance) + one.variance * float(digit.place) ** 2
    if arithmetic.weight.encoding != "bias_column":
        return Programmed(total, variance)
    if isinstance(variance, Tensor):
        variance = variance[..., 1:, :] + variance[..., :1, :]
    elif variance is not None:
        variance = 2.0 * variance
    return Programmed(total[..., 1:, :] - total[..., :1, :], variance)


def effective_in_turn(codes: Tensor, arithmetic: Analog, draw: Draw, age: Age) -> Iterator[tuple[slice, Programmed]]:
    """Give what codes `[n, k]` became some outputs at a time where they stand alone; the numbers are the same."""
    shared = arithmetic.weight.encoding == "bias_column" or (has_wires(arithmetic) and folds(arithmetic))
    if shared or getattr(draw, "in_turn", None) is None:
        yield slice(0, len(codes)), effective(codes, arithmetic, draw, age)
        return
    digits, step = digits_of(arithmetic.weight, arithmetic.cell), _step(codes)
    drawn: dict[Key, InTurn] = {}
    for start in range(0, len(codes), step):
        some = slice(start, min(start + step, len(codes)))
        chance = of_outputs(draw, drawn, some, step)
        total = torch.full_like(codes[some], -float(code_offset(arithmetic.weight)), dtype=torch.float32)
        variance: Tensor | float | None = None
        for digit in digits:
            cells = physical_cells(codes[some], digit, arithmetic, chance, age, start)
            one = cells[0] if len(cells) == 1 else _difference(*cells)
            total.add_(one.level, alpha=float(digit.place))
            if one.variance is not None:
                variance = (0.0 if variance is None else variance) + one.variance * float(digit.place) ** 2
        yield some, Programmed(total, variance)


def _step(codes: Tensor) -> int:
    """Give how many outputs are programmed at a time."""
    return max(1, _CELLS * codes.shape[-2] // max(1, codes.numel()) // _OUTPUTS) * _OUTPUTS


def _in_parts(codes: Tensor, arithmetic: Analog, draw: Draw, age: Age) -> Iterator[tuple[Digit, slice, Programmed]]:
    """Give what is `written` some outputs at a time, digit by digit, so that less is held; all at once behind wires."""
    digits = digits_of(arithmetic.weight, arithmetic.cell)
    n = codes.shape[-2]
    if has_wires(arithmetic) and folds(arithmetic):
        for digit, one in zip(digits, written(codes, arithmetic, draw, age), strict=True):
            yield digit, slice(0, n), one
        return
    step = _step(codes)
    for digit in digits:
        drawn: dict[Key, InTurn] = {}
        for start in range(0, n, step):
            some = slice(start, min(start + step, n))
            chance = of_outputs(draw, drawn, some, step)
            cells = physical_cells(codes[..., some, :], digit, arithmetic, chance, age, start)
            yield digit, some, cells[0] if len(cells) == 1 else _difference(*cells)


def physical_cells(
    codes: Tensor, digit: Digit, arithmetic: Analog, draw: Draw, age: Age, first: int = 0
) -> list[Programmed]:
    """Program the physical cells of a digit, from output `first` on: one, or the plus and minus of a pair."""
    wanted = levels(codes, arithmetic.weight, arithmetic.cell, digit.index)
    meant: list[tuple[Tensor, Key]] = []
    if digit.stands == "cell":
        meant.append((wanted, ("slice", digit.index)))
    if digit.stands in ("pair", "plus"):
        meant.append((wanted.clamp(min=0), ("slice", digit.index, "plus")))
    if digit.stands in ("pair", "minus"):
        meant.append(((-wanted).clamp_(min=0), ("slice", digit.index, "minus")))
    return [programmed(level, digit.bits, arithmetic.cell, draw, which, age, first=first) for level, which in meant]


def _difference(plus: Programmed, minus: Programmed) -> Programmed:
    variance = None
    if plus.variance is not None and minus.variance is not None:
        variance = plus.variance + minus.variance
    return Programmed(plus.level - minus.level, variance)
