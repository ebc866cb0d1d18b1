r"""Analog-to-digital converters: what published ones take, and the circuit where few are published.

Successive approximation (`sar`): quantiles of the 2025 converter survey (`costs.adc_survey`), 10 % for the best,
25 % for a typical and 50 % for a pessimistic one. The laws go on above 11 effective bits and 65 nm, where as many
chips lie below them as should. Below 3.5 effective bits, where none are published, the energy of the bare circuit
(`costs.adc_circuits`) carries on from there: $E = E_\text{survey}(3.5) \, C(b) / C(3.5 + 0.7)$.

Other kinds: the bare circuit times what SAR chips of the survey take over theirs (references, clocks, input drivers,
calibration), at least 1 [assumption]. That is taken at as many bits, but at no more than 7: beyond, noise and matching
rule the bare SAR circuit, which published ones escape by calibration. The low end is the bare circuit itself.

The supply counts with its square: loads are charged to it. Jia et al. 2020 measure an exponent of 1.99 between 0.85 and
1.2 V; that the noise of a comparator gains nothing from a lower supply is left out [assumption].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from bitline.costs import adc_circuits as circuits
from bitline.costs import adc_survey as survey
from bitline.costs.technology import (
    area_scale,
    checked_node_nm,
    ends,
    energy_scale,
    latency_scale,
    nominal_supply_v,
    supply_energy,
)
from bitline.hardware.chip import Technology
from bitline.hardware.converter import Adc, SurveyLevel
from bitline.hardware.figure import Figure, stated_or

Circuit: TypeAlias = Callable[[circuits.Kind, circuits.Design], float]

GATE_NM, GATE_FARAD, GATE_M2, GATE_DELAY_S = 28.0, 0.7e-15, 0.614e-12, 14e-12
"""NAND2 of ZigZag at 28 nm [stated]; an inverter that drives four takes 0.5 ps per nm of node [recalled]."""
LOST_BITS = 0.7
"""Nominal bits less effective ones [assumption]."""
UNHURRIED_HZ = 100e6
"""Up to this rate a conversion costs the same energy in the survey; the default rate of a SAR converter."""
OVERHEAD_BITS = 7.0 - LOST_BITS
"""Effective bits up to which the bare SAR circuit is compared with published ones."""
STEP_FACTORS = (1.0, 2.0, 4.0)
"""A step over the shortest that the circuit can: low, usual, high [assumption]."""
LEVELS: tuple[SurveyLevel, ...] = ("best", "typical", "pessimistic")
IDEAL = Figure(0.0, "ideal converter: not counted", "ideal")


def effective_bits(adc: Adc) -> float:
    """Stated effective bits, or nominal ones less 0.7 [assumption]; 0 for an ideal converter."""
    if adc.effective_bits is not None:
        return adc.effective_bits
    bits: float = np.maximum(0.0, _codes(adc) - LOST_BITS)
    return bits


def conversion_energy(adc: Adc, technology: Technology) -> Figure:
    """Joule per conversion."""
    if adc.energy_per_conversion_j is not None or _is_ideal(adc):
        return stated_or(adc.energy_per_conversion_j, IDEAL)
    node = checked_node_nm(technology.node_nm)
    levels = survey.energies_j(_surveyed_bits(adc), node, _hurry(adc, technology))
    return _figure(adc, node, levels, circuits.energy_j).times(supply_energy(technology))


def area(adc: Adc, technology: Technology) -> Figure:
    """Square metres of one converter, with its share of what those of an array share."""
    if adc.area_m2 is not None or _is_ideal(adc):
        return stated_or(adc.area_m2, IDEAL)
    node = checked_node_nm(technology.node_nm)
    return _figure(adc, node, survey.areas_m2(_surveyed_bits(adc), node), circuits.area_m2)


def conversion_time(adc: Adc, technology: Technology) -> Figure:
    """Seconds per conversion."""
    if adc.rate_hz is not None:
        return Figure(1.0 / adc.rate_hz, "stated in the description", "stated")
    return IDEAL if _is_ideal(adc) else _unhurried_time(adc, technology)


def leakage(adc: Adc) -> Figure:
    """Watt of one converter at rest: stated, or not counted."""
    return stated_or(adc.leakage_w, Figure(0.0, "converter leakage not stated: not counted", "ideal"))


def _is_ideal(adc: Adc) -> bool:
    return adc.bits is None or adc.kind == "ideal"


def _codes(adc: Adc) -> float:
    return 0.0 if adc.bits is None else adc.bits


def _circuit(adc: Adc) -> circuits.Kind:
    return "sar" if adc.kind == "ideal" else adc.kind


def _surveyed_bits(adc: Adc) -> float:
    """Effective bits, or the nearest at which this kind is compared with published SAR chips."""
    most = np.inf if adc.kind == "sar" else OVERHEAD_BITS
    bits: float = np.clip(effective_bits(adc), survey.FEWEST_BITS, most)
    return bits


def _hurry(adc: Adc, technology: Technology) -> float:
    """Rate over the one up to which speed costs no energy."""
    if adc.rate_hz is None:
        return 1.0
    return adc.rate_hz * (1.0 / UNHURRIED_HZ if adc.kind == "sar" else _unhurried_time(adc, technology).typical)


def _unhurried_time(adc: Adc, technology: Technology) -> Figure:
    steps = circuits.steps(_circuit(adc), _codes(adc)) * circuits.STEP_DELAYS
    delay = latency_scale(GATE_NM, technology).times(GATE_DELAY_S)
    fast_s, slow_s = ends(delay)
    low, usual, high = (steps * d * f for d, f in zip((fast_s, delay.typical, slow_s), STEP_FACTORS, strict=True))
    if adc.kind == "sar":
        source = "100 MS/s, the rate up to which speed costs no energy [assumption]; low and high: the bare circuit"
        usual = 1.0 / UNHURRIED_HZ
        return Figure(usual, source, "assumed", np.minimum(low, usual), np.maximum(usual, high))
    source = f"bottom-up {adc.kind} converter, twice the shortest its gates can [assumption]; {delay.source}"
    return Figure(usual, source, "modelled", low, high)


def _figure(adc: Adc, node_nm: float, levels: survey.Levels, circuit: Circuit) -> Figure:
    """Bring what SAR chips take to this kind and to few bits."""
    nearest, asked = _surveyed_bits(adc) + LOST_BITS, effective_bits(adc) + LOST_BITS
    compared = design(adc, node_nm, nearest, nearest)
    surveyed = circuit("sar", compared)
    if adc.kind == "sar":
        few = circuit("sar", replace(compared, bits=asked, accurate_bits=asked)) / surveyed
        best, typical, pessimistic = (level * few for level in levels)
        low = best
    else:
        own = replace(compared, bits=_codes(adc), accurate_bits=asked, comparisons=_thresholds(adc, _codes(adc)))
        low = circuit(_circuit(adc), own)
        best, typical, pessimistic = (low * np.maximum(1.0, level / surveyed) for level in levels)
    chosen = {"best": best, "typical": typical, "pessimistic": pessimistic}[adc.survey]
    return Figure(chosen, _source(adc), "modelled", low, pessimistic)


def design(adc: Adc, node_nm: float, bits: float, accurate_bits: float) -> circuits.Design:
    """Describe the circuit that has codes of so many bits and is as accurate as a converter of so many."""
    nominal = nominal_supply_v(node_nm)
    switching = energy_scale(GATE_NM, Technology(node_nm=node_nm)).typical * (nominal_supply_v(GATE_NM) / nominal) ** 2
    return circuits.Design(
        bits=bits,
        accurate_bits=accurate_bits,
        comparisons=_thresholds(adc, bits),
        shared_by=adc.per_array,
        gate_farad=GATE_FARAD * switching,
        gate_m2=GATE_M2 * area_scale(GATE_NM, node_nm).typical,
        nominal_v=nominal,
    )


def _thresholds(adc: Adc, bits: float) -> float:
    count: float = 2.0**bits - 1.0
    return count if adc.transfer is None else 1.0 * len(adc.transfer.threshold_codes)


def _source(adc: Adc) -> str:
    quantile = f"{survey.QUANTILES[adc.survey]} % quantile, 10 to 50 %"
    if adc.kind != "sar":
        over = f"what SAR chips of the ADC survey take over theirs, {quantile}"
        return f"bottom-up {adc.kind} converter [recalled] times {over} [assumption]; low: the bare circuit"
    beyond = np.any(np.asarray(effective_bits(adc)) < survey.FEWEST_BITS)
    few = "; few bits: carried on by the bare circuit [assumption]" if beyond else ""
    return f"ADC survey, SAR chips: {quantile} [computed]{few}"
