"""The two- or three-matrix network that follows attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.workload.page import After, Page
from bitline.workload.part import Part


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FeedForward(Part):
    """`down(f(up(x)))`, or gated `down(f(gate(x)) * up(x))`."""

    hidden: int
    inner: int
    function: str
    """gelu, silu, relu, ..."""
    gated: bool = False
    biases: bool = False
    prefix: str = ""
    """Put before the names of the operators."""
    kind: str = ""
    """Put before their roles (`shared_` for shared experts)."""

    def write(self, page: Page, after: After) -> After:
        """Write the matrices and what lies between them."""
        elements = page.step.rows * self.inner
        up = self._linear(page, "up", (self.hidden, self.inner), after)
        if self.gated:
            gate = self._linear(page, "gate", (self.hidden, self.inner), after)
            gate = page.vector(f"{self.prefix}{self.function}", self.function, elements, gate, role="activation")
            inner = page.vector(f"{self.prefix}gated", "multiply", elements, gate + up, role="activation")
        else:
            inner = page.vector(f"{self.prefix}{self.function}", self.function, elements, up, role="activation")
        return self._linear(page, "down", (self.inner, self.hidden), inner)

    def _linear(self, page: Page, role: str, shape: tuple[int, int], after: After) -> After:
        return page.linear(f"{self.prefix}{role}", shape, after, role=f"{self.kind}{role}", bias=self.biases)
