"""How values lie closer in a memory than one beside the other: some are left out, some bits are shared by many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from bitline.hardware.quantity import Count, Whole


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Compression:
    """Groups of values of which some are left out, and runs of kept values that share bits; as it is, neither.

    2:4 sparsity keeps 2 values and leaves 2 out; codes of a few bits share a scale; block floating point shares an
    exponent. It says what room and traffic values take, not what it does to them.
    """

    kept: Count = 1
    """Values of a group that are stored."""
    left_out: Whole = 0
    """Values of the same group that are not: they count as zero."""
    index_bits: Whole | None = None
    """Beside each kept value of a group that has lost some: its place; as many as tell places apart if not given."""
    shared_bits: Whole = 0
    """Of a scale, a zero point or an exponent."""
    shared_by: Count = 1
    """Kept values that share those bits."""

    @property
    def kept_fraction(self) -> float:
        """Share of the values that is stored."""
        return self.kept / (self.kept + self.left_out)

    def bits_per_value(self, bits: int) -> float:
        """Give the bits that a value takes on average, those left out included, where a kept one has `bits`."""
        if not (self.left_out or self.shared_bits):
            return bits
        return self.kept_fraction * (bits + self._place_bits + self.shared_bits / self.shared_by)

    @property
    def _place_bits(self) -> int:
        if not self.left_out:
            return 0
        return (self.kept + self.left_out - 1).bit_length() if self.index_bits is None else self.index_bits
