"""Pictures of docs/costs/adc.md: the laws over the chips they are fitted to, and bare converters by kind."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from converter_survey import Survey
from matplotlib.axes import Axes

from bitline.costs import adc
from bitline.costs import adc_circuits as circuits
from bitline.costs import adc_survey as laws
from bitline.hardware import Adc
from drawings.style import Panels, line, named

BITS = np.linspace(laws.FEWEST_BITS, laws.MOST_BITS, 40)
BUILT = np.linspace(1.0, 10.0, 55)
KINDS: dict[circuits.Kind, str] = {
    "flash": "flash",
    "sar": "SAR",
    "ramp": "ramp, shared by 128",
    "time": "ring, counted",
}
LEVELS = {"best, 10 %": 2, "typical, 25 %": 0, "pessimistic, 50 %": 1}


def survey(chips: Survey, energy_chips: np.ndarray, area_chips: np.ndarray) -> Callable[[Panels], None]:
    """Draw the laws at 28 nm and at most 100 MS/s over chips brought there by the typical law."""

    def drawing(panels: Panels) -> None:
        left, right = panels
        hurry = chips.rate_hz[energy_chips] / adc.UNHURRIED_HZ
        _over(left, laws.laws("energy_j"), chips, energy_chips, chips.energy_j[energy_chips] * 1e12, hurry, 1e12)
        named(left, f"{energy_chips.sum()} SAR chips: energy", "effective bits", "pJ per sample", loc="upper left")
        _over(right, laws.laws("area_m2"), chips, area_chips, chips.area_m2[area_chips] * 1e12, 1.0, 1e12)
        named(right, f"{area_chips.sum()} SAR chips of one converter: area", "effective bits", "µm²", loc="upper left")

    return drawing


def kinds(panels: Panels) -> None:
    """Draw energy and area of bare converters by kind at 28 nm."""
    for number, (kind, label) in enumerate(KINDS.items()):
        design = adc.design(Adc(kind=kind, bits=BUILT, per_array=128), 28.0, BUILT, BUILT)  # type: ignore[arg-type]
        line(panels[0], BUILT, circuits.energy_j(kind, design) * 1e15, number=number, label=label)
        line(panels[1], BUILT, circuits.area_m2(kind, design) * 1e12, number=number, label=label)
    for axes in panels:
        axes.set_yscale("log")
    panels[0].set_ylim(3, 1e5)
    panels[1].set_ylim(3, 1e4)
    named(panels[0], "Bare circuit, 28 nm: energy", "bits", "fJ per conversion", loc="upper left")
    named(panels[1], "Bare circuit, 28 nm: area", "bits", "µm²", loc="upper left")


def _over(axes: Axes, found: tuple[laws.Law, ...], chips: Survey, chosen: np.ndarray, values: np.ndarray,
          hurry: np.ndarray | float, scale: float) -> None:  # fmt: skip
    typical = found[1]
    bits, node = chips.effective_bits[chosen], chips.node_nm[chosen]
    moved = typical.at(bits, node, hurry) / typical.at(bits, laws.REFERENCE_NM, 1.0)
    axes.plot(bits, values / moved, linestyle="none", marker="o", markersize=2.5, color="#888888", label="chips")
    for law, (label, number) in zip(found, LEVELS.items(), strict=True):
        line(axes, BITS, law.at(BITS, laws.REFERENCE_NM, 1.0) * scale, number=number, label=label)
    axes.set_yscale("log")
