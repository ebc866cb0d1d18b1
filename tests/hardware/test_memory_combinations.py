"""What a memory says of its inside must be about what it is, and must count."""

from __future__ import annotations

import pytest

from bitline.errors import ConfigError
from bitline.hardware.reading import parse_chip_text

INSIDE = "{row_bytes: 1024, burst_bytes: 64, banks_per_group: 4, row_hit_fraction: 0.5}"


def beside(chip_text: str, memory: str) -> str:
    """Put a memory m of one gigabyte into the description of the tests."""
    return chip_text.replace("memories:\n", f"memories:\n  m: {{capacity_bytes: 1.0e9, {memory}}}\n")


@pytest.mark.parametrize(
    ("memory", "message"),
    [
        (f"kind: sram, dram: {INSIDE}", r"memories\.m\.dram contradicts memories\.m\.kind: the memory is of kind sram"),
        (
            "kind: dram, flash: {page_bytes: 2048, channel_bytes_per_s: 1.0e9, read_s: 2.0e-5}",
            r"memories\.m\.flash contradicts memories\.m\.kind: the memory is of kind dram",
        ),
        (
            f"kind: dram, read_energy_per_bit_j: 1.0e-12, dram: {INSIDE}",
            r"memories\.m\.dram\.row_hit_fraction contradicts memories\.m\.read_energy_per_bit_j: the stated energy",
        ),
    ],
)
def test_fields_that_would_be_ignored_are_refused(chip_text, kinds, memory: str, message: str) -> None:
    text = beside(chip_text, memory)
    with pytest.raises(ConfigError, match=message):
        parse_chip_text(text, kinds)


def test_row_hits_stand_beside_an_energy_of_another_level(chip_text, kinds) -> None:
    memory = f"kind: dram, read_energy_per_bit_j: 1.0e-12, stated_level: board, dram: {INSIDE}"
    text = beside(chip_text, memory)
    assert parse_chip_text(text, kinds).memories["m"].dram is not None
