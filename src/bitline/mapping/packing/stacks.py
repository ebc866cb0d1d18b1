r"""Which blocks can stand in one column, and how many columns all of them need at least.

Sets of blocks are numbers whose bit i is block i. The bound is the linear program of covering: a share of the columns
for each set that fits into one, so that every block gets as many as it is wide. Its dual gives each block a price
$u_b$ per column such that no column can hold blocks of more than 1 together; then $W \ge \sum_b w_b u_b$. Prices are
made fractions and checked against every set, so that what follows from them is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, lcm
from typing import final

from bitline.mapping.packing.block import Block, Floor

FINEST = 5040
"""Largest denominator of a price: prices of real cases are simple fractions, and any smaller price is a valid one."""


@final
@dataclass(frozen=True)
class Stacks:
    """The sets of blocks that one column can hold."""

    blocks: tuple[Block, ...]
    floor: Floor

    @cached_property
    def allowed(self) -> frozenset[int]:
        """All of them, the empty set included."""
        found, grown = {0}, [0]
        while grown:
            before, grown = grown, []
            for held in before:
                for i in range(held.bit_length(), len(self.blocks)):
                    if self._fit(wider := held | 1 << i):
                        found.add(wider)
                        grown.append(wider)
        return frozenset(found)

    def _fit(self, held: int) -> bool:
        chosen = [block for i, block in enumerate(self.blocks) if held >> i & 1]
        if sum(block.bias_rows for block in chosen) > self.floor.bias_rows:
            return False
        return _into(sorted((block.rows for block in chosen), reverse=True), list(self.floor.regions))

    @cached_property
    def prices(self) -> tuple[tuple[int, ...], int]:
        """What one column of each block is worth, in parts of the second number, which a full column is worth."""
        fractions = [Fraction(max(price, 0.0)).limit_denominator(FINEST) for price in self._dual()]
        dearest = max(sum(p for i, p in enumerate(fractions) if held >> i & 1) for held in self.allowed)
        exact = [price / max(dearest, Fraction(1)) for price in fractions]
        whole = lcm(*(price.denominator for price in exact))
        return tuple(int(price * whole) for price in exact), whole

    @property
    def fewest_columns(self) -> int:
        """No arrangement has fewer."""
        prices, whole = self.prices
        return ceil(Fraction(sum(p * b.columns for p, b in zip(prices, self.blocks, strict=True)), whole))

    def worth(self, held: int) -> int:
        """Add up the prices of a set."""
        return sum(price for i, price in enumerate(self.prices[0]) if held >> i & 1)

    def _dual(self) -> list[float]:
        # scipy takes long to import, and most of the package never packs.
        import numpy as np
        from scipy.optimize import linprog

        sets = np.array([[held >> i & 1 for i in range(len(self.blocks))] for held in self.allowed if held])
        widths = np.array([block.columns for block in self.blocks])
        found = linprog(-widths, A_ub=sets, b_ub=np.ones(len(sets)), bounds=(0.0, 1.0))
        return [float(price) for price in found.x]


def _into(lengths: list[int], free: list[int]) -> bool:
    """Say whether lengths, longest first, go into rooms without being cut."""
    if not lengths:
        return True
    tried = set()
    for i, room in enumerate(free):
        if room >= lengths[0] and room not in tried:
            tried.add(room)
            if _into(lengths[1:], [*free[:i], room - lengths[0], *free[i + 1 :]]):
                return True
    return False
