"""A cheap first look that picks which tokens attention will read (DeepSeek-V3.2's indexer).

Few-valued queries of `heads` heads score every cached index key; relu and a weight per head make one score per
token; the best `chosen` tokens are attended to. As transformers 5.23 computes it (modeling_deepseek_v32.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.operators import Gather, MatMul
from bitline.workload.norm import LAYERNORM
from bitline.workload.page import After, Page
from bitline.workload.visible import masked_fraction


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSelection:
    """Index heads, width of their keys, and how many tokens are chosen."""

    heads: int
    key_dim: int
    chosen: int
    query_rank: int
    rope_dim: int

    def write(self, page: Page, hidden: int, query_row: After, after: After) -> After:
        """Write the index queries and keys, their product, and the choice."""
        step = page.step
        keys, rows = step.context, step.rows
        q = page.linear("index_q", (self.query_rank, self.heads * self.key_dim), query_row)
        q = page.vector("index_q_rope", "rope", rows * self.heads * self.rope_dim, q, role="rope")
        k = page.linear("index_k", (hidden, self.key_dim), after)
        k = LAYERNORM.write(page, "index_k_norm", self.key_dim, k)
        k = page.vector("index_k_rope", "rope", rows * self.rope_dim, k, role="rope")
        k = page.add(Gather(name="index_write", role="kv_write", elements=rows * self.key_dim, after=k))
        weights = page.linear("index_weights", (hidden, self.heads), after)
        scores = MatMul(
            name="index_scores", role="index_scores", vectors=rows * self.heads, k=self.key_dim, n=keys,
            stationary="cache", matrices=step.batch, held=step.batch, masked_fraction=masked_fraction(step, None),
            after=q + k,
        )  # fmt: skip
        positive = page.vector("index_relu", "relu", rows * self.heads * keys, page.add(scores), role="activation")
        total = MatMul(
            name="index_sum", role="index_sum", vectors=rows, k=self.heads, n=keys, stationary=None,
            matrices=rows, held=0, masked_fraction=masked_fraction(step, None), after=positive + weights,
        )  # fmt: skip
        return page.vector("index_choice", "top_k", rows * keys, page.add(total), rows=rows, role="route")
