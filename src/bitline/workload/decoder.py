"""A stack of decoder layers between a token table and scores over the vocabulary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import final

from bitline.workload.embedding import Embedding
from bitline.workload.head import FinalNorm, Projection, Scores
from bitline.workload.model import Design, Section
from bitline.workload.norm import Norm
from bitline.workload.page import After, Page
from bitline.workload.part import Part


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """What stands around the layers of a decoder."""

    hidden: int
    vocabulary: int
    context_limit: int | None
    norm: Norm | None
    """After the last layer; None where layers normalise their own output."""
    tied: bool
    scores: bool = True
    """There is a matrix of vocabulary scores."""
    score_bias: bool = False
    soft_cap: bool = False
    positions: int = 0
    """Tokens that a learned position table has rows for."""
    spare_positions: int = 0
    """Rows of that table no token uses (OPT's first two)."""
    table_width: int | None = None
    """Width of the token table if it is not the hidden size."""
    embedding_norm: Norm | None = None
    scaled: bool = False
    """Token rows are multiplied by a constant."""


def decoder(trunk: Trunk, layers: Iterable[tuple[str, int, Part]], *, vision: Design | None = None) -> Design:
    """Make a design of groups `(name, repeat, layer)`, empty ones left out."""
    groups = [group for group in layers if group[1]]
    sections = (
        Section(name="embedding", parts=_entry(trunk)),
        *(Section(name=name, parts=(layer,), repeat=repeat) for name, repeat, layer in groups),
        *((Section(name="head", parts=_exit(trunk)),) if _exit(trunk) else ()),
    )
    return Design(
        kind="decoder", layers=sum(repeat for _, repeat, _ in groups), hidden=trunk.hidden,
        vocabulary=trunk.vocabulary, context_limit=trunk.context_limit, sections=sections,
        position_rows=trunk.positions or None, vision=vision,
    )  # fmt: skip


def by_kind(kinds: Iterable[str], layers: Mapping[str, Part]) -> list[tuple[str, int, Part]]:
    """Group layers of one kind, in the order in which kinds first appear.

    Alternating kinds become one group each: the order inside the stack is not kept, what is computed is.
    """
    counts = Counter(kinds)
    if len(counts) == 1:
        return [("layers", repeat, layers[kind]) for kind, repeat in counts.items()]
    return [(f"{kind.removesuffix('_attention')}_layers", repeat, layers[kind]) for kind, repeat in counts.items()]


@final
@dataclass(frozen=True, slots=True)
class _Scaled(Part):
    width: int

    def write(self, page: Page, after: After) -> After:
        rows = page.step.rows
        return page.vector("embedding_scale", "scale", rows * self.width, after, rows=rows, role="activation")


def _entry(trunk: Trunk) -> tuple[Part, ...]:
    narrow = trunk.table_width is not None and trunk.table_width != trunk.hidden
    table = Embedding(
        vocabulary=trunk.vocabulary,
        width=trunk.table_width or trunk.hidden,
        hidden=trunk.hidden,
        positions=trunk.positions + trunk.spare_positions,
        position_width=trunk.hidden if narrow else 0,
        norm=trunk.embedding_norm,
        projected=narrow,
    )
    return (table, _Scaled(trunk.hidden)) if trunk.scaled else (table,)


def _exit(trunk: Trunk) -> tuple[Part, ...]:
    parts: list[Part] = []
    width = trunk.table_width or trunk.hidden
    if trunk.norm is not None:
        parts.append(FinalNorm(norm=trunk.norm, hidden=trunk.hidden))
    if width != trunk.hidden:
        parts.append(Projection(name="output_projection", shape=(trunk.hidden, width)))
    if trunk.scores:
        parts.append(
            Scores(
                hidden=width,
                vocabulary=trunk.vocabulary,
                tied=trunk.tied,
                bias=trunk.score_bias,
                soft_cap=trunk.soft_cap,
            )
        )
    return tuple(parts)
