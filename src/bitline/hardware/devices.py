"""Devices of one kind that share a model: how it is cut, and what joins them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias, final

from annotated_types import Interval

from bitline.hardware.quantity import NonNegative, Positive

MOST = 4096
Some: TypeAlias = Annotated[int, Interval(ge=1, le=MOST)]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """A group of equal devices: `tensor` times `expert` work on one layer at a time, `pipeline` such on different ones.

    Not modelled: devices that wait for the slowest, and exchanges that overlap with arithmetic.
    """

    tensor: Some = 1
    """Devices over which every matrix and the heads of attention are cut; partial sums are added up between them."""
    pipeline: Some = 1
    """Stages that layers are dealt out to; a step's requests go through them in as many passes."""
    expert: Some = 1
    """Devices over which routed experts are dealt out, and requests; tokens travel to their experts and back."""
    bandwidth_bytes_per_s: Positive | None = None
    """Of what a device sends, all its links together; not given: exchanges take no time but their latency."""
    start_s: NonNegative | None = None
    """Of an exchange, once, before its first message; not given: none."""
    latency_s: NonNegative = 0.0
    """Of one message from device to device."""
    energy_per_bit_j: NonNegative | None = None
    """Of a bit that a device sends; not given: not counted."""
    all_reduce: Literal["ring", "direct", "gather", "one_link"] = "ring"
    """Parts of sums go round a ring twice; or from each device to each, twice, at once; or all to one device that adds
    them up and sends the sums to all at once; or from device to device where links join each to each, over one link of
    a device at a time (at what it carries both ways), then the sums from each to each at once."""
    gathers_scores: bool = True
    """Scores over the vocabulary come together on every device; if not, each keeps its own (enough for the highest)."""
    scores_prompts: bool = False
    """Every token of a prompt is scored, not the last alone, and a step's rows of the table are found without an
    exchange: what some tools count."""

    @property
    def together(self) -> int:
        """Devices that do the same at the same time."""
        return self.tensor * self.expert

    @property
    def all(self) -> int:
        """Devices of the group."""
        return self.together * self.pipeline


ALONE = Devices()
"""One device."""
