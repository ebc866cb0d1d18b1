"""Flash that multiplies: dies with one small core each hold weights, and a host reads some of them and helps.

Both sides of a product are here, as a matrix is split between them: dies take tiles in read-compute rounds, the host
takes the others in plain reads that cross the channels meanwhile (`bitline.costs.flash_rounds`, `flash_tiles`).
Products with keys and values, and functions, belong to other engines of the chip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import ClassVar, Literal, final

import numpy as np

from bitline.costs import flash, mac
from bitline.costs import flash_rounds as rounds
from bitline.costs.leakage import leaking
from bitline.engines.component import Component
from bitline.engines.flash_tiles import Split, Tile, all_on_dies, channel_tile, split
from bitline.engines.sizes import at_least, once_if_any
from bitline.errors import ConfigError
from bitline.hardware.arithmetic import Integer
from bitline.hardware.array import InputFormat, WeightFormat
from bitline.hardware.chip import Chip
from bitline.hardware.compression import Compression
from bitline.hardware.engine import Part, Streaming, Use, Work
from bitline.hardware.figure import Figure
from bitline.hardware.flash import Flash
from bitline.hardware.formats import PLAIN, Formats, value_format
from bitline.hardware.quantity import NonNegative, Positive
from bitline.hardware.storage import Storage
from bitline.operators import MatMul, Operator, Size

STATED = "stated in the description"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class FlashPim(Streaming):
    """Products with trained weights, split by bytes between the dies of a flash and the host beside it."""

    kind: ClassVar[str] = "flash_pim"
    of_memory: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({"flash": ("flash",)})

    memory: str = field()
    """The flash that holds the weights; its own description of pages and channels, if any, must be that of `flash`."""
    flash: Flash = field()
    """Pages, dies and channels; one core for each die."""
    host_macs_per_s: Positive = field()
    """Peak of the host's products."""
    host_weights_per_s: Positive | None = None
    """Weights that the host can take up, each used for few inputs; as many as it can multiply if not given."""
    host_reads: Literal["sliced", "whole", "none"] = "sliced"
    """How plain reads cross: in slices while dies read; a page in every round, which holds up the next; not at all."""
    core_macs_per_s: Positive | None = None
    """Of one die; if not given, a page in the time it takes to read one, hidden behind the reading of the next."""
    weight: WeightFormat = field(default_factory=WeightFormat)
    weight_compression: Compression = field(default_factory=Compression)
    """Weights left out of the pages, which nobody multiplies, and bits that stored ones share."""
    input: InputFormat = field(default_factory=InputFormat)
    """Results cross the channel at this width too."""
    storage: Storage = field(default_factory=Storage)
    """Bits that flip in the pages, and the code that protects weights."""
    start_s: NonNegative = 0.0
    """Before the first round of each matrix: commands, addresses."""
    core: Component = field(default_factory=Component)
    """One use per multiply-accumulate; area and standing power are of one die's core."""
    host: Component = field(default_factory=Component)
    """One use per multiply-accumulate; area and standing power are of the whole host."""

    def runs(self, operator: Operator) -> bool:
        """Products with trained weights."""
        return isinstance(operator, MatMul) and operator.stationary == "weight"

    @property
    def stored_weight_bits(self) -> float | None:
        """Width of a weight on its page, those left out counted."""
        return self._weight_bits

    @property
    def _weight_bits(self) -> float:
        return self.weight_compression.bits_per_value(self.weight.bits)

    def work(self, operator: Operator, copies: int = 1) -> Work:  # noqa: ARG002
        """Count rounds of the dies, bytes on the channels and products on either side.

        A page is read once and stays in its register for all inputs; dies then multiply input after input. Time of
        rounds is told in reads of a page. Before the stream: what a matrix takes to start, and results of its last
        round on their way.
        """
        if not isinstance(operator, MatMul):
            raise TypeError(f"a flash does not run {operator.name}")
        matrices, busy = operator.matrices, once_if_any(operator.vectors)
        vectors = at_least(operator.vectors / at_least(matrices, 1e-9), busy)
        round_s, host_s = self._round_s(vectors), self._host_s(vectors)
        parted = self._split(operator, round_s, host_s)
        dies, values = parted.rounds * matrices * busy, parted.host_values * matrices * busy
        held = matrices * busy * operator.k * operator.n
        values_bytes, results_bytes = values * self._weight_bits / 8, vectors * self._outputs_bytes
        own_bytes = dies * self.flash.channels * vectors * (self._inputs_bytes + self._outputs_bytes)
        stream = {
            "dies": Use(total=dies, serial=dies * round_s / self.flash.read_s),
            "pages": Use(total=held * self._weight_bits / 8 / self.flash.page_bytes),
            "channels": Use(
                total=values_bytes + own_bytes,
                serial=values_bytes / self.flash.channels * self.flash.channel_bytes_per_s / self._left(vectors),
            ),
            "core": Use(total=vectors * (held - values) * self._kept),
            "host": Use(
                total=vectors * values * self._kept, serial=values * self._kept * at_least(vectors, self._uptake)
            ),
        }
        started = matrices * busy
        return Work(
            stream=stream, setup={"start": Use(serial=started), "channels": Use(serial=started * results_bytes)}
        )

    @property
    def _one(self) -> Tile:
        return channel_tile(int(self.flash.dies * self.flash.page_bytes * 8 // self._weight_bits))

    @property
    def _inputs_bytes(self) -> float:
        return self._one.inputs * self.input.bits / 8

    @property
    def _outputs_bytes(self) -> float:
        return self._one.outputs * self.input.bits / 8

    @property
    def _page_products(self) -> float:
        """Weights that lie on a page."""
        return self.flash.page_bytes * 8 / self._weight_bits * self._kept

    @property
    def _core_macs_per_s(self) -> float:
        return self.core_macs_per_s or self._page_products / self.flash.read_s

    @property
    def _kept(self) -> float:
        """Share of the weights that is on the pages, and multiplied."""
        return self.weight_compression.kept_fraction

    @property
    def _uptake(self) -> float:
        """Products that the host could do while it takes up one weight."""
        return 1.0 if self.host_weights_per_s is None else self.host_macs_per_s / self.host_weights_per_s

    def _crossing(self, vectors: Size) -> dict[str, Size]:
        return {
            "inputs_bytes": vectors * self._inputs_bytes,
            "outputs_bytes": vectors * self._outputs_bytes,
            "compute_s": vectors * self._page_products / self._core_macs_per_s,
        }

    def _round_s(self, vectors: Size) -> Size:
        whole = self.host_reads == "whole"
        return (rounds.whole_page_round_s if whole else rounds.round_s)(self.flash, **self._crossing(vectors))

    def _left(self, vectors: Size) -> Size:
        """Bytes per second that plain reads find on one channel while dies work."""
        if self.host_reads == "whole":
            return self.flash.page_bytes / self._round_s(vectors)
        return rounds.left_bytes_per_s(self.flash, **self._crossing(vectors))

    def _host_s(self, vectors: Size) -> Size:
        crossing_s = self._weight_bits / 8 / (self.flash.channels * self._left(vectors))
        return np.maximum(crossing_s, np.maximum(vectors, self._uptake) * self._kept / self.host_macs_per_s)

    def _split(self, operator: MatMul, round_s: Size, host_s: Size) -> Split:
        k, n = int(operator.k), int(operator.n)
        if self.host_reads == "none":
            return all_on_dies(k, n, self._one, self.flash.channels)
        return split(k, n, self._one, self.flash.channels, round_s=round_s, host_s_per_value=host_s)

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price the parts; a use of `dies` is a read of a page by all of them, of `channels` a byte on one.

        Raises ConfigError where the memory describes another flash than the engine.
        """
        described = chip.memories[self.memory].flash if self.memory in chip.memories else None
        if described is not None and described != self.flash:
            raise ConfigError(f"{chip.name}: memories.{self.memory}.flash is not the flash of the engine on it.")
        technology, pages = chip.technology, flash.read_energy(self.flash)
        product = mac.integer_energy(self.weight.bits, self.input.bits, technology)
        cores = self.core.part(
            "core", self.flash.channels * self.flash.dies, energy_j=product,
            area_m2=mac.area(self.weight.bits, self.input.bits, technology),
        )  # fmt: skip
        host = self.host.part(
            "host", 1, energy_j=product,
            latency_s=Figure(1.0 / self.host_macs_per_s, STATED, "stated"),
            area_m2=Figure(0.0, "area of the host not stated: not counted", "ideal"),
        )  # fmt: skip
        return (
            Part(name="dies", latency_s=Figure(self.flash.read_s, STATED, "stated")),
            Part(name="pages", energy_j=pages),
            Part(
                name="channels",
                energy_j=flash.pin_energy(self.flash).times(8.0),
                latency_s=Figure(1.0 / self.flash.channel_bytes_per_s, STATED, "stated"),
            ),
            leaking(cores, technology),
            host,
            Part(name="start", latency_s=Figure(self.start_s, STATED, "stated")),
        )

    def arithmetic(self) -> Integer:
        """Integer products of weights as their pages give them back."""
        kept = None if self.weight_compression == PLAIN else value_format(self.weight.bits, self.weight_compression)
        # Which bits of a group flip, what a page of kept codes protects, how ranges clip groups: not known.
        unknown = self.storage.flipped_fraction > 0.0 or self.weight.ranged
        formats = Formats(weight=None if unknown else kept)
        return Integer(weight=self.weight, input=self.input, storage=self.storage, formats=formats)

    def peak_macs_per_s(self, chip: Chip) -> float:  # noqa: ARG002
        """All cores and the host; weights that are left out count as if they were multiplied."""
        return (self.flash.channels * self.flash.dies * self._core_macs_per_s + self.host_macs_per_s) / self._kept
