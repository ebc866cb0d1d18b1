"""Links as parts: one use is one bit that crosses.

On chip: routers and wires (`network`). On package: ground-referenced signalling 0.54 pJ/bit [second-hand],
interposer 0.3, through-silicon vias 0.5, NVLink 1.3 [stated]. Off chip: PCIe 5 serialisers 11.4 pJ/bit, CENT's
PCIe 4.4 [second-hand], RACE-IT's link 30 [stated]. The library has a part for each, with what other sources say.
"""

from __future__ import annotations

from dataclasses import replace

from bitline.costs import network
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure
from bitline.hardware.memory import Link, within

DEFAULT_LENGTH_M = 1e-3
"""A millimetre between neighbours [assumption]."""
ON_PACKAGE = Figure(
    0.54e-12, "GRS 0.54 pJ/bit [second-hand]; 0.3 interposer, 1.3 NVLink [stated]", "modelled", 0.3e-12, 1.3e-12
)
OFF_CHIP = Figure(
    11.4e-12, "PCIe 5 SerDes 11.4 pJ/bit, CENT 4.4 [second-hand]; RACE-IT 30 [stated]", "modelled", 4.4e-12, 30e-12
)


def bit_energy(link: Link, technology: Technology) -> Figure:
    """Joule per bit over the whole link: stated, or by its kind."""
    if link.energy_per_bit_j is not None:
        return within(Figure(link.energy_per_bit_j, "stated in the description", "stated"), link.energy_envelope)
    if link.kind == "on_package":
        return ON_PACKAGE
    if link.kind == "off_chip":
        return OFF_CHIP
    length_m = DEFAULT_LENGTH_M if link.length_m is None else link.length_m
    path = network.path_energy(link.hops, length_m, technology)
    return path if link.length_m is not None else replace(path, source=f"{path.source}; 1 mm [assumption]")


def bit_time(link: Link) -> Figure:
    """Seconds per bit: stated, or never waited for."""
    if link.bandwidth_bytes_per_s is None:
        return Figure(0.0, "bandwidth not stated: never waited for", "ideal")
    return Figure(1.0 / (8.0 * link.bandwidth_bytes_per_s), "stated in the description", "stated")
