"""Analog crossbars: sums formed on bitlines by cells that hold the stationary matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

from bitline.engines.component import Component
from bitline.hardware.arithmetic import Analog
from bitline.hardware.array import Array, Hierarchy, InputFormat, WeightFormat
from bitline.hardware.cell import Cell
from bitline.hardware.chip import Chip
from bitline.hardware.converter import Adc, Dac
from bitline.hardware.engine import Engine, Part, Work
from bitline.hardware.quantity import NonNegative, Positive
from bitline.operators import MatMul, Operator, Size


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Crossbar(Engine):
    """Arrays of cells, pulses on wordlines, sums on bitlines, converters shared by columns, shift-add behind."""

    kind: ClassVar[str] = "crossbar"

    cell: Cell
    """The memory cell."""
    array: Array
    """Rows, columns and timing of one array."""
    weight: WeightFormat = field(default_factory=WeightFormat)
    """How a weight becomes cells."""
    input: InputFormat = field(default_factory=InputFormat)
    """How an input becomes pulses."""
    adc: Adc = field(default_factory=Adc)
    """The converters at the columns."""
    dac: Dac = field(default_factory=Dac)
    """The driver of each row."""
    hierarchy: Hierarchy = field(default_factory=Hierarchy)
    """How many arrays, in cores and tiles."""
    holds: Literal["weights", "operands", "cache"] | None = None
    """Trained weights; or keys and values written anew in each step; or keys and values that stay, so that a step
    writes only its own tokens (then the chip needs arrays for the whole cache). Not given: operands if the cell
    is volatile, else weights."""
    activations: str | None = None
    """Memory that inputs come from and outputs go to; none: that traffic is not counted."""
    output_bits: Positive = 16.0
    """Of a result that leaves the tile."""
    output_noise_fraction: NonNegative = 0.0
    """Gaussian, fresh per conversion, as a share of the largest possible bitline sum."""
    skips_masked: bool = False
    """Leaves out the products that a causal or window mask throws away (whole rows and vectors)."""
    clock_hz: Positive = 1.0e9
    """Of the digital logic behind the converters."""
    sample_hold: Component = field(default_factory=Component)
    """One use per conversion, one instance per array column."""
    shift_add: Component = field(default_factory=Component)
    """One use per conversion, one instance per converter."""
    accumulator: Component = field(default_factory=Component)
    """Adds partial sums of row blocks: one use per addition, one instance per array."""
    input_register: Component = field(default_factory=Component)
    """One use per input bit read, one instance per array."""
    output_register: Component = field(default_factory=Component)
    """One use per result bit written, one instance per array."""
    core: Component = field(default_factory=Component)
    """Whatever else a core holds: its area and standing power only."""
    tile: Component = field(default_factory=Component)
    """Whatever else a tile holds (buffer, bus, router): its area and standing power only."""

    @property
    def units(self) -> int:
        """Arrays."""
        return self.hierarchy.arrays

    @property
    def resident(self) -> bool:
        """Weights stay; operands share the arrays with every other layer."""
        return self.held == "weights"

    @property
    def memory(self) -> str | None:
        """None: it works on what its own cells hold."""
        return None

    @property
    def held(self) -> Literal["weights", "operands", "cache"]:
        """What the cells hold, given or told by the cell."""
        return self.holds or ("operands" if self.cell.volatile else "weights")

    def runs(self, operator: Operator) -> bool:
        """Products with what it holds."""
        raise NotImplementedError

    def claim(self, operator: MatMul) -> Size:
        """Arrays of one stationary matrix."""
        raise NotImplementedError

    def work(self, operator: Operator, copies: int = 1) -> Work:
        """Count pulses, conversions and what follows them."""
        raise NotImplementedError

    def rewrite(self, operator: MatMul) -> Work:
        """Count the cells written."""
        raise NotImplementedError

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price the parts."""
        raise NotImplementedError

    def arithmetic(self) -> Analog:
        """Give sums on bitlines, read through converters."""
        return Analog(
            weight=self.weight,
            input=self.input,
            cell=self.cell,
            array=self.array,
            adc=self.adc,
            output_noise_fraction=self.output_noise_fraction,
        )

    def peak_macs_per_s(self, chip: Chip) -> float:
        """All arrays busy with full rows and columns."""
        raise NotImplementedError
