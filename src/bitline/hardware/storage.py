"""What happens to codes while they are stored: bits that flip, and the code that protects the largest of them."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import final

from bitline.hardware.quantity import Count, Fraction, Whole


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class OutlierCode:
    """Copies of the largest codes of each page, kept in its spare area.

    Each protected code is the bitwise majority of itself and its copies. A code that is not protected but larger
    than the smallest protected one (the threshold) must have been hit and counts as zero. The defaults are those of
    Cambricon-LLM (Yu et al., MICRO 2024, section VI, stated).
    """

    page_values: Count = 16384
    """Codes on a page."""
    protected_fraction: Fraction = 0.01
    """Of the codes on a page: 163 of 16384."""
    copies: Count = 2
    """Kept beside each protected code; with the code itself an odd number, for a majority."""
    parity_bits: Whole = 5
    """Hamming bits beside an address; one error among both is corrected, two leave the code unprotected."""
    threshold_copies: Count = 9
    """Of the threshold, read by majority; an odd number."""

    @property
    def address_bits(self) -> int:
        """Bits that tell the codes on a page apart."""
        return max(1, (self.page_values - 1).bit_length())

    def protected(self, values: int) -> int:
        """Count the protected codes among this many on one page."""
        return floor(values * self.protected_fraction)

    def spare_bits(self, code_bits: int) -> int:
        """Count the bits of the spare area that a full page of codes takes."""
        entry = self.address_bits + self.parity_bits + self.copies * code_bits
        return self.protected(self.page_values) * entry + self.threshold_copies * code_bits


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """A memory or an array as a keeper of codes in two's complement."""

    flipped_fraction: Fraction = 0.0
    """Of stored bits, spare area included, that are read wrong: each on its own, the same in every read."""
    protection: OutlierCode | None = None
    """Nothing protects the codes if not given."""
