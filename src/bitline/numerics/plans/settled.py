"""Arrays whose sums are not linear in their inputs: curved cells, or cells opened by gates. Each vector settles anew.

For small studies: about one sparse solution a vector, pulse, array and step. Arrays lie as in `behind_wires`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

import torch
from torch import Tensor

from bitline.hardware import Analog
from bitline.numerics.behind_wires import folds, has_wires, wires_of_arrays
from bitline.numerics.cells import Block
from bitline.numerics.codes.pulses import top_digit
from bitline.numerics.codes.slices import Digit, digits_of, largest_level
from bitline.numerics.devices import Age, Draw, Programmed
from bitline.numerics.effective import physical_cells
from bitline.numerics.wires import settled_sums


@final
class SettledArrays:
    """The physical cells of a matrix, and what their arrays make of digits on the wordlines."""

    def __init__(self, cells: Sequence[Sequence[Programmed]], digits: Sequence[Digit], arithmetic: Analog) -> None:
        """Keep each digit's cells `[n, k]`: one, or plus and minus."""
        self.digits, self.arithmetic = tuple(digits), arithmetic
        self.wires = wires_of_arrays(arithmetic)
        top = float(largest_level(arithmetic.cell))
        both = [[one.level * (top / digit.top) for one in held] for held, digit in zip(cells, digits, strict=True)]
        self.levels = torch.stack([torch.stack(held) for held in both])
        self.interleaved = self.wires.bitlines == "interleaved" and digits[0].stands == "pair"

    def sums(self, driven: Tensor, block: Block) -> Tensor:
        """Give sums `[vectors, digits * n]` of digits `[vectors, rows]`, in levels times input steps; float32."""
        count, polarities, n, _ = self.levels.shape
        top = top_digit(self.arithmetic.input)
        width = count if self.interleaved else count * polarities
        together = max(1, self.arithmetic.array.columns // width)
        held = self.levels[..., block.start : block.stop]
        parts = [
            self._array(held[:, :, at : at + together], driven.to(torch.float64) / top, block)
            for at in range(0, n, together)
        ]
        found = torch.cat(parts, dim=-1) * float(top)
        return found.permute(1, 0, 2).reshape(len(driven), count * n).to(torch.float32)

    def _array(self, held: Tensor, shares: Tensor, block: Block) -> Tensor:
        """Settle one array of cells `[digits, polarities, outputs, rows]`: `[digits, vectors, outputs]`."""
        count, polarities, outputs, rows = held.shape
        ahead, behind = self._open_rows(block) if self.wires.source == "input" else (0, 0)
        if self.interleaved:
            levels = held.permute(1, 3, 2, 0).reshape(2, rows, outputs * count)
        else:
            levels = held.permute(3, 2, 0, 1).reshape(rows, outputs * count * polarities)
        seen = settled_sums(levels, shares, wires=self.wires, cell=self.arithmetic.cell, ahead=ahead, behind=behind)
        if self.interleaved:
            found = seen.view(len(shares), outputs, count)
        else:
            parts = seen.view(len(shares), outputs, count, polarities)
            found = parts[..., 0] if polarities == 1 else parts[..., 0] - parts[..., 1]
        tops = torch.tensor([digit.top for digit in self.digits], dtype=torch.float64)
        return (found * (tops / largest_level(self.arithmetic.cell))).permute(2, 0, 1)

    def _open_rows(self, block: Block) -> tuple[int, int]:
        """Count the rows of the array before and behind those that are driven."""
        rows = self.arithmetic.array.rows
        ahead = block.start % rows
        used = min(rows, self.levels.shape[-1] - (block.start - ahead))
        return ahead, max(0, used - ahead - (block.stop - block.start))


def settled_arrays(codes: Tensor, arithmetic: Analog, draw: Draw, age: Age) -> SettledArrays | None:
    """Program the arrays of all columns' codes `[n, k]`; None where what wires and cells do is linear."""
    if not has_wires(arithmetic) or folds(arithmetic):
        return None
    digits = digits_of(arithmetic.weight, arithmetic.cell)
    cells = [physical_cells(codes, digit, arithmetic, draw, age) for digit in digits]
    return SettledArrays(cells, digits, arithmetic)
