"""Sample-and-hold circuits between bitlines and converters.

PUMA's simulator at 32 nm: 9.7 nW each [stated], held for a 100 ns step: 0.97 fJ [computed]; 0.039 um2 [stated].
High: NeuRRAM's 1.2 pJ sampling step at 130 nm [stated].
"""

from __future__ import annotations

from bitline.costs.technology import scaled_area, scaled_energy
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure


def energy(technology: Technology) -> Figure:
    """Joule per sampled sum."""
    typical = scaled_energy(0.97e-15, 32, technology, "PUMA simulator [stated]")
    high = scaled_energy(1.2e-12, 130, technology, "NeuRRAM [stated]")
    return Figure(typical.typical, f"{typical.source}; high: NeuRRAM [stated]", "modelled", typical.low, high.typical)


def area(technology: Technology) -> Figure:
    """Square metres of one."""
    return scaled_area(4e-11 / 1024, 32, technology, "PUMA simulator [stated]")
