"""What became of a matrix on its cells: digit by digit, and added up again."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.behind_wires import behind_wires, folds, has_wires
from bitline.numerics.chance import Key
from bitline.numerics.devices import Age, Draw, Programmed, programmed
from bitline.numerics.slices import Digit, code_offset, digits_of, levels


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
    digits = digits_of(arithmetic.weight, arithmetic.cell)
    for digit, one in zip(digits, written(codes, arithmetic, draw, age), strict=True):
        total.add_(one.level, alpha=float(digit.place))
        if one.variance is not None:
            part = one.variance * float(digit.place) ** 2
            variance = part if variance is None else variance + part
    if arithmetic.weight.encoding != "bias_column":
        return Programmed(total, variance)
    if isinstance(variance, Tensor):
        variance = variance[..., :-1, :] + variance[..., -1:, :]
    elif variance is not None:
        variance = 2.0 * variance
    return Programmed(total[..., :-1, :] - total[..., -1:, :], variance)


def physical_cells(codes: Tensor, digit: Digit, arithmetic: Analog, draw: Draw, age: Age) -> list[Programmed]:
    """Program the physical cells of a digit: one, or the plus and minus of a pair."""
    wanted = levels(codes, arithmetic.weight, arithmetic.cell, digit.index)
    meant: list[tuple[Tensor, Key]] = []
    if digit.stands == "cell":
        meant.append((wanted, ("slice", digit.index)))
    if digit.stands in ("pair", "plus"):
        meant.append((wanted.clamp(min=0), ("slice", digit.index, "plus")))
    if digit.stands in ("pair", "minus"):
        meant.append(((-wanted).clamp_(min=0), ("slice", digit.index, "minus")))
    return [programmed(level, digit.bits, arithmetic.cell, draw, which, age) for level, which in meant]


def _difference(plus: Programmed, minus: Programmed) -> Programmed:
    variance = None
    if plus.variance is not None and minus.variance is not None:
        variance = plus.variance + minus.variance
    return Programmed(plus.level - minus.level, variance)
