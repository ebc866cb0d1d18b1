"""A small engine kind and a small chip, so that these tests need no room above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from bitline.hardware import (
    Adc,
    Array,
    Cell,
    Chip,
    Dac,
    Engine,
    Figure,
    Floating,
    Hierarchy,
    InputFormat,
    Part,
    WeightFormat,
    Work,
)
from bitline.hardware.quantity import Positive
from bitline.operators import MatMul, Operator, Size


@dataclass(frozen=True, slots=True, kw_only=True)
class Toy(Engine):
    """Arrays of cells."""

    kind: ClassVar[str] = "toy"
    cell: Cell
    array: Array
    weight: WeightFormat = field(default_factory=lambda: WeightFormat(bits=6))
    input: InputFormat = field(default_factory=InputFormat)
    adc: Adc = field(default_factory=Adc)
    dac: Dac | None = None
    hierarchy: Hierarchy = field(default_factory=Hierarchy)
    memory: str | None = None
    factors: Mapping[str, Positive] = field(default_factory=dict)
    """By function."""
    clock_hz: Positive = 1e9

    @property
    def units(self) -> int:
        return self.hierarchy.arrays

    @property
    def resident(self) -> bool:
        return True

    def runs(self, operator: Operator) -> bool:
        return True

    def claim(self, operator: MatMul) -> Size:
        slices = -(-self.weight.bits // self.cell.bits)
        return -(-operator.k // self.array.rows) * -(-(operator.n * slices) // self.array.columns)

    def work(self, operator: Operator, copies: int = 1) -> Work:
        return Work(stream={})

    def rewrite(self, operator: MatMul) -> Work:
        return Work(stream={})

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        return (
            Part(
                name="adc",
                energy_j=Figure(2e-12, "toy"),
                latency_s=Figure(1e-9, "toy"),
                instances=self.units,
                area_m2=Figure(1e-9, "toy"),
                leakage_w=Figure(1e-6, "toy"),
            ),
            Part(name="memory.store", area_m2=Figure(3e-8, "toy")),
        )

    def arithmetic(self) -> Floating:
        return Floating()

    def peak_macs_per_s(self, chip: Chip) -> float:
        return self.units * self.clock_hz


CHIP_TEXT = """\
name: small
technology: {node_nm: 32}
engines:
  wide:
    kind: toy
    memory: store
    array: {rows: 128, columns: 128}
    cell: {technology: reram, bits: 2}
memories:
  store: {kind: sram, capacity_bytes: 65536}
links:
  - between: [wide, store]
placement:
  - {operators: ["*"], engine: wide}
schedule: {policy: sequential}
"""


@pytest.fixture(scope="session")
def kinds() -> Mapping[str, type[Engine]]:
    return {"toy": Toy}


@pytest.fixture
def chip_text() -> str:
    return CHIP_TEXT


@pytest.fixture
def chip(kinds: Mapping[str, type[Engine]]) -> Any:
    from bitline.hardware.reading import parse_chip_text

    return parse_chip_text(CHIP_TEXT, kinds)
