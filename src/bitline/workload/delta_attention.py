"""Gated delta rule: linear attention whose memory is one matrix per head, whatever the context (Qwen3-Next).

A decode step reads the state twice (what it predicts for the key, what it answers to the query) and adds one outer
product. A prefill works in chunks of 64 tokens, as the reference code of transformers 5.23 does
(modeling_qwen3_next.py): four products with the state and three inside the chunk, and a triangular solve, which
is a `Vector` here since it is not a product of given matrices. Prompts are padded to whole chunks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.operators import Gather, MatMul, Size
from bitline.workload.norm import RMSNORM
from bitline.workload.page import After, Page
from bitline.workload.part import Part
from bitline.workload.step import Step

CHUNK = 64


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DeltaAttention(Part):
    """Key heads, value heads, their widths, and the taps of the convolution before them."""

    hidden: int
    key_heads: int
    value_heads: int
    key_dim: int
    value_dim: int
    taps: int

    def write(self, page: Page, after: After) -> After:
        """Write projections, convolution, the rule itself, and the gated output."""
        rows, values = page.step.rows, self.value_heads * self.value_dim
        inputs = self._convolved(page, after)
        gate = page.linear("z", (self.hidden, values), after, role="q_gate")
        decay = page.linear("decay", (self.hidden, 2 * self.value_heads), after)
        decay = page.vector("decay_rates", "sigmoid", rows * 2 * self.value_heads, decay, role="activation")
        page.parameters += 2 * self.value_heads
        ready = inputs + decay
        mixed = self._chunks(page, ready) if page.step.first else self._one_token(page, ready)
        heads = rows * self.value_heads
        mixed = RMSNORM.write(page, "head_norm", self.value_dim, mixed, rows=heads)
        gate = page.vector("z_silu", "silu", rows * values, gate, role="activation")
        mixed = page.vector("z_gated", "multiply", rows * values, mixed + gate, role="activation")
        return page.linear("out", (values, self.hidden), mixed)

    def cached(self, step: Step, *, expanded: bool) -> Size:
        """Count the state of every head, and the last `taps` inputs of the convolution."""
        del step, expanded
        channels = 2 * self.key_heads * self.key_dim + self.value_heads * self.value_dim
        return self.value_heads * self.key_dim * self.value_dim + channels * self.taps

    def _convolved(self, page: Page, after: After) -> After:
        keys, values = self.key_heads * self.key_dim, self.value_heads * self.value_dim
        rows, channels = page.step.rows, 2 * keys + values
        inputs: After = ()
        for role, width in (("q", keys), ("k", keys), ("v", values)):
            inputs += page.linear(role, (self.hidden, width), after)
        taps = MatMul(
            name="conv", role="conv", vectors=rows * channels, k=self.taps, n=1, matrices=channels, held=channels,
            after=inputs,
        )  # fmt: skip
        row = page.vector("conv_silu", "silu", rows * channels, page.add(taps), role="activation")
        heads = rows * self.value_heads
        return page.vector("qk_l2norm", "l2norm", 2 * heads * self.key_dim, row, rows=2 * heads, role="norm")

    def _one_token(self, page: Page, after: After) -> After:
        states = page.step.batch * self.value_heads
        shape = (self.key_dim, self.value_dim)
        guess = self._state_product(page, "state_guess", shape, states, after)
        elements = states * self.key_dim * self.value_dim
        update = page.vector("state_update", "outer_add", elements, guess, rows=states, role="state_update")
        update = page.add(Gather(name="state_write", role="kv_write", elements=elements, after=update))
        return self._state_product(page, "state_read", shape, states, update)

    def _state_product(self, page: Page, name: str, shape: tuple[int, int], vectors: int, after: After) -> After:
        states = page.step.batch * self.value_heads
        return page.add(
            MatMul(
                name=name,
                role=name,
                vectors=vectors,
                k=shape[0],
                n=shape[1],
                stationary="cache",
                matrices=states,
                held=states,
                per_request=self.value_heads,
                after=after,
            )
        )

    def _chunks(self, page: Page, after: After) -> After:
        step, keys, values = page.step, self.key_dim, self.value_dim
        chunks = -(-step.tokens // CHUNK)
        rows = step.batch * self.value_heads * chunks * CHUNK
        system = self._inner(page, "chunk_keys", (rows, keys, CHUNK), after)
        scores = self._inner(page, "chunk_scores", (rows, keys, CHUNK), after)
        solved = page.vector("chunk_solve", "triangular_solve", rows * (keys + values), system, rows=rows)
        guess = self._state_product(page, "state_guess", (keys, values), rows, solved)
        read = self._state_product(page, "state_read", (keys, values), rows, after)
        mixed = self._inner(page, "chunk_context", (rows, CHUNK, values), scores + guess)
        update = self._inner(page, "state_update", (rows // CHUNK * keys, CHUNK, values), guess)
        elements = step.batch * self.value_heads * keys * values
        page.add(Gather(name="state_write", role="kv_write", elements=elements, after=update))
        return page.residual("chunk_sum", values, read + mixed, rows=rows)

    def _inner(self, page: Page, name: str, sizes: tuple[int, int, int], after: After) -> After:
        vectors, k, n = sizes
        chunks = page.step.batch * self.value_heads * -(-page.step.tokens // CHUNK)
        return page.add(
            MatMul(
                name=name, role=name, vectors=vectors, k=k, n=n, stationary=None, matrices=chunks, held=0, after=after
            )
        )
