r"""Products of a vector with a matrix in the banks of a DRAM channel: the time of regular streams of commands.

A chunk of the vector is written into the buffer that all banks see; then, row by row of the matrix, rows are opened
in all banks (in groups, under the activation window), multiply-accumulates follow each other, results are read over
the bus, and the rows are closed. A row is known by two times: $u$ when its last bank was opened, $x$ when its first
product starts. With $b$ from the first product to the last, $d$ = tRCD and $o$ to open all banks, the next row is at

$$ u' = \max(u + p,\; x + q), \quad x' = \max(u' + d,\; x + s), $$
$$ p = t_{RAS} + t_{RP} + o, \quad q = b + t_{RTP} + t_{RP} + o, \quad s = b + t_{result}: $$

rows stay open long enough, products are done before rows are closed, and results have left before new sums begin. That
is linear in the algebra of max and plus, so n equal rows are the n-th power of a two by two matrix, by squaring; and
from $x = u + d$ on every row takes $\max(p, q + d, s)$.

The command bus is not counted: a few commands drive all banks. In per-bank mode its slots are those of columns.
"""

from __future__ import annotations

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
    trp_s: float
    trtp_s: float
    """Last product to row closed."""
    column_s: float
    """Between products of one bank: one column of each bank."""
    spread_s: float
    """From the first bank's product of a column to the last bank's: nothing in all-bank mode."""
    result_s: float
    """Last product to its results on the other side of the bus; sums of the next product wait for that."""
    buffer_s: float
    """A chunk of the vector into the buffer."""
    dual: bool
    """Two row buffers in a bank: the buffer is written, and memory read, while rows for products are open."""
    refresh_s: float = 0.0
    refresh_interval_s: float = inf

    def busy_s(self, columns: int, results: int) -> float:
        """From the first to the last product of a row, its columns shared out over so many results."""
        between = self.spread_s + self.result_s
        return (columns - results) * self.column_s + (results - 1) * between + self.spread_s

    @property
    def stretch(self) -> float:
        """By how much refreshes lengthen a long stream."""
        return 1.0 / (1.0 - self.refresh_s / self.refresh_interval_s)


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


