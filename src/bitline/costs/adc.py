"""Analog-to-digital converters, from quantiles of the 2025 converter survey.

Refit of B. Murmann's ADC survey [computed]: successive-approximation converters, 65 nm and below, effective
bits 3.5 to 11, quantile regression of the energy per sample over 120 chips:
E = E0 r^(ENOB-8) (n/28)^k max(1, f/100 MHz)^s; the 25 % quantile is typical, 10 % and 50 % are the envelope.
Area (10 % quantile): A = A0 r^(ENOB-8) (n/28)^k (f/100 MHz)^s; the median chip is 10.6 times larger.
"""

from __future__ import annotations

import numpy as np

from bitline.costs.technology import checked_node_nm
from bitline.hardware.chip import Technology
from bitline.hardware.converter import Adc
from bitline.hardware.figure import Figure, stated_or

QUANTILES = {  # E0 in J at 8 bit, 28 nm; r per bit; k of the node; s of the rate
    "low": (0.695e-12, 1.96, 0.39, 0.53),
    "typical": (1.63e-12, 1.70, 0.40, 0.36),
    "high": (5.26e-12, 1.44, 0.44, 0.19),
}
AREA = (3836e-12, 1.29, 1.37, 0.16)
MEDIAN_OVER_SMALL_AREA = 10.6
LOST_BITS = 0.7
"""Nominal bits less effective ones [assumption]."""
UNHURRIED_HZ = 100e6
"""Up to this rate a conversion costs the same energy in the survey; the default rate of a converter."""
IDEAL = Figure(0.0, "ideal converter: not counted", "ideal")


def effective_bits(adc: Adc) -> float:
    """Stated effective bits, or nominal ones less 0.7 [assumption]; 0 for an ideal converter."""
    return adc.effective_bits or max(0.0, (adc.bits or 0) - LOST_BITS)


def rate_hz(adc: Adc) -> float:
    """Stated conversions per second, or 100 MHz [assumption]."""
    return adc.rate_hz or UNHURRIED_HZ


def conversion_energy(adc: Adc, technology: Technology) -> Figure:
    """Joule per conversion."""
    if adc.energy_per_conversion_j is not None:
        return stated_or(adc.energy_per_conversion_j, IDEAL)
    if adc.bits is None or adc.kind == "ideal":
        return IDEAL
    bits, node, rate = effective_bits(adc), checked_node_nm(technology.node_nm), rate_hz(adc)
    values = {name: _energy_j(bits, node, rate, fit) for name, fit in QUANTILES.items()}
    return Figure(
        values["typical"],
        f"ADC survey, SAR 25 % quantile at {bits:g} effective bits, 10 to 50 % [computed]" + _reach(adc, node, bits),
        "modelled",
        min(values.values()),
        max(values.values()),
    )


def conversion_time(adc: Adc) -> Figure:
    """Seconds per conversion."""
    if adc.rate_hz is not None:
        return Figure(1.0 / adc.rate_hz, "stated in the description", "stated")
    if adc.bits is None or adc.kind == "ideal":
        return IDEAL
    return Figure(1.0 / UNHURRIED_HZ, "100 MS/s, the rate up to which speed costs no energy [assumption]", "assumed")


def area(adc: Adc, technology: Technology) -> Figure:
    """Square metres of one converter."""
    if adc.area_m2 is not None:
        return stated_or(adc.area_m2, IDEAL)
    if adc.bits is None or adc.kind == "ideal":
        return IDEAL
    bits, node = effective_bits(adc), checked_node_nm(technology.node_nm)
    a0, r, k, s = AREA
    small = float(a0 * r ** (bits - 8) * (node / 28) ** k * (rate_hz(adc) / 100e6) ** s)
    source = "ADC survey, SAR 10 % quantile of area; the median is 10.6 times larger [computed]"
    return Figure(small, source + _reach(adc, node, bits), "modelled", small, small * MEDIAN_OVER_SMALL_AREA)


def leakage(adc: Adc) -> Figure:
    """Watt of one converter at rest: stated, or not counted."""
    return stated_or(adc.leakage_w, Figure(0.0, "converter leakage not stated: not counted", "ideal"))


def _energy_j(bits: float, node_nm: float, rate: float, fit: tuple[float, float, float, float]) -> float:
    e0, r, k, s = fit
    return float(e0 * r ** (bits - 8) * (node_nm / 28) ** k * np.maximum(1.0, rate / UNHURRIED_HZ) ** s)


def _reach(adc: Adc, node_nm: float, bits: float) -> str:
    beyond = [f"{adc.kind} taken as SAR"] if adc.kind != "sar" else []
    beyond += ["few bits"] if bits < 3.5 else ["many bits"] if bits > 11 else []
    beyond += [f"{node_nm:g} nm"] if node_nm > 65 else []
    return f"; extrapolated: {', '.join(beyond)} [assumption]" if beyond else ""
