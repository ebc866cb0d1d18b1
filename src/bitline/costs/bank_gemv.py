r"""Products of a vector with a matrix in the banks of a DRAM channel: the time of regular streams of commands.

A chunk of the vector is written into the buffer that all banks see; then, row by row of the matrix, rows are opened
in all banks (in groups, under the activation window), multiply-accumulates follow each other, results are read over
the bus, and the rows are closed. A row is known by two times: $u$ when its last bank was opened, $x$ when its first
product starts. With $b$ from the first product to the last, $h$ to the one that rows are held open for, $d$ = tRCD,
$o$ to open all banks and $c$ from closing the first bank to opening the next row's first, the next row is at

$$ u' = \max(u + p,\; x + q), \quad x' = \max(u' + d,\; x + s), $$
$$ p = t_{RAS} + c + o, \quad q = h + t_{RTP} + c + o, \quad s = b + t_{next}: $$

rows stay open long enough, products are done before rows are closed, and results have left before new sums begin. That
is linear in the algebra of max and plus, so n equal rows are the n-th power of a two by two matrix, by squaring; and
from $x = u + d$ on every row takes $\max(p, q + d, s)$.

What a controller does besides is told in `Habits`: rows closed by a command of their own, one a clock; sums latched, so
that products go on while results leave; a row's last products left to themselves. Other commands are few, as each
drives all banks, and their slots are not counted. In per-bank mode those slots are those of columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, inf
from typing import final

from bitline.hardware.dram import DramTiming

WINDOW = 4
"""Rows that may be opened within tFAW."""
Pair = tuple[float, float]
Step = tuple[Pair, Pair]


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class BankTiming:
    """What the commands of one channel wait for, with the units in its banks."""

    open_s: float
    """From the first bank opened to the last."""
    trcd_s: float
    """Row opened to its first product."""
    tras_s: float
    """Last bank opened to the first one closed: less than tRAS where banks are closed one after another."""
    close_s: float
    """First bank closed to the first one opened again."""
    closed_s: float
    """First bank closed to all of them ready to be opened."""
    trtp_s: float
    """Last product to row closed."""
    column_s: float
    """Between products of one bank: one column of each bank."""
    spread_s: float
    """From the first bank's product of a column to the last bank's: nothing in all-bank mode."""
    result_s: float
    """Last product to its results on the other side of the bus."""
    next_s: float
    """Last product of a sum to the first of the next: the sum has left the units."""
    buffer_s: float
    """A chunk of the vector into the buffer."""
    dual: bool
    """Two row buffers in a bank: the buffer is written, and memory read, while rows for products are open."""
    buffer_first: bool = False
    """With two row buffers: rows are opened once the buffer is filled, rather than meanwhile."""
    runs_on: bool = False
    """What comes after a row waits tRTP from the start of its last sum, not from its last product."""
    refresh_s: float = 0.0
    refresh_interval_s: float = inf
    reserved_s: float = 0.0
    """Before a refresh, time in which no row is begun."""

    def busy_s(self, columns: int, results: int) -> float:
        """From the first to the last product of a row, its columns shared out over so many results."""
        between = self.spread_s + self.next_s
        return (columns - results) * self.column_s + (results - 1) * between + self.spread_s

    def held_s(self, columns: int, results: int) -> float:
        """From the first product to the one that rows are held open for."""
        last = (columns / results - 1) * self.column_s + self.spread_s if self.runs_on else 0.0
        return self.busy_s(columns, results) - last

    def free_s(self, columns: int, results: int) -> float:
        """From the first product to when the buffer can be written again."""
        if self.runs_on:
            return self.held_s(columns, results) + self.trtp_s
        return self.busy_s(columns, results) + self.next_s

    def stretch(self, columns: int) -> float:
        """By how much refreshes lengthen a long stream of rows of so many columns.

        Where time is reserved before a refresh, a row begins at any time before that with equal chance, so that all
        of it but half a row is lost.
        """
        idle_s = max(0.0, self.reserved_s - 0.5 * row_s(self, columns)) if self.reserved_s else 0.0
        return 1.0 / (1.0 - (self.refresh_s + idle_s) / self.refresh_interval_s)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What the controller of a channel does beyond what the memory asks for; without any, all goes as soon as it can.

    A part says which of them it has (`bitline.engines.dram_pim` describes them), with a source.
    """

    closes_in_turn: bool = False
    refreshes_in_turn: bool = False
    latches_sums: bool = False
    runs_on: bool = False
    buffer_first: bool = False
    reserved_s: float = 0.0


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Banks:
    """Banks that share a window of activations, and how commands speak to them."""

    banks: int
    groups: int = 1
    ranks: int = 1
    """Such sets of banks side by side, with one bus; windows run beside each other."""
    opened_together: int = 4
    """By one command."""
    per_bank: bool = False
    """A command multiplies a column of one bank; otherwise one of every bank."""
    dual: bool = False
    """Two row buffers in a bank."""


