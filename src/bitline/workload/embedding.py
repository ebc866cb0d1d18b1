"""How tokens, patches and sounds become rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.operators import Gather
from bitline.workload.norm import Norm
from bitline.workload.page import After, Page
from bitline.workload.part import Part


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding(Part):
    """Table rows for tokens, with learned positions, token kinds, a norm and a projection where a model has them."""

    vocabulary: int
    width: int
    hidden: int
    """Width of the layers; tables narrower than that are projected."""
    positions: int = 0
    """Rows of a learned position table."""
    position_width: int = 0
    """Its width, if the positions join after the projection."""
    kinds: int = 0
    """Rows of a token-kind table."""
    neighbours: int = 1
    """Rows joined before the projection: three for a trigram."""
    norm: Norm | None = None
    projected: bool = False
    projection_bias: bool = False
    shared: bool = False
    """The table is the one of another block and counts nothing here."""

    def write(self, page: Page, after: After) -> After:
        """Look up, sum, normalise and project."""
        rows, held = page.step.rows, self.vocabulary * self.width
        token = Gather(
            name="embedding", role="embedding", elements=rows * self.width, held=0 if self.shared else held,
            width=self.width, after=after,
        )  # fmt: skip
        row = page.add(token)
        late = self.position_width > 0
        if self.projected and late:
            row = self._projection(page, row)
        width = self.position_width or self.width
        row = self._placed(page, width, row)
        if self.norm is not None:
            row = self.norm.write(page, "embedding_norm", width, row)
        return self._projection(page, row) if self.projected and not late else row

    def _placed(self, page: Page, width: int, row: After) -> After:
        rows, terms = page.step.rows, row
        for role, held in (("position", self.positions), ("token_kind", self.kinds)):
            if held:
                terms += page.add(Gather(name=role, role=role, elements=rows * width, held=held * width, width=width))
        if terms == row:
            return row
        return page.residual("embedding_sum", width, terms)

    def _projection(self, page: Page, row: After) -> After:
        shape = (self.width * self.neighbours, self.hidden)
        return page.linear("embedding_projection", shape, row, bias=self.projection_bias)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class RelativePositions(Part):
    """A learned score per head for each class of distances (T5); looked up once, used by every layer."""

    heads: int
    buckets: int

    def write(self, page: Page, after: After) -> After:
        """Read the scores of all query-key pairs of one request."""
        step = page.step
        pairs = self.heads * step.tokens * step.context
        held = self.heads * self.buckets
        page.add(Gather(name="position", role="position", elements=pairs, held=held, width=self.heads))
        return after


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Patches(Part):
    """Image patches through one matrix (a convolution that steps by its own width), plus learned positions."""

    patch_values: int
    """Channels times pixels of a patch."""
    hidden: int
    positions: int
    class_token: bool
    """One learned row comes before the patches."""

    def write(self, page: Page, after: After) -> After:
        """Project the patches and add positions."""
        step = page.step
        patches = step.batch * max(step.tokens - self.class_token, 1)
        row = page.linear("patch_embedding", (self.patch_values, self.hidden), after, bias=True, rows=patches)
        if self.class_token:
            page.parameters += self.hidden
        position = Gather(
            name="position", role="position", elements=step.rows * self.hidden, held=self.positions * self.hidden,
            width=self.hidden,
        )  # fmt: skip
        return page.residual("embedding_sum", self.hidden, row + page.add(position))


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SoundFrames(Part):
    """Spectrogram frames through two convolutions over time; the second keeps every other frame (Whisper)."""

    bands: int
    hidden: int
    positions: int
    """Rows of the position table, which is computed once and stored with the weights."""
    width: int = 3
    """Frames under the window of a convolution."""

    def write(self, page: Page, after: After) -> After:
        """Write the convolutions as matrices over unrolled windows, and add positions."""
        rows, hidden = page.step.rows, self.hidden
        row = page.linear("frames1", (self.bands * self.width, hidden), after, bias=True, rows=2 * rows, role="conv")
        row = page.vector("frames1_gelu", "gelu", 2 * rows * hidden, row, role="activation")
        row = page.linear("frames2", (hidden * self.width, hidden), row, bias=True, role="conv")
        row = page.vector("frames2_gelu", "gelu", rows * hidden, row, role="activation")
        table = self.positions * hidden
        position = page.add(Gather(name="position", role="position", elements=rows * hidden, held=table, width=hidden))
        return page.residual("embedding_sum", hidden, row + position)
