"""Attention over cached keys and values: one head each, grouped, single, windowed, or over an encoder's output."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from bitline.operators import Gather, MatMul, Size, Vector
from bitline.workload.norm import Norm
from bitline.workload.page import After, Page
from bitline.workload.part import Part
from bitline.workload.step import Step
from bitline.workload.visible import keys_read, masked_fraction

ALL_BIASES = ("q", "k", "v", "out")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Attention(Part):
    """Query heads that share `kv_heads` keys and values (all equal: multi-head; one: multi-query)."""

    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    biases: tuple[str, ...] = ()
    """Which of q, k, v, out add a bias."""
    rotary_dim: int = 0
    """Values per head that are rotated by position."""
    causal: bool = True
    window: int | None = None
    """A query sees this many keys at most, itself included, and the `sink_tokens` beside them."""
    sink_tokens: int = 0
    """First tokens that every query sees, however far back."""
    cross: bool = False
    """Keys and values come from an encoder's output, once per request."""
    qk_norm: Norm | None = None
    norm_over_heads: bool = False
    """The query and key norms have one gain per value of all heads, not per value of one head."""
    score_function: str = ""
    """What is done to every score before the softmax: add (position bias), tanh (soft cap)."""
    sinks: bool = False
    """One learned score per head joins the softmax."""
    gated: bool = False
    """A gate computed from the input multiplies the output of the heads."""
    keeps_all: bool = False
    """The cache keeps tokens beyond the window as well."""
    prefix: str = ""

    def write(self, page: Page, after: After) -> After:
        """Write projections, cache access and the two products."""
        keys = page.step.source if self.cross else keys_read(page.step, self._limit)
        seen = self._projected(page, after)
        weights = self._weighed(page, keys, seen)
        mixed = self._product(page, "context", (keys, self.head_dim), weights)
        if self.gated:
            width = self.heads * self.head_dim
            gate = self._linear(page, "q_gate", (self.hidden, width), after)
            gate = page.vector(f"{self.prefix}q_sigmoid", "sigmoid", page.step.rows * width, gate, role="activation")
            mixed = page.vector(
                f"{self.prefix}q_gated", "multiply", page.step.rows * width, mixed + gate, role="activation"
            )
        return self._linear(page, "out", (self.heads * self.head_dim, self.hidden), mixed)

    def cached(self, step: Step, *, expanded: bool) -> Size:
        """Count keys and values of the tokens that a later query can still see."""
        del expanded
        if not self.causal and not self.cross:
            return 0
        tokens: Size = step.source if self.cross else step.context
        if self.window is not None and not (self.cross or self.keeps_all):
            tokens = np.minimum(tokens, self.window - 1 + self.sink_tokens)
        return 2 * self.kv_heads * self.head_dim * tokens

    def looking_back(self, window: int, sinks: int) -> Attention:
        """Bound what a causal query sees; no cache keeps what none of them will."""
        if self.cross or not self.causal or (self.window is not None and self.window <= window):
            return self
        return replace(self, window=window, sink_tokens=sinks, keeps_all=False)

    @property
    def _limit(self) -> int | None:
        """Keys that a query sees at most."""
        return None if self.window is None else self.window + self.sink_tokens

    def _linear(self, page: Page, role: str, shape: tuple[int, int], after: After, rows: Size | None = None) -> After:
        return page.linear(f"{self.prefix}{role}", shape, after, role=role, bias=role in self.biases, rows=rows)

    def _projected(self, page: Page, after: After) -> After:
        """Write queries, and keys and values where this step makes any."""
        step, values = page.step, self.kv_heads * self.head_dim
        q = self._linear(page, "q", (self.hidden, self.heads * self.head_dim), after)
        if self.cross and not step.first:
            return q
        source = () if self.cross else after
        rows = step.batch * step.source if self.cross else step.rows
        k = self._linear(page, "k", (self.hidden, values), source, rows)
        v = self._linear(page, "v", (self.hidden, values), source, rows)
        q, k = self._positioned(page, q, k)
        write = Gather(name=f"{self.prefix}kv_write", role="kv_write", elements=2 * rows * values, after=k + v)
        return q + page.add(write)

    def _positioned(self, page: Page, q: After, k: After) -> tuple[After, After]:
        rows, heads, kv_heads = page.step.rows, self.heads, self.kv_heads
        if self.qk_norm is not None:
            if self.norm_over_heads:
                q = self.qk_norm.write(page, "q_norm", heads * self.head_dim, q)
                k = self.qk_norm.write(page, "k_norm", kv_heads * self.head_dim, k)
            else:
                q = self.qk_norm.write(page, "q_norm", self.head_dim, q, rows=rows * heads)
                k = self.qk_norm.write(page, "k_norm", self.head_dim, k, rows=rows * kv_heads)
        if not self.rotary_dim:
            return q, k
        q = page.vector("q_rope", "rope", rows * heads * self.rotary_dim, q, rows=rows * heads, role="rope")
        k = page.vector("k_rope", "rope", rows * kv_heads * self.rotary_dim, k, rows=rows * kv_heads, role="rope")
        return q, k

    def _weighed(self, page: Page, keys: Size, after: After) -> After:
        """Write scores and their softmax."""
        rows = page.step.rows * self.heads
        scores = self._product(page, "scores", (self.head_dim, keys), after)
        if self.score_function:
            scores = page.vector(
                f"{self.prefix}score_{self.score_function}", self.score_function, rows * keys, scores,
                rows=rows, role="activation",
            )  # fmt: skip
        softmax = Vector(
            name=f"{self.prefix}softmax", role="softmax", function="softmax",
            elements=rows * (keys + 1 if self.sinks else keys), rows=rows, rows_together=page.step.tokens, after=scores,
        )  # fmt: skip
        return page.add(softmax, parameters=self.heads if self.sinks else 0)

    def _product(self, page: Page, role: str, shape: tuple[Size, Size], after: After) -> After:
        step, matrices = page.step, page.step.batch * self.kv_heads
        return page.add(
            MatMul(
                name=f"{self.prefix}{role}",
                role=role,
                vectors=step.rows * self.heads,
                k=shape[0],
                n=shape[1],
                stationary="cache",
                matrices=matrices,
                held=matrices,
                per_request=self.kv_heads,
                vectors_per_token=self.heads,
                after=after,
                masked_fraction=masked_fraction(step, self._limit) if self.causal and not self.cross else 0.0,
            )
        )
