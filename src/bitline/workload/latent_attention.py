"""Multi-head latent attention: keys and values live compressed in one short row per token.

DeepSeek-V2 (arXiv 2405.04434, section 2.1) caches a latent row of `kv_rank` values and a rotated key of
`rope_dim` values. A prefill expands the latent rows to keys and values of every head. A decode step does not:
the matrix that would expand the keys is applied to the query (`k_absorb`), the one that would expand the values
to the mixed latent row, so the products run over the latent rows themselves, shared by all heads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from bitline.errors import ConfigError
from bitline.operators import Gather, MatMul, Size, Vector
from bitline.workload.norm import RMSNORM
from bitline.workload.page import After, Page
from bitline.workload.part import Part
from bitline.workload.step import Step
from bitline.workload.token_selection import TokenSelection
from bitline.workload.visible import keys_read, masked_fraction


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class LatentAttention(Part):
    """Attention of `heads` queries over latent rows."""

    hidden: int
    heads: int
    query_rank: int | None
    """Width of the compressed query; None if queries come straight from the input."""
    kv_rank: int
    plain_dim: int
    """Values per head that are not rotated."""
    rope_dim: int
    value_dim: int
    bias: bool = False
    selection: TokenSelection | None = None
    """Chooses the tokens that are attended to (DeepSeek-V3.2)."""
    seen: int | None = None
    """Tokens that a query sees at most: the last ones and the first ones; all if not given."""

    def write(self, page: Page, after: After) -> After:
        """Write projections, cache access and products, expanded or over latent rows."""
        queries, query_row = self._queries(page, after)
        latent = self._latent(page, after)
        ready = queries + latent
        if self.selection is not None:
            ready += self.selection.write(page, self.hidden, query_row, after)
        mixed = self._expanded(page, ready) if page.step.first else self._absorbed(page, ready)
        return page.linear("out", (self.heads * self.value_dim, self.hidden), mixed, bias=self.bias)

    def cached(self, step: Step, *, expanded: bool) -> Size:
        """Count latent row and rotated key per token, or full keys and values of all heads."""
        per_token = self.kv_rank + self.rope_dim
        if expanded:
            per_token = self.heads * (self.plain_dim + self.rope_dim + self.value_dim)
        if self.selection is not None:
            per_token += self.selection.key_dim
        # The next query adds its own.
        tokens = step.context if self.seen is None else np.minimum(step.context, self.seen - 1)
        return per_token * tokens

    def looking_back(self, window: int, sinks: int) -> LatentAttention:
        """Bound what a query sees. Raises ConfigError where it chooses its tokens itself."""
        if self.selection is not None:
            raise ConfigError("window: this model chooses the tokens that it looks back on. Leave the window out.")
        if self.seen is not None and self.seen <= window + sinks:
            return self
        return replace(self, seen=window + sinks)

    def _queries(self, page: Page, after: After) -> tuple[After, After]:
        step, width = page.step, self.heads * (self.plain_dim + self.rope_dim)
        if self.query_rank is None:
            row, q = after, page.linear("q", (self.hidden, width), after)
        else:
            row = page.linear("q_down", (self.hidden, self.query_rank), after, bias=self.bias)
            row = RMSNORM.write(page, "q_norm", self.query_rank, row)
            q = page.linear("q_up", (self.query_rank, width), row)
        rotated = step.rows * self.heads
        return page.vector("q_rope", "rope", rotated * self.rope_dim, q, rows=rotated, role="rope"), row

    def _latent(self, page: Page, after: After) -> After:
        rows = page.step.rows
        down = page.linear("kv_down", (self.hidden, self.kv_rank + self.rope_dim), after, bias=self.bias)
        row = RMSNORM.write(page, "kv_norm", self.kv_rank, down)
        key = page.vector("k_rope", "rope", rows * self.rope_dim, down, rows=rows, role="rope")
        elements = rows * (self.kv_rank + self.rope_dim)
        return page.add(Gather(name="kv_write", role="kv_write", elements=elements, after=row + key))

    def _per_head(self, page: Page, name: str, shape: tuple[int, int], after: After, rows: Size) -> After:
        heads = self.heads
        operator = MatMul(
            name=name, role="v_up" if name == "v_up" else "k_up", vectors=rows * heads,
            k=shape[0], n=shape[1], matrices=heads, held=heads, after=after,
            tied="k_up" if name == "k_absorb" else "",
        )  # fmt: skip
        return page.add(operator)

    def _expanded(self, page: Page, ready: After) -> After:
        # Keys and values of cached tokens are made again from their latent rows.
        seen = page.step.batch * keys_read(page.step, self.seen)
        ready += self._per_head(page, "k_up", (self.kv_rank, self.plain_dim), ready, seen)
        ready += self._per_head(page, "v_up", (self.kv_rank, self.value_dim), ready, seen)
        return self._products(page, self.plain_dim + self.rope_dim, self.value_dim, self.heads, ready)

    def _absorbed(self, page: Page, ready: After) -> After:
        rows = page.step.rows
        ready += self._per_head(page, "k_absorb", (self.plain_dim, self.kv_rank), ready, rows)
        mixed = self._products(page, self.kv_rank + self.rope_dim, self.kv_rank, 1, ready)
        return self._per_head(page, "v_up", (self.kv_rank, self.value_dim), mixed, rows)

    def _products(self, page: Page, key_dim: int, value_dim: int, kv_heads: int, ready: After) -> After:
        step, limit = page.step, self.selection.chosen if self.selection else self.seen
        rows, matrices, keys = step.rows * self.heads, step.batch * kv_heads, keys_read(step, limit)
        masked = masked_fraction(step, limit)
        scores = MatMul(
            name="scores", role="scores", vectors=rows, k=key_dim, n=keys, stationary="cache",
            matrices=matrices, held=matrices, per_request=kv_heads, masked_fraction=masked, after=ready,
        )  # fmt: skip
        softmax = Vector(
            name="softmax",
            role="softmax",
            function="softmax",
            elements=rows * keys,
            rows=rows,
            rows_together=step.tokens,
            after=page.add(scores),
        )
        context = MatMul(
            name="context", role="context", vectors=rows, k=keys, n=value_dim, stationary="cache",
            matrices=matrices, held=matrices, per_request=kv_heads, masked_fraction=masked, after=page.add(softmax),
        )  # fmt: skip
        return page.add(context)
