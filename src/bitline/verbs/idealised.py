"""A chip of which the arithmetic is changed and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, final

from bitline.hardware import Activity, Arithmetic, Chip, Engine, Part, Work
from bitline.operators import MatMul, Operator, Size


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Idealised(Engine):
    """Any engine, with arithmetic of its own."""

    kind: ClassVar[str] = "idealised"
    inner: Engine
    numbers: Arithmetic

    @property
    def units(self) -> int:
        """As within."""
        return self.inner.units

    @property
    def resident(self) -> bool:
        """As within."""
        return self.inner.resident

    @property
    def memory(self) -> str | None:
        """As within."""
        return self.inner.memory

    def runs(self, operator: Operator) -> bool:
        """As within."""
        return self.inner.runs(operator)

    def claim(self, operator: MatMul) -> Size:
        """As within."""
        return self.inner.claim(operator)

    def work(self, operator: Operator, copies: int = 1) -> Work:
        """As within."""
        return self.inner.work(operator, copies)

    def rewrite(self, operator: MatMul) -> Work:
        """As within."""
        return self.inner.rewrite(operator)

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """As within."""
        return self.inner.parts(chip)

    def parts_in_use(self, chip: Chip, activity: Activity) -> tuple[Part, ...]:
        """As within."""
        return self.inner.parts_in_use(chip, activity)

    def arithmetic(self) -> Arithmetic:
        """Give the arithmetic it was lent."""
        return self.numbers

    def peak_macs_per_s(self, chip: Chip) -> float:
        """As within."""
        return self.inner.peak_macs_per_s(chip)


def with_arithmetic(chip: Chip, change: Callable[[Arithmetic], Arithmetic]) -> Chip:
    """Give the same chip with the arithmetic of every engine changed."""
    engines = {
        name: Idealised(inner=engine, numbers=change(engine.arithmetic())) for name, engine in chip.engines.items()
    }
    return replace(chip, engines=engines)
