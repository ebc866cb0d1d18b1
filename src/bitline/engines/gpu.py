"""A graphics processor as a roofline: compute, bandwidth, and an overhead per kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, ClassVar, TypeAlias, final

from annotated_types import Interval

from bitline.costs import mac, vector
from bitline.engines.component import Component
from bitline.engines.functions import elementary_operations, known_function
from bitline.engines.sizes import once_if_any
from bitline.engines.tiling import kept_vectors
from bitline.engines.traffic import memory_parts, traffic
from bitline.errors import not_one_of
from bitline.hardware.arithmetic import Floating
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine, Part, Use, Work
from bitline.hardware.figure import NOTHING, Figure
from bitline.hardware.quantity import Bits, Fraction, NonNegative, Positive
from bitline.operators import Gather, MatMul, Operator, Size, Vector

Share: TypeAlias = Annotated[float, Interval(gt=0, le=1)]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu(Engine):
    """Runs everything; the slower of arithmetic and memory sets the time of a kernel."""

    kind: ClassVar[str] = "gpu"

    dense_macs_per_s: Mapping[str, Positive]
    """Peak dense multiply-accumulates per second by number format (fp32, fp16, int8, ...): half the operations."""
    memory: str = field()
    """Memory that holds weights, caches and activations."""
    format: str = "fp16"
    """Which of the peaks is used."""
    bits: Bits = 16
    """Of a value in memory."""
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
    board_power_w: Positive | None = None
    """Drawn all the time; then neither arithmetic nor memory is charged apart."""
    mac: Component = field(default_factory=Component)
    """One use per multiply-accumulate; its area and standing power are of the whole chip."""

    @property
    def units(self) -> int:
        """None: weights stream from the memory."""
        return 0

    @property
    def resident(self) -> bool:
        """Nothing stays."""
        return False

    def runs(self, operator: Operator) -> bool:
        """Say yes to all but functions that nobody has written out."""
        return not isinstance(operator, Vector) or known_function(operator.function)

    def claim(self, operator: MatMul) -> Size:  # noqa: ARG002
        """None."""
        return 0

    def work(self, operator: Operator, copies: int = 1) -> Work:  # noqa: ARG002
        """Count products, elementary operations and bits moved; the slowest of them is what the kernel waits for.

        Weights are read once per operator; inputs and outputs pass through memory as far as caches do not keep
        them. A function takes the elementary operations it takes on vector lanes.
        """
        macs: Size = 0.0
        operations: Size = 0.0
        held: Size = 0.0
        read: Size = 0.0
        written: Size = 0.0
        stored: Size = 0.0
        if isinstance(operator, MatMul):
            vectors = kept_vectors(operator, skips_masked=self.skips_masked)
            macs = vectors * operator.k * operator.n
            held = once_if_any(vectors) * operator.matrices * operator.k * operator.n
            read, written = vectors * operator.k, vectors * operator.n
        elif isinstance(operator, Vector):
            operations, read, written = elementary_operations(operator), operator.elements, operator.elements
        elif isinstance(operator, Gather):
            held, stored = operator.elements, operator.elements
        else:
            operations, read = operator.rows * operator.experts * operator.chosen, operator.rows * operator.experts
        read_bits = (held + read * self.activation_traffic_fraction) * self.bits
        written_bits = (stored + written * self.activation_traffic_fraction) * self.bits
        stream = {
            "mac": Use(total=macs, serial=macs / self.compute_efficiency_fraction),
            "functions": Use(total=operations, serial=operations / self.compute_efficiency_fraction),
            **traffic(
                (self.memory, read_bits),
                written=[(self.memory, written_bits)],
                efficiency=self.bandwidth_efficiency_fraction,
            ),
        }
        return Work(stream=stream, setup={"kernel": Use(serial=once_if_any(held + stored + read + written))})

    def rewrite(self, operator: MatMul) -> Work:  # noqa: ARG002
        """Nothing is written."""
        return Work(stream={})

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
        products_per_s = self.peak_macs_per_s(chip)
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
            Part(name="kernel", latency_s=Figure(self.kernel_overhead_s, "stated in the description", "stated")),
            *memory_parts(chip, self.memory),
        )

    def arithmetic(self) -> Floating:
        """Floating point of the stated width."""
        return Floating(bits=self.bits)

    def peak_macs_per_s(self, chip: Chip) -> float:  # noqa: ARG002
        """Give the stated dense peak of the used format."""
        if self.format not in self.dense_macs_per_s:
            raise not_one_of("format", self.format, self.dense_macs_per_s)
        return self.dense_macs_per_s[self.format]
