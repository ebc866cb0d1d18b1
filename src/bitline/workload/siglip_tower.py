"""SigLIP's image encoder, which also serves as the vision tower of Gemma 3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.operators import Gather, MatMul, Vector
from bitline.workload.attention import ALL_BIASES
from bitline.workload.config import Config
from bitline.workload.image_encoder import image_encoder
from bitline.workload.model import Design
from bitline.workload.norm import LAYERNORM
from bitline.workload.page import After, Page
from bitline.workload.part import Part
from bitline.workload.rotary_decoder import activation


def siglip_tower(config: Config) -> Design:
    """Patches, layers with norms before, and by default a learned query that sums up the image."""
    query = _query(config) if config.flag("vision_use_head", True) else None
    return image_encoder(config, biases=ALL_BIASES, class_token=False, top=query)


def _query(config: Config) -> LearnedQuery:
    hidden = config.count("hidden_size")
    return LearnedQuery(
        hidden=hidden,
        heads=config.dividing("num_attention_heads", hidden, "hidden_size"),
        inner=config.count("intermediate_size"),
        function=activation(config, "hidden_act", "gelu"),
    )


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedQuery(Part):
    """One learned query per image attends to all patches; a feed-forward network follows."""

    hidden: int
    heads: int
    inner: int
    function: str

    def write(self, page: Page, after: After) -> After:
        """Write the attention of one query and the network over its one row."""
        batch, hidden = page.step.batch, self.hidden
        square = (hidden, hidden)
        probe = page.add(Gather(name="probe", role="embedding", elements=batch * hidden, held=hidden, width=hidden))
        q = page.linear("q", square, probe, bias=True, rows=batch)
        k = page.linear("k", square, after, bias=True)
        v = page.linear("v", square, after, bias=True)
        write = Gather(name="kv_write", role="kv_write", elements=2 * page.step.rows * hidden, after=k + v)
        row = page.linear("out", square, self._attended(page, q + page.add(write)), bias=True, rows=batch)
        inner = LAYERNORM.write(page, "norm", hidden, row, rows=batch)
        inner = page.linear("up", (hidden, self.inner), inner, bias=True, rows=batch)
        inner = page.vector(self.function, self.function, batch * self.inner, inner, role="activation")
        inner = page.linear("down", (self.inner, hidden), inner, bias=True, rows=batch)
        return page.residual("add", hidden, inner + row, rows=batch)

    def _attended(self, page: Page, ready: After) -> After:
        rows, width, patches = page.step.batch * self.heads, self.hidden // self.heads, page.step.tokens
        scores = MatMul(
            name="scores", role="scores", vectors=rows, k=width, n=patches, stationary="cache",
            matrices=rows, held=rows, after=ready,
        )  # fmt: skip
        softmax = Vector(
            name="softmax", role="softmax", function="softmax", elements=rows * patches, rows=rows,
            after=page.add(scores),
        )  # fmt: skip
        context = MatMul(
            name="context", role="context", vectors=rows, k=patches, n=width, stationary="cache",
            matrices=rows, held=rows, after=page.add(softmax),
        )  # fmt: skip
        return page.add(context)
