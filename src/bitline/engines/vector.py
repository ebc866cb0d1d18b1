"""Vector lanes: elementwise and row-wise functions as sums of elementary operations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, final

from bitline.costs import special, vector
from bitline.costs.leakage import leaking
from bitline.costs.special import Method
from bitline.engines.component import Component
from bitline.engines.functions import elementary_operations, known_function, operations_apart
from bitline.engines.sizes import at_least, at_most, once_if_any, rounded_up
from bitline.engines.traffic import Moved, memory_parts, traffic
from bitline.hardware.arithmetic import Floating
from bitline.hardware.chip import Chip, Technology
from bitline.hardware.engine import Part, Streaming, Use, Work
from bitline.hardware.figure import Figure
from bitline.hardware.quantity import Bits, Count, Positive
from bitline.operators import Gather, MatMul, Operator, Route, Size, Vector


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class VectorLanes(Streaming):
    """Lanes that each do one elementary operation per cycle; also gathers, routes and, if asked, multiplies."""

    kind: ClassVar[str] = "vector"

    lanes: Count
    """Elementary operations per cycle."""
    clock_hz: Positive
    """Of the lanes."""
    bits: Bits = 16
    """Of a value (floating point), in the lanes and in memory."""
    memory: str | None = None
    """Memory that values come from and go to (embedding rows, keys and values too); none: not counted."""
    activations: str | None = None
    """Memory for the values of functions, if it is another one than `memory`."""
    operations_per_element: Mapping[str, Positive] = field(default_factory=dict)
    """Elementary operations per element, by function; wins over the built-in table and adds functions to it."""
    row_lanes: Mapping[str, Count] = field(default_factory=dict)
    """Lanes that one row of a function keeps to, by function, where no two units share a row: a softmax whose
    scores lie beside one unit. Rows take turns where there are more of them than units."""
    method: Method = vector.DEFAULT_METHOD
    """How exponentials, reciprocals, roots, logarithms and sigmoids are worked out. `taylor`: polynomials and Newton's
    iteration, with what every lane has; `table`: read and interpolated, each lane has tables; `cordic`: shift and add,
    an iteration a bit. Each is counted to the precision of `bits`."""
    products: bool = False
    """Runs matrix products too, one multiply-accumulate per lane and cycle, weights from `memory`."""
    lane: Component = field(default_factory=Component)
    """One use per elementary operation, whichever; one instance per lane. An energy stated here stands for additions,
    products and the steps of special operations alike; else each is priced by name."""

    def runs(self, operator: Operator) -> bool:
        """Say yes to all but products and unknown functions; to products if asked."""
        if isinstance(operator, Vector):
            return known_function(operator.function, self.operations_per_element)
        return self.products or not isinstance(operator, MatMul)

    def work(self, operator: Operator, copies: int = 1) -> Work:  # noqa: ARG002
        """Count elementary operations and bits moved; lanes share the operations evenly.

        A function reads and writes its elements once; a gather moves its values, a choice of experts compares
        all scores once per chosen one; a product takes one cycle and two operations, its weights read once.
        """
        store = self.activations or self.memory
        if isinstance(operator, MatMul):
            macs, busy = operator.vectors * operator.k * operator.n, once_if_any(operator.vectors)
            weights = (self.memory, busy * operator.matrices * operator.k * operator.n * self.bits)
            into, out = ((store, operator.vectors * wide * self.bits) for wide in (operator.k, operator.n))
            return self._work({"add": macs, "multiply": macs}, 2 * macs, macs, weights, into, written=[out])
        if isinstance(operator, Gather):
            bits = operator.elements * self.bits
            return self._work({}, 0.0, 0.0, (self.memory, bits), written=[(self.activations, bits)])
        if isinstance(operator, Route):
            compared = operator.rows * operator.experts * operator.chosen
            scores = operator.rows * operator.experts * self.bits
            return self._work({"add": compared}, compared, compared, (store, scores))
        if not isinstance(operator, Vector):
            raise TypeError(f"lanes do not run {operator.name}")
        cycles = elementary_operations(operator, self.operations_per_element, self.method, self.bits)
        values = (store, operator.elements * self.bits)
        apart = operations_apart(operator, self.operations_per_element)
        return self._work(apart, cycles, self._in_turn(operator, cycles), values, written=[values])

    def _in_turn(self, operator: Vector, cycles: Size) -> Size:
        """Give the cycles of all lanes that go by, idle ones included, where rows keep to lanes of their own."""
        if operator.function not in self.row_lanes:
            return cycles
        together = at_most(self.row_lanes[operator.function], self.lanes)
        rows = at_least(operator.rows, 1e-9)
        turns = rounded_up(rows / (self.lanes // together))
        return cycles / rows * turns * (self.lanes / together)

    def _work(
        self, apart: Mapping[str, Size], operations: Size, cycles: Size, *read: Moved, written: Iterable[Moved] = ()
    ) -> Work:
        lanes = Use(total=operations, serial=rounded_up(cycles / self.lanes))
        done = {} if self._stated else {name: Use(total=count) for name, count in apart.items()}
        return Work(stream={"lane": lanes, **done, **traffic(*read, written=written)})

    @property
    def _stated(self) -> bool:
        """Whether the description says what an operation takes, whichever it is."""
        return self.lane.energy_j is not None

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price the parts; a use of `lane` is one cycle, of the others one operation of that name."""
        lanes = self.lane.part(
            "lane",
            self.lanes,
            energy_j=Figure(0.0, "counted with its additions, products and special operations"),
            latency_s=Figure(1.0 / self.clock_hz, "one cycle of the stated clock", "stated"),
            area_m2=vector.lane_area(self.bits, chip.technology, self.method),
        )
        done = () if self._stated else self._operations(chip.technology)
        return (leaking(lanes, chip.technology), *done, *memory_parts(chip, self.memory, self.activations))

    def _operations(self, technology: Technology) -> tuple[Part, ...]:
        """Price what lanes do, by name."""
        return (
            Part(name="add", energy_j=vector.addition_energy(self.bits, technology)),
            Part(name="multiply", energy_j=vector.product_energy(self.bits, technology)),
            *(
                Part(name=name, energy_j=special.energy(name, self.method, self.bits, technology))
                for name in special.NAMES
            ),
        )

    def arithmetic(self) -> Floating:
        """Floating point of the stated width."""
        return Floating(bits=self.bits)

    def peak_macs_per_s(self, chip: Chip) -> float:  # noqa: ARG002
        """One product per lane and cycle, if it runs products."""
        return self.lanes * self.clock_hz if self.products else 0.0
