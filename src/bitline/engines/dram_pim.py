"""Arithmetic in the banks of a DRAM: vectors times matrices that stay where they are stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import ClassVar, Literal, final

from bitline.costs import bank_gemv, dram_commands, mac
from bitline.engines.bank_controller import Controller
from bitline.engines.bank_layout import Cache, Commands, Field, commands
from bitline.engines.channel_loads import Packing
from bitline.engines.component import Component
from bitline.engines.sizes import at_least, once_if_any
from bitline.engines.traffic import memory_parts, traffic
from bitline.errors import contradicts, missing, not_one_of
from bitline.hardware.arithmetic import Floating
from bitline.hardware.chip import Chip
from bitline.hardware.dram import Dram, DramTiming
from bitline.hardware.engine import Part, Streaming, Use, Work
from bitline.hardware.figure import NOTHING, Figure
from bitline.hardware.formats import formats_of
from bitline.hardware.memory import part_name
from bitline.hardware.quantity import Bits, Count, Positive
from bitline.operators import Gather, MatMul, Operator, Size

CELLS_FRACTION = 0.44 / 2.68
"""Of reading a bit to the edge of the die, reading it from the row buffer: .44 of .44 + 1.01 + 1.23 pJ/bit; AttAcc's
simulator, after O'Connor et al., MICRO 2017 [stated]."""
UNKNOWN = "energy of this command not known: not counted"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class DramPim(Streaming):
    """Multiply-accumulate units at the row buffers of banks, a buffer for the vector in each channel."""

    kind: ClassVar[str] = "dram_pim"
    of_memory: ClassVar[Mapping[str, tuple[str, ...]]] = MappingProxyType(
        {"row_bytes": ("dram.row_bytes",), "channels": ("dram.channels", "count")}
    )

    memory: str = field()
    """Memory in whose banks the units are: it holds weights, keys and values. Its `dram` says what commands take."""
    channels: Count
    """With units, each with commands and a bus of its own."""
    banks: Count
    """Of one channel that compute together, those of all ranks."""
    ranks: Count = 1
    """That share a channel, each with a window of activations of its own."""
    row_bytes: Count
    """Of one bank: what one activation opens."""
    lanes: Count = 16
    """Multipliers of a bank, and values of one column."""
    bits: Bits = 16
    """Of a value, floating point."""
    opened_together: Count = 4
    """Banks of a rank that one command opens."""
    row_buffers: Literal["single", "dual"] = "single"
    """With two, the vector's buffer is filled while rows are opened, and memory can be read while banks compute: only
    vectors and results are in the way. With one, memory waits until banks are done."""
    mode: Literal["all_bank", "per_bank"] = "all_bank"
    """A command multiplies a column of every bank, or of one."""
    cache: Cache = "request"
    """Keys and values of a request lie in one channel, or spread over all of them, or those of a head in one stack."""
    packing: Packing = "balanced"
    """Where requests lie apart and differ in length: the longest goes to the emptiest channel, or all go in turn."""
    stacks: Count = 1
    """Equal sets of channels that heads are dealt over, where they lie head by head."""
    broadcast: bool = True
    """A vector crosses to all channels at once; otherwise once for each."""
    trcd_s: Positive | None = None
    """Row opened to its first product, where that is not the memory's time to a read."""
    column_s: Positive | None = None
    """Between products of a bank, where that is not the memory's time between columns."""
    buffer_write_s: Positive | None = None
    """A row's worth of the vector into the buffer; at the speed of the bus if not given."""
    result_bursts: Count | None = None
    """In which the sums of all banks leave a channel; as few as hold them if not given."""
    buffer_from: Literal["host", "row"] = "host"
    """The vector crosses the pins into the buffer; or into a row of a bank, from which the buffer is filled."""
    mac_reads: Count | None = None
    """What multiplying one column of every bank draws, in column reads of one bank; from parts if not given."""
    column_energy_j: Positive | None = None
    """The same where it is known as such; wins over `mac_reads`."""
    controller: Controller = field(default_factory=Controller)
    """What commands wait for besides the memory."""
    activations: str | None = None
    """Memory that inputs come from and outputs go to; none: that traffic is not counted."""
    mac: Component = field(default_factory=Component)
    """One use per multiply-accumulate; its area and standing power are of one multiplier."""

    @property
    def sees_roles(self) -> bool:
        """Keys and values lie differently."""
        return True

    @property
    def layout(self) -> Field:
        """Where matrices lie."""
        return Field(
            channels=self.channels, banks=self.banks, row_values=int(8 * self.row_bytes // self.bits), lanes=self.lanes,
            requests_apart=self.cache == "request", packing=self.packing,
            stacks=self.stacks if self.cache == "head" else 0,
        )  # fmt: skip

    def runs(self, operator: Operator) -> bool:
        """Say yes to products with what it holds, and to new keys and values."""
        if isinstance(operator, MatMul):
            return operator.stationary is not None
        return isinstance(operator, Gather) and operator.role == "kv_write"

    def work(self, operator: Operator, copies: int = 1) -> Work:  # noqa: ARG002
        """Count the commands: the vector, its chunks, rows, columns and results follow each other in a channel.

        Several vectors of one matrix go one after another; each opens the rows anew. New keys and values are written
        as rows are filled (values of one token lie in different rows: opening those is not counted).
        """
        if isinstance(operator, Gather):
            return Work(stream=traffic(written=[(self.memory, operator.elements * self.bits)]))
        if not isinstance(operator, MatMul):
            raise TypeError(f"units in DRAM banks do not run {operator.name}")
        vectors = operator.vectors
        every, one = commands(operator, self.layout)
        sent = vectors * operator.k * self.bits
        copies_sent = 1 if self.broadcast or operator.stationary != "weight" else self.channels
        received = every.results * self.banks * self.bits
        stream = {
            "multipliers": Use(total=every.columns),
            **traffic((self.activations, sent * copies_sent), written=[(self.activations, received)]),
        }
        if self.row_buffers == "dual":
            stream[part_name(self.memory)] = Use(serial=self._on_the_bus(one))
        setup = {"start": Use(serial=once_if_any(vectors))}
        if self.buffer_from == "row":
            values = 8 * self.row_bytes
            setup["input"] = Use(total=every.chunks * values, serial=one.chunks * values)
        if self._in_bursts:
            setup["vector"] = Use(total=every.bursts, serial=one.bursts)
        return Work(stream=stream, setup=setup | _uses(every, one, runs_on=self.controller.runs_on))

    @property
    def _in_bursts(self) -> bool:
        """Say whether a chunk takes as many bursts as it has; otherwise it takes as long as a whole one, in any case.

        Where the buffer is filled aside, what a chunk takes beyond its bursts is hidden or not as a whole.
        """
        return self.buffer_write_s is None and self.buffer_from == "host" and self.row_buffers == "single"

    def _on_the_bus(self, one: Commands) -> Size:
        """Bits of a memory's bandwidth, of all channels, that the busiest channel's vectors and results stand for."""
        return (one.chunks * 8 * self.row_bytes + one.results * self.banks * self.bits) * self.channels

    def parts(self, chip: Chip) -> tuple[Part, ...]:
        """Price the commands of a channel; refreshes are spread over all of them as time, and drawn by the memory.

        A row costs what it takes beyond its columns and results. Exact where products outlast tRAS; a row with few
        columns may take up to tRAS - tRCD longer. With one row buffer nobody else can use the memory meanwhile;
        with two, vectors and results take the memory's bus, which says how long.
        """
        dram = self._dram(chip)
        t = self.waits(dram)
        in_bursts = {"vector": t.buffer_s / self._chunk_bursts(dram)} if self._in_bursts else {}
        t = replace(t, buffer_s=0.0) if in_bursts else t
        columns = int(8 * self.row_bytes // (self.bits * self.lanes))
        stretch, booked = t.stretch(columns), self.row_buffers == "dual"
        timed = {
            "input": 0.0 if booked else burst_s(dram) / (8.0 * dram.burst_bytes) / stretch,
            "start": bank_gemv.start_s(t, columns),
            **in_bursts,
            "buffer": bank_gemv.buffer_wait_s(t),
            "row": bank_gemv.row_wait_s(t),
            "column": t.column_s,
            "result": bank_gemv.result_wait_s(t) - (self._bursts(dram) * burst_s(dram) / stretch if booked else 0.0),
        }
        priced = self._energies(dram)
        holds = part_name(self.memory) if self.row_buffers == "single" else ""
        standing = {"row": _second_buffer_w(dram)} if self.row_buffers == "dual" else {}
        return (
            *(
                Part(
                    name=name,
                    holds=holds,
                    instances=self.channels,
                    energy_j=priced.get(name, Figure(0.0, "no command of its own", "ideal")),
                    latency_s=Figure(
                        max(0.0, seconds) * stretch, "commands of the memory's timing, refreshes included"
                    ),
                    leakage_w=standing.get(name, NOTHING),
                )
                for name, seconds in timed.items()
            ),
            self._multipliers(chip),
            *memory_parts(chip, self.memory, self.activations),
        )

    def waits(self, dram: Dram) -> bank_gemv.BankTiming:
        """Work out what the commands of a channel wait for; ConfigError where the memory does not tell its timing."""
        if dram.timing is None:
            raise missing(f"memories.{self.memory}.dram.timing", "what commands wait for")
        timing: DramTiming = replace(
            dram.timing,
            trcd_s=self.trcd_s or dram.timing.trcd_s,
            tccd_long_s=self.column_s or dram.timing.tccd_long_s,
        )
        if self.buffer_write_s is None and not burst_s(dram):
            raise missing(f"memories.{self.memory}.dram.timing.burst_s", "the time of a burst, or buffer_write_s")
        per_rank = -(-self.banks // self.ranks)
        return bank_gemv.bank_timing(
            timing,
            bank_gemv.Banks(
                banks=per_rank,
                groups=min(dram.bank_groups, per_rank),
                ranks=self.ranks,
                opened_together=self.opened_together,
                per_bank=self.mode == "per_bank",
                dual=self.row_buffers == "dual",
            ),
            buffer_s=self.buffer_write_s or self._chunk_bursts(dram) * burst_s(dram),
            result_bursts=self._bursts(dram),
            habits=self.controller.habits,
        )

    def _chunk_bursts(self, dram: Dram) -> int:
        """Count the bursts of a whole chunk of the vector."""
        return -(-self.row_bytes // int(dram.burst_bytes))

    def _bursts(self, dram: Dram) -> int:
        """Count the bursts of one result of every bank."""
        return self.result_bursts or -(-self.banks * self.bits // (8 * int(dram.burst_bytes)))

    def arithmetic(self) -> Floating:
        """Floating point of the stated width."""
        return Floating(bits=self.bits, formats=formats_of(f"fp{self.bits}", self.bits))

    def peak_macs_per_s(self, chip: Chip) -> float:
        """Every multiplier busy, column after column."""
        return self.channels * self.banks * self.lanes / self.waits(self._dram(chip)).column_s

    def _dram(self, chip: Chip) -> Dram:
        """Find the inside of the memory; ConfigError where it is not told or not the one that the units are in."""
        if self.memory not in chip.memories:
            raise not_one_of("memory", self.memory, chip.memories, chip.name)
        memory = chip.memories[self.memory]
        dram, where = memory.dram, f"memories.{self.memory}"
        if dram is None:
            raise missing(f"{where}.dram", "its rows, banks and timing, for units in its banks")
        banks = dram.bank_groups * dram.banks_per_group * self.ranks
        told = (
            (self.row_bytes, dram.row_bytes, "row_bytes"),
            (self.channels, dram.channels * memory.count, "channels"),
        )
        for ours, theirs, name in told:
            if ours != theirs:
                raise contradicts(name, f"{where}.dram.{name}", f"{ours:g} of the units, {theirs:g} of the memory")
        if self.channels % self.stacks:
            raise contradicts("stacks", "channels", f"{self.stacks} do not divide {self.channels}")
        if banks % self.banks:
            raise contradicts("banks", f"{where}.dram", f"{self.banks} do not divide its {banks} banks of a channel")
        return dram

    def _energies(self, dram: Dram) -> dict[str, Figure]:
        unknown = Figure(0.0, UNKNOWN, "ideal")
        opening = dram_commands.activation_energy(dram) or unknown
        read = dram_commands.column_energy(dram, write=False) or unknown
        written = dram_commands.column_energy(dram, write=True) or unknown
        pins = Figure((dram.energy.io_per_bit_j or 0.0) if dram.energy else 0.0, "pins as stated", "stated")
        filled = read if self.buffer_from == "row" else pins
        out_bits = self.banks * self.bits
        column_bits = 8 * dram.burst_bytes
        if self.column_energy_j is not None:
            column = Figure(self.column_energy_j, "stated in the description", "stated")
        elif self.mac_reads is not None:
            column = read.times(self.mac_reads * column_bits, f"{self.mac_reads} column reads, stated; {read.source}")
        else:
            whole = read.times(self.banks * self.lanes * self.bits)
            column = Figure(
                whole.typical * CELLS_FRACTION, f"reading row buffers, AttAcc's share of a read; {read.source}",
                "modelled", (whole.low or whole.typical) * CELLS_FRACTION, whole.high or whole.typical,
            )  # fmt: skip
        return {
            "input": written,
            **(
                {"vector": filled.times(8 * dram.burst_bytes)}
                if self._in_bursts
                else {"buffer": filled.times(8 * self.row_bytes)}
            ),
            "row": opening.times(self.banks),
            "column": column,
            "result": Figure(
                (read.typical + pins.typical) * out_bits, f"results as they are read; {read.source}", "modelled"
            ),
        }

    def _multipliers(self, chip: Chip) -> Part:
        """Price one column of every bank of a channel."""
        product = mac.floating_energy(self.bits, chip.technology)
        if self.mac_reads is not None or self.column_energy_j is not None:
            product = Figure(0.0, "in the energy of a column", "stated")
        together = self.banks * self.lanes
        return self.mac.part(
            "multipliers",
            self.channels * together,
            energy_j=product.times(together),
            area_m2=Figure(0.0, "on the memory's die: not counted", "ideal"),
            uses=together,
        )


def burst_s(dram: Dram) -> float:
    """Time of a column access on the bus; 0 where the memory does not tell."""
    t = dram.timing
    return (t.burst_s or t.tccd_short_s or t.tccd_long_s or 0.0) if t else 0.0


def _second_buffer_w(dram: Dram) -> Figure:
    """Power of standing by once more, of one channel: as the first row buffer with its rows closed, high: open.

    Rows for products are open only while banks compute; those for reads are closed then, unless a schedule lets both
    go on at a time.
    """
    i, one = dram.currents, replace(dram, timing=None, channels=1)
    opened = dram_commands.standing_power(one)
    if i is None:
        return opened
    closed = dram_commands.standing_power(replace(one, currents=replace(i, idd3n_a=i.idd2n_a)))
    return Figure(
        closed.typical, f"second row buffers, as the first: NeuPIMs [stated], rows closed; {closed.source}", "modelled",
        closed.low, opened.high,
    )  # fmt: skip


def _uses(every: Commands, one: Commands, *, runs_on: bool) -> dict[str, Use]:
    """Count uses; where products run on, the last sum of every row takes no time."""
    columns, results = one.columns, one.results
    if runs_on:
        columns, results = columns * (1 - one.rows / at_least(results, 1e-9)), results - one.rows
    return {
        "buffer": Use(total=every.chunks, serial=one.chunks),
        "row": Use(total=every.rows, serial=one.rows),
        "column": Use(total=every.columns, serial=columns),
        "result": Use(total=every.results, serial=results),
    }
