"""Systolic arrays: weights preloaded into a grid of processing elements, vectors streamed through."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, final

from bitline.costs import mac
from bitline.costs.leakage import leaking
from bitline.engines.component import Component
from bitline.engines.kernels import Share
from bitline.engines.sizes import at_least, once_if_any, rounded_up
from bitline.engines.tiling import ceil_div, kept_vectors
from bitline.engines.traffic import memory_parts, traffic
from bitline.hardware.arithmetic import Floating, Integer
from bitline.hardware.array import InputFormat, WeightFormat
from bitline.hardware.chip import Chip
from bitline.hardware.compression import Compression
from bitline.hardware.engine import Part, Streaming, Use, Work
from bitline.hardware.figure import Figure
from bitline.hardware.formats import PLAIN, Formats, formats_of
from bitline.hardware.quantity import Bits, Count, NonNegative, Positive, Whole
from bitline.operators import MatMul, Operator, Size


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Systolic(Streaming):
    """Weight-stationary grids fed from a memory; integer if `weight` and `input` are given, else floating."""

    kind: ClassVar[str] = "systolic"

    rows: Count
    """Processing elements along the summed dimension."""
    columns: Count
    """Processing elements along the outputs."""
    clock_hz: Positive
    """One multiply-accumulate per processing element and cycle."""
    memory: str = field()
    """Memory that holds weights, keys and values."""
    arrays: Count = 1
    """Equal grids side by side."""
    activations: str | None = None
    """Memory that inputs come from and outputs go to; none: that traffic is not counted."""
    weight: WeightFormat | None = None
    """Integer weights; absent: floating."""
    input: InputFormat | None = None
    """Integer inputs; absent: floating."""
    floating_bits: Bits = 16
    """Width of a value when floating."""
    weight_bits: Bits | None = None
    """Of a weight in memory, where it is widened on its way to the grid."""
    cache_bits: Bits | None = None
    """Of a key or value in memory; those of a weight of the grid if not given."""
    weight_compression: Compression = field(default_factory=Compression)
    """Weights left out of memory, and bits that stored ones share."""
    cache_compression: Compression = field(default_factory=Compression)
    """Of keys and values."""
    skips_left_out: bool = False
    """Streams no vectors past weights that are left out of memory: tiles hold kept ones alone."""
    holds: Literal["weights", "inputs"] = "weights"
    """What stays in a grid. With inputs, all grids hold the same ones of as many vectors as a grid has columns, and
    share the outputs of a product with weights: those stream past from the memory the first time, and for further
    vectors once more from where they lie on chip. The load of the next inputs is waited for."""
    preload_cycles: Whole | None = None
    """Loading the weights of one tile, behind the vectors of the tile before: one row a cycle if not given."""
    least_vectors: Count = 1
    """A tile takes the cycles of as many vectors even where fewer are streamed."""
    bandwidth_efficiency_fraction: Share = 1.0
    """Share of the memories' bandwidth that streams reach."""
    cache_bandwidth_efficiency_fraction: Share | None = None
    """The same where keys and values stream; that of weights if not given."""
    kernel_overhead_s: NonNegative = 0.0
    """Per operator of a layer, before it starts: the first access, instructions."""
    skips_masked: bool = False
    """Leaves out the products that a causal or window mask throws away (whole tiles)."""
    mac: Component = field(default_factory=Component)
    """One use per multiply-accumulate; its area and standing power are of one processing element."""

    def runs(self, operator: Operator) -> bool:
        """Every matrix product."""
        return isinstance(operator, MatMul)

    @property
    def stored_weight_bits(self) -> float | None:
        """Width of weights in memory."""
        return self._stored_bits

    @property
    def stored_cache_bits(self) -> float | None:
        """Width of keys and values in memory."""
        return self._cache_bits

    def _kept_inputs(self, operator: MatMul) -> Size:
        """Count the inputs of one output whose products are computed."""
        if not self.skips_left_out or operator.stationary != "weight":
            return operator.k
        return rounded_up(operator.k * self.weight_compression.kept_fraction)

    @property
    def _stored_bits(self) -> float:
        return self.weight_compression.bits_per_value(self.weight_bits or self._weight_bits)

    @property
    def _cache_bits(self) -> float:
        return self.cache_compression.bits_per_value(self.cache_bits or self._weight_bits)

    def work(self, operator: Operator, copies: int = 1) -> Work:  # noqa: ARG002
        """Count cycles, products and bits streamed.

        A matrix is cut into tiles of the grid's size. Per tile the grid streams its vectors while the next tile is
        loaded behind them, row by row, so a tile never takes less cycles than its load: few vectors waste the rest.
        Tiles are dealt out to the grids; if there are more grids than tiles, they share the vectors. Before the
        stream: the first load, and filling and draining one grid. Weights are read once, vectors once.
        """
        if not isinstance(operator, MatMul):
            raise TypeError(f"a systolic array does not run {operator.name}")
        k, n = self._kept_inputs(operator), operator.n
        bits = {"weight": self._stored_bits, "cache": self._cache_bits}.get(
            operator.stationary or "", self._weight_bits
        )
        vectors = kept_vectors(operator, skips_masked=self.skips_masked)
        tiles = operator.matrices * ceil_div(k, self.rows) * ceil_div(n, self.columns)
        sharing = at_least(self.arrays // at_least(tiles, 1), 1)
        streamed = rounded_up(vectors / (at_least(operator.matrices, 1e-9) * sharing))
        load = self.rows if self.preload_cycles is None else self.preload_cycles
        busy = once_if_any(vectors)
        later: Size = 0
        if self.holds == "inputs" and operator.stationary == "weight":
            turns, each = self._turns_of_inputs(vectors / at_least(operator.matrices, 1e-9), operator, k, load)
            cycles, later = busy * each, busy * at_least(turns - 1, 0) * each
        else:
            per_tile = at_least(streamed, max(load, self.least_vectors))
            cycles = busy * ceil_div(tiles, self.arrays) * per_tile
        filling = busy * (load + self.rows + self.columns - 2) + later
        stream = {
            "mac": Use(total=vectors * k * n / (self.rows * self.columns), serial=cycles),
            **traffic(
                (self.memory, busy * operator.matrices * operator.k * n * bits),
                (self.activations, vectors * operator.k * self._input_bits),
                written=[(self.activations, vectors * n * self._input_bits)],
                efficiency=self._efficiency(operator),
            ),
        }
        return Work(stream=stream, setup={"mac": Use(serial=filling), "kernel": Use(serial=busy)})

    def _turns_of_inputs(self, vectors: Size, operator: MatMul, k: Size, load: int) -> tuple[Size, Size]:
        """Count how often weights pass, and the cycles of that: loads of inputs, and all outputs after the first."""
        each = at_least(-(-self.rows // self.arrays), self.least_vectors)
        of_inputs = load + (ceil_div(operator.n, self.rows) - 1) * each
        return ceil_div(vectors, self.columns), operator.matrices * ceil_div(k, self.rows) * of_inputs

    def _efficiency(self, operator: MatMul) -> float:
        """Share of the memories' bandwidth that a product reaches."""
        own = self.cache_bandwidth_efficiency_fraction if operator.stationary == "cache" else None
        return self.bandwidth_efficiency_fraction if own is None else own

    @property
    def _weight_bits(self) -> int:
        return self.weight.bits if self.weight and self.input else self.floating_bits

    @property
    def _input_bits(self) -> int:
        return self.input.bits if self.weight and self.input else self.floating_bits

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price the parts; a use of `mac` is one cycle of all its processing elements."""
        technology, elements = chip.technology, self.rows * self.columns
        whole = self.weight is not None and self.input is not None
        product = (
            mac.integer_energy(self._weight_bits, self._input_bits, technology)
            if whole
            else mac.floating_energy(self.floating_bits, technology)
        )
        grid = self.mac.part(
            "mac",
            self.arrays,
            energy_j=product.times(elements),
            latency_s=Figure(1.0 / self.clock_hz, "one cycle of the stated clock", "stated"),
            area_m2=mac.area(self._weight_bits, self._input_bits, technology),
            uses=elements,
        )
        grid = replace(grid, area_m2=grid.area_m2.times(elements), leakage_w=grid.leakage_w.times(elements))
        start = Part(name="kernel", latency_s=Figure(self.kernel_overhead_s, "stated in the description", "stated"))
        return (leaking(grid, technology), start, *memory_parts(chip, self.memory, self.activations))

    def arithmetic(self) -> Integer | Floating:
        """Integer if both formats are given, else floating."""
        stored = self.weight_bits, self.cache_bits, self.weight_compression, self.cache_compression
        if self.weight is None or self.input is None:
            formats = formats_of(f"fp{self.floating_bits}", self.floating_bits, *stored)
            return Floating(bits=self.floating_bits, formats=formats)
        kept = formats_of(f"int{self.weight.bits}", self.weight.bits, *stored)
        as_multiplied = self.weight_bits is None and self.weight_compression == PLAIN
        cache_too = self.cache_bits is None and self.cache_compression == PLAIN
        formats = Formats(
            weight=None if as_multiplied or self.weight.ranged else kept.weight, cache=None if cache_too else kept.cache
        )
        return Integer(weight=self.weight, input=self.input, formats=formats)

    def peak_macs_per_s(self, chip: Chip) -> float:  # noqa: ARG002
        """One product per processing element and cycle; those that are skipped count as if they were done."""
        peak = self.arrays * self.rows * self.columns * self.clock_hz
        return peak / (self.weight_compression.kept_fraction if self.skips_left_out else 1.0)
