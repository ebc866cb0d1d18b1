"""What the commands of a DRAM draw: opening a row, moving a burst, refreshing, standing by.

From the currents of a data sheet, per device, after Micron's way of adding them up:

    row       V (IDD0 tRC - IDD3N tRAS - IDD2N tRP)
    burst     V (IDD4 - IDD3N) tburst
    refresh   V (IDD5 - IDD3N) tRFC, every tREFI
    standby   V IDD3N with rows open, V IDD2N with all of them closed

IDD3N is measured with the rows of all banks open, IDD0 with that of one. Where the first is the larger, opening a row
would draw less than nothing; only that bank's share of what open rows add is taken off then [assumption].

These count the core alone: no pins, no termination. An energy that is stated as such wins over currents. A bit
costs its share of a row, its share of a burst, and the pins.
"""

from __future__ import annotations

import numpy as np

from bitline.costs.technology import joined
from bitline.hardware.dram import Dram, DramEnergy
from bitline.hardware.figure import Figure
from bitline.hardware.memory import Level

BELOW_LIMIT, ABOVE = 0.6, 1.2
"""Data sheets give limits, and measured devices draw less [recalled]; other speed grades draw more [assumption]."""
SCATTERED_HIT = 0.66
"""Row hits of the GPU workloads of O'Connor et al., MICRO 2017: 1.21 pJ/bit at 909 pJ per row are 751 bits, three
bursts of 256, to a row [computed]. The high end of a figure whose description does not say how rows are used."""
CORE = "data-sheet currents, core only [computed]"
OF_ONE_BANK = " (IDD3N, of all banks open, is above IDD0: one bank's share of it is taken off)"
STATED = "stated in the description"


def activation_energy(dram: Dram) -> Figure | None:
    """Joule to open and close one row of one device; None if neither stated nor to be had from currents."""
    stated = _stated(dram, "activation_j")
    if stated or dram.currents is None or dram.timing is None:
        return stated
    i, t = dram.currents, dram.timing
    all_open = i.idd3n_a >= i.idd0_a
    others_fraction = 1.0 - 1.0 / (dram.bank_groups * dram.banks_per_group)
    opened_a = i.idd3n_a - all_open * others_fraction * (i.idd3n_a - i.idd2n_a)
    charge = np.maximum(i.idd0_a * t.trc_s - opened_a * t.tras_s - i.idd2n_a * t.trp_s, 0.0)
    return _of_currents(i.supply_v * charge, f"activation{OF_ONE_BANK if np.any(all_open) else ''}")


def column_energy(dram: Dram, *, write: bool) -> Figure | None:
    """Joule per bit from, or into, an open row; None if not known."""
    stated = _stated(dram, "write_per_bit_j" if write else "read_per_bit_j")
    if stated or dram.currents is None or dram.timing is None or dram.timing.burst_s is None:
        return stated
    i = dram.currents
    burst = i.supply_v * ((i.idd4w_a if write else i.idd4r_a) - i.idd3n_a) * dram.timing.burst_s
    return _of_currents(burst / (8.0 * dram.burst_bytes), "column access")


def refresh_energy(dram: Dram) -> Figure | None:
    """Joule of one refresh command of all banks of one device; None if not known."""
    stated = _stated(dram, "refresh_j")
    if stated or dram.currents is None or dram.timing is None:
        return stated
    i, t = dram.currents, dram.timing
    if i.idd5_a is None or t.trfc_s is None:
        return None
    return _of_currents(i.supply_v * (i.idd5_a - i.idd3n_a) * t.trfc_s, "refresh")


def standing_power(dram: Dram) -> Figure:
    """Watt of all devices, ranks and channels with nothing moving: rows open (low: closed), refresh as far as known."""
    standby = _standby(dram)
    refresh = refresh_energy(dram)
    interval = dram.timing.trefi_s if dram.timing else None
    if refresh is None or interval is None:
        refresh = Figure(0.0, "refresh not known: not counted", "ideal")
    else:
        refresh = refresh.times(1.0 / interval)
    each = joined(f"{standby.source}; {refresh.source}", standby, refresh)
    return each.times(dram.devices * dram.ranks * dram.channels)


def activations_per_bit(dram: Dram) -> Figure:
    """Rows opened per bit moved: once per row of bits, or at the stated share of hits."""
    burst = 1.0 / (8.0 * dram.burst_bytes)
    if dram.row_hit_fraction is not None:
        return Figure((1.0 - dram.row_hit_fraction) * burst, "at the stated share of row hits", "stated")
    streamed = 1.0 / (8.0 * dram.row_bytes)
    return Figure(streamed, "rows read whole", "assumed", streamed, (1.0 - SCATTERED_HIT) * burst)


def bit_energy(dram: Dram, level: Level, *, write: bool) -> Figure | None:
    """Joule per bit moved, opening of rows included; None where the level is not known from parts."""
    opening, column = activation_energy(dram), column_energy(dram, write=write)
    if opening is None or column is None or level == "board":
        return None
    host = _stated(dram, "host_per_bit_j")
    if level == "interface" and host is None:
        return None
    pins = _stated(dram, "io_per_bit_j")
    per_bit = activations_per_bit(dram)
    low, high = _ends(opening)
    share = Figure(opening.typical * per_bit.typical, "", "modelled", low * _ends(per_bit)[0], high * _ends(per_bit)[1])
    counted = [share, column, *([pins] if pins else []), *([host] if host and level == "interface" else [])]
    named = "pins included" if pins else "no figure of its pins: core only"
    return joined(f"{level} level, {named}; {per_bit.source}; {column.source}", *counted)


def bandwidth_bytes_per_s(dram: Dram) -> Figure | None:
    """Bytes per second of all devices and channels while bursts follow each other; low: less the time of refreshes."""
    t = dram.timing
    if t is None or t.burst_s is None:
        return None
    between = t.burst_s if t.tccd_short_s is None else np.maximum(t.burst_s, t.tccd_short_s)
    peak = dram.channels * dram.devices * dram.burst_bytes / between
    refreshing = 0.0 if t.trfc_s is None or t.trefi_s is None else t.trfc_s / t.trefi_s
    return Figure(peak, "bursts without a gap", "modelled", peak * (1.0 - refreshing), peak)


def _standby(dram: Dram) -> Figure:
    energy, i = dram.energy or DramEnergy(), dram.currents
    if energy.standby_w is not None:
        idle_w = energy.standby_w if energy.idle_w is None else energy.idle_w
        return Figure(energy.standby_w, STATED, "stated", idle_w, energy.standby_w)
    if i is None:
        return Figure(0.0, "standing power not known: not counted", "ideal")
    closed, opened = i.supply_v * i.idd2n_a, i.supply_v * i.idd3n_a
    return Figure(opened, f"standby with open rows, low: closed; {CORE}", "modelled", BELOW_LIMIT * closed, opened)


def _stated(dram: Dram, field: str) -> Figure | None:
    value = None if dram.energy is None else getattr(dram.energy, field)
    return None if value is None else Figure(value, STATED, "stated")


def _of_currents(energy_j: float, what: str) -> Figure:
    return Figure(energy_j, f"{what} from {CORE}", "modelled", BELOW_LIMIT * energy_j, ABOVE * energy_j)


def _ends(figure: Figure) -> tuple[float, float]:
    low = figure.typical if figure.low is None else figure.low
    return low, figure.typical if figure.high is None else figure.high
