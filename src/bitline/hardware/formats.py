"""In how few bits digital engines keep and send operands, and what is shared: the part of a format that rounds.

A description says bits, what is left out and how many bits are shared by how many (`compression`); what those bits are
follows from their number, by the formats in use (recalled): up to 8 an exponent (block floating point, microscaling),
up to 16 a scale (fp16), more a scale and a zero point. Numbers of 8 bits are integers, unless the engine computes in
fp8: then those of its format, e4m3 where only `fp8` is said (Micikevicius et al., arXiv 2209.05433, recalled).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias, final

from bitline.hardware.compression import Compression
from bitline.hardware.quantity import Bits, Count, Whole

Number: TypeAlias = Literal["integer", "e4m3", "e5m2"]
Shared: TypeAlias = Literal["scale", "scale_and_zero", "exponent"]

WIDE = 16
"""Bits from which a value counts as what the model computes with."""
_EXPONENT, _SCALE = 8, 16
"""Most shared bits that are an exponent, and most that are a scale alone."""
_MOST = 24
PLAIN = Compression()


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class ValueFormat:
    """How a row of values is rounded: the inputs of an output, or what a token leaves in a head."""

    bits: Bits
    """Of a value that is kept, its sign included."""
    number: Number = "integer"
    shared: Shared = "scale"
    shared_by: Count | None = None
    """Kept values, side by side, that share it; a whole row if not given."""
    exponent_bits: Bits = 8
    """Of a shared exponent."""
    kept: Count = 1
    """Of a group of values, those of largest magnitude."""
    left_out: Whole = 0
    """Of the same group: they count as zero."""

    @property
    def words(self) -> str:
        """Say it in words."""
        number = f"{self.bits}-bit integers" if self.number == "integer" else self.number
        shared = {"scale": "a scale", "scale_and_zero": "a scale and a zero point", "exponent": "an exponent"}
        row = "row" if self.shared_by is None else f"{self.shared_by} of them"
        pruned = f"the {self.kept} largest of {self.kept + self.left_out} as " if self.left_out else ""
        return f"{pruned}{number} with {shared[self.shared]} for each {row}"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """Operands in fewer bits than the arithmetic alone would say; None: as that says."""

    weight: ValueFormat | None = None
    cache: ValueFormat | None = None
    """Of keys and values: each token in each head for itself."""
    input: ValueFormat | None = None
    """Of what moves: each vector for itself."""


AS_COMPUTED = Formats()


def value_format(bits: int, compression: Compression = PLAIN, number: Number = "integer") -> ValueFormat | None:
    """Give how values of `bits` are rounded; None where nothing is to be, or what one bit stands for is not known."""
    if bits < 2 or (bits >= WIDE and compression == PLAIN):
        return None
    by, floats = compression.shared_bits, bits == 8 and number != "integer"
    shared: Shared = "scale" if not by or by > _EXPONENT else "exponent"
    if by > _SCALE and not floats:
        shared = "scale_and_zero"
    return ValueFormat(
        bits=min(bits, _MOST), number=number if floats else "integer", shared=shared,
        shared_by=compression.shared_by if by else None, exponent_bits=by if shared == "exponent" else 8,
        kept=compression.kept, left_out=compression.left_out,
    )  # fmt: skip


def computed_in(name: str) -> tuple[Number, int] | None:
    """Give the numbers that a format of products (`int8`, `fp16`, `fp8_e5m2`) stands for; None if not known."""
    integer = re.match(r"u?int(\d+)", name.lower())
    if integer:
        return "integer", int(integer[1])
    if re.search(r"e4m3|e5m2", name.lower()):
        return ("e5m2" if "e5m2" in name.lower() else "e4m3"), 8
    floating = re.match(r"(?:fp|float|bf|bfloat|tf)(\d+)$", name.lower())
    if floating and int(floating[1]) == 8:
        return "e4m3", 8
    return ("integer", 32) if floating and int(floating[1]) >= WIDE else None


def formats_of(
    name: str, bits: int, weight_bits: int | None = None, cache_bits: int | None = None,
    weight_compression: Compression = PLAIN, cache_compression: Compression = PLAIN,
) -> Formats:  # fmt: skip
    """Give the formats of an engine that computes in numbers called `name` on values of `bits`.

    What is kept wider than products are is rounded for them. Nothing is rounded where the numbers are not known.
    """
    computed = computed_in(name)
    if computed is None:
        return AS_COMPUTED
    number, width = computed
    return Formats(
        weight=value_format(min(weight_bits or bits, width), weight_compression, number),
        cache=value_format(min(cache_bits or bits, width), cache_compression, number),
        input=value_format(min(bits, width), number=number),
    )
