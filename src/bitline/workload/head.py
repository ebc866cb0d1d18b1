"""What stands on top of the last layer: scores over a vocabulary, a summary row, classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.operators import MatMul
from bitline.workload.norm import Norm
from bitline.workload.page import After, Page
from bitline.workload.part import Part


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FinalNorm(Part):
    """A norm over the rows of the last layer."""

    norm: Norm
    hidden: int

    def write(self, page: Page, after: After) -> After:
        """Normalise every row."""
        return self.norm.write(page, "final_norm", self.hidden, after)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Projection(Part):
    """One matrix over every row."""

    name: str
    shape: tuple[int, int]
    bias: bool = False

    def write(self, page: Page, after: After) -> After:
        """Project every row."""
        return page.linear(self.name, self.shape, after, bias=self.bias)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Scores(Part):
    """A score for every entry of the vocabulary: of the last token of a request, or of every token if asked."""

    hidden: int
    vocabulary: int
    tied: bool
    """The matrix is the embedding table."""
    bias: bool = False
    soft_cap: bool = False

    def write(self, page: Page, after: After) -> After:
        """Write the matrix and, if there is one, the soft cap."""
        rows = page.step.scored_rows
        operator = MatMul(
            name="lm_head", role="lm_head", vectors=rows, k=self.hidden, n=self.vocabulary,
            tied="embedding" if self.tied else "", after=after,
        )  # fmt: skip
        scores = page.add(operator, parameters=self.vocabulary if self.bias else 0)
        if self.soft_cap:
            return page.vector("logit_cap", "tanh", rows * self.vocabulary, scores, rows=rows, role="activation")
        return scores


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedScores(Part):
    """Scores over the vocabulary for every token of an encoder, through one more matrix and a norm (BERT)."""

    hidden: int
    width: int
    """Width of the embedding table."""
    vocabulary: int
    function: str
    extra: int = 0
    """Values of the row that go through a matrix of their own beside the embedding table (MobileBERT)."""

    def write(self, page: Page, after: After) -> After:
        """Write transform, norm and the embedding table used as a matrix."""
        rows, inner = page.step.rows, self.width + self.extra
        row = page.linear("transform", (self.hidden, inner), after, bias=True)
        row = page.vector(f"transform_{self.function}", self.function, rows * inner, row, role="activation")
        row = Norm(function="layernorm", bias=True).write(page, "transform_norm", inner, row)
        operator = MatMul(
            name="lm_head", role="lm_head", vectors=rows, k=self.width, n=self.vocabulary, tied="embedding", after=row
        )
        scores = page.add(operator, parameters=self.vocabulary)
        if not self.extra:
            return scores
        extra = page.linear("lm_head_extra", (self.extra, self.vocabulary), row, role="lm_head")
        return page.residual("lm_head_sum", self.vocabulary, scores + extra)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Pooler(Part):
    """The first row of each request through a matrix and tanh."""

    hidden: int
    role: str = "pooler"
    function: str = "tanh"

    def write(self, page: Page, after: After) -> After:
        """Write one row per request."""
        rows = page.step.batch
        row = page.linear(self.role, (self.hidden, self.hidden), after, bias=True, rows=rows)
        return page.vector(f"{self.role}_{self.function}", self.function, rows * self.hidden, row, role="activation")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier(Part):
    """Scores of classes, for each request or for each token."""

    hidden: int
    classes: int
    per_token: bool = False

    def write(self, page: Page, after: After) -> After:
        """Write the matrix of class scores."""
        rows = page.step.rows if self.per_token else page.step.batch
        return page.linear("classifier", (self.hidden, self.classes), after, bias=True, rows=rows)
