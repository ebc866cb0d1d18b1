"""Analog crossbars: sums formed on bitlines by cells that hold the stationary matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, final

from bitline.costs import adc, cells, dac, digital, lines, sample_hold, shift_add
from bitline.costs.leakage import Kind, leaking
from bitline.engines.component import Component
from bitline.engines.sizes import at_least, at_most, binary_digits, once_if_any, rounded_up
from bitline.engines.tiling import busiest_groups, ceil_div, groups, kept_vectors, queue, rounds
from bitline.engines.traffic import memory_parts, traffic
from bitline.hardware.activity import USUAL, Activity
from bitline.hardware.arithmetic import Analog
from bitline.hardware.array import Array, Hierarchy, InputFormat, WeightFormat
from bitline.hardware.cell import Cell
from bitline.hardware.chip import Chip, Technology
from bitline.hardware.converter import Adc, Dac
from bitline.hardware.correction import Correction
from bitline.hardware.engine import Engine, Part, Use, Work
from bitline.hardware.figure import Amount, Figure, stated_or
from bitline.hardware.quantity import Bits, NonNegative, Positive
from bitline.hardware.storage import Storage
from bitline.operators import Gather, MatMul, Operator, Size


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Crossbar(Engine):
    """Arrays of cells, pulses on wordlines, sums on bitlines, converters shared by columns, shift-add behind."""

    kind: ClassVar[str] = "crossbar"
    macro_parts: ClassVar[tuple[str, ...]] = (
        "cells",
        "dac",
        "adc",
        "sample_hold",
        "shift_add",
        "control",
        "input_register",
        "output_register",
    )

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
    output_bits: Bits = 16
    """Of a result that leaves the tile."""
    output_noise_fraction: NonNegative = 0.0
    """Gaussian, fresh per conversion, as a share of the largest possible bitline sum."""
    correction: Correction = field(default_factory=Correction)
    """Digital correction behind the converters."""
    storage: Storage = field(default_factory=Storage)
    """What happens to weight codes while they are stored."""
    skips_masked: bool = False
    """Leaves out the products that a causal or window mask throws away (whole rows and vectors)."""
    clock_hz: Positive = 1.0e9
    """Of the digital logic behind the converters."""
    sample_hold: Component = field(default_factory=Component)
    """One use per conversion, one instance per array column."""
    shift_add: Component = field(default_factory=Component)
    """One use per conversion, one instance per converter."""
    accumulator: Component = field(default_factory=Component)
    """Adds partial sums of row blocks: one use per addition, one instance per converter."""
    input_register: Component = field(default_factory=Component)
    """One use per input bit read, one instance per array."""
    output_register: Component = field(default_factory=Component)
    """One use per result bit written, one instance per array."""
    control: Component = field(default_factory=Component)
    """Clocks and timing: one use per pulse of an array, one instance per array; nothing if not stated."""
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

    @property
    def slices(self) -> int:
        """Cells (or pairs) that hold one weight."""
        return len(self.weight.slices(self.cell.bits))

    @property
    def polarities(self) -> int:
        """Columns that hold one digit."""
        return self.weight.polarities

    @property
    def columns_per_weight(self) -> int:
        """Columns that hold one output."""
        return self.slices * self.polarities

    @property
    def reference_columns(self) -> int:
        """Columns of an array that hold no output but are read like them: a bias column has one for each digit."""
        return self.slices if self.weight.encoding == "bias_column" else 0

    @property
    def outputs_per_array(self) -> Amount:
        """Outputs whose columns stand on one array; those of one output never stand on two."""
        return at_least((self.array.columns - self.reference_columns) // self.columns_per_weight, 1)

    @property
    def unit_shape(self) -> tuple[Size, Size]:
        """Rows of an array, and outputs whose columns stand on it."""
        return self.array.rows, self.outputs_per_array

    @property
    def pulse_units(self) -> int:
        """Read times that one pulse takes."""
        return self.input.units

    def runs(self, operator: Operator) -> bool:
        """Say yes to products with what it holds, to lookups in tables, and to new keys and values for a cache."""
        if isinstance(operator, MatMul):
            return (operator.stationary == "weight") == (self.held == "weights")
        if not isinstance(operator, Gather):
            return False
        return self.held == "weights" if operator.width else operator.role == "kv_write" and self.held == "cache"

    def claim(self, operator: MatMul) -> Size:
        """Count the arrays of one stationary matrix; matrices never share an array."""
        return ceil_div(operator.k, self.array.rows) * self._arrays_across(operator)

    def work(self, operator: Operator, copies: int = 1) -> Work:
        """Count pulses, conversions and what follows them.

        Per vector: passes x pulses x groups of rows are steps; in a step every converter of an array works
        through its share of the columns. Vectors spread over matrices and copies; where these do not fit at
        once, rounds follow one another. Before the stream: writing operands, and one step to fill the pipeline.
        A row that is looked up takes one pulse on its own wordline; its number enters as one input does.
        """
        pulses = self.input.passes * self.input.pulses
        if isinstance(operator, Gather) and operator.width:
            operator, pulses = operator.row, 1
        if not isinstance(operator, MatMul):
            return self._appended(operator)
        vectors = kept_vectors(operator, skips_masked=self.skips_masked)
        claim = self.claim(operator)
        fillings = rounds(operator, claim, self.units)
        stream = self._stream(operator, vectors, queue(vectors, operator.matrices, copies) * fillings, pulses)
        setup: dict[str, Use] = {}
        busy = once_if_any(vectors)
        if self.held == "operands":
            setup |= self._writes(operator, operator.matrices * copies * busy, fillings * busy)
        conversions = self._conversions_per_step(operator)
        setup |= {"cells": Use(serial=busy), "adc": Use(serial=busy * conversions)}
        return Work(stream=stream, setup=setup)

    def rewrite(self, operator: MatMul) -> Work:
        """Count the rows of cells written: all arrays at a time, their rows one after another."""
        return Work(stream=self._writes(operator, operator.held, 1) if self.held == "weights" else {})

    def _stream(self, operator: MatMul, vectors: Size, waiting: Size, pulses: int) -> dict[str, Use]:
        rows, at_once, columns = self.array.rows, self._rows_at_once, self.array.columns
        k, n = operator.k, operator.n
        row_blocks, column_blocks = ceil_div(k, rows), self._arrays_across(operator)
        references = column_blocks * self.reference_columns
        steps = waiting * pulses * busiest_groups(k, rows, at_once)
        cells = vectors * (pulses * k * (n * self.columns_per_weight + references))
        sums = n * self.slices * self.weight.conversions + references
        converted = vectors * (pulses * sums * groups(k, rows, at_once))
        in_turn = steps * self._conversions_per_step(operator)
        additions = vectors * (n * (row_blocks - 1))
        into = vectors * (k * self.input.bits)
        out = vectors * (n * self.output_bits)
        outputs = ceil_div(at_most(n, self.outputs_per_array), self.adc.per_array)
        return {
            "cells": Use(total=cells / (at_once * columns), serial=steps),
            "control": Use(total=cells / (at_once * columns)),
            "dac": Use(total=vectors * (pulses * k * column_blocks)),
            "sample_hold": Use(total=converted, serial=steps),
            "adc": Use(total=converted, serial=in_turn),
            "shift_add": Use(total=converted, serial=in_turn),
            "accumulator": Use(total=additions, serial=waiting * outputs * once_if_any(row_blocks - 1)),
            "input_register": Use(total=into * column_blocks),
            "output_register": Use(total=out * row_blocks),
            **traffic((self.activations, into), written=[(self.activations, out)]),
        }

    def _conversions_per_step(self, operator: MatMul) -> Size:
        return ceil_div(self._converted(at_most(operator.n, self.outputs_per_array)), self.adc.per_array)

    def _converted(self, outputs: Size) -> Size:
        """Conversions that an array of so many outputs takes for one pulse; a differential pair is subtracted first."""
        return outputs * (self.slices * self.weight.conversions) + self.reference_columns

    def _arrays_across(self, operator: MatMul) -> Size:
        """Arrays side by side that hold the outputs of a matrix."""
        return ceil_div(operator.n, self.outputs_per_array)

    def _writes(self, operator: MatMul, matrices: Size, fillings: Size) -> dict[str, Use]:
        width = operator.n * self.columns_per_weight + self._arrays_across(operator) * self.reference_columns
        rows = at_most(operator.k, self.array.rows)
        in_turn = rows * ceil_div(at_most(width, self.array.columns), self._written_at_once)
        bits = matrices * (operator.k * operator.n * self.weight.bits)
        written = matrices * (operator.k * width) / self._written_at_once
        return {"write": Use(total=written, serial=in_turn * fillings), **traffic((self.activations, bits))}

    def _appended(self, operator: Operator) -> Work:
        elements = operator.elements if isinstance(operator, Gather) else 0
        written = elements * self.columns_per_weight / self._written_at_once
        uses = {"write": Use(total=written, serial=rounded_up(written / self.units))}
        return Work(stream={**uses, **traffic((self.activations, elements * self.weight.bits))})

    @property
    def _written_at_once(self) -> int:
        return (self.cell.write.parallel_cells if self.cell.write else None) or self.array.columns

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price the parts; a use of `cells` is one pulse on all driven rows of an array."""
        return self.parts_in_use(chip, USUAL)

    def parts_in_use(self, chip: Chip, activity: Activity) -> tuple[Part, ...]:
        """Price the parts for data of this activity: it moves what cells and wordlines take, where models say that."""
        own = (*self._array_parts(chip.technology, activity), *self._digital_parts(chip.technology))
        storage: Kind = "sram" if "sram" in self.cell.technology else "logic"
        return (
            *(
                part
                if part.name == "adc" or (part.name == "cells" and storage == "logic")
                else leaking(part, chip.technology, storage if part.name == "cells" else "logic")
                for part in own
            ),
            *memory_parts(chip, self.activations),
        )

    def _array_parts(self, technology: Technology, activity: Activity) -> tuple[Part, ...]:
        array, cell, differential = self.array, self.cell, self.weight.encoding == "differential"
        per_array, at_once = array.rows * array.columns, self._written_at_once
        one = cells.read_energy(
            cell, array, technology, differential=differential, activity=activity, units=self.pulse_units,
            again=self.pulse_units if self.input.coding == "count" else 1,
        )  # fmt: skip
        levels = self.input.bits_per_pulse if self.input.coding == "voltage" else 1
        square = cells.cell_area(cell, technology)
        pulse = dac.pulse_energy(
            self.dac, columns=array.columns, pitch_m=square.typical**0.5, bits=levels,
            technology=technology, activity=activity, loads=lines.wordline_loads(cell),
        )  # fmt: skip
        if self.input.coding == "count" and self.dac.energy_per_pulse_j is None:
            pulse = pulse.times(self.pulse_units)
        if self.dac.area_m2 is None and (array.area_m2 is not None or levels == 1):
            driver = Figure(0.0, "in the area of the array", "stated" if array.area_m2 is not None else "modelled")
        else:
            driver = dac.area(self.dac, levels, technology)
        bare, driven = square.times(per_array), cells.array_area(cell, technology, per_array)
        converters = self.units * self.adc.per_array
        return (
            Part(
                name="cells",
                energy_j=one.times(self._rows_at_once * array.columns),
                latency_s=cells.read_time(cell, array, self.pulse_units),
                instances=self.units,
                area_m2=stated_or(array.area_m2, driven if self.dac.area_m2 is None else bare),
            ),
            Part(
                name="write",
                energy_j=cells.write_energy(cell, array, technology).times(at_once),
                latency_s=cells.write_time(cell),
                instances=self.units,
            ),
            Part(
                name="dac",
                energy_j=pulse,
                instances=self.units * array.rows,
                area_m2=driver,
                leakage_w=dac.leakage(self.dac),
            ),
            Part(
                name="adc",
                energy_j=adc.conversion_energy(self.adc, technology),
                latency_s=adc.conversion_time(self.adc, technology),
                instances=converters,
                area_m2=adc.area(self.adc, technology),
                leakage_w=adc.leakage(self.adc),
            ),
        )

    def _digital_parts(self, technology: Technology) -> tuple[Part, ...]:
        wide = self._sum_bits
        addition = digital.energy("add", "integer", wide, technology)
        cycle = Figure(1.0 / self.clock_hz, "one cycle of the stated or assumed clock", "stated")
        register = digital.register_energy(technology)
        return (
            self.sample_hold.part(
                "sample_hold",
                self.units * self.array.columns,
                energy_j=sample_hold.energy(technology),
                area_m2=sample_hold.area(technology),
            ),
            self.shift_add.part(
                "shift_add",
                self.units * self.adc.per_array,
                energy_j=shift_add.energy(wide, technology),
                area_m2=shift_add.area(wide, technology),
            ),
            self.accumulator.part(
                "accumulator",
                self.units * self.adc.per_array,
                energy_j=addition,
                latency_s=cycle,
                area_m2=digital.adder_area(wide, technology),
            ),
            self.input_register.part(
                "input_register",
                self.units,
                energy_j=register,
                area_m2=digital.register_area(self.array.rows * self.input.bits, technology),
            ),
            self.output_register.part(
                "output_register",
                self.units,
                energy_j=register,
                area_m2=digital.register_area(self.outputs_per_array * self.output_bits, technology),
            ),
            self.control.part("control", self.units),
            self.core.part("core", self.hierarchy.cores_per_tile * self.hierarchy.tiles),
            self.tile.part("tile", self.hierarchy.tiles),
        )

    @property
    def _rows_at_once(self) -> Amount:
        """Rows that a sum spans; a sweep may ask for more than there are."""
        return at_most(self.array.rows_at_once, self.array.rows)

    @property
    def _sum_bits(self) -> Amount:
        """Bits of a converted sum to which the pulses of an input are added, each a place further left."""
        read = self.weight.bits + binary_digits(self.array.rows) if self.adc.bits is None else self.adc.bits
        return read + self.input.bits

    def arithmetic(self) -> Analog:
        """Give sums on bitlines, read through converters."""
        return Analog(
            weight=self.weight,
            input=self.input,
            cell=self.cell,
            array=self.array,
            adc=self.adc,
            output_noise_fraction=self.output_noise_fraction,
            correction=self.correction,
            storage=self.storage,
        )

    def peak_macs_per_s(self, chip: Chip) -> float:
        """Count products of full rows and columns in all arrays, in the time of the slower of cells and converters."""
        pulses = self.input.passes * self.input.pulses * ceil_div(self.array.rows, self._rows_at_once)
        per_converter = ceil_div(self._converted(self.outputs_per_array), self.adc.per_array)
        read_s = cells.read_time(self.cell, self.array, self.pulse_units).typical
        step_s = at_least(per_converter * adc.conversion_time(self.adc, chip.technology).typical, read_s)
        macs = self.array.rows * self.outputs_per_array
        return self.units * macs / (pulses * step_s)
