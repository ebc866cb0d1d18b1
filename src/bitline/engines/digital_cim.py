"""Digital compute in memory: SRAM whose bits are multiplied by input bits and summed by adder trees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

from bitline.engines.component import Component
from bitline.hardware.arithmetic import Integer
from bitline.hardware.array import InputFormat, WeightFormat
from bitline.hardware.chip import Chip
from bitline.hardware.engine import Engine, Part, Work
from bitline.hardware.quantity import Count, Fraction, Positive
from bitline.operators import MatMul, Operator, Size


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DigitalCim(Engine):
    """Macros of SRAM rows with an adder tree per weight column; inputs enter bit by bit; nothing is lost."""

    kind: ClassVar[str] = "digital_cim"

    rows: Count
    """Weights that one column of weights can hold."""
    columns: Count
    """Bits in a row; a weight takes `weight.bits` of them."""
    clock_hz: Positive
    """One step, that is one pulse of `active_rows` rows, per cycle."""
    active_rows: Count | None = None
    """Rows one adder tree sums in a cycle; all of them if not given."""
    macros: Count = 1
    """Equal macros side by side."""
    weight: WeightFormat = field(default_factory=WeightFormat)
    """Bits of a stored weight."""
    input: InputFormat = field(default_factory=InputFormat)
    """Bits of an input and how many enter per cycle."""
    holds: Literal["weights", "operands", "cache"] = "weights"
    """Trained weights; or keys and values written anew in each step; or keys and values that stay, so that a step
    writes only its own tokens (then the chip needs macros for the whole cache)."""
    activations: str | None = None
    """Memory that inputs come from and outputs go to; none: that traffic is not counted."""
    output_bits: Positive = 16.0
    """Of a result that leaves the macro."""
    skips_masked: bool = False
    """Leaves out the products that a causal or window mask throws away (whole rows and vectors)."""
    toggle_fraction: Fraction = 0.5
    """Share of gates that switch in a cycle."""
    cell_area_f2: Positive | None = None
    """Of one bit, in squares of the technology node."""
    rows_written_per_cycle: Count = 1
    """Of one macro."""
    mac: Component = field(default_factory=Component)
    """One use per multiply-accumulate of full precision; its area and standing power are of one macro."""
    accumulator: Component = field(default_factory=Component)
    """Adds partial sums of row blocks: one use per addition, one instance per macro."""
    write: Component = field(default_factory=Component)
    """One use per bit written."""

    @property
    def units(self) -> int:
        """Macros."""
        return self.macros

    @property
    def resident(self) -> bool:
        """Weights stay; operands share the macros with every other layer."""
        return self.holds == "weights"

    @property
    def memory(self) -> str | None:
        """None: it works on what its own cells hold."""
        return None

    def runs(self, operator: Operator) -> bool:
        """Products with what it holds."""
        raise NotImplementedError

    def claim(self, operator: MatMul) -> Size:
        """Macros of one stationary matrix."""
        raise NotImplementedError

    def work(self, operator: Operator, copies: int = 1) -> Work:
        """Count products, partial sums and bits moved."""
        raise NotImplementedError

    def rewrite(self, operator: MatMul) -> Work:
        """Count the bits written."""
        raise NotImplementedError

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price the parts."""
        raise NotImplementedError

    def arithmetic(self) -> Integer:
        """Integer products without loss."""
        return Integer(weight=self.weight, input=self.input)

    def peak_macs_per_s(self, chip: Chip) -> float:
        """All macros busy with full rows and columns."""
        raise NotImplementedError
