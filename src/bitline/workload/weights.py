"""The matrices a chip would have to hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.operators import MatMul
from bitline.workload.model import Model
from bitline.workload.step import Step


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One stationary matrix of every repeat of a block."""

    block: str
    name: str
    role: str
    k: int
    n: int
    held: int
    """Matrices of this shape in each repeat (experts, heads)."""
    repeat: int
    """Layers with weights of their own: 1 where all layers share them."""
    tied: str
    """The operator or table elsewhere whose values these are."""

    @property
    def values(self) -> int:
        """Weights in all matrices of all repeats."""
        return self.repeat * self.held * self.k * self.n


def weights(model: Model) -> tuple[Weight, ...]:
    """List the weight matrices that prefill and decode use, the shapes as prefill uses them."""
    step = Step(batch=1, tokens=1, context=1, source=1)
    blocks = [section.block(step) for section in model.design.sections]
    return tuple(
        _weight(block.name, 1 if block.shared else block.repeat, operator)
        for block in blocks
        for operator in block.operators
        if isinstance(operator, MatMul) and operator.stationary == "weight"
    )


def _weight(block: str, repeat: int, operator: MatMul) -> Weight:
    return Weight(
        block=block, name=operator.name, role=operator.role, k=int(operator.k), n=int(operator.n),
        held=int(operator.held), repeat=repeat, tied=operator.tied,
    )  # fmt: skip
