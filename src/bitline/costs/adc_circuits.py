r"""Bare circuits of converters: what each kind is made of, in gates, capacitors and matched transistors.

Only what decides and counts: comparators, capacitors, logic, a ladder, a ramp, a ring. Clocks, references, input
drivers and calibration are not in it; `costs.adc` takes them from the survey. Loads are charged to the supply,
$E = C V^2$.

Sources: gates of ZigZag [stated]; density of metal capacitors, hwcomponents [stated]; switching of a
monotonic capacitor array, $2^b C_u V^2 / 4$, Liu et al., JSSC 2010 [recalled]; noise of a latch, $E \sigma^2 = 4 k T
V^2$, textbook [recalled]; matching of transistors and capacitors with the root of their area, Pelgrom [recalled].
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, final

import numpy as np

Kind = Literal["sar", "flash", "ramp", "time", "sense"]

FLIP_FLOP_GATES, FLIP_FLOP_AREA_GATES = 3.0, 6.0
FULL_ADDER_GATES, FULL_ADDER_AREA_GATES = 6.0, 7.8
COMPARATOR_GATES, COMPARATOR_AREA_GATES = 8.0, 10.0
"""A latch of eleven smallest transistors and the two gates that read it [assumption]."""
DECISION_GATES = 16.0
"""Logic of a successive-approximation step: two flip-flops, switch drivers, the pulse to the next [assumption]."""
RING_GATES = 10.0
"""Gate delays, and loads charged, per period of a ring of five stages [assumption]."""
K_T_J = 1.380649e-23 * 300.0
UNIT_FARAD, FARAD_PER_M2 = 0.5e-15, 2.3e-3
"""Smallest unit capacitor [recalled]; metal capacitors per area, hwcomponents at 22 nm [stated]."""
CAPACITOR_MATCHING_M, TRANSISTOR_MATCHING_V_M = 1e-8, 2e-9
"""Spread times root of area: 1 % um of capacitors, 2 mV um of transistors [recalled]."""
SIGMAS_PER_STEP = 6.0
"""A threshold holds if three standard deviations stay within half a step."""
RANGE_OVER_SUPPLY = 2.0
"""Signals are differential, as in the survey [assumption for bitlines]."""
GATE_FARAD_PER_M2 = 15e-3
"""Of a transistor's gate at 28 nm [recalled]."""
WIRE_FARAD_PER_M, COLUMN_PITCH_M = 2e-10, 1e-6
"""hwcomponents [stated]; pitch of a column with its converter [assumption]."""
STEP_DELAYS = 20.0
"""Delays of an inverter that drives four, per decision or count: latch 8, logic 4, settling 8 [assumption]."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What a converter is built for; every number may be an array."""

    bits: float
    """Codes are 2**bits."""
    accurate_bits: float
    """Noise and matching are those of a converter of so many bits."""
    comparisons: float
    """Thresholds of a flash converter or of sense amplifiers."""
    shared_by: float
    """Converters that share one ramp, or one ladder."""
    gate_farad: float
    """Load of a NAND2."""
    gate_m2: float
    nominal_v: float
    """Supply; signals span twice as much."""

    @property
    def codes(self) -> float:
        """Outputs that it tells apart."""
        return _power_of_two(self.bits)


def energy_j(kind: Kind, design: Design) -> float:
    """Joule per conversion at the nominal supply."""
    return LOADS[kind](design) * design.nominal_v * design.nominal_v


def area_m2(kind: Kind, design: Design) -> float:
    """Square metres of one converter, with its share of what is shared."""
    return AREAS[kind](design)


def steps(kind: Kind, bits: float) -> float:
    """Decisions or counts that follow one another in a conversion; the first one samples."""
    if kind == "sar":
        return bits + 1.0
    return 2.0 + 0.0 * bits if kind in ("flash", "sense") else _power_of_two(bits) + 1.0


def unit_farad(design: Design) -> float:
    """Give the unit capacitor that matches, and keeps the noise of sampling below that of rounding."""
    codes = _power_of_two(design.accurate_bits)
    # The sum of half of the units strays most: by sqrt(codes) / 2 of one.
    matching = FARAD_PER_M2 * (CAPACITOR_MATCHING_M * SIGMAS_PER_STEP / 2.0) ** 2 * codes
    noise = 12.0 * K_T_J * codes / (_range_v(design) * _range_v(design))
    unit: float = np.maximum(UNIT_FARAD, np.maximum(matching, noise))
    return unit


def latch_farad(design: Design) -> float:
    """Give the load of a comparator whose noise stays below that of rounding, its offset taken out elsewhere."""
    quiet = 4.0 * 12.0 * K_T_J * _power_of_two(2.0 * design.accurate_bits) / (_range_v(design) * _range_v(design))
    load: float = np.maximum(COMPARATOR_GATES * design.gate_farad, quiet)
    return load


