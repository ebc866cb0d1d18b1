"""Arithmetic in the cells of a DRAM, bit by bit on whole rows; sums in adder trees at the banks; a ring of banks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar, final

from bitline.costs import bit_serial, digital, dram_commands
from bitline.engines.bank_sharing import Banks, Dealt
from bitline.engines.component import Component
from bitline.engines.tiling import kept_vectors
from bitline.engines.traffic import memory_parts, traffic
from bitline.errors import contradicts, missing, not_one_of
from bitline.hardware.arithmetic import Integer
from bitline.hardware.array import InputFormat, WeightFormat
from bitline.hardware.chip import Chip
from bitline.hardware.dram import Dram
from bitline.hardware.engine import Part, Streaming, Use, Work
from bitline.hardware.figure import Figure
from bitline.hardware.memory import part_name
from bitline.hardware.quantity import Count, Positive
from bitline.operators import Gather, MatMul, Operator, Size

CELLS_FRACTION = 0.44 / 2.68
"""Of reading a bit to the edge of the die, reading it from the row buffer: .44 of .44 + 1.01 + 1.23 pJ/bit; AttAcc's
simulator, after O'Connor et al., MICRO 2017 [stated]."""
TIMING = "the memory's timing"
UNKNOWN = Figure(0.0, "energy of this command not known: not counted", "ideal")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DramBitSerial(Streaming):
    """Banks whose columns of cells are lanes. What is computed, written, added up and passed on follows each other."""

    kind: ClassVar[str] = "dram_bit_serial"
    of_memory: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType({"row_bytes": ("dram.row_bytes",)})

    memory: str = field()
    """Memory whose cells compute: it holds weights, keys and values. Its `dram` says what opening a row takes."""
    banks: Count
    """That compute together, those of all stacks."""
    stacks: Count = 1
    """Each with a link of its own, over which weights come to its banks."""
    row_bytes: Count
    """Of one bank: its bits are lanes."""
    subarrays: Count = 1
    """Of a bank, that compute at once."""
    weight: WeightFormat = field(default_factory=WeightFormat)
    """Integer weights, keys and values."""
    input: InputFormat = field(default_factory=InputFormat)
    """Integer inputs."""
    product_rows: Count | None = None
    """Rows opened one after another for one product in every lane; SIMDRAM's count if not given."""
    adder_bits: Count | None = None
    """Taken from an open row in the time of a column by the adder trees of a bank; none: lanes add up themselves."""
    ring_bytes_per_s: Positive
    """From a bank to its neighbour, all banks at once."""
    dealt: Dealt = "tokens"
    """A bank keeps tokens and weights come to it, or it keeps outputs of every matrix and all vectors come to it."""
    skips_masked: bool = False
    """Leaves out the products that a causal or window mask throws away."""
    adder: Component = field(default_factory=Component)
    """One use per product added up; its area and standing power are of what one bank has."""
    hop: Component = field(default_factory=Component)
    """One use per bit passed on to a neighbour; not counted if no energy is stated."""

    @property
    def sees_roles(self) -> bool:
        """Keys and values lie differently."""
        return True

    def runs(self, operator: Operator) -> bool:
        """Say yes to products with what it holds, and to new keys and values."""
        if isinstance(operator, MatMul):
            return operator.stationary is not None
        return isinstance(operator, Gather) and operator.role == "kv_write"

    def work(self, operator: Operator, copies: int = 1) -> Work:  # noqa: ARG002
        """Count rows opened, columns moved, products added up, and bits on links and in the ring.

        Sums go back into rows, which is not counted: there is one to as many products as are added up.
        """
        if isinstance(operator, Gather):
            return Work(stream=traffic(written=[(self.memory, operator.elements * self.weight.bits)]))
        if not isinstance(operator, MatMul):
            raise TypeError(f"cells of a DRAM do not run {operator.name}")
        vectors = kept_vectors(operator, skips_masked=self.skips_masked)
        share = self._banks.share(operator, vectors)
        brought = self.weight if operator.stationary == "weight" and self.dealt == "tokens" else self.input
        once, bits = self._round(operator)
        stream = {
            "adders": Use(total=vectors * operator.k * operator.n),
            **traffic((self.memory, share.bus * brought.bits)),
        }
        setup = {
            "rows": Use(total=share.rounds * self.subarrays * once.total, serial=share.own_rounds * once.serial),
            "columns": Use(total=share.rounds * bits, serial=share.own_rounds * bits),
            "taken": Use(total=share.taken * brought.bits, serial=share.own_taken * brought.bits),
            "ring": Use(total=share.passed * self.input.bits, serial=share.own_passed * self.input.bits),
        }
        return Work(stream=stream, setup=setup)

    def _round(self, operator: MatMul) -> tuple[Use, Size]:
        """Count the rows that a subarray opens, and a bank in turn, for a product in every lane; and the bits moved.

        Adder trees read the bits of products row by row, one subarray after another. Without them lanes read what has
        to be beside another number, write it there and add, level by level.
        """
        multiplied, wide = self._product_rows, self.weight.bits + self.input.bits
        moved = wide * self._banks.lanes
        if self.adder_bits is not None:
            return Use(total=multiplied + wide, serial=multiplied + wide * self.subarrays), moved
        levels = bit_serial.tree_fraction(operator.k)
        added = multiplied + levels * bit_serial.addition_rows(wide)
        turns = levels * 2 * wide
        return Use(total=added + turns, serial=added + turns * self.subarrays), levels * 2 * moved

    @property
    def _product_rows(self) -> float:
        return self.product_rows or bit_serial.product_rows(self.weight.bits, self.input.bits)

    @property
    def _banks(self) -> Banks:
        lanes = 8 * self.row_bytes * self.subarrays
        return Banks(banks=self.banks, stacks=self.stacks, lanes=lanes, dealt=self.dealt)

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price a row cycle of one subarray, a bit from or into an open row, a product added up, a bit passed on."""
        dram = self._dram(chip)
        row_s, bit_s = self._row_s(dram), _column_s(dram, self.memory) / (8 * dram.burst_bytes)
        opening = dram_commands.activation_energy(dram) or UNKNOWN
        read, written = (dram_commands.column_energy(dram, write=write) or UNKNOWN for write in (False, True))
        into_trees_s, into_trees = bit_s, read
        if self.adder_bits is not None:
            into_trees_s = _column_s(dram, self.memory) / self.adder_bits
            into_trees = replace(read.times(CELLS_FRACTION), source=f"row buffers, AttAcc's share; {read.source}")
        timed = {
            "rows": (row_s, opening),
            "columns": (Figure(into_trees_s, TIMING), into_trees),
            "taken": (Figure(bit_s, TIMING), written),
        }
        commands = (
            Part(
                name=name,
                holds=part_name(self.memory),
                instances=self.banks,
                energy_j=energy_j,
                latency_s=latency_s,
            )
            for name, (latency_s, energy_j) in timed.items()
        )
        adders = self.adder.part(
            "adders",
            self.banks,
            energy_j=digital.energy("add", "integer", self.weight.bits + self.input.bits, chip.technology),
            area_m2=Figure(0.0, "on the memory's die: not counted", "ideal"),
        )
        ring = self.hop.part(
            "ring",
            self.banks,
            energy_j=Figure(0.0, "not stated: not counted", "ideal"),
            latency_s=Figure(1.0 / (8.0 * self.ring_bytes_per_s), "stated in the description", "stated"),
        )
        return (*commands, adders, ring, *memory_parts(chip, self.memory))

    def arithmetic(self) -> Integer:
        """Integer products, added up without loss."""
        return Integer(weight=self.weight, input=self.input)

    def peak_macs_per_s(self, chip: Chip) -> float:
        """Multiply in every lane, as if sums took no time."""
        return self.banks * self._banks.lanes / (self._product_rows * float(self._row_s(self._dram(chip)).typical))

    def _row_s(self, dram: Dram) -> Figure:
        """Time of a row cycle, refreshes included; high: two rows opened one after the other for a copy."""
        timing = dram.timing
        if timing is None:
            raise missing(f"memories.{self.memory}.dram.timing", "what opening a row takes")
        refreshing = (timing.trfc_s or 0.0) / timing.trefi_s if timing.trefi_s else 0.0
        cycle_s = timing.trc_s / (1.0 - refreshing)
        high_s = (timing.trc_s + timing.tras_s) / (1.0 - refreshing)
        return Figure(cycle_s, f"{TIMING}; {bit_serial.SOURCE}", "modelled", cycle_s, high_s)

    def _dram(self, chip: Chip) -> Dram:
        """Find the inside of the memory; ConfigError where it is not told or has rows of another size."""
        if self.memory not in chip.memories:
            raise not_one_of("memory", self.memory, chip.memories, chip.name)
        dram, where = chip.memories[self.memory].dram, f"memories.{self.memory}"
        if dram is None:
            raise missing(f"{where}.dram", "its rows and timing, for cells that compute")
        if dram.row_bytes != self.row_bytes:
            why = f"{self.row_bytes} where cells compute, {dram.row_bytes:g} of the memory"
            raise contradicts("row_bytes", f"{where}.dram.row_bytes", why)
        return dram


def _column_s(dram: Dram, memory: str) -> float:
    timing = dram.timing
    found = (timing.tccd_long_s or timing.tccd_short_s or timing.burst_s) if timing else None
    if found is None:
        raise missing(f"memories.{memory}.dram.timing.tccd_long_s", "the time between columns")
    return found
