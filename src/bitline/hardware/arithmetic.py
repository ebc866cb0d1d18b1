"""What an engine does to numbers: the part of its description that decides accuracy.

An engine hands one of these values to whoever computes with it; nothing here computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, final

from bitline.hardware.array import Array, InputFormat, WeightFormat
from bitline.hardware.cell import Cell
from bitline.hardware.converter import Adc


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Floating:
    """Floating-point products, as the digital model computes them."""

    bits: int = 16


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Integer:
    """Integer products, accumulated without loss."""

    weight: WeightFormat
    input: InputFormat


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Analog:
    """Sums formed on bitlines and read through converters, block by block, slice by slice, pulse by pulse."""

    weight: WeightFormat
    input: InputFormat
    cell: Cell
    array: Array
    adc: Adc
    output_noise_fraction: float = 0.0
    """Gaussian, fresh per conversion, as a share of the largest possible bitline sum."""


Arithmetic: TypeAlias = Floating | Integer | Analog