def pair_m2(design: Design) -> float:
    """Give the gate area of each input transistor of a comparator whose own offset must stay below half a step."""
    sigma_v = _range_v(design) / _power_of_two(design.accurate_bits) / SIGMAS_PER_STEP
    side_m = TRANSISTOR_MATCHING_V_M / sigma_v
    return side_m * side_m


def _power_of_two(bits: float) -> float:
    power: float = 2.0**bits
    return power


def _range_v(design: Design) -> float:
    return RANGE_OVER_SUPPLY * design.nominal_v


def _sar_farad(design: Design) -> float:
    decisions = latch_farad(design) + DECISION_GATES * design.gate_farad
    return design.bits * decisions + design.codes * unit_farad(design) / 4.0


def _sar_m2(design: Design) -> float:
    logic = design.bits * (2.0 * FLIP_FLOP_AREA_GATES + DECISION_GATES) + COMPARATOR_AREA_GATES
    # Both sides of a differential array.
    return logic * design.gate_m2 + 2.0 * design.codes * unit_farad(design) / FARAD_PER_M2


def _thresholds_farad(design: Design) -> float:
    """Load comparators side by side, and adders that count them; half of those gates switch."""
    # What follows the input pair in a comparator grows with it: as much load again on each side.
    one = latch_farad(design) + 4.0 * GATE_FARAD_PER_M2 * pair_m2(design)
    counting = _counting_adders(design) * FULL_ADDER_GATES / 2.0 + design.bits * FLIP_FLOP_GATES
    return design.comparisons * one + counting * design.gate_farad


def _thresholds_m2(design: Design) -> float:
    one = COMPARATOR_AREA_GATES * design.gate_m2 + 4.0 * pair_m2(design)
    counting = _counting_adders(design) * FULL_ADDER_AREA_GATES + design.bits * FLIP_FLOP_AREA_GATES
    return design.comparisons * one + counting * design.gate_m2


def _counting_adders(design: Design) -> float:
    adders: float = np.maximum(0.0, design.comparisons - design.bits)
    return adders


def _flash_farad(design: Design) -> float:
    # A ladder settles to half a step in ln(2) (b + 1) time constants of a quarter of its resistance and its load.
    taps = design.comparisons * (design.gate_farad + GATE_FARAD_PER_M2 * pair_m2(design))
    ladder: float = np.log(2.0) * (design.bits + 1.0) * taps / 4.0
    return _thresholds_farad(design) + ladder


def _flash_m2(design: Design) -> float:
    ladder = design.comparisons * COMPARATOR_AREA_GATES * design.gate_m2
    return _thresholds_m2(design) + ladder / design.shared_by


def _ramp_farad(design: Design) -> float:
    """Compare at each step until the ramp has passed, half of them on average; keep the shared count."""
    codes, gate = design.codes, design.gate_farad
    column = codes / 2.0 * latch_farad(design) + design.bits * FLIP_FLOP_GATES * gate
    count_sent = codes * (gate + WIRE_FARAD_PER_M * COLUMN_PITCH_M)
    # Ramp: a switched element per step. Counter: two flip-flops toggle and all are clocked.
    shared = codes * (COMPARATOR_GATES + 2.0 * FLIP_FLOP_GATES + design.bits) * gate
    return column + count_sent + shared / design.shared_by


def _ramp_m2(design: Design) -> float:
    column = COMPARATOR_AREA_GATES + design.bits * FLIP_FLOP_AREA_GATES
    shared = design.codes * COMPARATOR_AREA_GATES + design.bits * (FLIP_FLOP_AREA_GATES + FULL_ADDER_AREA_GATES)
    return (column + shared / design.shared_by) * design.gate_m2


def _time_farad(design: Design) -> float:
    """Count periods of a ring that the input drives, half of them on average; two flip-flops toggle per count."""
    return design.codes / 2.0 * (RING_GATES + 2.0 * FLIP_FLOP_GATES) * design.gate_farad


def _time_m2(design: Design) -> float:
    # Ring and the current mirror that feeds it: each as large as the ring.
    return (2.0 * RING_GATES + 2.0 * design.bits * FLIP_FLOP_AREA_GATES) * design.gate_m2


LOADS: dict[Kind, Callable[[Design], float]] = {
    "sar": _sar_farad,
    "flash": _flash_farad,
    "ramp": _ramp_farad,
    "time": _time_farad,
    "sense": _thresholds_farad,
}
AREAS: dict[Kind, Callable[[Design], float]] = {
    "sar": _sar_m2,
    "flash": _flash_m2,
    "ramp": _ramp_m2,
    "time": _time_m2,
    "sense": _thresholds_m2,
}