def bank_timing(timing: DramTiming, banks: Banks, *, buffer_s: float, result_bursts: int) -> BankTiming:
    """Work the waits out from a data sheet's timing.

    A time that the sheet does not give is not waited for; columns then follow each other burst by burst.
    """
    together_s = timing.tccd_long_s or timing.tccd_short_s or timing.burst_s or timing.clock_s or 0.0
    apart_s = timing.tccd_short_s or together_s
    groups = banks.groups * banks.ranks
    rotation_s = max(together_s, groups * apart_s)
    column_s = banks.banks // banks.groups * rotation_s if banks.per_bank else together_s
    return BankTiming(
        open_s=opening_s(timing, -(-banks.banks // banks.opened_together), banks.opened_together),
        trcd_s=timing.trcd_s,
        tras_s=timing.tras_s,
        trp_s=timing.trp_s,
        trtp_s=timing.trtp_s or 0.0,
        column_s=column_s,
        spread_s=column_s - rotation_s + (groups - 1) * apart_s if banks.per_bank else 0.0,
        result_s=together_s + (timing.tcl_s or 0.0) + result_bursts * (timing.burst_s or apart_s),
        buffer_s=buffer_s,
        dual=banks.dual,
        refresh_s=timing.trfc_s or 0.0,
        refresh_interval_s=timing.trefi_s or inf,
    )


def opening_s(timing: DramTiming, commands: int, opened_together: int) -> float:
    """From the first to the last of the commands that open rows of a rank; one for four banks fills a window alone."""
    apart_s = timing.trrd_long_s or timing.trrd_short_s or 0.0
    in_window = max(1, WINDOW // opened_together)
    windows, rest = divmod(commands - 1, in_window)
    return windows * max(timing.tfaw_s or 0.0, in_window * apart_s) + rest * apart_s


def row_s(t: BankTiming, columns: int, results: int = 1) -> float:
    """Time that each further row of a stream takes: its products, and what cannot hide behind them."""
    busy_s = t.busy_s(columns, results)
    return max(t.tras_s + t.trp_s + t.open_s, busy_s + _turn_s(t), busy_s + t.result_s)


def row_wait_s(t: BankTiming) -> float:
    """Time of a row beyond its columns and results, where rows stay open for products rather than for tRAS.

    A column then takes `column_s`, and a result what sums wait for beyond that.
    """
    return max(_turn_s(t), t.result_s) - t.result_s


def result_wait_s(t: BankTiming) -> float:
    """Time that a result adds to the columns of a row."""
    return t.spread_s + t.result_s - t.column_s


def buffer_wait_s(t: BankTiming) -> float:
    """Time that a new chunk of the vector adds, where rows stay open for products rather than for tRAS.

    With one row buffer rows are closed while it is written; with two, it is written while the next rows open.
    """
    if t.dual:
        return max(_turn_s(t), t.result_s + t.buffer_s) - max(_turn_s(t), t.result_s)
    closed_s = max(t.trtp_s + t.trp_s, t.result_s)
    return t.buffer_s + closed_s + t.open_s + t.trcd_s - max(_turn_s(t), t.result_s)


def start_s(t: BankTiming) -> float:
    """Time of a stream besides its rows and chunks: while the first buffer is written, nothing can be done."""
    begin_s = max(t.buffer_s, t.open_s + t.trcd_s) if t.dual else t.buffer_s + t.open_s + t.trcd_s
    end_s = max(t.trtp_s + t.trp_s, t.result_s)
    return begin_s + end_s - max(_turn_s(t), t.result_s) - buffer_wait_s(t)


def stream_s(t: BankTiming, *, chunks: int, rows: int, columns: int, results: int = 1) -> float:
    """Time of `chunks` of the vector before `rows` of every bank each, without refresh; rows closed at the end."""
    opened_s = t.open_s if t.dual else t.buffer_s + t.open_s
    started_s = opened_s + t.trcd_s
    at = (opened_s, max(started_s, t.buffer_s) if t.dual else started_s)
    each = _power(_row_step(t, columns, results), rows - 1)
    # All chunks but the last are their rows and the turn to the next chunk; the last one is its rows.
    onward = _power(_after(each, _chunk_step(t, columns, results)), chunks - 1)
    u, x = _apply(each, _apply(onward, at))
    return max(*_closed(t, columns, results, u, x))


def refreshed_s(t: BankTiming, *, rows: int, columns: int, results: int = 1) -> float:
    """Time of one chunk before `rows` of every bank, refreshed when due, as soon as all rows are closed.

    Exact where two refreshes are never due between the same rows, and where the first buffer does not hold up a row
    that tRAS keeps open.
    """
    plain_s = stream_s(t, chunks=1, rows=rows, columns=columns, results=results)
    if rows < 2 or t.refresh_interval_s == inf:
        return plain_s
    step_s = row_s(t, columns, results)
    busy_s = t.busy_s(columns, results)
    closed_s = max(t.tras_s - t.trcd_s, busy_s + t.trtp_s) + t.trp_s
    extra_s = max(closed_s, busy_s + t.result_s) + t.open_s + t.trcd_s - step_s + t.refresh_s
    last_s = stream_s(t, chunks=1, rows=rows - 1, columns=columns, results=results)
    if not extra_s < t.refresh_interval_s:
        return inf
    return plain_s + extra_s * max(0, floor((last_s - extra_s) / (t.refresh_interval_s - extra_s)))


def _turn_s(t: BankTiming) -> float:
    """Last product of a row to the first one of the next: closing, opening all banks, waiting for the last."""
    return t.trtp_s + t.trp_s + t.open_s + t.trcd_s


def _row_step(t: BankTiming, columns: int, results: int) -> Step:
    busy_s = t.busy_s(columns, results)
    p, q = t.tras_s + t.trp_s + t.open_s, busy_s + t.trtp_s + t.trp_s + t.open_s
    return (p, q), (p + t.trcd_s, max(q + t.trcd_s, busy_s + t.result_s))


def _chunk_step(t: BankTiming, columns: int, results: int) -> Step:
    """To the first row of the next chunk, whose buffer is written first."""
    busy_s = t.busy_s(columns, results)
    (p, q), (pd, qd) = _row_step(t, columns, results)
    if t.dual:
        return (p, q), (pd, max(qd, busy_s + t.result_s + t.buffer_s))
    closed = (p + t.buffer_s, max(q, busy_s + t.result_s + t.open_s) + t.buffer_s)
    return closed, (closed[0] + t.trcd_s, closed[1] + t.trcd_s)


def _closed(t: BankTiming, columns: int, results: int, u: float, x: float) -> tuple[float, float]:
    """When the rows are closed and when the last results are there."""
    busy_s = t.busy_s(columns, results)
    return max(u + t.tras_s, x + busy_s + t.trtp_s) + t.trp_s, x + busy_s + t.result_s


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
