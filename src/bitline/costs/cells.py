"""Reading, writing and the area of memory cells in an array; their wordlines are priced with the drivers.

Resistive cells: the read current I = V G flows from the supply (a regulator or a clamp keeps V over the cell), so a
pulse takes supply x I x t, averaged over the states and over input bits; low: V I t, as if the read voltage were
made without loss. Charge-domain cells: C V^2 of the capacitor. Others (SRAM, or no conductance known): the bitline,
which all rows of the array load, charged again for what ones have discharged. States and input bits are uniform
unless their activity was measured; an energy that a description states was measured with data of its own, so it stays.
"""

from __future__ import annotations

import numpy as np

from bitline.costs import lines
from bitline.costs.families import Family, family
from bitline.costs.given import given
from bitline.costs.sram_cell import sram_cell_f2
from bitline.costs.technology import ends, supply_v
from bitline.hardware.activity import USUAL, Activity
from bitline.hardware.array import Array
from bitline.hardware.cell import Cell
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure, stated_or
from bitline.hardware.write_verify import mean_pulses
from bitline.operators import Size

NOT_KNOWN = Figure(0.0, "neither stated nor known for this technology: not counted", "ideal")
OVER_CELLS = (1.22, 1.48, 2.79)
"""Area of an array over that of its cells alone."""
READ_SPREAD = 3.0
"""Published pulses of one kind of cell are that much shorter or longer, where none is stated [assumption]."""
MOST_PULSES = 8.52
"""NeuRRAM's mean until a cell is within its tolerance [stated]."""
ANY_READ_V = 0.2
"""Over a cell whose technology says nothing of reading [assumption]."""


def read_energy(
    cell: Cell, array: Array, technology: Technology, *, differential: bool = False, activity: Activity = USUAL,
    units: int = 1, again: int = 1,
) -> Figure:  # fmt: skip
    """Joule per cell and pulse, of so many units of length at most, on one driven row.

    Where pulses are counted, `again` of them at most charge a capacitor or a bitline; a current flows as long in all.
    """
    if cell.read_energy_j is not None:
        return stated_or(cell.read_energy_j, NOT_KNOWN)
    known = family(cell.technology)
    share = activity.cell_fraction
    conductance = mean_conductance_siemens(cell, known, differential=differential, cell_fraction=share)
    if _by_charge(cell, known):
        return _capacitor_energy(cell, known, technology, activity).times(again)
    if conductance is None:
        return _bitline_energy(cell, array, technology, activity).times(again)
    read_s = read_time(cell, array, units).typical
    volts = given(cell.read_voltage_v, known.read_voltage_v, ANY_READ_V)
    charge = volts * conductance * read_s * activity.drive_fraction
    whole, least = charge * np.maximum(supply_v(technology), volts), charge * volts
    told = cell.g_max_siemens is not None and cell.read_voltage_v is not None and array.read_s is not None
    told_source = f"read current from the supply, over {_data(activity)} states and input bits{_assumed(activity)}"
    source = told_source if told else f"{told_source}; {known.source}"
    # Data decide within a factor of two; published cells of one technology lie far further apart.
    low, high = (0.5, 2.0) if told else (0.1, 20.0)
    return Figure(whole, source, "modelled" if told else "assumed", low * least, high * whole)


def read_time(cell: Cell, array: Array, units: int = 1) -> Figure:
    """Seconds per pulse of so many units of length, from wordline to sampled sum."""
    one = _unit_time(cell, array)
    return one if units == 1 else one.times(units, f"{units} units of length; {one.source}")


def _unit_time(cell: Cell, array: Array) -> Figure:
    if array.read_s is not None:
        return stated_or(array.read_s, NOT_KNOWN)
    known = family(cell.technology)
    told = (10e-9, "10 ns per pulse") if known.read_s is None else (known.read_s, known.source)
    source = f"{told[1]}; a third to three times as long [assumption]"
    return Figure(told[0], source, "assumed", told[0] / READ_SPREAD, told[0] * READ_SPREAD)


def mean_conductance_siemens(
    cell: Cell, known: Family, *, differential: bool, cell_fraction: float = USUAL.cell_fraction
) -> Size | None:
    """Mean over the states used, by default uniformly; of a pair, one cell rests at the lowest."""
    if cell.g_max_siemens is None and known.g_max_siemens is None:
        return None
    g_max = given(cell.g_max_siemens, known.g_max_siemens, 0.0)
    ratio = known.on_off_ratio if cell.g_max_siemens is None else cell.on_off_ratio
    g_min = 0.0 if ratio is None else g_max / ratio
    mean = cell_fraction * g_max + (1.0 - cell_fraction) * g_min
    return (mean + g_min) / 2 if differential else mean


def write_time(cell: Cell) -> Figure:
    """Seconds to program cells that are written together: pulses, each with its verification."""
    write = cell.write
    if write is not None:
        looped = write.tolerance_fraction is not None
        how = "stated pulses, as many on average as the tolerance asks for" if looped else "stated pulses"
        pulses = mean_pulses(cell) * (write.pulse_s + write.verify_s)
        return Figure(pulses, f"{how}, with verification", "modelled" if looped else "stated")
    known = family(cell.technology)
    if known.write_pulse_s is None:
        return NOT_KNOWN
    once_s, source = known.write_pulse_s, f"one pulse without verification [assumption]; {known.source}"
    if "sram" in cell.technology.lower():
        return Figure(once_s, source, "assumed", once_s / READ_SPREAD, once_s * READ_SPREAD)
    source = f"{source}; high: {MOST_PULSES} pulses, each with a verification as long, NeuRRAM [stated]"
    return Figure(once_s, source, "assumed", once_s, 2.0 * MOST_PULSES * once_s)


