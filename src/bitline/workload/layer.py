"""How sublayers, norms and residual sums make a layer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, final

from bitline.operators import Size
from bitline.workload.norm import Norm
from bitline.workload.page import After, Page
from bitline.workload.part import Part
from bitline.workload.step import Step

Arrangement = Literal["before", "after_sum", "on_output", "around", "parallel", "parallel_shared"]
"""Where the norms stand: before each sublayer (GPT-2, Llama), after the residual sum (BERT), on the output of
the sublayer (OLMo 2), before it and on its output (Gemma 2); or all sublayers read the same input side by side,
with a norm each (GPT-NeoX) or one for all (GPT-J)."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Layer(Part):
    """Sublayers of one width, each with a residual sum."""

    hidden: int
    norm: Norm
    sublayers: tuple[Part, ...]
    arrangement: Arrangement = "before"

    def write(self, page: Page, after: After) -> After:
        """Write the sublayers one after another, or side by side."""
        if self.arrangement in ("parallel", "parallel_shared"):
            return self._side_by_side(page, after)
        for number, sublayer in enumerate(self.sublayers, start=1):
            output = sublayer.write(page, self._input(page, number, after))
            if self.arrangement in ("on_output", "around"):
                output = self.norm.write(page, f"output_norm{number}", self.hidden, output)
            after = page.residual(f"add{number}", self.hidden, output + after)
            if self.arrangement == "after_sum":
                after = self.norm.write(page, f"norm{number}", self.hidden, after)
        return after

    def cached(self, step: Step, *, expanded: bool) -> Size:
        """Add up what the sublayers keep."""
        total: Size = 0
        for sublayer in self.sublayers:
            total = total + sublayer.cached(step, expanded=expanded)
        return total

    def looking_back(self, window: int, sinks: int) -> Layer:
        """Bound what the sublayers look back on."""
        sublayers = tuple(sublayer.looking_back(window, sinks) for sublayer in self.sublayers)
        return self if sublayers == self.sublayers else replace(self, sublayers=sublayers)

    def _input(self, page: Page, number: int, after: After) -> After:
        if self.arrangement in ("before", "around", "parallel"):
            return self.norm.write(page, f"norm{number}", self.hidden, after)
        return after

    def _side_by_side(self, page: Page, after: After) -> After:
        shared = self.norm.write(page, "norm1", self.hidden, after) if self.arrangement == "parallel_shared" else after
        outputs: After = ()
        for number, sublayer in enumerate(self.sublayers, start=1):
            outputs += sublayer.write(page, self._input(page, number, shared))
        return page.residual("add1", self.hidden, outputs + after)
