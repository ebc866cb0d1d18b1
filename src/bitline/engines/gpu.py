"""A processor as a roofline: compute, bandwidth, an overhead per kernel, and how far each sort of kernel reaches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar, final

from bitline.costs import mac, vector
from bitline.engines.component import Component
from bitline.engines.functions import elementary_operations, known_function
from bitline.engines.kernels import Kernels, Share, names_of, settled
from bitline.engines.reads import Lookup, Reads
from bitline.engines.sizes import at_least, once_if_any
from bitline.engines.tiling import kept_vectors
from bitline.engines.traffic import memory_parts, traffic
from bitline.errors import not_one_of
from bitline.hardware.arithmetic import Floating
from bitline.hardware.chip import Chip
from bitline.hardware.compression import Compression
from bitline.hardware.engine import Part, Streaming, Use, Work
from bitline.hardware.figure import NOTHING, Figure
from bitline.hardware.formats import formats_of
from bitline.hardware.quantity import Bits, Fraction, NonNegative, Positive
from bitline.operators import Gather, MatMul, Operator, Route, Size, Vector

KV_WRITE, KV_READ = "kv_write", "kv_read"
"""Roles of lookups that move keys and values."""
START = "kernel"
"""The part that stands for starting a kernel."""
CACHES = "caches"
"""The part that stands for the caches that values pass."""
LEAST = "least"
"""The part that stands for what a kernel takes however little it does, in seconds."""
NOTHING_COUNTED = Work(stream={})


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu(Streaming):
    """Runs everything; the slower of arithmetic and memory sets the time of a kernel."""

    kind: ClassVar[str] = "gpu"

    dense_macs_per_s: Mapping[str, Positive]
    """Peak dense multiply-accumulates per second by number format (fp32, fp16, int8, ...): half the operations."""
    memory: str = field()
    """Memory that holds weights, caches and activations."""
    format: str = "fp16"
    """Which of the peaks is used."""
    bits: Bits = 16
    """Of a value in memory: inputs and outputs, and whatever has no width of its own below."""
    weight_bits: Bits | None = None
    """Of a stored weight (8, 4: weights that are widened on their way to the products)."""
    cache_bits: Bits | None = None
    """Of a stored key or value."""
    weight_compression: Compression = field(default_factory=Compression)
    """Weights left out of memory, and bits that stored ones share."""
    cache_compression: Compression = field(default_factory=Compression)
    """Of keys and values."""
    skips_left_out: bool = False
    """Leaves out the products with weights that are left out of memory."""
    vector_operations_per_s: Positive | None = None
    """Peak of elementwise arithmetic; that of fp32 products (or of the used format) if not given."""
    compute_efficiency_fraction: Share = 1.0
    """Share of the peak that kernels reach when arithmetic limits them."""
    bandwidth_efficiency_fraction: Share = 1.0
    """Share of the memory's bandwidth that kernels reach when it limits them."""
    activation_traffic_fraction: Fraction = 1.0
    """Share of inputs and outputs that pass through memory; the rest stays in caches or is fused away."""
    skips_masked: bool = False
    """Leaves out the products that a causal or window mask throws away."""
    kernel_overhead_s: NonNegative = 0.0
    """Per operator of a layer, before it starts."""
    kernels: Mapping[str, Kernels] = field(default_factory=dict)
    """What is different for kernels of one sort: by role (lm_head, ...), by function (softmax, rmsnorm, ...), or for
    all products with weights (`product`), with keys and values (`attention`), functions (`function`), values moved
    (`lookup`) and choices of experts (`route`). The most special name that is described wins, value by value."""
    board_power_w: Positive | None = None
    """Drawn all the time; then neither arithmetic nor memory is charged apart."""
    mac: Component = field(default_factory=Component)
    """One use per multiply-accumulate; its area and standing power are of the whole chip."""
    caches: Component = field(default_factory=Component)
    """One use per bit between memory and registers: what caches draw. Not counted if no energy is stated."""

    def runs(self, operator: Operator) -> bool:
        """Say yes to all but functions that nobody has written out."""
        return not isinstance(operator, Vector) or known_function(operator.function)

    @property
    def sees_roles(self) -> bool:
        """Kernels may be described by role."""
        return bool(self.kernels)

    @property
    def names(self) -> tuple[str, ...]:
        """Those of kernels."""
        return tuple(self.kernels)

    @property
    def stored_weight_bits(self) -> float | None:
        """Width of weights, where it is not that of values."""
        return self._weight_bits

    @property
    def stored_cache_bits(self) -> float | None:
        """Width of keys and values, whatever that of weights."""
        return self._cache_bits

    def work(self, operator: Operator, copies: int = 1) -> Work:  # noqa: ARG002
        """Count products, elementary operations and bits moved; the slowest of them is what the kernel waits for.

        Weights are read once per operator; inputs and outputs pass through memory as far as caches do not keep
        them. A function takes the elementary operations it takes on vector lanes.
        """
        sort, kernel = self._kernel(operator)
        if not kernel.counted:
            return NOTHING_COUNTED
        macs: Size = 0.0
        operations: Size = 0.0
        held_bits: Size = 0.0
        stored_bits: Size = 0.0
        read: Size = 0.0
        written: Size = 0.0
        if isinstance(operator, MatMul):
            macs, held_bits, read, written = self._product(operator, kernel.reads)
        elif isinstance(operator, Vector):
            operations, read, written = elementary_operations(operator), operator.elements, operator.elements
        elif isinstance(operator, Gather):
            macs, held_bits = self._lookup(operator, kernel.lookup)
            stored_bits = operator.elements * (self._cache_bits if operator.role == KV_WRITE else self.bits)
        elif isinstance(operator, Route):
            operations, read = operator.rows * operator.experts * operator.chosen, operator.rows * operator.experts
        passing = 1.0 if kernel.activation_traffic_fraction is None else kernel.activation_traffic_fraction
        share = kernel.share(operator)
        reached = share * (kernel.compute_efficiency_fraction or 1.0)
        stream = {
            "mac": Use(total=macs, serial=macs / reached),
            "functions": Use(total=operations, serial=operations / reached),
            **traffic(
                (self.memory, held_bits + read * passing * self.bits),
                written=[(self.memory, stored_bits + written * passing * self.bits)],
                efficiency=share * (kernel.bandwidth_efficiency_fraction or 1.0),
            ),
        }
        if self.caches.energy_j:
            moved = held_bits + stored_bits + (read + written) * passing * self.bits
            stream[CACHES] = Use(total=moved)
        starts = Use(serial=once_if_any(held_bits + stored_bits + read + written))
        if kernel.least_s:
            stream[LEAST] = Use(serial=starts.serial * kernel.least_s)
        return Work(stream=stream, setup={sort: starts})

    def _product(self, operator: MatMul, reads: Reads | None) -> tuple[Size, Size, Size, Size]:
        """Count multiply-accumulates, bits of matrices that are read, and values read and written."""
        vectors = kept_vectors(operator, skips_masked=self.skips_masked)
        macs = vectors * operator.k * operator.n * self._kept_fraction(operator)
        held_bits = once_if_any(vectors) * operator.matrices * operator.k * operator.n * self._held_bits(operator)
        if reads is None:
            return macs, held_bits, vectors * operator.k, vectors * operator.n
        return macs, held_bits * reads.times(operator), *reads.passing(operator, vectors)

    def _lookup(self, operator: Gather, lookup: Lookup | None) -> tuple[Size, Size]:
        """Count multiply-accumulates, and bits of values or of the whole table that are read."""
        bits = self._held_bits(operator)
        if lookup is None:
            return 0.0, operator.elements * bits
        rows, tables = lookup.times(operator)
        return rows * operator.held, at_least(tables * operator.held, operator.elements) * bits

    def _kernel(self, operator: Operator) -> tuple[str, Kernels]:
        """Give how an operator's kernel runs, and the part that stands for its start."""
        found = {name: self.kernels[name] for name in names_of(operator) if name in self.kernels}
        own = (name for name, kernel in found.items() if kernel.kernel_overhead_s is not None)
        started = next(own, None)
        whole = Kernels(
            compute_efficiency_fraction=self.compute_efficiency_fraction,
            bandwidth_efficiency_fraction=self.bandwidth_efficiency_fraction,
            activation_traffic_fraction=self.activation_traffic_fraction,
        )
        kernel = settled((*found.values(), whole)) if found else whole
        return START if started is None else f"{START}.{started}", kernel

    def _kept_fraction(self, operator: MatMul) -> float:
        """Give the share of an operator's products that is computed, whatever a mask throws away."""
        skipped = self.skips_left_out and operator.stationary == "weight"
        return self.weight_compression.kept_fraction if skipped else 1.0

    @property
    def _weight_bits(self) -> float:
        return self.weight_compression.bits_per_value(self.weight_bits or self.bits)

    @property
    def _cache_bits(self) -> float:
        return self.cache_compression.bits_per_value(self.cache_bits or self.bits)

    def _held_bits(self, operator: MatMul | Gather) -> float:
        """Give the width in which what an operator reads is kept."""
        if isinstance(operator, MatMul):
            kept = operator.stationary
        else:
            kept = {KV_WRITE: None, KV_READ: "cache"}.get(operator.role, "weight")
        return {"weight": self._weight_bits, "cache": self._cache_bits}.get(kept or "", self.bits)

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price the parts; a use of `mac` is one multiply-accumulate, of `functions` one operation."""
        if self.board_power_w is not None:
            return self._under_board_power(chip, self.board_power_w)
        return self._parts(
            chip,
            mac.floating_energy(self.bits, chip.technology),
            vector.energy_per_operation(self.bits, chip.technology),
        )

    def _under_board_power(self, chip: Chip, board_power_w: float) -> tuple[Part, ...]:
        inside = Figure(0.0, "in the board's power", "stated")
        products, *others = self._parts(chip, inside, inside)
        board = Figure(board_power_w, "stated board power, drawn all the time", "stated")
        return (
            replace(products, energy_j=inside, leakage_w=board),
            *(replace(part, energy_j=inside, leakage_w=NOTHING) for part in others),
        )

    def _parts(self, chip: Chip, product: Figure, operation: Figure) -> tuple[Part, ...]:
        products_per_s = self._macs_per_s
        operations_per_s = self.vector_operations_per_s or 2 * self.dense_macs_per_s.get("fp32", products_per_s)
        return (
            self.mac.part(
                "mac",
                1,
                energy_j=product,
                latency_s=Figure(1.0 / products_per_s, "stated peak", "stated"),
                area_m2=Figure(0.0, "area of the processor not stated: not counted", "ideal"),
            ),
            Part(
                name="functions",
                energy_j=operation,
                latency_s=Figure(1.0 / operations_per_s, "stated peak of arithmetic", "stated"),
            ),
            *(
                Part(name=name, latency_s=Figure(overhead_s, "stated in the description", "stated"))
                for name, overhead_s in self._overheads_s().items()
            ),
            *(self.caches.part(name, 1) for name in [CACHES][: bool(self.caches.energy_j)]),
            *(
                Part(name=name, latency_s=Figure(1.0, "stated in the description", "stated"))
                for name in [LEAST][: any(kernel.least_s for kernel in self.kernels.values())]
            ),
            *memory_parts(chip, self.memory),
        )

    def _overheads_s(self) -> dict[str, float]:
        own = {f"{START}.{name}": kernel.kernel_overhead_s for name, kernel in self.kernels.items()}
        return {START: self.kernel_overhead_s} | {name: s for name, s in own.items() if s is not None}

    def arithmetic(self) -> Floating:
        """Floating point of the width of values, with operands as they are kept and multiplied."""
        formats = formats_of(
            self.format, self.bits, self.weight_bits, self.cache_bits, self.weight_compression, self.cache_compression
        )
        return Floating(bits=self.bits, formats=formats)

    def peak_macs_per_s(self, chip: Chip) -> float:  # noqa: ARG002
        """Give the stated dense peak of the used format; products that are skipped are counted as if they were done."""
        return self._macs_per_s / (self.weight_compression.kept_fraction if self.skips_left_out else 1.0)

    @property
    def _macs_per_s(self) -> float:
        if self.format not in self.dense_macs_per_s:
            raise not_one_of("format", self.format, self.dense_macs_per_s)
        return self.dense_macs_per_s[self.format]