def bank_timing(
    timing: DramTiming, banks: Banks, *, buffer_s: float, result_bursts: int, habits: Habits | None = None
) -> BankTiming:
    """Work the waits out from a data sheet's timing.

    A time that the sheet does not give is not waited for; columns then follow each other burst by burst.
    """
    habits = habits or Habits()
    together_s = timing.tccd_long_s or timing.tccd_short_s or timing.burst_s or timing.clock_s or 0.0
    apart_s = timing.tccd_short_s or together_s
    groups = banks.groups * banks.ranks
    rotation_s = max(together_s, groups * apart_s)
    column_s = banks.banks // banks.groups * rotation_s if banks.per_bank else together_s
    bursts_s = result_bursts * (timing.burst_s or apart_s)
    result_s = together_s + (timing.tcl_s or 0.0) + bursts_s
    opened_s = [
        opening_s(timing, n + 1, banks.opened_together) for n in range(-(-banks.banks // banks.opened_together))
    ]
    tras_s, close_s, closed_s = _closing_s(timing, banks, opened_s, in_turn=habits.closes_in_turn)
    return BankTiming(
        open_s=opened_s[-1],
        trcd_s=timing.trcd_s,
        tras_s=tras_s,
        close_s=close_s,
        closed_s=closed_s,
        trtp_s=timing.trtp_s or 0.0,
        column_s=column_s,
        spread_s=column_s - rotation_s + (groups - 1) * apart_s if banks.per_bank else 0.0,
        result_s=result_s,
        next_s=together_s + max(together_s, bursts_s) if habits.latches_sums else result_s,
        buffer_s=buffer_s,
        dual=banks.dual,
        buffer_first=habits.buffer_first,
        runs_on=habits.runs_on,
        refresh_s=timing.trfc_s or 0.0,
        refresh_interval_s=(timing.trefi_s or inf) / (banks.ranks if habits.refreshes_in_turn else 1),
        reserved_s=habits.reserved_s,
    )


def _closing_s(
    timing: DramTiming, banks: Banks, opened_s: Sequence[float], *, in_turn: bool
) -> tuple[float, float, float]:
    """Give tRAS as the last bank opened sees it, the time to the first bank opened again, and to all banks ready.

    In turn: a command for each bank, one a clock, in the order in which they were opened, without a gap; the next row
    is opened when all of them are sent and its banks are ready.
    """
    if not in_turn:
        return timing.tras_s, timing.trp_s, timing.trp_s
    clock_s, together = timing.clock_s or 0.0, banks.opened_together * banks.ranks
    every = banks.banks * banks.ranks
    held = [at - opened_s[-1] + timing.tras_s - n * together * clock_s for n, at in enumerate(opened_s)]
    ready = [(min(every, (n + 1) * together) - 1) * clock_s + timing.trp_s - at for n, at in enumerate(opened_s)]
    return max(held), max(every * clock_s, *ready), (every - 1) * clock_s + timing.trp_s


def opening_s(timing: DramTiming, commands: int, opened_together: int) -> float:
    """From the first to the last of the commands that open rows of a rank; one for four banks fills a window alone."""
    apart_s = timing.trrd_long_s or timing.trrd_short_s or 0.0
    in_window = max(1, WINDOW // opened_together)
    windows, rest = divmod(commands - 1, in_window)
    return windows * max(timing.tfaw_s or 0.0, in_window * apart_s) + rest * apart_s


def row_s(t: BankTiming, columns: int, results: int = 1) -> float:
    """Time that each further row of a stream takes: its products, and what cannot hide behind them."""
    held_s, busy_s = t.held_s(columns, results), t.busy_s(columns, results)
    return max(t.tras_s + t.close_s + t.open_s, held_s + _turn_s(t), busy_s + t.next_s)


def row_wait_s(t: BankTiming) -> float:
    """Time of a row beyond its columns and results, where rows stay open for products rather than for tRAS.

    A column then takes `column_s`, and a result what sums wait for beyond that. Where products run on, the last sum of
    every row counts neither, and has to end before the next row is open.
    """
    return _turn_s(t) if t.runs_on else max(_turn_s(t), t.next_s) - t.next_s


def result_wait_s(t: BankTiming) -> float:
    """Time that a result adds to the columns of a row."""
    return t.spread_s + t.next_s - t.column_s


def buffer_wait_s(t: BankTiming) -> float:
    """Time that a new chunk of the vector adds, where rows stay open for products rather than for tRAS.

    With one row buffer rows are closed while it is written; with two, it is written while rows are closed and, unless
    it goes first, while the next ones are opened.
    """
    free_s = t.trtp_s if t.runs_on else t.next_s
    turn_s = _turn_s(t) if t.runs_on else max(_turn_s(t), t.next_s)
    if t.dual:
        opening_s = t.open_s + t.trcd_s if t.buffer_first else 0.0
        return max(turn_s, free_s + t.buffer_s + opening_s) - turn_s
    return t.buffer_s + max(t.trtp_s + t.closed_s, free_s) + t.open_s + t.trcd_s - turn_s


def start_s(t: BankTiming, columns: int) -> float:
    """Time of a stream besides its rows and chunks: while the first buffer is written, nothing can be done.

    Its last sum has so many columns; that matters where the others run on.
    """
    aside = t.dual and not t.buffer_first
    begin_s = max(t.buffer_s, t.open_s + t.trcd_s) if aside else t.buffer_s + t.open_s + t.trcd_s
    last_s = (columns - 1) * t.column_s + t.spread_s if t.runs_on else 0.0
    end_s = max(t.trtp_s + t.closed_s, last_s + t.result_s)
    if t.runs_on:
        return begin_s + end_s - _turn_s(t) - buffer_wait_s(t)
    return begin_s + end_s - max(_turn_s(t), t.next_s) - buffer_wait_s(t)


def stream_s(t: BankTiming, *, chunks: int, rows: int, columns: int, results: int = 1) -> float:
    """Time of `chunks` of the vector before `rows` of every bank each, without refresh; rows closed at the end."""
    aside = t.dual and not t.buffer_first
    opened_s = t.open_s if aside else t.buffer_s + t.open_s
    started_s = opened_s + t.trcd_s
    at = (opened_s, max(started_s, t.buffer_s) if aside else started_s)
    each = _power(_row_step(t, columns, results), rows - 1)
    # All chunks but the last are their rows and the turn to the next chunk; the last one is its rows.
    onward = _power(_after(each, _chunk_step(t, columns, results)), chunks - 1)
    u, x = _apply(each, _apply(onward, at))
    return max(*_closed(t, columns, results, u, x))


def refreshed_s(t: BankTiming, *, rows: int, columns: int, results: int = 1) -> float:
    """Time of one chunk before `rows` of every bank, refreshed when due, as soon as all rows are closed.

    Exact where two refreshes are never due between the same rows, and where the first buffer does not hold up a row
    that tRAS keeps open. Time reserved before refreshes is not counted.
    """
    plain_s = stream_s(t, chunks=1, rows=rows, columns=columns, results=results)
    if rows < 2 or t.refresh_interval_s == inf:
        return plain_s
    step_s = row_s(t, columns, results)
    closed_s = max(t.tras_s - t.trcd_s, t.held_s(columns, results) + t.trtp_s) + t.closed_s
    left_s = t.busy_s(columns, results) + t.result_s
    extra_s = max(closed_s, left_s) + t.open_s + t.trcd_s - step_s + t.refresh_s
    last_s = stream_s(t, chunks=1, rows=rows - 1, columns=columns, results=results)
    if not extra_s < t.refresh_interval_s:
        return inf
    return plain_s + extra_s * max(0, floor((last_s - extra_s) / (t.refresh_interval_s - extra_s)))


def _turn_s(t: BankTiming) -> float:
    """From the product that rows are held open for to the next row's first: closing, opening, waiting for the last."""
    return t.trtp_s + t.close_s + t.open_s + t.trcd_s


def _row_step(t: BankTiming, columns: int, results: int) -> Step:
    busy_s = t.busy_s(columns, results)
    p, q = t.tras_s + t.close_s + t.open_s, t.held_s(columns, results) + t.trtp_s + t.close_s + t.open_s
    return (p, q), (p + t.trcd_s, max(q + t.trcd_s, busy_s + t.next_s))


def _chunk_step(t: BankTiming, columns: int, results: int) -> Step:
    """To the first row of the next chunk, whose buffer is written first."""
    (p, q), (pd, qd) = _row_step(t, columns, results)
    filled_s = t.free_s(columns, results) + t.buffer_s
    if t.dual and not t.buffer_first:
        return (p, q), (pd, max(qd, filled_s))
    if t.dual:
        first = max(q, filled_s + t.open_s)
        return (p, first), (pd, max(qd, first + t.trcd_s))
    closed_s = t.closed_s - t.close_s + t.buffer_s
    p, q = p + closed_s, max(q + closed_s, filled_s + t.open_s)
    return (p, q), (p + t.trcd_s, max(q, t.busy_s(columns, results) + t.next_s - t.trcd_s) + t.trcd_s)


def _closed(t: BankTiming, columns: int, results: int, u: float, x: float) -> tuple[float, float]:
    """When the rows are closed and when the last results are there."""
    held_s = x + t.held_s(columns, results) + t.trtp_s
    return max(u + t.tras_s, held_s) + t.closed_s, x + t.busy_s(columns, results) + t.result_s


def _identity() -> Step:
    return (0.0, -inf), (-inf, 0.0)


def _apply(step: Step, at: Pair) -> Pair:
    (a, b), (c, d) = step
    return max(a + at[0], b + at[1]), max(c + at[0], d + at[1])


def _after(first: Step, then: Step) -> Step:
    """One step after another."""
    (a, b), (c, d) = first
    left, right = _apply(then, (a, c)), _apply(then, (b, d))
    return (left[0], right[0]), (left[1], right[1])


def _power(step: Step, times: int) -> Step:
    found = _identity()
    while times:
        if times & 1:
            found = _after(found, step)
        step, times = _after(step, step), times >> 1
    return found
