"""A mixture of experts: each token is sent to a few of many feed-forward networks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.operators import MatMul, Route
from bitline.workload.feed_forward import FeedForward
from bitline.workload.page import After, Page
from bitline.workload.part import Part


def experts_hit(experts: int, chosen: int, rows: int) -> float:
    """Expect so many distinct experts to be used by `rows` tokens that each pick `chosen` evenly and independently."""
    return float(experts * (1.0 - (1.0 - chosen / experts) ** rows))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Experts(Part):
    """Gated experts behind a router, beside shared experts that see every token."""

    hidden: int
    inner: int
    experts: int
    chosen: int
    function: str = "silu"
    score_function: str = "softmax"
    """What turns router outputs into weights: softmax or sigmoid."""
    biases: bool = False
    """Router and experts add biases (gpt-oss)."""
    shared: FeedForward | None = None
    shared_gate: bool = False
    """A gate of one value per token scales the shared experts."""

    def write(self, page: Page, after: After) -> After:
        """Write router, chosen experts and shared experts; the outputs meet in `combine`."""
        rows, experts = page.step.rows, self.experts
        scores = page.linear("router", (self.hidden, experts), after, bias=self.biases)
        scores = page.vector(
            "router_scores", self.score_function, rows * experts, scores, rows=rows, role="router_scores"
        )
        chosen = page.add(
            Route(name="route", role="route", rows=rows, experts=experts, chosen=self.chosen, after=scores)
        )
        outputs = self._chosen(page, chosen + after) + self._shared(page, after)
        terms = self.chosen + (self.shared is not None)
        return page.vector("combine", "weighted_sum", rows * terms * self.hidden, outputs, rows=rows)

    def _chosen(self, page: Page, after: After) -> After:
        elements = page.step.rows * self.chosen * self.inner
        gate = self._expert(page, "expert_gate", (self.hidden, self.inner), after)
        up = self._expert(page, "expert_up", (self.hidden, self.inner), after)
        gate = page.vector(f"expert_{self.function}", self.function, elements, gate, role="activation")
        inner = page.vector("expert_gated", "multiply", elements, gate + up, role="activation")
        return self._expert(page, "expert_down", (self.inner, self.hidden), inner)

    def _expert(self, page: Page, role: str, shape: tuple[int, int], after: After) -> After:
        rows, (k, n) = page.step.rows, shape
        operator = MatMul(
            name=role, role=role, vectors=rows * self.chosen, k=k, n=n, after=after, held=self.experts,
            matrices=experts_hit(self.experts, self.chosen, rows), vectors_per_token=self.chosen,
        )  # fmt: skip
        return page.add(operator, parameters=self.experts * n if self.biases else 0)

    def _shared(self, page: Page, after: After) -> After:
        if self.shared is None:
            return ()
        output = self.shared.write(page, after)
        if not self.shared_gate:
            return output
        rows = page.step.rows
        gate = page.linear("shared_router", (self.hidden, 1), after)
        gate = page.vector("shared_sigmoid", "sigmoid", rows, gate, rows=rows, role="activation")
        return page.vector("shared_scaled", "multiply", rows * self.hidden, output + gate, rows=rows, role="activation")
