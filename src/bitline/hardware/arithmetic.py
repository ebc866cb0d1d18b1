"""What an engine does to numbers: the part of its description that decides accuracy.

An engine hands one of these values to whoever computes with it; nothing here computes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias, final

from bitline.hardware.array import Array, InputFormat, WeightFormat
from bitline.hardware.cell import Cell
from bitline.hardware.converter import Adc
from bitline.hardware.correction import Correction
from bitline.hardware.formats import AS_COMPUTED, Formats
from bitline.hardware.quantity import Bits, Count
from bitline.hardware.storage import Storage


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Floating:
    """Floating-point products, as the digital model computes them but for operands in formats of their own."""

    bits: int = 16
    formats: Formats = AS_COMPUTED
    """Weights, keys and values, and inputs that are rounded to fewer bits."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Integer:
    """Integer products, accumulated without loss."""

    weight: WeightFormat
    input: InputFormat
    storage: Storage = field(default_factory=Storage)
    """What happens to weight codes while they are stored."""
    formats: Formats = AS_COMPUTED
    """Where operands are kept in fewer bits than they are multiplied in; then those win over `weight`."""


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
    correction: Correction = field(default_factory=Correction)
    """Digital correction behind the converters."""
    storage: Storage = field(default_factory=Storage)
    """What happens to weight codes while they are stored."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class SharedExponent:
    """Block floating point: values that stand side by side share one exponent, and each keeps a signed mantissa.

    The bits of the mantissas, sign included, are those of `weight` for what is held and of `input` for what moves:
    BFP12 is 4 bits and an exponent of 8, BFP16 is 8 and 8 (Trukhanov and Soloveychik, arXiv 2403.20137,
    second-hand; the mantissas of BFP16 follow from its name, assumption).
    """

    values: Count = 32
    """Values that share an exponent; 32, 64 and 128 are the blocks of the publication (second-hand)."""
    bits: Bits = 8
    """Of an exponent."""
    key_order: Literal["model", "weights", "measured"] = "model"
    """Order of a head's channels in the blocks: the model's own; by the length of the rows of the weight that makes
    the keys (K-sort); or by the size of keys seen in calibration (until then the model's own)."""

    def bits_per_value(self, mantissa_bits: int) -> float:
        """Give the bits that a value takes, with its share of the exponent."""
        return mantissa_bits + self.bits / self.values


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class BlockFloating:
    """Integer products of mantissas within blocks that share an exponent, shifted and added up in floating point."""

    weight: WeightFormat
    input: InputFormat
    exponent: SharedExponent = field(default_factory=SharedExponent)


Arithmetic: TypeAlias = Floating | Integer | Analog | BlockFloating
