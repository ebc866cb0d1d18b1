"""Cells that do not obey, and what verification makes of those that do."""

from __future__ import annotations

import torch

from bitline.hardware import Adc, Cell, Faults, InputFormat, Spread, WeightFormat, Write, mean_pulses
from bitline.numerics.devices import programmed
from drawings.layer import analog, drawing, error, made
from drawings.style import COLOURS, Panels, line, named

ENCODINGS = {"offset": "offset", "bias_column": "bias column", "differential": "differential pair"}


def faults(panels: Panels) -> None:
    """Draw the error of a layer against stuck cells, by encoding, and against the on/off ratio."""
    left, right = panels
    shares = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
    for number, (encoding, label) in enumerate(ENCODINGS.items()):
        found = []
        for share in shares:
            stuck = Faults(stuck_on_fraction=share / 2, stuck_off_fraction=share / 2)
            cell = Cell(technology="any", bits=2, faults=stuck)
            found.append(error(made(analog(cell=cell, weight=WeightFormat(encoding=encoding)))))
        line(left, [100.0 * share for share in shares], found, number=number, label=label, marker="o")
    left.set_xscale("log")
    left.set_yscale("log")
    named(left, "Stuck cells, half on, half off", "stuck cells (%)", "error of outputs (%)")
    ratios = (2, 3, 5, 10, 30, 100, 1000)
    for number, reference in enumerate(("analog", "digital")):
        found = []
        for ratio in ratios:
            cell = Cell(technology="any", bits=2, on_off_ratio=float(ratio))
            form = WeightFormat(encoding="offset", reference=reference)
            chip = analog(cell=cell, weight=form, adc=Adc(bits=8), input=InputFormat(bits_per_pulse=1))
            found.append(error(made(chip)))
        line(right, ratios, found, number=number, label=f"reference: {reference}", marker="o")
    right.set_xscale("log")
    named(right, "Finite on/off ratio, 8-bit converter", "g_max / g_min", "error of outputs (%)")
    right.set_ylim(0.0)


def write_verify(panels: Panels) -> None:
    """Draw what cells hold with and without verification, and how many pulses it takes."""
    left, right = panels
    one = Spread(sigma_fraction=0.05)
    kinds = (("one pulse", None), ("within 5 %, at most 3 pulses", Write(pulse_s=1e-6, tolerance_fraction=0.05,
             most_pulses=3)), ("within 5 %, any number", Write(pulse_s=1e-6, tolerance_fraction=0.05)))  # fmt: skip
    level = torch.full((400, 250), 2)
    for number, (label, write) in enumerate(kinds):
        cell = Cell(technology="any", bits=2, programming_noise=one, write=write)
        found = programmed(level, 2, cell, drawing((400, 250)), ("cell",)).level.flatten() / 3.0 - 2.0 / 3.0
        left.hist(100.0 * found, bins=60, range=(-18, 18), density=True, histtype="step", label=label,
                  color=COLOURS[number], linewidth=1.6)  # fmt: skip
    named(left, "Error of 100,000 cells, 5 % a pulse", "distance from target / range (%)", "share of cells per %",
          loc="upper left", bbox_to_anchor=(0.0, 1.0))  # fmt: skip
    left.set_ylim(0.0, 0.2)
    tolerances = torch.linspace(0.005, 0.15, 30)
    for number, most in enumerate((None, 20, 5)):
        cells = [Cell(technology="any", bits=2, programming_noise=one, write=Write(pulse_s=1e-6, most_pulses=most,
                 tolerance_fraction=float(tolerance))) for tolerance in tolerances]  # fmt: skip
        label = "any number" if most is None else f"at most {most}"
        line(right, 100.0 * tolerances, [mean_pulses(cell) for cell in cells], number=number, label=label)
    right.set_yscale("log")
    named(right, "Mean pulses", "tolerance / range (%)", "pulses per cell")
