"""What data do to an engine: the shares on which the energy of cells, drivers and adder trees depends.

A cost model takes `USUAL`, uniform data, unless it is given what was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.hardware.quantity import Fraction


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Means over all inputs that an engine reads its matrices with."""

    drive_fraction: Fraction = 0.5
    """Mean square of the digits on wordlines as a share of that of the largest digit (mean digit, if pulses are long
    rather than high): for pulses of one bit, the share of wordlines pulsed. Uniform input bits [assumption]."""
    cell_fraction: Fraction = 0.5
    """Mean level of the cells under driven wordlines, as a share of the largest. Uniform states [assumption]."""
    toggle_fraction: Fraction = 0.5
    """Share of input lines that change from one pulse to the next. Uniform input bits [assumption]."""


USUAL = Activity()
"""Uniform data."""