def write_energy(cell: Cell, array: Array, technology: Technology) -> Figure:
    """Joule per cell programmed, all pulses and verification."""
    if cell.write is not None and cell.write.energy_j is not None:
        return stated_or(cell.write.energy_j, NOT_KNOWN)
    known = family(cell.technology)
    conductance = mean_conductance_siemens(cell, known, differential=False)
    if conductance is None:
        return bit_write_energy(array.rows, technology) if "sram" in cell.technology.lower() else NOT_KNOWN
    told_v = None if cell.write is None else cell.write.voltage_v
    volts = known.write_voltage_v if told_v is None else told_v
    pulse_s = cell.write.pulse_s if cell.write else known.write_pulse_s
    if volts is None or pulse_s is None:
        return NOT_KNOWN
    pulses, verify_s = mean_pulses(cell), cell.write.verify_s if cell.write else 0.0
    read_v = given(cell.read_voltage_v, known.read_voltage_v, ANY_READ_V)
    whole = pulses * conductance * (volts**2 * pulse_s + read_v**2 * verify_s)
    told = cell.write is not None and cell.write.voltage_v is not None and cell.g_max_siemens is not None
    source = "pulses of V^2 G t and verification, drivers left out" + ("" if told else f"; {known.source}")
    return Figure(whole, source, "modelled" if told else "assumed", whole / 3, whole * 10)


def bit_write_energy(rows: Size, technology: Technology) -> Figure:
    """Joule per SRAM bit written: its bitline, loaded by `rows` cells, charged once."""
    line = rows * lines.cell_farad(technology) * supply_v(technology) ** 2
    source = "SRAM bitline of 0.35 fF per cell, ZigZag [stated]; cell alone 1.6 fJ, MNSIM [stated]"
    return Figure(line, source, "modelled", np.minimum(1.6e-15, line), 3 * line)


def cell_area(cell: Cell, technology: Technology) -> Figure:
    """Square metres of one cell."""
    square = (technology.node_nm * 1e-9) ** 2
    if cell.area_f2 is not None:
        return Figure(cell.area_f2 * square, "stated squares of the node", "stated")
    known = family(cell.technology)
    if "sram" in cell.technology.lower():
        return sram_cell_f2(cell.technology, technology).times(square)
    if known.area_f2 is None:
        return Figure(50.0 * square, f"50 F2; {known.source} [assumption]", "assumed")
    return Figure(known.area_f2 * square, known.source, "assumed")


def array_area(cell: Cell, technology: Technology, cells: Size) -> Figure:
    """Square metres of so many cells with their decoders, drivers and multiplexers, converters not included.

    CACTI 7's SRAM arrays of 1 to 32 KiB take 1.48 times their bare cells in the median, 1.22 to 2.79 [computed].
    """
    one = cell_area(cell, technology)
    low, high = ends(one)
    least, usual, most = OVER_CELLS
    source = f"{one.source}; 1.48 times the cells for what drives them, 1.22 to 2.79 in CACTI 7 [computed]"
    return Figure(cells * one.typical * usual, source, "modelled", cells * low * least, cells * high * most)


def _data(activity: Activity) -> str:
    """Say in a word which data a figure is of."""
    return "uniform" if activity == USUAL else "measured"


def _assumed(activity: Activity) -> str:
    return " [assumption]" if activity == USUAL else ""


def _by_charge(cell: Cell, known: Family) -> bool:
    return cell.capacitance_farad is not None or (cell.g_max_siemens is None and known.capacitance_farad is not None)


def _capacitor_energy(cell: Cell, known: Family, technology: Technology, activity: Activity) -> Figure:
    volts = given(cell.read_voltage_v, supply_v(technology))
    pulsed = "half the inputs 1 [assumption]" if activity == USUAL else "measured inputs"
    farad = given(cell.capacitance_farad, known.capacitance_farad, 0.0)
    typical = farad * volts**2 * activity.drive_fraction
    if cell.capacitance_farad is not None:
        return Figure(typical, f"C V^2 of the stated load, {pulsed}", "modelled", typical / 2, typical * 2)
    return Figure(typical, f"C V^2, {known.source}, {pulsed}", "assumed", typical / 3, typical * 3)


def _line_farad(cell: Cell, array: Array, technology: Technology) -> Size:
    """Give what each driven row has of a bitline, which all rows of the array load."""
    pitch_m = cell_area(cell, technology).typical ** 0.5
    return lines.line_farad(array.rows, pitch_m, technology) / array.rows_at_once


def _bitline_energy(cell: Cell, array: Array, technology: Technology, activity: Activity) -> Figure:
    """Charge what inputs of one at cells of one have discharged: the whole bitline, if all driven rows are so.

    Low: half of that, and no more than those rows' own share of the bitline, as where its swing is kept small.
    """
    volts = given(cell.read_voltage_v, supply_v(technology))
    ones = activity.drive_fraction * activity.cell_fraction
    typical = _line_farad(cell, array, technology) * volts**2 * ones
    own = typical * (array.rows_at_once / array.rows)
    pulsed = "half the inputs and cells 1 [assumption]" if activity == USUAL else "measured inputs and cells"
    source = f"bitline of {lines.SOURCE}, its whole swing for all driven rows [assumption], {pulsed}"
    return Figure(typical, source, "assumed", own / 2, typical * 3)
