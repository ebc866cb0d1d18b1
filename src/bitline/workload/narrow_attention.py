"""Attention whose queries and keys read narrowed rows and whose values read wide ones (MobileBERT)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.operators import Gather, MatMul, Vector
from bitline.workload.page import After, Page


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class NarrowAttention:
    """Heads over `narrow` values; all tokens see each other."""

    hidden: int
    narrow: int
    heads: int

    def write_from(self, page: Page, shared: After, wide: After) -> After:
        """Write attention from the narrowed rows `shared` and the rows `wide`."""
        narrow, step = self.narrow, page.step
        q = page.linear("q", (narrow, narrow), shared, bias=True)
        k = page.linear("k", (narrow, narrow), shared, bias=True)
        v = page.linear("v", (self.hidden, narrow), wide, bias=True)
        write = page.add(Gather(name="kv_write", role="kv_write", elements=2 * step.rows * narrow, after=k + v))
        rows, matrices, width = step.rows * self.heads, step.batch * self.heads, narrow // self.heads
        scores = MatMul(
            name="scores", role="scores", vectors=rows, k=width, n=step.tokens, stationary="cache",
            matrices=matrices, held=matrices, per_request=self.heads, after=q + write,
        )  # fmt: skip
        softmax = Vector(
            name="softmax", role="softmax", function="softmax", elements=rows * step.tokens, rows=rows,
            rows_together=step.tokens, after=page.add(scores),
        )  # fmt: skip
        context = MatMul(
            name="context", role="context", vectors=rows, k=step.tokens, n=width, stationary="cache",
            matrices=matrices, held=matrices, per_request=self.heads, after=page.add(softmax),
        )  # fmt: skip
        return page.linear("out", (narrow, narrow), page.add(context), bias=True)
