"""NAND flash: time and energy of pages read, written and erased.

    page read    V I tR / planes             per page, one die reading `planes` at once
    page write   V I tprogram / planes, and its share of erasing the block
    bandwidth    the slower of channels and dies: min(channels x rate, channels x dies x planes x page / tR)

No paper of the set states the energy of a page read. Where a description gives no currents, those of parallel
NAND data sheets stand in: 25 mA at 3.3 V for reading, programming and erasing alike, 15 to 50 mA between parts
[recalled]; 60 mA at 3 V for up to 3 ms has been told of programming a 16 KiB page [second-hand]. Where the time of
a write is not described: 600 us for a page, 3 ms for a block of 256 pages (a part with one bit per cell: 300 us and
2 ms, Micron MT29F2G08 [stated]) [assumption]. A channel's pins: 1 to 10 pJ/bit [assumption].
"""

from __future__ import annotations

import numpy as np

from bitline.costs.technology import joined
from bitline.hardware.figure import Figure, Origin, stated_or
from bitline.hardware.flash import Flash

SUPPLY_V = 3.3
CURRENT_A, CURRENT_LOW_A, CURRENT_HIGH_A = 25e-3, 15e-3, 50e-3
USUAL_CURRENT = "25 mA, 15 to 50 [recalled]"
PROGRAM_S, PROGRAM_LOW_S, PROGRAM_HIGH_S = 600e-6, 300e-6, 3e-3
ERASE_S, ERASE_LOW_S, ERASE_HIGH_S = 3e-3, 2e-3, 10e-3
PAGES_PER_BLOCK = 256
PINS = Figure(4e-12, "pins of a flash channel, 4 pJ/bit, 1 to 10 [assumption]", "assumed", 1e-12, 10e-12)
STATED = "stated in the description"


def read_energy(flash: Flash) -> Figure:
    """Joule to bring one page to its register."""
    time = Figure(flash.read_s, STATED, "stated")
    return _operation("page read", flash, flash.read_a, time)


def program_energy(flash: Flash) -> Figure:
    """Joule to write one page."""
    return _operation("page write", flash, flash.program_a, program_time(flash))


def erase_energy(flash: Flash) -> Figure:
    """Joule to erase one block."""
    return _operation("block erasure", flash, flash.erase_a, erase_time(flash))


def program_time(flash: Flash) -> Figure:
    """Seconds to write one page of every plane of a die."""
    usual = Figure(PROGRAM_S, "600 us to write a page [assumption]", "assumed", PROGRAM_LOW_S, PROGRAM_HIGH_S)
    return stated_or(flash.program_s, usual)


def erase_time(flash: Flash) -> Figure:
    """Seconds to erase one block of every plane of a die."""
    usual = Figure(ERASE_S, "3 ms to erase a block [assumption]", "assumed", ERASE_LOW_S, ERASE_HIGH_S)
    return stated_or(flash.erase_s, usual)


def pin_energy(flash: Flash) -> Figure:
    """Joule per bit on a channel."""
    return stated_or(flash.io_per_bit_j, PINS)


def bit_energy(flash: Flash, *, write: bool) -> Figure:
    """Joule per bit of whole pages, pins included; a written bit pays its share of erasing the block."""
    pins = pin_energy(flash)
    page_bits = 8.0 * flash.page_bytes
    if not write:
        page = read_energy(flash).times(1.0 / page_bits)
        return joined(f"{page.source}; {pins.source}", page, pins)
    pages = PAGES_PER_BLOCK if flash.pages_per_block is None else flash.pages_per_block
    page = program_energy(flash).times(1.0 / page_bits)
    block = erase_energy(flash).times(1.0 / (page_bits * pages))
    return joined(f"{page.source}; {block.source}; {pins.source}", page, block, pins)


def read_time(flash: Flash) -> Figure:
    """Seconds from a command to the last byte of one page at the controller."""
    crossing = (flash.page_bytes + flash.spare_bytes) / flash.channel_bytes_per_s
    return Figure(flash.read_s + crossing, "page to register, then over its channel", "stated")


def bandwidth_bytes_per_s(flash: Flash, *, write: bool = False) -> Figure:
    """Bytes of data per second with every plane and channel busy."""
    page_s = program_time(flash).typical if write else flash.read_s
    data_share = flash.page_bytes / (flash.page_bytes + flash.spare_bytes)
    crossing = flash.channels * flash.channel_bytes_per_s * data_share
    arrays = flash.channels * flash.dies * flash.planes * flash.page_bytes / page_s
    return Figure(np.minimum(crossing, arrays), "the slower of channels and planes", "modelled")


def _operation(what: str, flash: Flash, current_a: float | None, time: Figure) -> Figure:
    """Price one operation of one plane, a die's current shared by its planes."""
    supply_v = SUPPLY_V if flash.supply_v is None else flash.supply_v
    low_s = time.typical if time.low is None else time.low
    high_s = time.typical if time.high is None else time.high
    low_a, typical_a, high_a = (CURRENT_LOW_A, CURRENT_A, CURRENT_HIGH_A) if current_a is None else (current_a,) * 3
    source = f"{what}: {USUAL_CURRENT if current_a is None else 'stated current'}, {time.source}"
    origin: Origin = "assumed" if current_a is None else time.origin
    plane_v = supply_v / flash.planes
    return Figure(
        plane_v * typical_a * time.typical, source, origin, plane_v * low_a * low_s, plane_v * high_a * high_s
    )
