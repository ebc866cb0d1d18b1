"""Chips made of engines that do nothing but arithmetic, and tiny models."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, final

import pytest

from bitline.hardware import (
    Adc,
    Analog,
    Arithmetic,
    Array,
    Cell,
    Chip,
    Engine,
    Floating,
    InputFormat,
    Integer,
    Part,
    Rule,
    Technology,
    WeightFormat,
    Work,
)

os.environ["HF_HUB_OFFLINE"] = "1"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Calculator(Engine):
    """An engine that is nothing but its arithmetic."""

    kind: ClassVar[str] = "calculator"
    numbers: Arithmetic

    @property
    def units(self) -> int:
        return 1

    @property
    def resident(self) -> bool:
        return True

    @property
    def memory(self) -> str | None:
        return None

    def runs(self, operator):
        return True

    def claim(self, operator):
        return 1

    def work(self, operator, copies=1):
        return Work(stream={})

    def rewrite(self, operator):
        return Work(stream={})

    def parts(self, chip) -> tuple[Part, ...]:
        return ()

    def arithmetic(self) -> Arithmetic:
        return self.numbers

    def peak_macs_per_s(self, chip) -> float:
        return 1.0


ChipOf = Callable[..., Chip]


@pytest.fixture(scope="session")
def chip_of() -> ChipOf:
    """Make a chip from the arithmetic of its weights, of its attention, and of everything else."""

    def make(
        weights: Arithmetic, attention: Arithmetic | None = None, rest: Arithmetic | None = None, rules=()
    ) -> Chip:
        engines = {
            "weights": Calculator(numbers=weights),
            "attention": Calculator(numbers=attention or Floating()),
            "rest": Calculator(numbers=rest or Floating()),
        }
        placement = (
            *rules,
            Rule(operators=("scores", "context"), engine="attention"),
            Rule(operators=("adapter", "router", "shared_router") if rest else ("adapter",), engine="rest"),
            Rule(operators=("*",), engine="weights"),
        )
        return Chip(name="bench", technology=Technology(node_nm=28), engines=engines, placement=placement)

    return make


def integer(bits: int, input_range: str = "dynamic") -> Integer:
    return Integer(weight=WeightFormat(bits=bits), input=InputFormat(bits=bits, range=input_range))


def analog(adc_bits: int | None, rows: int = 128, **changes) -> Analog:
    values = {
        "weight": WeightFormat(bits=8), "input": InputFormat(bits=8), "cell": Cell(technology="reram", bits=2),
        "array": Array(rows=rows, columns=rows), "adc": Adc(bits=adc_bits),
    }  # fmt: skip
    return Analog(**{**values, **changes})


@pytest.fixture(scope="session")
def integers():
    """Integer arithmetic of a number of bits."""
    return integer


@pytest.fixture(scope="session")
def analogs():
    """Analog arithmetic with a converter of a number of bits, ideal cells, and arrays of a number of rows."""
    return analog


@pytest.fixture(scope="module")
def subjects(shared: Path) -> Callable[[str], Any]:
    """Give trained models with their texts by name, each made once for a file that has found tools/."""
    from trained_models import SUBJECTS

    made: dict[str, Any] = {}

    def subject(name: str) -> Any:
        if name not in made:
            made[name] = SUBJECTS[name](shared / "data")
        return made[name]

    return subject
