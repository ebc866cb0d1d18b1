"""A page is the block being written: parts put their operators on it, and it adds up their parameters."""

from __future__ import annotations

from typing import TypeAlias, final

from bitline.operators import Gather, MatMul, Operator, Size, Vector
from bitline.workload.step import Step

After: TypeAlias = tuple[str, ...]
"""Names of the operators that must finish first; empty for the input of the block."""


@final
class Page:
    """The operators of one block in the order they were written, and how many parameters they bring."""

    __slots__ = ("_operators", "parameters", "step")

    def __init__(self, step: Step) -> None:
        self.step = step
        self.parameters = 0
        self._operators: list[Operator] = []

    @property
    def operators(self) -> tuple[Operator, ...]:
        """What was written so far."""
        return tuple(self._operators)

    def add(self, operator: Operator, *, parameters: int = 0) -> After:
        """Write an operator; `parameters` counts what it brings beyond its stationary weights (biases, gains)."""
        self._operators.append(operator)
        self.parameters += parameters + _stored(operator)
        return (operator.name,)

    def linear(
        self,
        name: str,
        shape: tuple[int, int],
        after: After,
        *,
        role: str = "",
        bias: bool = False,
        rows: Size | None = None,
    ) -> After:
        """Write one weight matrix `[k, n]` that each row of the step passes through."""
        k, n = shape
        vectors = self.step.rows if rows is None else rows
        operator = MatMul(name=name, role=role or name, vectors=vectors, k=k, n=n, after=after)
        return self.add(operator, parameters=n if bias else 0)

    def vector(
        self, name: str, function: str, elements: Size, after: After, *, rows: Size = 1, role: str = ""
    ) -> After:
        """Write an elementwise or row-wise function."""
        return self.add(
            Vector(name=name, role=role or name, function=function, elements=elements, rows=rows, after=after)
        )

    def residual(self, name: str, width: int, after: After, *, rows: Size | None = None) -> After:
        """Write the sum of a sublayer's output and its input."""
        rows = self.step.rows if rows is None else rows
        return self.vector(name, "add", rows * width, after, rows=rows, role="residual")


def _stored(operator: Operator) -> int:
    if isinstance(operator, MatMul) and operator.stationary == "weight" and not operator.tied:
        return int(operator.held * operator.k * operator.n)
    return int(operator.held) if isinstance(operator, Gather) else 0
