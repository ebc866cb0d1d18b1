"""Streams of bank products: the closed form against commands played one by one under every wait of the data sheet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bitline.costs import bank_gemv
from bitline.hardware import DramTiming

LONG_AGO = -10_000
PLAIN = bank_gemv.Habits()
SIXTEEN = bank_gemv.Banks(banks=16, groups=4)


@dataclass
class Channel:
    """Banks and bus of one channel. Every command goes out as early as all waits allow."""

    t: DramTiming
    groups: int
    """Of one rank."""
    ranks: int
    banks: int
    """Of all ranks."""
    together: int
    buffer: int
    bursts: int
    mode: str
    dual: bool
    habits: bank_gemv.Habits = PLAIN
    opened: list[int] = field(default_factory=list)
    shut: list[int] = field(default_factory=list)
    products: list[int] = field(default_factory=list)
    last_product: int = LONG_AGO
    windows: list[list[int]] = field(default_factory=list)
    """Of each rank, times of rows opened, one entry for each row."""
    bus: int = 0
    filled: int = 0
    all_shut: int = 0
    refreshes: int = 0
    bus_read: int = 0
    """When the last sums had left the units."""
    arrived: int = 0
    """When the last results were there."""
    may_open: int = 0
    first_product: int = LONG_AGO
    """Of the last column, in the first bank."""
    begun: int = LONG_AGO
    """First product of the last sum."""

    def __post_init__(self) -> None:
        self.opened = [LONG_AGO] * self.banks
        self.shut = [LONG_AGO] * self.banks
        self.products = [LONG_AGO] * self.banks
        self.windows = [[] for _ in range(self.ranks)]

    def write_buffer(self) -> None:
        free = max(self.bus, self.last_product)
        if self.habits.runs_on:
            free = max(0, self.begun + int(self.t.trtp_s or 0))
        begin = max(free, 0) if self.dual else max(free, self.all_shut)
        self.bus = self.filled = begin + self.buffer

    def open_rows(self) -> None:
        """A train of commands: without a gap where rows were closed by one, else each as early as it can."""
        per = self.banks // self.ranks
        begin = max(self.may_open, self.filled if not self.dual or self.habits.buffer_first else 0)
        if self.habits.closes_in_turn:
            shut, self.shut = self.shut, [LONG_AGO] * self.banks
            was = [list(window) for window in self.windows]
            self.windows = [[] for _ in range(self.ranks)]
            self.open_from(0, per)
            begin = max([begin, *(at - offset for at, offset in zip(shut, self.opened, strict=True))])
            self.windows = was
        self.open_from(begin, per)

    def open_from(self, begin: int, per: int) -> None:
        for rank in range(self.ranks):
            self.open_rows_of(self.windows[rank], range(rank * per, (rank + 1) * per), begin)

    def open_rows_of(self, window: list[int], banks: range, begin: int) -> None:
        before = LONG_AGO
        for first in range(0, len(banks), self.together):
            mine = banks[first : first + self.together]
            at = max([begin, before + int(self.t.trrd_long_s or 0), *(self.shut[b] for b in mine)])
            # One command may open as many rows as it does; what came before has to leave room for four.
            allowed = max(0, 4 - self.together)
            if self.t.tfaw_s and len(window) > allowed:
                at = max(at, window[-allowed - 1] + int(self.t.tfaw_s))
            for bank in mine:
                self.opened[bank] = at
                window.append(at)
            before = at

    def multiply(self) -> None:
        groups = self.groups * self.ranks
        per = self.banks // groups
        if self.mode == "all_bank":
            ready = max([self.filled, self.bus_read, self.last_product + int(self.t.tccd_long_s or 0)])
            at = max(ready, max(self.opened) + int(self.t.trcd_s))
            self.products = [at] * self.banks
            self.last_product = self.first_product = at
            return
        begin = max(self.filled, self.bus_read, max(self.opened) + int(self.t.trcd_s))
        for turn in range(per):
            for group in range(groups):
                bank = group * per + turn
                in_group = max(self.products[group * per : (group + 1) * per])
                at = max(begin, in_group + int(self.t.tccd_long_s or 0))
                at = max(at, self.last_product + int(self.t.tccd_short_s or 0))
                self.products[bank] = self.last_product = at
                self.first_product = at if turn == group == 0 else self.first_product

    def read_results(self) -> None:
        together, bursts = int(self.t.tccd_long_s or 0), self.bursts * int(self.t.burst_s or 0)
        begin = max(self.bus, self.last_product + together)
        self.arrived = begin + int(self.t.tcl_s or 0) + bursts
        self.bus = self.bus_read = begin + max(together, bursts) if self.habits.latches_sums else self.arrived

    def close_rows(self) -> None:
        trtp, tras, trp = int(self.t.trtp_s or 0), int(self.t.tras_s), int(self.t.trp_s)
        clock = int(self.t.clock_s or 0) if self.habits.closes_in_turn else 0
        done = [self.begun] * self.banks if self.habits.runs_on else self.products
        order = sorted(range(self.banks), key=lambda bank: self.opened[bank])
        place = {bank: number * clock for number, bank in enumerate(order)}
        at = max(max(self.opened[b] + tras - place[b] for b in order), max(done[b] + trtp for b in order))
        self.shut = [at + place[b] + trp for b in range(self.banks)]
        self.all_shut = max(self.shut)
        self.may_open = at + self.banks * clock if self.habits.closes_in_turn else self.all_shut

    def refresh_if_due(self) -> None:
        at = max(self.all_shut, self.arrived)
        each = int(self.t.trefi_s or 0) / (self.ranks if self.habits.refreshes_in_turn else 1)
        if self.t.trefi_s and (self.refreshes + 1) * each <= at:
            self.refreshes += 1
            self.all_shut = self.may_open = at + int(self.t.trfc_s or 0)


def played_s(channel: Channel, chunks: int, rows: int, columns: int, results: int) -> int:
    for _ in range(chunks):
        channel.write_buffer()
        for row in range(rows):
            channel.open_rows()
            for _ in range(results):
                for column in range(columns // results):
                    channel.multiply()
                    channel.begun = channel.first_product if column == 0 else channel.begun
                channel.read_results()
            channel.close_rows()
            if row < rows - 1 and chunks == 1:
                channel.refresh_if_due()
    return max(channel.all_shut, channel.arrived)


# Whole nanoseconds, so that sums are exact.
TIMINGS = st.builds(
    DramTiming,
    trcd_s=st.integers(1, 30), trp_s=st.integers(1, 30), tras_s=st.integers(5, 80), trtp_s=st.integers(1, 8),
    tccd_short_s=st.integers(1, 3), tccd_long_s=st.integers(3, 6), trrd_long_s=st.integers(1, 11),
    tfaw_s=st.one_of(st.none(), st.integers(4, 40)), tcl_s=st.integers(1, 150), burst_s=st.integers(1, 4),
    clock_s=st.integers(1, 2),
)  # fmt: skip
HABITS = st.one_of(
    st.just(PLAIN),
    st.builds(
        bank_gemv.Habits, closes_in_turn=st.booleans(), refreshes_in_turn=st.booleans(), latches_sums=st.booleans(),
        runs_on=st.booleans(), buffer_first=st.booleans(),
    ),
)  # fmt: skip
PARTS = {
    "groups": st.sampled_from([1, 2, 4]), "per": st.sampled_from([1, 2, 4]), "ranks": st.sampled_from([1, 2]),
    "together": st.sampled_from([1, 2, 4, 16]), "buffer": st.integers(1, 300), "bursts": st.integers(1, 4),
    "mode": st.sampled_from(["all_bank", "per_bank"]), "dual": st.booleans(),
    "habits": HABITS,
}  # fmt: skip
CHANNELS = st.fixed_dictionaries({"t": TIMINGS} | PARTS)


def both(given_: dict) -> tuple[bank_gemv.BankTiming, Channel]:
    banks, t = given_["groups"] * given_["per"], given_["t"]
    # Commands that open rows never wait for those of the row before.
    assume(t.tfaw_s is None or t.tfaw_s <= t.trp_s + (0 if given_["habits"].runs_on else t.trcd_s))
    described = bank_gemv.Banks(
        banks=banks, groups=given_["groups"], ranks=given_["ranks"], opened_together=given_["together"],
        per_bank=given_["mode"] == "per_bank", dual=given_["dual"],
    )  # fmt: skip
    ours = bank_gemv.bank_timing(
        t, described, buffer_s=given_["buffer"], result_bursts=given_["bursts"], habits=given_["habits"]
    )
    rest = {key: value for key, value in given_.items() if key != "per"}
    return ours, Channel(banks=banks * given_["ranks"], **rest)


def held_up_by_the_first_buffer(t: bank_gemv.BankTiming, columns: int, results: int) -> bool:
    """Whether the first row begins late enough for its tRAS to count less than that of others."""
    open_for_products = bank_gemv.row_s(replace(t, tras_s=0), columns, results) == bank_gemv.row_s(t, columns, results)
    return t.dual and t.buffer_s > t.open_s + t.trcd_s and not open_for_products


@settings(max_examples=300, deadline=None)
@given(CHANNELS, st.integers(1, 4), st.integers(1, 6), st.integers(1, 8), st.integers(1, 3))
def test_the_closed_form_is_what_commands_take(given_, chunks, rows, columns, results):
    ours, channel = both(given_)
    shape = {"chunks": chunks, "rows": rows, "columns": columns * results, "results": results}
    assert bank_gemv.stream_s(ours, **shape) == played_s(channel, **shape)


@settings(max_examples=200, deadline=None)
@given(CHANNELS, st.integers(1, 60), st.integers(1, 6), st.integers(1, 2), st.integers(300, 3000), st.integers(20, 90))
def test_refreshes_that_are_due_are_counted_exactly(given_, rows, columns, results, interval, refresh):
    given_ = given_ | {"t": replace(given_["t"], trefi_s=interval, trfc_s=refresh)}
    ours, channel = both(given_)
    step = bank_gemv.row_s(ours, columns * results, results)
    assume(step + refresh + 300 < ours.refresh_interval_s)
    assume(not held_up_by_the_first_buffer(ours, columns * results, results))
    taken = bank_gemv.refreshed_s(ours, rows=rows, columns=columns * results, results=results)
    assert taken == played_s(channel, 1, rows, columns * results, results)


@settings(max_examples=100, deadline=None)
@given(CHANNELS, st.integers(2, 9), st.integers(1, 8), st.integers(1, 3))
def test_every_further_row_takes_the_same(given_, rows, columns, results):
    ours, _ = both(given_)
    shape = {"columns": columns * results, "results": results}
    more, fewer = (bank_gemv.stream_s(ours, chunks=1, rows=n, **shape) for n in (rows + 200, rows + 199))
    if not held_up_by_the_first_buffer(ours, **shape):
        assert bank_gemv.stream_s(ours, chunks=1, rows=rows, **shape) - bank_gemv.stream_s(
            ours, chunks=1, rows=rows - 1, **shape
        ) == bank_gemv.row_s(ours, **shape)
    assert more - fewer == bank_gemv.row_s(ours, **shape)


@settings(max_examples=200, deadline=None)
@given(CHANNELS, st.integers(1, 5), st.integers(1, 6), st.integers(1, 8), st.integers(1, 3))
def test_start_rows_and_chunks_add_up_where_rows_stay_open_for_products(given_, chunks, rows, columns, results):
    given_ = given_ | {"t": replace(given_["t"], tras_s=2, tfaw_s=None)}
    ours, _ = both(given_)
    shape = {"columns": columns * results, "results": results}
    if ours.runs_on:
        # The last products of a row are done before the next row is open.
        last = (columns - 1) * ours.column_s + ours.spread_s
        assume(last + ours.next_s <= ours.trtp_s + ours.close_s + ours.open_s + ours.trcd_s)
    added = (
        bank_gemv.start_s(ours, columns)
        + chunks * bank_gemv.buffer_wait_s(ours)
        + chunks * rows * bank_gemv.row_s(ours, **shape)
    )
    assert bank_gemv.stream_s(ours, chunks=chunks, rows=rows, **shape) == added


@given(st.integers(50, 400), st.integers(20, 300), st.integers(0, 500), st.integers(1500, 4000))
def test_time_reserved_before_refreshes_is_lost_but_for_half_a_row(row, refresh, reserved, interval):
    reserved = max(reserved, row)
    t = DramTiming(trcd_s=row - 40, trp_s=20, tras_s=20, trtp_s=20, tccd_long_s=1, trefi_s=interval, trfc_s=refresh)
    habits = bank_gemv.Habits(reserved_s=reserved)
    alone = bank_gemv.Banks(banks=1, opened_together=1)
    ours = bank_gemv.bank_timing(t, alone, buffer_s=1, result_bursts=0, habits=habits)
    assert bank_gemv.row_s(ours, 1) == row
    now, rows, due = 0, 0, interval
    while rows < 400:
        if due - now < reserved:
            now, due = due + refresh, due + interval
        else:
            now, rows = now + row, rows + 1
    played, said = interval * rows / now, interval / (row * ours.stretch(1))
    assert played == pytest.approx(said, abs=0.5 + 0.05 * said)


def test_a_row_of_the_newton_part_takes_what_the_scheduler_of_neupims_reckons():
    # 184 ns for 32 banks of one row of 1 KB: eight openings in two ranks, 32 columns at 2 ns.
    t = DramTiming(
        trcd_s=14, trp_s=14, tras_s=34, trtp_s=6, tccd_short_s=1, tccd_long_s=2, trrd_short_s=4, trrd_long_s=6,
        tfaw_s=30, tcl_s=14, burst_s=2,
    )  # fmt: skip
    ours = bank_gemv.bank_timing(t, SIXTEEN, buffer_s=96, result_bursts=1)
    assert bank_gemv.row_s(ours, 32) == pytest.approx(184, rel=0.03)


def test_two_row_buffers_hide_the_buffer_behind_opening_rows():
    t = DramTiming(trcd_s=14, trp_s=14, tras_s=34, trtp_s=6, tccd_long_s=2, trrd_long_s=6, tfaw_s=30, tcl_s=14)
    one = bank_gemv.bank_timing(t, SIXTEEN, buffer_s=96, result_bursts=1)
    two = replace(one, dual=True)
    assert bank_gemv.buffer_wait_s(two) == 0
    assert bank_gemv.buffer_wait_s(one) >= 96
