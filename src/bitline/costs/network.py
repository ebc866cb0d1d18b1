"""A network on the chip: routers and the wires between them.

Router: ISAAC's, 20.74 pJ per flit of 256 bits and 0.15 mm2 at 32 nm [stated in hwcomponents-library]; a hop is a
router and the wire to the next one (`wire`). A mesh of w by h places is crossed in (w^2 - 1)/(3 w) + (h^2 - 1)/(3 h)
hops in the mean if every place sends to every place alike, itself included [computed].
"""

from __future__ import annotations

from bitline.costs import wire
from bitline.costs.technology import joined, scaled_area, scaled_energy
from bitline.hardware.chip import Technology
from bitline.hardware.figure import Figure

FLIT_BITS = 256
ROUTER_J, ROUTER_M2, ROUTER_NM = 20.74e-12, 0.15e-6, 32.0
ROUTER = "ISAAC router [stated]"


def router_energy(technology: Technology) -> Figure:
    """Joule per bit that passes a router."""
    return scaled_energy(ROUTER_J / FLIT_BITS, ROUTER_NM, technology, ROUTER)


def router_area(technology: Technology) -> Figure:
    """Square metres of one router."""
    return scaled_area(ROUTER_M2, ROUTER_NM, technology, ROUTER)


def hop_energy(length_m: float, technology: Technology) -> Figure:
    """Joule per bit through one router and over the wire behind it."""
    router, run = router_energy(technology), wire.bit_energy(length_m, technology)
    return joined(f"{router.source} + {run.source}", router, run)


def path_energy(hops: float, length_m: float, technology: Technology) -> Figure:
    """Joule per bit over so many hops, each of `length_m`."""
    return hop_energy(length_m, technology).times(hops)


def mesh_hops(width: float, height: float) -> float:
    """Hops in the mean between two places of a mesh."""
    return (width * width - 1.0) / (3.0 * width) + (height * height - 1.0) / (3.0 * height)
