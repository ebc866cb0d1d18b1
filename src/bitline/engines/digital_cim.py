"""Digital compute in memory: SRAM whose bits are multiplied by input bits and summed by adder trees."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

import numpy as np

from bitline.costs import cells, digital, gates
from bitline.costs.leakage import leaking
from bitline.costs.technology import joined
from bitline.engines.component import Component
from bitline.engines.sizes import at_least, at_most, once_if_any, rounded_up
from bitline.engines.tiling import busiest_groups, ceil_div, kept_vectors, queue, rounds
from bitline.engines.traffic import memory_parts, traffic
from bitline.hardware.activity import USUAL, Activity
from bitline.hardware.arithmetic import BlockFloating, Integer, SharedExponent
from bitline.hardware.array import InputFormat, WeightFormat
from bitline.hardware.cell import Cell
from bitline.hardware.chip import Chip, Technology
from bitline.hardware.engine import Engine, Part, Use, Work
from bitline.hardware.figure import Amount, Figure
from bitline.hardware.quantity import Bits, Count, Fraction, Positive
from bitline.hardware.storage import Storage
from bitline.operators import Gather, MatMul, Operator, Size


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DigitalCim(Engine):
    """Macros of SRAM rows with an adder tree per weight column; inputs enter bit by bit; nothing is lost."""

    kind: ClassVar[str] = "digital_cim"
    macro_parts: ClassVar[tuple[str, ...]] = ("mac",)

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
    shared_exponent: SharedExponent | None = None
    """Keys and values are kept in block floating point; `weight.bits` and `input.bits` are those of mantissas."""
    storage: Storage = field(default_factory=Storage)
    """What happens to weight codes while they are stored."""
    holds: Literal["weights", "operands", "cache"] = "weights"
    """Trained weights; or keys and values written anew in each step; or keys and values that stay, so that a step
    writes only its own tokens (then the chip needs macros for the whole cache)."""
    activations: str | None = None
    """Memory that inputs come from and outputs go to; none: that traffic is not counted."""
    output_bits: Bits = 16
    """Of a result that leaves the macro."""
    booth: bool = False
    """Two input bits are recoded into one digit of -2 to 2 (Booth, radix four), so that one tree adds both."""
    skips_masked: bool = False
    """Leaves out the products that a causal or window mask throws away (whole rows and vectors)."""
    toggle_fraction: Fraction = 0.5
    """Share of gates that switch in a cycle, with uniform data."""
    cell_area_f2: Positive | None = None
    """Of one bit, in squares of the technology node."""
    rows_written_per_cycle: Count = 1
    """Of one macro."""
    mac: Component = field(default_factory=Component)
    """One use per multiply-accumulate of full precision; its area and standing power are of one macro."""
    accumulator: Component = field(default_factory=Component)
    """Adds partial sums of row blocks: one use per addition, one instance per output of a macro."""
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

    @property
    def rows_at_once(self) -> Amount:
        """Rows that one adder tree sums in a cycle."""
        return self.rows if self.active_rows is None else at_most(self.active_rows, self.rows)

    @property
    def outputs(self) -> Amount:
        """Weights in a row, each with an adder tree of its own."""
        return at_least(self.columns // self.weight.bits, 1)

    @property
    def unit_shape(self) -> tuple[Size, Size]:
        """Rows of a macro and weights in each of them."""
        return self.rows, self.outputs

    def runs(self, operator: Operator) -> bool:
        """Say yes to products with what it holds, to lookups in tables, and to new keys and values for a cache."""
        if isinstance(operator, MatMul):
            return (operator.stationary == "weight") == (self.holds == "weights")
        if not isinstance(operator, Gather):
            return False
        return self.holds == "weights" if operator.width else operator.role == "kv_write" and self.holds == "cache"

    def claim(self, operator: MatMul) -> Size:
        """Count the macros of one stationary matrix; matrices never share a macro."""
        return ceil_div(operator.k, self.rows) * ceil_div(operator.n, self.outputs)

    def work(self, operator: Operator, copies: int = 1) -> Work:
        """Count cycles, partial sums and bits moved.

        Per vector: passes x pulses x groups of rows are cycles. Vectors spread over matrices and copies; where
        these do not fit at once, rounds follow one another. Operands are written before. A row that is looked up
        takes one cycle; its number enters as one input does.
        """
        pulses = self.input.passes * self.input.pulses
        if isinstance(operator, Gather) and operator.width:
            operator, pulses = operator.row, 1
        if not isinstance(operator, MatMul):
            return self._appended(operator)
        vectors = kept_vectors(operator, skips_masked=self.skips_masked)
        fillings = rounds(operator, self.claim(operator), self.macros)
        waiting = queue(vectors, operator.matrices, copies) * fillings
        row_blocks = ceil_div(operator.k, self.rows)
        cycles = vectors * (pulses * operator.k * operator.n) / (self.rows_at_once * self.outputs)
        into, out = vectors * (operator.k * self.input.bits), vectors * (operator.n * self.output_bits)
        stream = {
            "mac": Use(
                total=cycles, serial=waiting * pulses * busiest_groups(operator.k, self.rows, self.rows_at_once)
            ),
            "accumulator": Use(
                total=vectors * (operator.n * (row_blocks - 1)),
                serial=waiting * once_if_any(row_blocks - 1),
            ),
            **traffic((self.activations, into), written=[(self.activations, out)]),
        }
        busy = once_if_any(vectors)
        written = self._writes(operator, operator.matrices * copies * busy, fillings * busy)
        return Work(stream=stream, setup=written if self.holds == "operands" else {})

    def rewrite(self, operator: MatMul) -> Work:
        """Count the rows written: all macros at a time, their rows one after another."""
        return Work(stream=self._writes(operator, operator.held, 1) if self.holds == "weights" else {})

    def _writes(self, operator: MatMul, matrices: Size, fillings: Size) -> dict[str, Use]:
        bits = matrices * (operator.k * operator.n * self._bits_per_value)
        in_turn = ceil_div(at_most(operator.k, self.rows), self.rows_written_per_cycle) * fillings
        return {"write": Use(total=bits / self._written_bits, serial=in_turn), **traffic((self.activations, bits))}

    def _appended(self, operator: Operator) -> Work:
        bits = operator.elements * self._bits_per_value if isinstance(operator, Gather) else 0
        written = bits / self._written_bits
        uses = {"write": Use(total=written, serial=rounded_up(written / self.macros))}
        return Work(stream={**uses, **traffic((self.activations, bits))})

    @property
    def _bits_per_value(self) -> float:
        """Bits written for a value: with its share of the exponent, which is kept beside the columns."""
        shared, bits = self.shared_exponent, self.weight.bits
        return bits if shared is None else shared.bits_per_value(bits)

    @property
    def _written_bits(self) -> int:
        return self.columns * self.rows_written_per_cycle

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price the parts; a use of `mac` is one cycle of all its adder trees, one of `write` its rows at once."""
        return self.parts_in_use(chip, USUAL)

    def parts_in_use(self, chip: Chip, activity: Activity) -> tuple[Part, ...]:
        """Price the parts for data of this activity: it moves what adder trees take, unless that is stated."""
        technology = chip.technology
        cycle = Figure(1.0 / self.clock_hz, "one cycle of the stated clock", "stated")
        wide = rounded_up(gates.accumulator_bits(self.rows, self.weight.bits, 2**self.input.bits))
        macs_per_cycle = self.rows_at_once * self.outputs / (self.input.passes * self.input.pulses)
        bit = cells.bit_write_energy(self.rows, technology)
        parts = (
            self.mac.part(
                "mac",
                self.macros,
                energy_j=self._cycle_energy(technology, activity),
                latency_s=cycle,
                area_m2=self._area(technology),
                uses=macs_per_cycle,
            ),
            self.accumulator.part(
                "accumulator",
                self.macros * self.outputs,
                energy_j=digital.energy("add", "integer", wide, technology),
                latency_s=cycle,
                area_m2=digital.adder_area(wide, technology),
            ),
            self.write.part(
                "write",
                self.macros,
                energy_j=bit.times(self._written_bits),
                latency_s=cycle,
                uses=self._written_bits,
            ),
        )
        return (*(leaking(part, technology) for part in parts), *memory_parts(chip, self.activations))

    def _gates(self, activity: Activity = USUAL) -> dict[str, float]:
        # A tree per output and input digit of the pulse; one accumulator per output collects pulses and row groups.
        trees = self.outputs * rounded_up(self.input.bits_per_pulse / (2 if self.booth else 1))
        wide = gates.accumulator_bits(self.rows, self.weight.bits, 2**self.input.bits)
        summed, bits = self.rows_at_once, self.weight.bits
        changed = activity.toggle_fraction
        return {
            "adders": trees * gates.tree_adders(summed, bits) * gates.tree_switching(summed, bits, changed)
            + self.outputs * wide,
            "flip_flops": self.outputs * wide,
            "products": trees * summed * bits * changed / USUAL.toggle_fraction,
        }

    def _cycle_energy(self, technology: Technology, activity: Activity) -> Figure:
        share = "a swept share" if isinstance(self.toggle_fraction, np.ndarray) else f"{self.toggle_fraction:g}"
        source = f"{gates.SOURCE}, {share} of gates switching"
        if activity != USUAL:
            source += f" with uniform data, {activity.toggle_fraction:.2g} of inputs changing [measured]"
        return gates.energy(technology, **self._gates(activity)).times(self.toggle_fraction, source)

    def _area(self, technology: Technology) -> Figure:
        bit = Cell(technology="sram-6t", area_f2=self.cell_area_f2)
        cell = cells.cell_area(bit, technology).times(self.rows * self.columns)
        return joined(f"{cell.source}; {gates.SOURCE}", cell, gates.area(technology, **self._gates()))

    def arithmetic(self) -> Integer | BlockFloating:
        """Give integer products without loss, of whole numbers or of mantissas."""
        if self.shared_exponent is not None:
            return BlockFloating(weight=self.weight, input=self.input, exponent=self.shared_exponent)
        return Integer(weight=self.weight, input=self.input, storage=self.storage)

    def peak_macs_per_s(self, chip: Chip) -> float:  # noqa: ARG002
        """Count products of full rows and columns in all macros."""
        cycles = self.input.passes * self.input.pulses * ceil_div(self.rows, self.rows_at_once)
        return self.macros * self.rows * self.outputs * self.clock_hz / cycles
