"""What the pictures measure: cells of the part library, and the error of one layer of random weights on a chip."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from torch import Tensor

from bitline.engines.kinds import engine_kinds
from bitline.hardware import Adc, Analog, Array, Cell, InputFormat, WeightFormat, parse_chip
from bitline.numerics import Age, Matrix, PlanName, program
from bitline.numerics.chance import Key, generator

OUTPUTS, INPUTS, VECTORS = 64, 256, 128


@cache
def part(name: str) -> Cell:
    """Give the cell of a library part."""
    engine = {"kind": "crossbar", "cell": {"use": name}, "array": {"rows": 256, "columns": 256}}
    chip = parse_chip(
        {
            "name": "drawn",
            "technology": {"node_nm": 22},
            "engines": {"weights": engine},
            "placement": [{"operators": ["*"], "engine": "weights"}],
        },
        engine_kinds(),
    )
    arithmetic = chip.engines["weights"].arithmetic()
    assert isinstance(arithmetic, Analog)
    return arithmetic.cell


def analog(**parts: Any) -> Analog:
    """Give an ideal crossbar with 256 rows, eight-bit weights on pairs of two-bit cells; `parts` replace its own."""
    usual: dict[str, Any] = {
        "weight": WeightFormat(encoding="differential"), "input": InputFormat(), "cell": Cell(technology="any", bits=2),
        "array": Array(rows=256, columns=512), "adc": Adc(kind="ideal"),
    }  # fmt: skip
    return Analog(**(usual | parts))


def drawing(shape: tuple[int, ...], seed: int = 0) -> Callable[[Key], Tensor]:
    """Give standard normal numbers for cells of a shape, the same for the same key."""
    return lambda which: torch.randn(shape, generator=generator(("drawn", seed, *which)))


def normal(*shape: int, name: str) -> Tensor:
    """Give standard normal numbers, the same for the same name."""
    return torch.randn(*shape, generator=generator(("drawn", name)))


def layer() -> tuple[Tensor, Tensor]:
    """Give the weights and the input vectors that errors are measured with: Gaussian."""
    return normal(OUTPUTS, INPUTS, name="weights"), normal(VECTORS, INPUTS, name="inputs")


def made(arithmetic: Analog, *, plan: PlanName = "auto", seed: int = 0, weight: Tensor | None = None,
         shown: Tensor | None = None) -> Matrix:  # fmt: skip
    """Put a layer on cells and calibrate it with vectors of its kind."""
    held = program(layer()[0] if weight is None else weight, arithmetic, key=("drawn", seed), plan=plan)
    held.observe(normal(VECTORS, INPUTS, name="examples") if shown is None else shown)
    held.settle()
    return held


def error(held: Matrix, weight: Tensor | None = None, x: Tensor | None = None, age: Age | None = None) -> float:
    """Give the error of a layer's outputs: root mean square over that of the outputs themselves, in percent."""
    usual = layer()
    weight, x = usual[0] if weight is None else weight, usual[1] if x is None else x
    if age is not None:
        held.grow(age)
    wanted = x.double() @ weight.double().T
    return float(100.0 * (held.multiply(x).double() - wanted).norm() / wanted.norm())
