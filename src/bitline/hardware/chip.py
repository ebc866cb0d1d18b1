"""The whole description: engines, memories, links, who runs what, in which order, and where each number is from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, final

from bitline.hardware.devices import ALONE, Devices
from bitline.hardware.engine import Engine
from bitline.hardware.memory import Link, Memory
from bitline.hardware.quantity import Count, Fraction, Positive


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """The process the chip is made in."""

    node_nm: Positive
    supply_v: Positive | None = None
    """Nominal for the node if not given."""
    temperature_k: Positive = 300.0


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Operators whose role matches one of the patterns (`*` and `?` allowed) run on this engine; first match wins.

    A bare `*` matches what the engine can run: `["*"]` for an engine of products, then `["*"]` for one of functions.
    """

    operators: tuple[str, ...]
    engine: str
    most_vectors: Count | None = None
    """Only where a matrix meets at most so many vectors, or a function has at most so many rows of one: what is decoded
    goes here, and a prompt to where a later rule says. Weights have their room where each finds them."""
    beside_fraction: Mapping[str, Fraction] = field(default_factory=dict)
    """Engines that take part of every product at the same time, with their shares of its outputs (of its heads, where
    it meets keys and values); the rest is the engine's own."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """In which order the work is done."""

    policy: Literal["sequential", "pipelined", "sequence_blocking", "co_execute", "sub_batch"] = "sequential"
    block_tokens: Count = 64
    """Tokens that move together under sequence_blocking."""
    sub_batches: Count = 2
    """Parts of a batch that interleave under sub_batch."""
    least_batch: Count = 1
    """Requests from which a batch is parted under sub_batch."""
    by_head: tuple[str, ...] = ()
    """Roles that go head by head with attention under co_execute and sub_batch, besides what stands between the
    products with keys and values."""
    reload: bool = False
    """Rewrite weights during a step when they do not all fit; otherwise that is an error."""
    duplicate: bool = False
    """Fill spare arrays with copies of the weights that are waited for most."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where the numbers come from, by dotted field path (a path covers everything below it)."""

    sources: Mapping[str, str] = field(default_factory=dict)
    assumptions: Mapping[str, str] = field(default_factory=dict)
    fitted: Mapping[str, str] = field(default_factory=dict)
    conflicts: Mapping[str, str] = field(default_factory=dict)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One chip. Everything Bitline says about accuracy and about cost is computed from this value."""

    name: str
    technology: Technology
    engines: Mapping[str, Engine]
    placement: tuple[Rule, ...]
    summary: str = ""
    memories: Mapping[str, Memory] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    devices: Devices = ALONE
    """How many of these chips work together; all else describes one of them."""
    schedule: Schedule = Schedule()
    provenance: Provenance = Provenance()
