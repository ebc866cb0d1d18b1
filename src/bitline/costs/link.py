"""Links as parts: one use is one bit that crosses.

On chip: ISAAC's router, 20.74 pJ per flit of 256 bits at 32 nm [stated], and the wire; on package: ground-referenced
signalling 0.54 pJ/bit [second-hand], interposer 0.3 and NVLink 1.3 [stated]; off chip: PCIe 5 serialisers
11.4 pJ/bit, CENT's PCIe 4.4 [second-hand], RACE-IT's link 30 [stated].
"""

from __future__ import annotations

from bitline.costs import wire
from bitline.costs.technology import joined, scaled_energy
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure, stated_or
from bitline.hardware.memory import Link

DEFAULT_LENGTH_M = 1e-3
"""A millimetre between neighbours [assumption]."""
ON_PACKAGE = Figure(
    0.54e-12, "GRS 0.54 pJ/bit [second-hand]; 0.3 interposer, 1.3 NVLink [stated]", "modelled", 0.3e-12, 1.3e-12
)
OFF_CHIP = Figure(
    11.4e-12, "PCIe 5 SerDes 11.4 pJ/bit, CENT 4.4 [second-hand]; RACE-IT 30 [stated]", "modelled", 4.4e-12, 30e-12
)


def bit_energy(link: Link, technology: Technology) -> Figure:
    """Joule per bit."""
    if link.kind == "on_package":
        return stated_or(link.energy_per_bit_j, ON_PACKAGE)
    if link.kind == "off_chip":
        return stated_or(link.energy_per_bit_j, OFF_CHIP)
    if link.energy_per_bit_j is not None:
        return stated_or(link.energy_per_bit_j, ON_PACKAGE)
    router = scaled_energy(20.74e-12 / 256, 32, technology, "ISAAC router [stated]")
    run = wire.bit_energy(link.length_m or DEFAULT_LENGTH_M, technology)
    length = "" if link.length_m else "; 1 mm [assumption]"
    return joined(f"{router.source} + {run.source}{length}", router, run)


def bit_time(link: Link) -> Figure:
    """Seconds per bit: stated, or never waited for."""
    if link.bandwidth_bytes_per_s is None:
        return Figure(0.0, "bandwidth not stated: never waited for", "ideal")
    return Figure(1.0 / (8.0 * link.bandwidth_bytes_per_s), "stated in the description", "stated")
