"""Streams of bank products: the closed form against commands played one by one under every wait of the data sheet."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bitline.costs import bank_gemv
from bitline.hardware import DramTiming

LONG_AGO = -10_000
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
    """When the last results had left."""

    def __post_init__(self) -> None:
        self.opened = [LONG_AGO] * self.banks
        self.shut = [LONG_AGO] * self.banks
        self.products = [LONG_AGO] * self.banks
        self.windows = [[] for _ in range(self.ranks)]

    def write_buffer(self) -> None:
        free = max(self.bus, self.last_product)
        begin = max(free, 0) if self.dual else max(free, self.all_shut)
        self.bus = self.filled = begin + self.buffer

    def open_rows(self) -> None:
        per = self.banks // self.ranks
        for rank in range(self.ranks):
            self.open_rows_of(self.windows[rank], range(rank * per, (rank + 1) * per))

    def open_rows_of(self, window: list[int], banks: range) -> None:
        before = LONG_AGO
        for first in range(0, len(banks), self.together):
            mine = banks[first : first + self.together]
            at = max([self.all_shut, before + int(self.t.trrd_long_s or 0), *(self.shut[b] for b in mine)])
            if not self.dual:
                at = max(at, self.filled)
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
            self.last_product = at
            return
        begin = max(self.filled, self.bus_read, max(self.opened) + int(self.t.trcd_s))
        for turn in range(per):
            for group in range(groups):
                bank = group * per + turn
                in_group = max(self.products[group * per : (group + 1) * per])
                at = max(begin, in_group + int(self.t.tccd_long_s or 0))
                at = max(at, self.last_product + int(self.t.tccd_short_s or 0))
                self.products[bank] = self.last_product = at

    def read_results(self) -> None:
        begin = max(self.bus, self.last_product + int(self.t.tccd_long_s or 0))
        self.bus = self.bus_read = begin + int(self.t.tcl_s or 0) + self.bursts * int(self.t.burst_s or 0)

    def close_rows(self) -> None:
        at = max(
            max(self.opened[b] + int(self.t.tras_s), self.products[b] + int(self.t.trtp_s or 0))
            for b in range(self.banks)
        )
        self.shut = [at + int(self.t.trp_s)] * self.banks
        self.all_shut = at + int(self.t.trp_s)

    def refresh_if_due(self) -> None:
        at = max(self.all_shut, self.bus)
        if self.t.trefi_s and (self.refreshes + 1) * int(self.t.trefi_s) <= at:
            self.refreshes += 1
            self.all_shut = at + int(self.t.trfc_s or 0)


def played_s(channel: Channel, chunks: int, rows: int, columns: int, results: int) -> int:
    for _ in range(chunks):
        channel.write_buffer()
        for row in range(rows):
            channel.open_rows()
            for _ in range(results):
                for _ in range(columns // results):
                    channel.multiply()
                channel.read_results()
            channel.close_rows()
            if row < rows - 1 and chunks == 1:
                channel.refresh_if_due()
    return max(channel.all_shut, channel.bus)


# Whole nanoseconds, so that sums are exact.
TIMINGS = st.builds(
    DramTiming,
    trcd_s=st.integers(1, 30), trp_s=st.integers(1, 30), tras_s=st.integers(5, 80), trtp_s=st.integers(1, 8),
    tccd_short_s=st.integers(1, 3), tccd_long_s=st.integers(3, 6), trrd_long_s=st.integers(1, 11),
    tfaw_s=st.one_of(st.none(), st.integers(4, 40)), tcl_s=st.integers(1, 150), burst_s=st.integers(1, 4),
)  # fmt: skip
PARTS = {
    "groups": st.sampled_from([1, 2, 4]), "per": st.sampled_from([1, 2, 4]), "ranks": st.sampled_from([1, 2]),
    "together": st.sampled_from([1, 2, 4, 16]), "buffer": st.integers(1, 300), "bursts": st.integers(1, 4),
    "mode": st.sampled_from(["all_bank", "per_bank"]), "dual": st.booleans(),
}  # fmt: skip
CHANNELS = st.fixed_dictionaries({"t": TIMINGS} | PARTS)


def both(given_: dict) -> tuple[bank_gemv.BankTiming, Channel]:
    banks, t = given_["groups"] * given_["per"], given_["t"]
    assume(t.tfaw_s is None or t.tfaw_s <= t.tras_s + t.trp_s)
    described = bank_gemv.Banks(
        banks=banks, groups=given_["groups"], ranks=given_["ranks"], opened_together=given_["together"],
        per_bank=given_["mode"] == "per_bank", dual=given_["dual"],
    )  # fmt: skip
    ours = bank_gemv.bank_timing(t, described, buffer_s=given_["buffer"], result_bursts=given_["bursts"])
    rest = {key: given_[key] for key in ("t", "groups", "ranks", "together", "buffer", "bursts", "mode", "dual")}
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
@given(CHANNELS, st.integers(1, 60), st.integers(1, 6), st.integers(1, 2), st.integers(300, 2000), st.integers(20, 90))
def test_refreshes_that_are_due_are_counted_exactly(given_, rows, columns, results, interval, refresh):
    given_ = given_ | {"t": replace(given_["t"], trefi_s=interval, trfc_s=refresh)}
    ours, channel = both(given_)
    step = bank_gemv.row_s(ours, columns * results, results)
    assume(step + refresh + 300 < interval)
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
    added = (
        bank_gemv.start_s(ours)
        + chunks * bank_gemv.buffer_wait_s(ours)
        + chunks * rows * bank_gemv.row_s(ours, **shape)
    )
    assert bank_gemv.stream_s(ours, chunks=chunks, rows=rows, **shape) == added


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
